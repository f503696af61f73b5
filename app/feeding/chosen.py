"""The views that a command names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.trouble import BadInput
from schemas.sentence import did_you_mean

if TYPE_CHECKING:
    from consumers.view import View


def chosen(names: Sequence[str]) -> list[View]:
    """The views of these names, each once; `all` is every one. Raises BadInput."""
    from consumers.views import all_views

    known = {each.name: each for each in all_views()}
    if "all" in names:
        return list(known.values())
    for name in names:
        if name not in known:
            listed = did_you_mean(name, known) or f"; there are: {', '.join(known)}, all"
            raise BadInput(f"There is no view {name!r}{listed}")
    return [view for name, view in known.items() if name in names]
