"""Where a dossier is, for who handed it in: agencies and dates, no officer, plain words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

import msgspec

from app.forms.content import Printable
from app.forms.form import printable
from app.house import House
from app.settings import Lang
from consumers.views.status import Status
from engine.core.dossier import Dossier, LegState
from engine.core.explain import explain, limit_text
from schemas import events as e
from schemas.envelope import Recorded, from_micros
from schemas.events import Attached, Event
from workflows.machine import LEGS, SUPPLEMENT
from workflows.model import Paper, Text

FORMS = ("01", "02", "03", "04", "05", "refused")
"""Forms that are given to the citizen; the control sheet (06) is the agencies' own."""

DONE = "done"
"""The outcome of a dossier whose result was returned."""

AnEvent = TypeVar("AnEvent", bound=Event)


class Passed(NamedTuple):
    """An agency that has or had the dossier, since when; `leg`: the part it has, "" the whole."""

    agency: str
    since: datetime
    leg: str


class Asked(NamedTuple):
    """Papers asked for in a leg: by whom, what for, until when."""

    leg: str
    agency: str
    papers: tuple[Paper, ...]
    reason: str
    since: datetime
    answer_by: datetime | None


class Given(NamedTuple):
    """A file, of a paper of that title; `name` is None when it was destroyed."""

    paper: str
    digest: str
    name: str | None
    size: int


class Answered(NamedTuple):
    """A complaint: what was said, and the answer, if there is one."""

    number: int
    ground: str
    words: str
    at: datetime
    reference: str | None
    answer: str
    answered_at: datetime | None


class Standing(msgspec.Struct, frozen=True):
    """All that the page shows. `step`: what is being done; `waits_for`: agencies that others
    wait for; `why`: sentences about the appointment; `ended_because`: what was said when it was
    refused or stopped; `check_by`: of what was registered online and not looked at yet; `results`:
    what came of it, as files; `withdrawn`: what came of it before it was reopened."""

    code: str
    procedure: Text
    procedure_id: str
    limit: str
    desk: str
    state: str
    step: Text | None
    agencies: tuple[str, ...]
    to_agency: str | None
    waits_for: tuple[str, ...]
    registered_at: datetime | None
    received_at: datetime | None
    check_by: datetime | None
    appointment: datetime | None
    due: datetime | None
    stopped: bool
    ended_at: datetime | None
    ended_because: str
    why: tuple[str, ...]
    passed: tuple[Passed, ...]
    asked: tuple[Asked, ...]
    given: tuple[Given, ...]
    results: tuple[Given, ...]
    withdrawn: tuple[Given, ...]
    forms: tuple[Printable, ...]
    rated: dict[str, int] | None
    complaints: tuple[Answered, ...]
    may_rate: bool
    may_complain: bool


def standing(
    house: House, dossier: Dossier, records: Sequence[Recorded], found: Status, lang: Lang
) -> Standing:
    """`found`: what the view says of the dossier, as of the last of its `records`."""
    events = [(record, record.event()) for record in records]
    procedure = house.law.procedure(dossier.procedure)
    registered = _first(events, e.DossierRegistered)
    over = dossier.status == "ended" and dossier.origin is None
    rated = _first(events, e.RatingGiven)
    made = results(house, dossier, [event for _, event in events])
    return Standing(
        code=dossier.stream,
        procedure=procedure.title,
        procedure_id=procedure.id,
        limit=limit_text(procedure.limit, lang),
        desk=dossier.agency,
        state=found.state,
        step=_step(house, dossier),
        agencies=_at(dossier),
        to_agency=found.in_transit[1] if found.in_transit else None,
        waits_for=_waits_for(dossier),
        registered_at=_at_of(registered),
        received_at=dossier.received_at,
        check_by=registered[1].check_by if registered and not dossier.legs else None,
        appointment=dossier.appointment,
        due=dossier.root.due if dossier.legs else None,
        stopped=found.clock == "stopped",
        ended_at=dossier.ended_at,
        ended_because=_because(events) if dossier.status == "ended" else "",
        why=_why(house, dossier, lang),
        passed=_passed(events),
        asked=_asked(house, dossier, events),
        given=_files(house, dossier, events, lang, handed_in(house, dossier)),
        results=_files(house, dossier, events, lang, made.valid),
        withdrawn=_files(house, dossier, events, lang, made.withdrawn),
        forms=tuple(each for each in printable(records, house.law, lang) if each.kind in FORMS),
        rated=rated[1].marks if rated else None,
        complaints=_complaints(events),
        may_rate=over and not dossier.rated,
        may_complain=over,
    )


def titled(house: House, dossier: Dossier, paper: str) -> Paper:
    """A paper of the procedure; one that somebody asked for in his own words is called so."""
    procedure = house.law.procedure(dossier.procedure)
    known = {each.id: each for each in (*procedure.papers_in, *procedure.papers_out)}
    return known.get(paper) or Paper(paper, Text(paper, paper))


_Events = list[tuple[Recorded, Event]]


def _first(events: _Events, cls: type[AnEvent]) -> tuple[Recorded, AnEvent] | None:
    return next(((record, event) for record, event in events if isinstance(event, cls)), None)


def _at_of(found: tuple[Recorded, Event] | None) -> datetime | None:
    return from_micros(found[0].occurred_at) if found else None


