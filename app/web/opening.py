"""The form by which a desk receives a dossier, made from the procedure's definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from app.acts.fields import APPLICANT, Wrong, make
from app.web.act_forms import FACT, Field, agencies_of
from app.web.tasks import plain
from app.web.words import CHANNELS, FACTS, VALUES, said
from engine.core.calendar import CalendarError, local_day
from engine.core.clock import ClockError
from engine.core.decide import decide
from engine.core.dossier import Dossier
from engine.core.rules import rejection
from schemas.commands import Command, Receive
from schemas.events import DossierReceived
from schemas.rejection import Rejected
from workflows.model import Procedure
from workflows.organisation import Unresolved

if TYPE_CHECKING:
    from app.house import House
    from app.settings import Lang

PARTICULARS = ("name", "id", "phone", "address")
"""What a desk asks every applicant; kept apart from the history and never in its proof."""

CHANNEL_CHOICE = ("direct", "post", "online")


class Promise(msgspec.Struct, frozen=True):
    """What the receipt would say: `limit` in words, the date for the whole and for the receiving
    unit's own part; or the rule that stands against it."""

    limit: str = ""
    appointment: datetime | None = None
    unit_appointment: datetime | None = None
    refused: Rejected | None = None

    @property
    def date(self) -> str:
        """The appointment as the form carries it, to see that it is still the one shown."""
        return self.appointment.isoformat() if self.appointment else ""


def offered(house: House, desk: str, text: str = "") -> list[Procedure]:
    """The procedures in force today that a desk takes, by title; with the text in it, if given."""
    today = local_day(house.now)
    function = house.law.organisation.agency(desk).function
    newest: dict[str, Procedure] = {}
    for each in house.law.procedures():
        on = today.isoformat()
        in_force = each.valid_from <= on and (each.valid_to is None or on <= each.valid_to)
        if each.desk != function or not in_force:
            continue
        known = newest.get(each.id)
        if known is None or known.valid_from < each.valid_from:
            newest[each.id] = each
    wanted = plain(text)
    found = [
        each for each in newest.values()
        if wanted in plain(f"{each.id} {each.title.vi} {each.title.en} {each.field.vi}")
    ]  # fmt: skip
    return sorted(found, key=lambda each: plain(each.title.vi))


def fact_fields(
    house: House, procedure: Procedure, desk: str, typed: Mapping[str, Any], lang: Lang
) -> list[Field]:
    """What the way of the dossier depends on, and which agency is meant where several may be."""
    found = []
    for name, values in sorted(house.law.outline(procedure.key).facts.items()):
        options: list[tuple[str, str]] = []
        if values == {"chosen"}:
            options = [(each, said(VALUES, each, lang)) for each in ("no", "chosen")]
        elif values and name != "outcome":
            options = [("", "–"), *((each, said(VALUES, each, lang)) for each in sorted(values))]
        elif not values and _several(house, name, desk):
            options = agencies_of(house, name, lang)
        if options:
            value = typed.get(FACT + name, "")
            label = said(FACTS, name, lang)
            found.append(Field(FACT + name, "select", label, False, tuple(options), value))
    return found


def _several(house: House, function: str, desk: str) -> bool:
    """Whether nothing but a fact can tell which agency is meant, seen from the desk."""
    try:
        house.law.organisation.resolve(function, desk, local_day(house.now))
    except Unresolved as unclear:
        return bool(unclear.candidates)
    return False


def channels(procedure: Procedure, lang: Lang) -> list[tuple[str, str]]:
    """The ways in which the procedure may be handed in."""
    ways = [each for each in CHANNEL_CHOICE if each != "online" or procedure.taken_online]
    return [(each, said(CHANNELS, each, lang)) for each in ways]


def command_of(
    house: House, procedure: Procedure, desk: str, officer: str, typed: Mapping[str, Any]
) -> Command:
    """The command of a form that was filled in. Raises Wrong with every wrong field."""
    fields: dict[str, Any] = {}
    for name, value in typed.items():
        if value in ("", None, []) or name == "procedure":
            continue
        if name.startswith(FACT):
            fields[name.removeprefix(FACT)] = value
        elif name.startswith(APPLICANT) or name in Receive.__struct_fields__:
            fields[name] = value
    asked = house.law.outline(procedure.key).facts
    return make("receive", fields, asked, actor=officer, procedure=procedure.id, agency=desk)


def promised(house: House, before: Dossier, command: Command) -> Promise:
    """What the receipt would say if it was given now. Nothing is kept."""
    try:
        outcome = decide(before, command, house.law, house.now)
    except (CalendarError, ClockError) as error:
        return Promise(refused=rejection("bad-limit", why=error))
    if isinstance(outcome, Rejected):
        return Promise(refused=outcome)
    event = next(each for each in outcome.events if isinstance(each, DossierReceived))
    limit = house.law.procedure(outcome.dossier.procedure).limit
    return Promise(str(limit), event.appointment, event.unit_appointment)


def problems(wrong: Wrong | None) -> dict[str, str]:
    """Field -> what is wrong with it."""
    return dict(wrong.problems) if wrong else {}


def papers_ticked(
    procedure: Procedure, ids: Iterable[str], lang: Lang
) -> list[tuple[str, str, bool]]:
    """(id, title, whether it was handed in) of each paper of the procedure."""
    there = set(ids)
    return [
        (each.id, each.title.vi if lang == "vi" else each.title.en, each.id in there)
        for each in procedure.papers_in
    ]
