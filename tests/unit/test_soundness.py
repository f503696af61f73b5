"""Soundness on hand-made definitions: what no file of the catalogue shows."""

from __future__ import annotations

import time
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from workflows.load import load_catalogue
from workflows.model import (
    DONE,
    Branch,
    Leg,
    Limit,
    Pause,
    Procedure,
    Process,
    Step,
    Text,
    Unit,
    Who,
)
from workflows.soundness import examine

DAY, HOUR, CALENDAR = Unit.WORKING_DAY, Unit.WORKING_HOUR, Unit.CALENDAR_DAY
DESK, CLERK = Who("receiver"), Who("clerk")


def limit(amount: float | None, unit: Unit = DAY) -> Limit | None:
    return None if amount is None else Limit(Decimal(str(amount)), unit)


def work(
    name: str, amount: float | None, *then: Branch | str, act: str = "complete", unit: Unit = DAY
) -> Step:
    branches = tuple(Branch(to) if isinstance(to, str) else to for to in then)
    return Step(name, branches, by=CLERK, act=act, limit=limit(amount, unit))


def back(amount: float | None = None) -> Step:
    return Step("return", (Branch(DONE),), by=DESK, act="return", limit=limit(amount))


def leg(name: str, amount: float | None, *steps: Step) -> Leg:
    inner = steps or (work("reply", None, DONE),)
    process = Process(inner[0].name, {step.name: step for step in inner})
    return Leg(name, "commune", process, limit(amount))


def wait(name: str, to: str, *legs: Leg, refused: str | None = None) -> Step:
    return Step(name, (Branch(to),), legs=legs, refused=refused)


def procedure(total: float, *steps: Step, unit: Unit = DAY) -> Procedure:
    return Procedure(
        id="sample",
        version="1",
        source="unknown",
        title=Text("Mẫu", "Sample"),
        field=Text("Mẫu", "Sample"),
        kind="single",
        desk="desk",
        limit=Limit(Decimal(str(total)), unit),
        process=Process(steps[0].name, {step.name: step for step in steps}),
        valid_from="2021-01-01",
    )


def found(definition: Procedure) -> list[str]:
    return [finding.message for finding in examine(definition)]


def total_and_sum(total: str, summed: str) -> str:
    return f"the total is {total}, but the steps sum to {summed}"


# --- limits add up ---------------------------------------------------------------------


def test_steps_in_a_row_are_added() -> None:
    assert found(procedure(3, work("a", 1, "return"), back(2))) == []
    assert found(procedure(4, work("a", 1, "return"), back(2))) == [
        total_and_sum("4 working days", "3 working days")
    ]


def test_hours_and_days_are_added_by_eight() -> None:
    definition = procedure(1.5, work("a", 4, "b", unit=HOUR), work("b", 1, "return"), back())
    assert found(definition) == []
    definition = procedure(10, work("a", 1, "return"), back(), unit=HOUR)
    assert found(definition) == [total_and_sum("10 working hours", "8 working hours")]


def test_the_same_day_is_a_day_of_eight_hours() -> None:
    same_day = Limit.parse("same day")
    for hours, messages in ((8, []), (9, [total_and_sum("same day", "1.125 working days")])):
        steps = (work("a", hours, "return", unit=HOUR), back())
        assert found(replace(procedure(1, *steps), limit=same_day)) == messages


def test_of_parallel_legs_the_longest_counts() -> None:
    legs = leg("x", 2), leg("y", 5), leg("z", 1)
    assert found(procedure(6, work("a", 1, "ask"), wait("ask", "return", *legs), back())) == []
    assert found(procedure(9, work("a", 1, "ask"), wait("ask", "return", *legs), back())) == [
        total_and_sum("9 working days", "6 working days")
    ]


def test_legs_one_after_the_other_are_added() -> None:
    definition = procedure(
        7,
        work("a", 1, "x"),
        wait("x", "y", leg("x", 2)),
        wait("y", "return", leg("y", 4)),
        back(),
    )
    assert found(definition) == []


def test_a_leg_without_a_limit_counts_as_its_steps() -> None:
    inner = leg("x", None, work("p", 2, "q"), work("q", 1, DONE))
    assert found(procedure(4, work("a", 1, "ask"), wait("ask", "return", inner), back())) == []
    assert found(procedure(5, work("a", 1, "ask"), wait("ask", "return", inner), back())) != []


def test_a_leg_inside_a_leg_is_checked_too() -> None:
    deep = leg("deep", 3, work("p", 1, DONE))
    outer = leg("outer", 5, work("q", 2, "ask"), wait("ask", DONE, deep))
    definition = procedure(6, work("a", 1, "ask"), wait("ask", "return", outer), back())
    assert [(f.path, f.message) for f in examine(definition)] == [
        (
            "outer/deep",
            "the limit of leg 'outer/deep' is 3 working days, but the steps sum to 1 working day",
        )
    ]


def test_a_pause_counts_nothing() -> None:
    pause = Step(
        "post",
        (Branch("return"),),
        pause=Pause("posting", CLERK, lasts=Limit(Decimal(30), CALENDAR)),
    )
    assert found(procedure(1, work("a", 1, "post"), pause, back())) == []


