"""Filters as they stand in the address of a page; the address that stands on paper."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import msgspec
from fastapi import Request


class InAddress(msgspec.Struct, frozen=True):
    """What of a list is asked for, as the texts of a query; "" asks for nothing."""

    def set(self) -> dict[str, str]:
        """Those that ask for something."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value}

    def query(self, **more: str) -> str:
        """As an address carries it, with its "?"; `more` beside them, or in their place."""
        found = {name: value for name, value in {**self.set(), **more}.items() if value}
        return f"?{urlencode(found)}" if found else ""


def look_up_address(request: Request, code: str) -> str:
    """Where a citizen looks a dossier up, as the browser knows this server. The dossier's code is
    filled in there; the access code is in no address, and is asked for."""
    return f"{request.base_url}look-up?code={quote(code, safe='')}"
