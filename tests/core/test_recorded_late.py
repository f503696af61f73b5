"""How long after it happened an act may still be recorded: a policy of the procedure."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from engine.core.law import Law
from schemas import commands as c
from schemas import events as e
from tests.core.scenario import DESK, SYSTEM, Scenario, catalogue, new, procedure
from workflows.load import digest
from workflows.model import Limit, Policy, Procedure

RECEIVE = c.Receive(actor=DESK, procedure="t-counter", agency="ub-desk")
YEAR = timedelta(days=365)


def within(text: str) -> Law:
    """The law, with this policy in the procedure."""
    policy = Policy(record_within=Limit.parse(text))
    ours = replace(procedure("t-counter"), policy=policy)
    return Law([ours], catalogue().calendars(), catalogue().organisation)


def last_moment(at: Scenario) -> datetime:
    """Three working days after Monday, 9:00: Thursday, 9:00."""
    return at.now + timedelta(days=3)


def test_without_the_policy_anything_may_be_told_however_late() -> None:
    at = new()
    at.when(RECEIVE, recorded=at.now + YEAR).then(e.DossierReceived, e.ClockStarted)
    at.when(c.Forward(actor=DESK), recorded=at.now + YEAR).then(e.StepCompleted, e.HandoverOffered)


def test_a_receipt_is_told_within_the_policy_of_its_procedure() -> None:
    at = new(within("3 working days"))
    late = last_moment(at) + timedelta(minutes=1)
    at.when(RECEIVE, recorded=late).refused(
        "recorded-too-late", "2021-03-01 09:00", "3 working days", "2021-03-04 09:00"
    )
    at.when(RECEIVE, recorded=last_moment(at)).then(e.DossierReceived, e.ClockStarted)


def test_every_later_act_is_too_and_working_time_counts() -> None:
    at = new(within("4 working hours")).given(RECEIVE)
    # Friday 16:00: an hour of that day, three of Monday from 7:30.
    at.on(2021, 3, 5, 16)
    monday = at.now + timedelta(days=2, hours=18, minutes=30)
    act = c.Forward(actor=DESK)
    at.when(act, recorded=monday + timedelta(seconds=1)).refused("recorded-too-late")
    at.when(act, recorded=monday).then(e.StepCompleted, e.HandoverOffered)


def test_what_another_rule_refuses_is_refused_by_it_and_a_rule_itself_may_be_late() -> None:
    at = new(within("1 working hour")).given(RECEIVE, c.Forward(actor=DESK))
    at.when(c.Forward(actor=DESK), recorded=at.now + YEAR).refused("handover-in-transit")
    at.later(days=3)
    at.when(c.ExpireHandover(actor=SYSTEM), recorded=at.now + YEAR).then(e.HandoverExpired)


def test_a_version_without_the_policy_has_the_digest_it_always_had() -> None:
    """A store that registered it before there was such a policy must still know it."""
    without = procedure("t-counter")
    assert b"record_within" not in msgspec.json.encode(without)
    law = within("3 working days")
    (ours,) = law.procedures()
    assert digest(ours) != digest(without)
    stored = msgspec.json.decode(msgspec.json.encode(ours), type=Procedure)
    assert stored.policy.record_within == Limit.parse("3 working days")
