"""Whether somebody may do something: what he is to what it is done to, put to the policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select

from app.access.asking import also, ask_for
from app.access.identity import BadToken
from app.access.pace import Pace, Rates
from app.access.policy import ACTIONS, HOUSE, Resource, decides
from app.access.principal import STRANGER, Principal
from app.access.relation import Relations
from consumers.views.parties import TABLE as PARTIES

if TYPE_CHECKING:
    from fastapi import Request

    from app.house import House


Identify = Callable[["Request"], Principal]
"""Says who makes a request."""


def nobody(request: Request) -> Principal:
    return STRANGER


class Access:
    """Asked by `needs` for every request, and by whoever lists dossiers."""

    def __init__(
        self, house: House, identify: Identify = nobody, rates: Rates | None = None
    ) -> None:
        self._relations = Relations(house)
        self.identify = identify
        self.pace = Pace(rates)

    def at_once(self, request: Request) -> Principal | None:
        """Who makes a request, when that is known without asking the store."""
        found = getattr(self.identify, "at_once", None)
        who: Principal | None = found(request) if found is not None else None
        return who

    def still(self, request: Request, who: Principal) -> bool:
        """Whether whoever made a request that lasts would be the same if he made it now: his token
        may be revoked, his session ended, his account another. Asks the store."""
        try:
            return self.identify(request) == who
        except BadToken:
            return False

    def needs_store(self, who: Principal, on: Mapping[str, Any]) -> bool:
        """Whether `permits` has to ask the store."""
        if who.agency is None or "code" not in on:
            return False
        return self._relations.at_hand(who.agency, on["code"]) is None

    def permits(self, who: Principal, action: str, on: Mapping[str, Any]) -> bool:
        """`on`: what the path of the request names: `code` is a dossier, `agency` an agency.

        Whoever takes a dossier or an agency from elsewhere (a query, a form) asks here too.
        """
        if not self.permits_somewhere(who, action):
            return False
        permitted = all(
            decides(who.role, who.agency is None, who.scopes, action, each)
            for each in self._resources(who, on)
        )
        if permitted and "code" in on:
            also(on["code"])
        return permitted

    def ask_for(self, who: Principal, action: str, on: Mapping[str, Any]) -> None:
        """The views are read for him from now on in this request, who may do that."""
        if "stranger" in ACTIONS[action]:
            # What anybody may ask for, he has to prove in another way.
            ask_for(None)
        else:
            ask_for(self.agencies(who), *([on["code"]] if "code" in on else []))

    def permits_somewhere(self, who: Principal, action: str) -> bool:
        """Whether there may be anything at all that he may do it to."""
        if who.role not in ACTIONS[action]:
            return False
        return decides(who.role, who.agency is None, who.scopes, action, HOUSE)

    def _resources(self, who: Principal, on: Mapping[str, Any]) -> Iterator[Resource]:
        if "agency" in on:
            yield (
                "Agency",
                self._relations.to_agency(who.agency, on["agency"]) if who.agency else "other",
            )
        if "code" in on:
            yield (
                "Dossier",
                self._relations.to_dossier(who.agency, on["code"]) if who.agency else "none",
            )

    def oversees(self, agency: str, other: str) -> bool:
        """Whether `other` is the agency itself or stands under it."""
        return self._relations.to_agency(agency, other) != "other"

    def in_place_of(self, agency: str) -> frozenset[str]:
        """The agency and those that are no more and whose dossiers it has today."""
        return self._relations.in_place_of(agency)

    def agencies(self, who: Principal) -> frozenset[str] | None:
        """The agencies whose inboxes, boards and reports he may see; None for all of them."""
        if who.agency is None:
            return frozenset() if who.role in ("officer", "stranger") else None
        return self._relations.under(who.agency)

    def readable(self, who: Principal, dossier: ColumnElement[str]) -> ColumnElement[bool] | None:
        """What a query of views has to ask of its column of dossiers, so that it finds only those
        that his agency, or one below it, has a part in; None when he may read every one.

        It leaves out those that have yet to come there: who knows their code may read them.
        """
        agencies = self.agencies(who)
        if agencies is None:
            return None
        return (
            select(PARTIES.c.agency)
            .where(PARTIES.c.dossier == dossier, PARTIES.c.agency.in_(sorted(agencies)))
            .exists()
        )
