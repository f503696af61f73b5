"""An offer waits at an agency that ends: who took over from it answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from engine.core.decide import Decided, decide, possible_acts
from engine.core.dossier import Holder
from engine.core.draft import Draft
from schemas import commands as c
from schemas import events as e
from tests.core import walker
from tests.core.scenario import SYSTEM, Scenario, a, procedure
from tests.core.walk import PROCEDURES, clocks
from workflows.machine import BACK, LEGS, OFFERED, ORIGIN, PAUSED, resume_act

HEIR = "w-uong-bi"
SPECIALIST = f"{HEIR}.specialist-2"
DESK_HEAD = f"{HEIR}-desk.head-1"
NAMED = "ub-environment.specialist-1"


def waits(to_officer: str | None = None) -> Scenario:
    """Offered to an office of the city on the last day on which there was one; it is the day
    after, and the offer has not expired."""
    at = Scenario().on(2025, 6, 30, 16)
    at.given(walker.receipt(at.law, procedure("t-counter"), at.now))
    sender = at.leg().holder.officer
    at.given(c.Forward(actor=sender, to_officer=to_officer, papers=("application",)))
    assert at.leg().transit.to_agency == "ub-environment"
    return at.on(2025, 7, 1, 9)


WEEKS, HOURS = (datetime(2025, *day, 1, 0, tzinfo=UTC) for day in ((5, 26), (6, 30)))
"""How long before the districts end it is received: offers have expired by then, or wait."""
CROSSING = [id_ for id_ in PROCEDURES if (procedure(id_).valid_to or "9") >= "2025-06-30"]


@pytest.mark.parametrize("id_", CROSSING)
@pytest.mark.parametrize("begun", [WEEKS, HOURS], ids=["weeks", "hours"])
def test_wherever_it_is_when_the_districts_end_it_comes_to_its_end(
    id_: str, begun: datetime
) -> None:
    """Payments and postings that are waited for, offers, legs: all go on at the successors."""
    length = over(Scenario(now=begun), id_, 1_000)
    for before in range(1, length):
        at = Scenario(now=begun)
        over(at, id_, before)
        if at.now.date() <= date(2025, 6, 30):
            at.on(2025, 7, 1, 8)
        over(at, id_, 1_000)
        assert at.dossier.outcome == "done", (before, at.dossier.legs)


def over(at: Scenario, id_: str, most: int) -> int:
    """So many commands of the straight way at most, each checked; how many there were."""
    if not at.past:
        at.given(walker.receipt(at.law, procedure(id_), at.now))
    for count in range(most):
        # The root comes first among the legs, and cannot end while another is open.
        *_, command = [None, *successors_next(at)]
        if command is None:
            return count
        if command.act == "end-posting":
            # Whoever ends it a month later may be another than today's.
            *_, command = successors_next(at.later(days=31))
        at.given(command)
        clocks(at.dossier)
    return most


def successors_next(at: Scenario) -> Iterator[c.Command]:
    """What moves each leg on, done by the successor where its agency is no more."""
    day, staff = at.now.date(), at.law.organisation
    for leg in at.dossier.open_legs():
        step = at.law.outline(at.dossier.procedure).processes[leg.path].steps.get(leg.step)
        if leg.transit is not None and at.now < leg.transit.expires:
            heir = staff.in_charge(leg.transit.to_agency, day).id
            taker = staff.officers_in(heir, leg.transit.to_role, day)[0]
            yield c.Accept(actor=taker.id, leg=leg.path)
        elif leg.mode == PAUSED:
            who = step.pause.resumed_by
            (agency,) = Draft(at.dossier, at.law, at.now).resolved(who.at, leg.path)
            more = {"receipt": "BL-1"} if step.pause.ground == "financial-duty" else {}
            resume = c.COMMANDS[resume_act(step.pause.ground)]
            yield resume(actor=staff.officers_in(agency, who.role, day)[0].id, leg=leg.path, **more)
        elif leg.holder is None or staff.officer(leg.holder.officer).valid_on(day):
            command = walker._next(at.dossier, leg, at.law, at.now, walker.first)
            yield from [command] if command else []
        elif leg.mode != LEGS:
            heir = staff.in_charge(leg.holder.agency, day).id
            roles = procedure(at.dossier.procedure[0]).policy.deciders
            head = next(o.id for role in roles for o in staff.officers_in(heir, role, day))
            may = possible_acts(at.dossier, at.law, at.now, head)
            if leg.mode == BACK and ("forward", leg.path, None) in may:
                yield c.Forward(actor=head, leg=leg.path)
            else:
                yield c.Transfer(actor=head, leg=leg.path, to_agency=heir)


def shown(at: Scenario, officer: str) -> set[str]:
    found = possible_acts(at.dossier, at.law, at.now, officer)
    return {each.act for each in found if each.rejected is None}


@pytest.mark.parametrize("to_officer", [None, NAMED])
def test_the_successor_accepts_what_was_offered_to_the_agency_that_ended(
    to_officer: str | None,
) -> None:
    """Whoever was named is gone with his agency: anybody with the role answers."""
    at = waits(to_officer)
    due = at.leg().step_due
    assert {"accept", "refuse-handover"} <= shown(at, SPECIALIST)
    at.when(c.Accept(actor=SPECIALIST)).then(
        a(e.HandoverAccepted, agency=HEIR, officer=SPECIALIST, papers=("application",), due=due)
    )
    assert at.leg().holder == Holder(HEIR, SPECIALIST)
    # It is theirs like any other, and goes on.
    at.when(c.Appraise(actor=SPECIALIST)).then(e.AppraisalRecorded)


def test_the_successor_refuses_it_and_it_lies_with_the_senders_successor() -> None:
    at = waits()
    at.when(c.RefuseHandover(actor=SPECIALIST, reason="Sai địa bàn")).then(e.HandoverRefused)
    assert (at.leg().mode, at.leg().holder.agency) == (BACK, "ub-desk")
    at.when(c.Transfer(actor=DESK_HEAD, to_agency=f"{HEIR}-desk")).then(
        e.LegTransferred, a(e.HandoverOffered, to_agency=f"{HEIR}-desk")
    )


def test_a_leg_that_was_offered_goes_on_at_the_successor() -> None:
    at = Scenario().on(2025, 6, 30, 16)
    at.given(walker.receipt(at.law, procedure("lt-04-lost-certificate-posting"), at.now))
    while "post" not in at.dossier.legs:
        at.given(next(walker.sensible(at.dossier, at.law, at.now)))
    offer = at.leg("post").transit
    assert offer.back == ORIGIN
    at.on(2025, 7, 1, 8)
    heir = at.law.organisation.in_charge(offer.to_agency, at.now.date()).id
    taker = at.law.organisation.officers_in(heir, offer.to_role, at.now.date())[0].id
    # So it is counted where the work is done, as the desk that offered it is told.
    at.when(c.Accept(actor=taker, leg="post")).then(
        a(e.HandoverAccepted, agency=heir),
        a(e.LegTransferred, from_agency=offer.to_agency, to_agency=heir, why="changed"),
    )
    assert at.leg("post").agency == heir
    todo = next(each for each in walker.sensible(at.dossier, at.law, at.now) if each.leg == "post")
    assert todo.actor == taker
    at.given(todo)


def test_nobody_else_answers_and_whom_it_is_for_does_not_recall_it() -> None:
    for officer, rule in (
        (f"{HEIR}.clerk-1", "wrong-role"),
        (f"{HEIR}-desk.receiver-1", "wrong-agency"),
        ("w-hong-gai.specialist-1", "wrong-agency"),
        (NAMED, "unknown-officer"),
    ):
        waits().when(c.Accept(actor=officer)).refused(rule)
    waits().when(c.RecallHandover(actor=DESK_HEAD)).then(e.HandoverRecalled)


def test_whom_it_is_for_now_does_not_recall_it_though_he_follows_the_sender_too() -> None:
    at = waits().on(2025, 6, 30, 16, 20)
    while (at.leg().step, at.leg().mode) != ("approve", OFFERED):
        at.given(next(walker.sensible(at.dossier, at.law, at.now)))
    assert at.leg().transit.sender.agency == at.leg().transit.to_agency == "ub-environment"
    head = f"{HEIR}.head-1"
    at.on(2025, 7, 1).when(c.RecallHandover(actor=head)).refused("not-the-sender")
    at.when(c.Accept(actor=head)).then(a(e.HandoverAccepted, agency=HEIR))


def test_before_it_ends_the_agency_itself_answers_and_its_successor_does_not() -> None:
    at = waits(NAMED).on(2025, 6, 30, 17)
    at.when(c.Accept(actor=SPECIALIST)).refused("unknown-officer")
    other = c.Accept(actor=NAMED.replace("-1", "-2"))
    at.when(other).refused("not-the-addressee", NAMED)
    at.when(replace(other, actor=NAMED)).then(a(e.HandoverAccepted, agency="ub-environment"))


def test_an_offer_that_nobody_answered_goes_up_from_the_successor() -> None:
    """What stood above the agency may be no more either."""
    at = waits().on(2025, 7, 2, 16)
    at.when(c.Accept(actor=SPECIALIST)).refused("handover-has-expired")
    at.when(c.ExpireHandover(actor=SYSTEM)).then(a(e.HandoverExpired, escalated_to="qn"))


def test_of_several_equally_near_the_successor_of_who_was_meant_goes_on() -> None:
    """The ward that its desk stood under is no more; seen from there all new wards are as near,
    and one of them has the ward's dossiers."""
    at = Scenario().on(2025, 6, 30, 16)
    desk = "ub-quang-trung-desk"
    at.given(
        c.Receive(actor=f"{desk}.receiver-1", procedure="lt-12-birth-certificate-reissue",
                  agency=desk),
        c.Forward(actor=f"{desk}.receiver-1"),
    )  # fmt: skip
    assert at.leg().transit.to_agency == "ub-quang-trung"
    justice = f"{HEIR}.justice-officer-1"
    at.on(2025, 7, 1, 9).given(c.Accept(actor=justice))
    at.when(c.Appraise(actor=justice)).then(
        e.AppraisalRecorded, a(e.HandoverOffered, to_agency=HEIR)
    )


def test_a_fact_that_names_one_of_several_decides_before_who_followed_whom() -> None:
    at = Scenario().on(2025, 6, 30, 16)
    at.given(walker.receipt(at.law, procedure("lt-04-lost-certificate-posting"), at.now))
    at.given(c.Forward(actor=at.leg().holder.officer))
    land = at.law.organisation.in_charge(at.leg().transit.to_agency, date(2025, 7, 1)).id
    at.on(2025, 7, 1, 8).given(c.Accept(actor=f"{land}.specialist-1"))
    was = at.law.organisation.agency(at.dossier.facts["commune"])
    assert not was.valid_on(date(2025, 7, 1))
    known = c.Appraise(actor=f"{land}.specialist-1")
    other = replace(known, facts={"commune": "w-yen-tu"})
    answer = decide(at.dossier, other, at.law, at.now)
    assert isinstance(answer, Decided)
    assert answer.dossier.legs["post"].agency == "w-yen-tu"
    at.when(known).then(
        e.AppraisalRecorded, a(e.LegOpened, agency=was.successor), e.HandoverOffered
    )
