"""Whether somebody may do something: the role's part is the policy's, this is the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from app.access.policy import ACTIONS
from app.access.principal import STRANGER, Principal

if TYPE_CHECKING:
    from fastapi import Request

    from app.house import House
    from engine.core.dossier import Dossier
    from workflows.organisation import Organisation


Identify = Callable[["Request"], Principal]
"""Says who makes a request."""


def nobody(request: Request) -> Principal:
    return STRANGER


class Access:
    """Asked by `needs` for every request, and by whoever lists dossiers."""

    def __init__(self, house: House, identify: Identify = nobody) -> None:
        self._house = house
        self.identify = identify

    def permits(self, who: Principal, action: str, on: Mapping[str, Any]) -> bool:
        """`on`: what the path of the request names: `code` is a dossier, `agency` an agency."""
        if who.role not in ACTIONS[action]:
            return False
        if who.scopes is not None and action not in who.scopes:
            return False
        if who.role == "stranger" or who.agency is None:
            return who.role != "officer"
        if "agency" in on and not self.oversees(who.agency, on["agency"]):
            return False
        return "code" not in on or self.has_part(who.agency, on["code"])

    def oversees(self, agency: str, other: str) -> bool:
        """Whether `other` is the agency itself or stands under it."""
        return agency in _upward(self._house.law.organisation, other)

    def has_part(self, agency: str, code: str) -> bool:
        """Whether the agency, or one under it, holds, held or will hold the dossier (I12)."""
        dossier = self._house.runtime.current(code).dossier
        return any(self.oversees(agency, each) for each in _parties(dossier))


def _upward(staff: Organisation, agency: str) -> set[str]:
    """The agency and every one above it; empty for one that never was."""
    found: set[str] = set()
    at: str | None = agency
    while at is not None and at not in found:
        try:
            above = staff.agency(at).parent
        except KeyError:
            break
        found.add(at)
        at = above
    return found


def _parties(dossier: Dossier) -> set[str]:
    found = {dossier.agency}
    for leg in dossier.legs.values():
        found |= {leg.agency, leg.former_agency or leg.agency}
        if leg.holder is not None:
            found.add(leg.holder.agency)
        if leg.transit is not None:
            found |= {leg.transit.to_agency, leg.transit.sender.agency}
    return found - {""}
