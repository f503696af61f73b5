"""Filters as they stand in the address of a page."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec


class InAddress(msgspec.Struct, frozen=True):
    """What of a list is asked for, as the texts of a query; "" asks for nothing."""

    def set(self) -> dict[str, str]:
        """Those that ask for something."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value}

    def query(self, **more: str) -> str:
        """As an address carries it, with its "?"; `more` beside them, or in their place."""
        found = {name: value for name, value in {**self.set(), **more}.items() if value}
        return f"?{urlencode(found)}" if found else ""
