"""A dossier as its page shows it: straight from its history, so that it is never behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from app.web.act_forms import NOT_HERE, paper_titles
from app.web.names import Names
from app.web.sentences import THESE
from app.web.tasks import SOON, nearness, soon_after, step_title
from consumers.views.inbox import TRANSFER
from engine.core import clock
from engine.core.calendar import CalendarError, local_day
from engine.core.clock import ClockError
from engine.core.decide import Possible, possible_acts
from engine.core.dossier import Dossier, LegState
from engine.core.rules import RULES
from schemas.envelope import to_micros
from schemas.rejection import Rejected
from workflows.machine import BACK, LEGS, OFFERED, PAUSED, SUPPLEMENT, resume_act

if TYPE_CHECKING:
    from app.house import House
    from app.settings import Lang
    from schemas.envelope import Recorded

GROUND_STATES = {"supplement": "awaiting-supplement", "financial-duty": "awaiting-payment"}

SOON_MINUTES = int(SOON.amount) * 60

RESUME = ("resume", "")
"""The act that ends a suspension: of the whole, in whichever leg somebody waits."""


class Near(msgspec.Struct, frozen=True):
    """When a step has to be done, how near that is, and the working minutes left."""

    due: datetime
    urgency: str
    left: int


class LegRow(msgspec.Struct, frozen=True):
    """One leg; the root has the path "". `left`: working minutes until `due`."""

    path: str
    agency: str
    state: str
    step: str
    holder: str | None
    to_agency: str | None
    to_role: str | None
    since: datetime | None
    due: datetime | None
    urgency: str
    left: int | None
    verdict: str | None


class EventRow(msgspec.Struct, frozen=True):
    """One event of the history. `details` are (field, value) that the other columns do not say;
    `reason` and `note` are private, and None for who may not read them."""

    version: int
    type: str
    at: int
    recorded_at: int
    actor: str
    agency: str
    leg: str
    details: tuple[tuple[str, Any], ...]
    reason: str | None = None
    note: str | None = None


class Impossible(msgspec.Struct, frozen=True):
    """Acts that one rule stands against, in these legs: all that there are when none is named."""

    legs: tuple[str, ...]
    rejected: Rejected
    acts: tuple[str, ...]


class Acts(msgspec.Struct, frozen=True):
    """What somebody may do now: `first` is what comes next, if it is his to do."""

    first: tuple[str, str] | None
    others: tuple[tuple[str, str], ...]
    impossible: tuple[Impossible, ...]


def state_of(dossier: Dossier) -> str:
    """What the dossier is about just now, in the words of the status view."""
    if dossier.status == "ended":
        if dossier.received_at is None:
            return "refused-at-receipt"
        return {"done": "returned"}.get(str(dossier.outcome), str(dossier.outcome))
    if dossier.status in ("new", "registered"):
        return "registered"
    if dossier.withdrawal_asked:
        return "withdrawal-asked"
    if dossier.status == "suspended":
        return "suspended"
    return _leg_state(dossier, dossier.root)


def _leg_state(dossier: Dossier, leg: LegState) -> str:
    if leg.outcome is not None:
        return str(leg.outcome)
    open_ = [stop.ground for stop in leg.stops if stop.until is None]
    if open_:
        return next((GROUND_STATES[each] for each in open_ if each in GROUND_STATES), "paused")
    if not leg.path and dossier.result_ready_at is not None:
        return "result-ready"
    if leg.transit is not None:
        return "in-transit"
    if not leg.path and not dossier.handovers and leg.mode == "":
        return "received"
    return {LEGS: "awaiting-legs", BACK: "returned-to-sender"}.get(leg.mode, "at-work")


def urgency(
    house: House, dossier: Dossier, due: datetime | None, running: bool
) -> tuple[str, int | None]:
    """How near a leg's own deadline is, and the working minutes left. By date: what is due today is
    not overdue yet."""
    if not running:
        return "stopped", None
    if due is None:
        return "none", None
    try:
        left = clock.remaining(house.law.calendar(dossier.calendar), house.now, due)
    except CalendarError:
        left = 0
    if local_day(house.now) > local_day(due):
        return "overdue", left
    return ("soon" if left < SOON_MINUTES else "ok"), max(left, 0)


def leg_rows(house: House, dossier: Dossier, lang: Lang) -> list[LegRow]:
    """Every leg, parents before children."""
    return [_leg_row(house, dossier, leg, lang) for _, leg in sorted(dossier.legs.items())]


def step_limits(house: House, dossier: Dossier) -> dict[str, Near]:
    """By leg: of the step that it is at, if that has a limit of its own and the clock runs."""
    if dossier.status != "open":
        return {}
    now, soon = house.now, soon_after(house)
    found = {}
    try:
        for leg, step, derivation in house.derivations(dossier):
            due = derivation.due
            if step is not None and due is not None and dossier.legs[leg].running:
                left = house.remaining(dossier.calendar, to_micros(due))
                found[leg] = Near(due, nearness(due, now, soon), left)
    except (CalendarError, ClockError):
        return {}
    return found


def _leg_row(house: House, dossier: Dossier, leg: LegState, lang: Lang) -> LegRow:
    transit = leg.transit
    near, left = ("none", None)
    if leg.open and dossier.status != "ended" and leg.verdict is None:
        near, left = urgency(house, dossier, leg.due, leg.running)
    in_step = leg.open and dossier.status != "ended"
    return LegRow(
        path=leg.path,
        agency=leg.agency,
        state=_leg_state(dossier, leg),
        step=step_title(house, dossier.procedure, leg.path, leg.step, lang) if in_step else "",
        holder=leg.holder.officer if leg.holder and in_step else None,
        to_agency=transit.to_agency if transit else None,
        to_role=transit.to_role if transit else None,
        since=transit.since if transit else None,
        due=leg.due,
        urgency=near,
        left=left,
        verdict=leg.verdict,
    )


def acts_for(house: House, dossier: Dossier, officer: str, leg: str | None) -> Acts:
    """What an officer may do now; `leg`: whose next act comes first, if several wait for him."""
    found = [
        each for each in possible_acts(dossier, house.law, house.now, officer)
        if each.act not in NOT_HERE or (each.act == "receive" and dossier.status == "registered")
    ]  # fmt: skip
    possible = [(each.act, each.leg) for each in found if each.rejected is None]
    first = _first(house, dossier, possible, leg)
    others = tuple(each for each in possible if each != first)
    return Acts(first, others, _impossible(found, {leg for _, leg in possible}))


def _of_any_act(act: str, why: Rejected) -> Rejected:
    """The same refusal in words that do not name the act. A step may have its name."""
    if "{act!r}" not in RULES[why.rule].sentence:
        return why
    return msgspec.structs.replace(why, message=why.message.replace(repr(act), repr(THESE), 1))


def _impossible(found: list[Possible], mine: set[str]) -> tuple[Impossible, ...]:
    """Why the rest is not possible. The same sentence is said once, for all acts and legs that it
    stands against; of a leg that is none of `mine` but another agency's, that alone is said."""
    refused: dict[tuple[str, Rejected], list[str]] = {}
    for each in found:
        if each.rejected is not None:
            why = _of_any_act(each.act, each.rejected)
            refused.setdefault((each.leg, why), []).append(each.act)
    others = [leg for leg, why in refused if why.rule == "wrong-agency"]
    theirs = set(others) - mine - {""}
    legs: dict[tuple[Rejected, tuple[str, ...]], list[str]] = {}
    for (leg, why), acts in refused.items():
        if leg not in theirs:
            legs.setdefault((why, tuple(acts)), []).append(leg)
        elif why.rule == "wrong-agency":
            # One on its way is two agencies': what is whose is said.
            of = tuple(acts) if others.count(leg) > 1 else ()
            legs.setdefault((why, of), []).append(leg)
    return tuple(Impossible(tuple(at), why, acts) for (why, acts), at in legs.items())