def test_of_several_ways_the_longest_counts() -> None:
    fork = Branch("b", {"outcome": "unclear"}), Branch("return")
    assert found(procedure(3, work("a", 1, *fork), work("b", 2, "return"), back())) == []
    assert found(procedure(2, work("a", 1, *fork), work("b", 2, "return"), back())) == [
        total_and_sum("2 working days", "3 working days")
    ]


def test_a_step_without_a_limit_leaves_room_but_no_more() -> None:
    assert found(procedure(9, work("a", 1, "b"), work("b", None, "return"), back())) == []
    assert found(procedure(2, work("a", 3, "b"), work("b", None, "return"), back())) == [
        total_and_sum("2 working days", "3 working days")
    ]


def test_calendar_time_is_not_compared_with_working_time() -> None:
    assert found(procedure(9, work("a", 1, "return", unit=CALENDAR), back())) == []
    assert found(procedure(9, work("a", 1, "return"), back(), unit=Unit.MONTH)) == []


def test_work_done_again_is_counted_once() -> None:
    again = Branch("a", {"outcome": "rejected"}), Branch("return")
    assert found(procedure(3, work("a", 1, "b"), work("b", 2, *again), back())) == []


def test_a_mismatch_is_a_warning_and_everything_else_an_error() -> None:
    (finding,) = examine(procedure(4, work("a", 1, "return"), back(2)))
    assert finding.severity == "warning"
    (finding,) = examine(procedure(0, work("a", 1, "return"), back()))
    assert (finding.severity, finding.message) == (
        "error",
        "the total is 0: it must be more than 0",
    )


def test_limits_of_nothing_or_less_are_refused_by_name() -> None:
    assert found(procedure(-1, work("a", 1, "return"), back())) == [
        "the total is -1: it must be more than 0"
    ]
    ask = wait("ask", "return", leg("x", -1))
    assert found(procedure(1, work("a", 1, "ask"), ask, back())) == [
        "the limit of leg 'x' is -1: it must be more than 0"
    ]
    assert found(procedure(1, work("a", 0, "return"), back())) == [
        "the limit of step 'a' is 0: it must be more than 0"
    ]


# --- ways and ends ---------------------------------------------------------------------


def test_a_refused_leg_may_end_the_process() -> None:
    ask = wait("ask", "return", leg("x", None), refused="refused")
    assert found(procedure(1, work("a", 1, "ask"), ask, back())) == []


def test_a_step_reached_only_when_a_leg_is_refused_is_reached() -> None:
    ask = wait("ask", "return", leg("x", None), refused="write")
    definition = procedure(1, work("a", 1, "ask"), ask, work("write", None, "return"), back())
    assert found(definition) == []


def test_a_step_that_leads_nowhere() -> None:
    assert found(procedure(1, Step("a", (), by=CLERK), back())) == ["step 'a' leads nowhere"]


def test_all_errors_come_at_once() -> None:
    definition = procedure(
        1,
        work("a", 1, Branch("nowhere", {"x": "1"}), act="sgin"),
        Step("b", (Branch("b"),), by=CLERK),
        back(),
    )
    assert found(definition) == [
        "step 'a' leads to 'nowhere', which is no step of this process",
        "the act 'sgin' is unknown; did you mean 'sign'?",
        "step 'a' gets stuck when none of its conditions hold: end with a branch without 'when'",
    ]


def test_an_act_far_from_every_known_one_names_the_known_ones() -> None:
    (message,) = found(procedure(1, work("a", 1, "return", act="xyz"), back()))
    assert message.startswith("the act 'xyz' is unknown; known are forward, complete, appraise")


def test_a_signature_inside_a_leg_is_a_signature() -> None:
    signing = leg("x", None, work("s", None, DONE, act="sign"))
    definition = procedure(
        1,
        work("a", 1, Branch("s", {"by": "us"}), Branch("ask")),
        work("s", None, "return", act="sign"),
        wait("ask", "return", signing),
        back(),
    )
    assert found(definition) == []


def test_a_signature_only_one_of_whose_ways_signs() -> None:
    definition = procedure(
        1,
        work("a", 1, Branch("s", {"by": "us"}), Branch("n")),
        work("s", None, "n", act="sign"),
        work("n", None, "return", act="number"),
        back(),
    )
    assert found(definition) == [
        "a way leads to 'n' on which nobody has signed the result",
        "a way leads to 'return' on which nobody has signed the result",
    ]


def test_a_procedure_that_never_signs_needs_no_signature() -> None:
    assert found(procedure(1, work("a", 1, "return", act="issue"), back())) == []


# --- the catalogue, broken on purpose --------------------------------------------------


@pytest.mark.parametrize("definition", list(load_catalogue()), ids=lambda found: found.id)
def test_taking_any_step_away_is_noticed(definition: Procedure) -> None:
    steps = definition.process.steps
    for name in steps:
        fewer = {other: step for other, step in steps.items() if other != name}
        process = Process(definition.process.start, fewer)
        broken = msgspec.structs.replace(definition, process=process, digest="")
        assert any(finding.severity == "error" for finding in examine(broken)), name


def test_a_tangle_is_examined_in_bounded_time() -> None:
    names = [f"s{number}" for number in range(40)]
    steps = []
    for name in names:
        forks = [Branch(other, {"to": other}) for other in names if other != name]
        steps.append(work(name, 1, *forks, "return"))
    began = time.perf_counter()
    assert examine(procedure(5, *steps, back())) == [], "no sum is guessed at"
    assert time.perf_counter() - began < 5