def _working(dossier: Dossier) -> list[LegState]:
    """The open legs that somebody works on: not those that wait for others."""
    return [leg for leg in dossier.open_legs() if leg.mode != LEGS]


def _at(dossier: Dossier) -> tuple[str, ...]:
    if not dossier.legs:
        return (dossier.agency,)
    held = [leg.holder.agency if leg.holder else leg.agency for leg in _working(dossier)]
    return tuple(dict.fromkeys(held))


def _waits_for(dossier: Dossier) -> tuple[str, ...]:
    if not any(leg.mode == LEGS for leg in dossier.open_legs()):
        return ()
    return tuple(dict.fromkeys(leg.agency for leg in _working(dossier)))


def _step(house: House, dossier: Dossier) -> Text | None:
    """What is being done in the root leg, in the words of the procedure."""
    if not dossier.legs or not dossier.root.open:
        return None
    step = house.law.outline(dossier.procedure).processes[""].steps.get(dossier.root.step)
    return step.title if step else None


def _why(house: House, dossier: Dossier, lang: Lang) -> tuple[str, ...]:
    whole = next((each for leg, step, each in house.derivations(dossier) if not leg and not step),
                 None)  # fmt: skip
    return tuple(explain(whole, lang)) if whole is not None else ()


def _because(events: _Events) -> str:
    """What was said in writing by whoever ended it; not what was withdrawn by reopening it."""
    ends = (e.DossierRefusedAtReceipt, e.DossierRefused, e.DossierStopped, e.LegRefused)
    for record, event in reversed(events):
        if isinstance(event, e.DossierReopened):
            break
        if isinstance(event, ends):
            same = [other for of, other in events if of.command_id == record.command_id]
            told = [other.private.reason for other in same if other.private]
            return next((words for words in told if words), "")
    return ""


def _passed(events: _Events) -> tuple[Passed, ...]:
    """The agencies that took it over, in turn."""
    found: list[Passed] = []
    last: dict[str, str] = {}
    for record, event in events:
        leg = getattr(event, "leg", "")
        if not isinstance(event, e.DossierRegistered | e.DossierReceived | e.HandoverAccepted):
            continue
        if last.get(leg) == event.agency:
            continue
        last[leg] = event.agency
        found.append(Passed(event.agency, from_micros(record.occurred_at), leg))
    return tuple(found)


def _asked(house: House, dossier: Dossier, events: _Events) -> tuple[Asked, ...]:
    found = []
    for leg in dossier.open_legs():
        if leg.mode != SUPPLEMENT:
            continue
        record, event = next(
            (record, event)
            for record, event in reversed(events)
            if isinstance(event, e.SupplementRequested) and event.leg == leg.path
        )
        papers = tuple(titled(house, dossier, each) for each in event.papers)
        reason = (event.private.reason if event.private else None) or ""
        since = from_micros(record.occurred_at)
        agency = leg.holder.agency if leg.holder else leg.agency
        found.append(Asked(leg.path, agency, papers, reason, since, event.answer_by))
    return tuple(found)


def handed_in(house: House, dossier: Dossier) -> list[Attached]:
    """The files of papers that the citizen hands in."""
    made = {each.id for each in house.law.procedure(dossier.procedure).papers_out}
    return [each for each in dossier.attached if each.paper not in made]


class Results(NamedTuple):
    """Files that came of it: of the result that counts, and of one that was withdrawn since."""

    valid: list[Attached]
    withdrawn: list[Attached]


def results(house: House, dossier: Dossier, events: Sequence[Event]) -> Results:
    """None before a result was returned, for until then they may be drafts, and a fee may be due.
    What was returned and withdrawn stays his; a draft of what was refused was never given out."""
    made = {each.id for each in house.law.procedure(dossier.procedure).papers_out}
    latest: list[Attached] = []
    withdrawn: list[Attached] = []
    for event in events:
        if isinstance(event, e.PapersAttached):
            latest += [each for each in event.papers if each.paper in made]
        elif isinstance(event, e.DossierReopened):
            withdrawn += latest if event.withdraws == DONE else []
            latest = []
    returned = (dossier.status, dossier.outcome) == ("ended", DONE)
    return Results(latest if returned else [], withdrawn)


def _files(
    house: House, dossier: Dossier, events: _Events, lang: Lang, attached: Sequence[Attached]
) -> tuple[Given, ...]:
    names: dict[str, str] = {}
    for _, event in events:
        if event.private is not None:
            names |= event.private.files
    found = []
    for each in attached:
        title = titled(house, dossier, each.paper).title
        words = title.vi if lang == "vi" else title.en
        found.append(Given(words, each.digest, names.get(each.digest), each.size))
    return tuple(found)


def _complaints(events: _Events) -> tuple[Answered, ...]:
    answers = {
        event.complaint: (record, event)
        for record, event in events
        if isinstance(event, e.ComplaintAnswered)
    }
    found = []
    for record, event in events:
        if not isinstance(event, e.ComplaintFiled):
            continue
        answer = answers.get(event.complaint)
        said = (event.private.reason if event.private else None) or ""
        told = (answer[1].private.reason if answer and answer[1].private else None) or ""
        found.append(
            Answered(
                number=event.complaint,
                ground=event.ground,
                words=said,
                at=from_micros(record.occurred_at),
                reference=answer[1].reference if answer else None,
                answer=told,
                answered_at=from_micros(answer[0].occurred_at) if answer else None,
            )
        )
    return tuple(found)
