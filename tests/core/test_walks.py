"""Walks at random over every procedure: what holds at each step, whatever anybody does.

And a seeded bug for each checker, which proves that it bites.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core import moves
from engine.core.decide import Decided, decide, possible_acts
from engine.core.dossier import Dossier
from engine.core.evolve.clauses import CLAUSES, with_leg
from schemas import events as e
from schemas.codec import encode
from schemas.rejection import Rejected
from tests.core import walker
from tests.core.scenario import START, finished, procedure
from tests.core.walk import PROCEDURES, STEPS, Broken, Walk, drawn, step

EVE = datetime(2025, 6, 26, 1, tzinfo=UTC)
"""Days before the districts end: a walk from here crosses that day."""


def begun(id_: str, pick: walker.Pick) -> Walk:
    """Received when its procedure first was, or just before the districts end."""
    walk = Walk(id_)
    if (procedure(id_).valid_to or "9") > "2025-06-26":
        walk.now = max(walk.now, pick((walk.now, EVE)))
    walk.receive(pick)
    return walk


@pytest.mark.parametrize("id_", PROCEDURES)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(choices=st.data())
def test_what_must_hold_holds_whatever_anybody_does(id_: str, choices: st.DataObject) -> None:
    """Hypothesis chooses, and shrinks what fails to the shortest walk that does."""
    pick = drawn(choices.draw)
    walk = begun(id_, pick)
    for _ in range(choices.draw(st.integers(0, STEPS))):
        step(walk, pick)


@pytest.mark.parametrize("id_", PROCEDURES)
def test_long_walks_hold_too(id_: str) -> None:
    """Longer walks than Hypothesis draws, from seeds: they come to the ends of procedures."""
    outcomes: set[str | None] = set()
    rejected = 0
    for seed in range(12):
        walk = begun(id_, Random(seed).choice)
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
