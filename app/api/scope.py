"""Whose entries of a list somebody sees: his agency's and those under it."""

from __future__ import annotations

from app.access.needs import NotPermitted
from app.access.principal import Principal
from app.desk.context import Desk
from app.house import House
from app.trouble import BadInput, NotThere
from schemas.sentence import Sentence, did_you_mean


def seen(desk: Desk, who: Principal, asked: str | None, action: str) -> frozenset[str] | None:
    """The agencies whose entries are listed: `asked`, or all that `who` oversees; None is every
    agency. Raises NotThere and NotPermitted."""
    if asked is not None:
        known_agency(desk.house, asked)
        if not desk.access.permits(who, action, {"agency": asked}):
            raise NotPermitted(action)
        return frozenset({asked})
    return desk.access.agencies(who)


def known_agency(house: House, id_: str) -> None:
    """Raises NotThere."""
    staff = house.law.organisation
    try:
        staff.agency(id_)
    except KeyError:
        guess = did_you_mean(id_, {each.id for each in staff.agencies()})
        said = Sentence("There is no agency %(id)r%(guess)s", id=id_, guess=guess)
        raise NotThere(said) from None


def officer_of(who: Principal) -> str:
    """The post that an act is done as. Raises BadInput: an account may have none."""
    if who.officer is None:
        raise BadInput(
            Sentence("The account %(account)r has no post, so it cannot act", account=who.account)
        )
    return who.officer