def _first(
    house: House, dossier: Dossier, possible: list[tuple[str, str]], asked: str | None
) -> tuple[str, str] | None:
    if dossier.status == "registered":
        return ("receive", "") if ("receive", "") in possible else None
    legs = sorted(dossier.open_legs(), key=lambda leg: leg.path != (asked or leg.path))
    for leg in legs:
        act = _next_act(house, dossier, leg)
        ways = [] if act is None else [(act, leg.path)]
        if leg.holder is not None and house.gone([leg.holder.agency]):
            # Whoever took over from that agency has to take over the leg.
            ways.append((TRANSFER, leg.path))
        if dossier.status == "suspended":
            # Offers and papers are answered all the same. Papers can be taken in by anybody at the
            # desk, so who may let the whole go on is asked that before.
            ways = [*ways, RESUME] if leg.mode == OFFERED else [RESUME, *ways]
        for way in ways:
            if way in possible:
                return way
    return None


def _next_act(house: House, dossier: Dossier, leg: LegState) -> str | None:
    """The act that lets a leg go on."""
    if leg.mode == OFFERED:
        return "accept"
    process = house.law.outline(dossier.procedure).processes.get(leg.path)
    step = process.steps.get(leg.step) if process else None
    match leg.mode:
        case m if m == BACK:
            return "forward"
        case m if m == SUPPLEMENT:
            return "supply"
        case m if m == PAUSED and step is not None and step.pause is not None:
            return resume_act(step.pause.ground)
        case "" if step is not None and step.by is not None:
            return step.act
    return None


# --- history -----------------------------------------------------------------------------

SAID = frozenset({"leg", "private", "agency", "officer", "actor"})
"""Fields of events that the columns of the history say."""

FOR_PROOF = frozenset({
    "rule", "digests", "digest", "at_hash", "at_version", "running", "extended", "handover",
    "procedure_version", "calendar", "signed",
})  # fmt: skip
"""Fields of events that nobody reads here; the auditor's pages have them."""


def event_rows(records: Sequence[Recorded], *, private: bool = False) -> list[EventRow]:
    """The history, the last first; with reasons and notes for who may read what is `private`."""
    return [_event_row(record, private) for record in reversed(records)]


def _event_row(record: Recorded, private: bool) -> EventRow:
    event = record.event()
    words = event.private if private else None
    told = []
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if name in SAID | FOR_PROOF or value in (None, "", (), {}, False):
            continue
        told.append((name, value))
    return EventRow(
        version=record.version,
        type=record.type,
        at=record.occurred_at,
        recorded_at=record.recorded_at,
        actor=record.actor,
        agency=record.agency,
        leg=getattr(event, "leg", ""),
        details=tuple(told),
        reason=words.reason if words else None,
        note=words.note if words else None,
    )


def namer(house: House, dossier: Dossier, lang: Lang) -> Names:
    """What the parts of a dossier are called: `named(leg, "appraise")`, `named.leg(path)`."""
    return Names(house.law, house.law.procedure(dossier.procedure), lang)


def papers_of(house: House, dossier: Dossier, lang: Lang) -> list[tuple[str, bool]]:
    """(title, whether it is there) of the papers that the procedure asks for."""
    procedure = house.law.procedure(dossier.procedure)
    titles = paper_titles(procedure, lang)
    there = set(dossier.papers)
    asked = [each.id for each in procedure.papers_in]
    more = [each for each in dossier.papers if each not in asked]
    return [(titles.get(each, each), each in there) for each in [*asked, *more]]
