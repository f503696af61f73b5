"""Walks at random over every procedure: what holds at each step, whatever anybody does.

And a seeded bug for each checker, which proves that it bites.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core import custody, moves
from engine.core.decide import Decided, decide, possible_acts
from engine.core.dossier import Dossier
from engine.core.evolve import evolve
from engine.core.evolve.clauses import CLAUSES, with_leg
from engine.core.law import Law
from schemas import events as e
from schemas.codec import decode, encode
from schemas.commands import Command
from schemas.rejection import Rejected
from tests.core import walker
from tests.core.scenario import CODE, START, catalogue, finished, procedure
from workflows.machine import LEGS

PROCEDURES = sorted(each.id for each in catalogue().procedures())
STEPS = 60
HOW = ("sensible", "sensible", "sensible", "sensible", "allowed", "tempting")

Line = tuple[str, bytes, bytes | None, datetime]


class Broken(AssertionError):
    """What has to hold does not. The name of the invariant comes first."""


class Walk:
    """One dossier, the bytes of its events, and what has to hold of them after each command."""

    def __init__(self, id_: str, decider: Callable[..., Decided | Rejected] = decide) -> None:
        self.law: Law = catalogue()
        self.procedure = procedure(id_)
        self.decide = decider
        self.now = max(START, _first_day(self.procedure.valid_from))
        self.dossier = Dossier(CODE)
        self.log: list[Line] = []
        self.outcomes = {"decided": 0, "rejected": 0}

    def receive(self, pick: walker.Pick) -> None:
        opens = pick((walker.receipt, walker.receipt, walker.registration))
        self.give(opens(self.law, self.procedure, self.now, pick))

    def give(self, command: Command) -> Decided | Rejected:
        before = self.dossier
        was = _bytes_of(before)
        answer = self.decide(before, command, self.law, self.now)
        if _bytes_of(before) != was:
            raise Broken(f"I10: {command.act} changed the dossier it was decided on")
        if answer != self.decide(before, command, self.law, self.now):
            raise Broken(f"deterministic: {command.act} was decided in two ways")
        if isinstance(answer, Rejected):
            self.outcomes["rejected"] += 1
            return answer
        self.outcomes["decided"] += 1
        self._append(answer)
        return answer

    def _append(self, decided: Decided) -> None:
        live = self.dossier
        for event in decided.events:
            live = evolve(live, event, self.now)
            # I8 holds at each event, not only when the command is through.
            faults = custody.faults(live)
            if faults:
                raise Broken(f"I8: after {event.type}: {faults}")
            self.log.append((event.type, *encode(event), self.now))
        if live != decided.dossier:
            raise Broken("decided: the dossier is not what its events make of it")
        self.dossier = live
        if replay(self.log) != live:
            raise Broken("replay: the dossier is not what its bytes make of it")
        _clocks(live)
        _ends(live)


def replay(log: list[Line]) -> Dossier:
    """The dossier, from nothing but bytes."""
    dossier = Dossier(CODE)
    for type_, payload, private, at in log:
        dossier = evolve(dossier, decode(type_, payload, private), at)
    return dossier


def _bytes_of(dossier: Dossier) -> str:
    return repr(dossier)


def _first_day(valid_from: str) -> datetime:
    year, month, day = map(int, valid_from.split("-"))
    return START.replace(year=year, month=month, day=day)


def _clocks(dossier: Dossier) -> None:
    for leg in dossier.legs.values():
        if leg.due is not None and leg.due < leg.started:
            raise Broken(f"due: leg {leg.path!r} is due before it started")
        entered = leg.visits.get(leg.step, ())
        if leg.step_due is not None and leg.step_due < entered[0]:
            raise Broken(f"due: step {leg.step!r} is due before it was begun")
        for stop in leg.stops:
            if stop.until is not None and stop.until < stop.since:
                raise Broken(f"due: a stop of leg {leg.path!r} ends before it begins")


def _ends(dossier: Dossier) -> None:
    """Nothing is open in what has ended, and what is open has a leg that somebody may move."""
    if dossier.status == "ended" and any(True for _ in dossier.open_legs()):
        raise Broken("end: the dossier has ended, and a leg of it has not")
    if dossier.status in ("open", "suspended"):
        if not dossier.root.open:
            raise Broken("end: the root has ended, and the dossier has not")
        if all(leg.mode == LEGS for leg in dossier.open_legs()):
            raise Broken("end: every open leg waits for another")


def step(walk: Walk, pick: walker.Pick) -> None:
    """Something happens: mostly what is sensible, now and then anything at all."""
    walk.now = max(walk.now + pick(walker.PACE), START)
    how = pick(HOW)
    if how == "sensible":
        todo = list(walker.sensible(walk.dossier, walk.law, walk.now, pick))
        how = "sensible" if todo else "allowed"
    if how == "sensible":
        walk.give(pick(todo))
    elif how == "allowed":
        walk.give(walker.allowed(walk.dossier, walk.law, walk.now, pick))
    else:
        walk.give(walker.tempting(walk.dossier, walk.law, walk.now, pick))


def drawn(draw: Callable[[st.SearchStrategy[Any]], Any]) -> walker.Pick:
    def pick(options: Sequence[Any]) -> Any:
        return options[draw(st.integers(0, len(options) - 1))]

    return pick


@pytest.mark.parametrize("id_", PROCEDURES)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(choices=st.data())
def test_what_must_hold_holds_whatever_anybody_does(id_: str, choices: st.DataObject) -> None:
    """Hypothesis chooses, and shrinks what fails to the shortest walk that does."""
    pick = drawn(choices.draw)
    walk = Walk(id_)
    walk.receive(pick)
    for _ in range(choices.draw(st.integers(0, STEPS))):
        step(walk, pick)


@pytest.mark.parametrize("id_", PROCEDURES)
def test_long_walks_hold_too(id_: str) -> None:
    """Longer walks than Hypothesis draws, from seeds: they come to the ends of procedures."""
    outcomes: set[str | None] = set()
    rejected = 0
    for seed in range(12):
        walk = Walk(id_)
        walk.receive(Random(seed).choice)
        pick = Random(seed + 1000).choice
        for _ in range(2 * STEPS):
            step(walk, pick)
            if walk.dossier.status == "ended" and pick((True, False)):
                break
        outcomes.add(walk.dossier.outcome)
        rejected += walk.outcomes["rejected"]
    assert outcomes - {None}, "no walk came to an end"
    assert rejected, "no walk tried what it may not"


@pytest.mark.parametrize("id_", PROCEDURES)
def test_the_straight_way_ends_done_with_a_verdict(id_: str) -> None:
    at = finished(id_)
    verdict = "on time" if procedure(id_).limit.same_day else "early"
    assert (at.dossier.outcome, at.leg().verdict) == ("done", verdict)


@pytest.mark.parametrize("id_", PROCEDURES)
def test_what_is_called_possible_is_not_refused_for_who_acts(id_: str) -> None:
    """`acts` and `act` never disagree: an act it shows may lack a detail, not a permission."""
    walk = Walk(id_)
    pick = Random(7).choice
    walk.receive(pick)
    for _ in range(STEPS):
        todo = list(walker.sensible(walk.dossier, walk.law, walk.now, pick))
        if not todo:
            break
        command = pick(todo)
        acts = possible_acts(walk.dossier, walk.law, walk.now, command.actor)
        shown = {(each.act, each.leg) for each in acts if each.rejected is None}
        walk.now += walker.PACE[0]
        answer = walk.give(command)
        if isinstance(answer, Decided):
            assert (command.act, command.leg) in shown


# --- each checker bites -------------------------------------------------------------------


def straight(decider: Callable[..., Decided | Rejected] = decide) -> None:
    """To the end of a procedure with legs, a pause and every kind of handover."""
    walk = Walk("lt-09-land-transfer-2021", decider)
    walk.receive(walker.first)
    while walk.dossier.status != "ended":
        walk.now += walker.PACE[0]
        todo = walker.sensible(walk.dossier, walk.law, walk.now)
        walk.give(next(todo))


def test_the_straight_way_breaks_nothing() -> None:
    straight()


def test_a_clause_that_keeps_the_sender_as_holder_breaks_i8(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offered = CLAUSES[e.HandoverOffered]

    def kept(dossier: Dossier, event: e.HandoverOffered, at: datetime) -> Dossier:
        holder = dossier.legs[event.leg].holder
        return with_leg(offered(dossier, event, at), event.leg, holder=holder)

    monkeypatch.setitem(CLAUSES, e.HandoverOffered, kept)
    with pytest.raises(Broken, match=r"I8: after handover\.offered"):
        straight()


def test_a_clause_that_depends_on_more_than_bytes_breaks_replay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accepted = CLAUSES[e.HandoverAccepted]
    seen: set[int] = set()

    def first_time_only(dossier: Dossier, event: e.HandoverAccepted, at: datetime) -> Dossier:
        dossier = accepted(dossier, event, at)
        if event.handover in seen:
            return replace(dossier, handovers=0)
        seen.add(event.handover)
        return dossier

    monkeypatch.setitem(CLAUSES, e.HandoverAccepted, first_time_only)
    with pytest.raises(Broken, match=r"deterministic|decided|replay"):
        straight()


def test_a_payload_that_loses_a_field_breaks_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = encode

    def lossy(event: e.Event) -> tuple[bytes, bytes | None]:
        return whole(replace(event, due=None) if isinstance(event, e.HandoverOffered) else event)

    monkeypatch.setitem(Walk._append.__globals__, "encode", lossy)
    with pytest.raises(Broken, match="replay"):
        straight()


def tampered(change: Callable[[Decided], Decided], *args: Any) -> Decided | Rejected:
    answer = decide(*args)
    return answer if isinstance(answer, Rejected) else change(answer)


def test_a_dossier_that_its_events_do_not_make_is_found() -> None:
    def forgetful(answer: Decided) -> Decided:
        return Decided(answer.events[:-1], answer.dossier)

    with pytest.raises(Broken, match="decided"):
        straight(partial(tampered, forgetful))


def test_a_decision_that_changes_its_dossier_breaks_i10() -> None:
    def writes_into(dossier: Dossier, *args: Any) -> Decided | Rejected:
        answer = decide(dossier, *args)
        dossier.facts["written"] = "in place"
        return answer

    walk = Walk("t-counter", writes_into)
    walk.dossier = replace(walk.dossier, facts={})
    with pytest.raises(Broken, match="I10"):
        walk.receive(walker.first)


def test_a_decision_that_draws_lots_is_found() -> None:
    lots = Random(1)

    def draws_lots(*args: Any) -> Decided | Rejected:
        if lots.random() < 0.5:
            return Rejected("act-not-possible", "bad luck")
        return decide(*args)

    with pytest.raises(Broken, match="deterministic"):
        straight(draws_lots)


def test_a_date_before_its_start_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def overwritten(dossier: Dossier, event: e.ClockStarted, at: datetime) -> Dossier:
        due = START.replace(year=2020)
        return with_leg(dossier, event.leg, started=at, limit=event.limit, due=due)

    monkeypatch.setitem(CLAUSES, e.ClockStarted, overwritten)
    with pytest.raises(Broken, match="due"):
        straight()


def test_an_end_that_leaves_a_leg_open_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(dossier: Dossier, event: e.ResultReturned, at: datetime) -> Dossier:
        return replace(dossier, status="ended", outcome="done", ended_at=at)

    monkeypatch.setitem(CLAUSES, e.ResultReturned, half)
    with pytest.raises(Broken, match="end"):
        straight()


def test_a_leg_that_nobody_waits_for_any_more_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    join = moves.join

    def forgets(draft: Any, path: str, step_name: str) -> None:
        if all(leg.open for leg in draft.dossier.children(path, step_name)):
            join(draft, path, step_name)

    monkeypatch.setattr(moves, "join", forgets)
    with pytest.raises(Broken, match="waits for another"):
        straight()
