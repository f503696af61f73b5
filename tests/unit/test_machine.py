"""The machine: which acts are possible where, and where they lead."""

from __future__ import annotations

import timeit
from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace

import pytest
from transitions import Machine

from workflows.load import load_catalogue
from workflows.machine import (
    AT_WORK,
    BACK,
    LEGS,
    OFFERED,
    ORIGIN,
    PAUSED,
    SUPPLEMENT,
    NotPossible,
    Place,
    ProcedureMachine,
    compile_procedure,
    resume_act,
    state_name,
)
from workflows.model import (
    DONE,
    REFUSED,
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

WORDS = Text("Mẫu", "Sample")
DESK, OFFICER = Who("receiver"), Who("specialist", "office")
CATALOGUE = list(load_catalogue())


def to(step: str, **when: str) -> Branch:
    return Branch(step, when)


def work(name: str, by: Who, then: tuple[Branch, ...], act: str = "complete") -> Step:
    return Step(name, then, by=by, act=act)


def procedure(*steps: Step) -> Procedure:
    return Procedure(
        id="sample",
        version="1",
        source="unknown",
        title=WORDS,
        field=WORDS,
        kind="single",
        desk="desk",
        limit=Limit(Decimal(3), Unit.WORKING_DAY),
        process=Process(steps[0].name, {step.name: step for step in steps}),
        valid_from="2021-01-01",
    )


REPLY = Process("reply", {"reply": work("reply", Who("clerk"), (to(DONE),))})
SAMPLE = procedure(
    work("receive", DESK, (to("appraise"),), "forward"),
    work(
        "appraise",
        OFFICER,
        (to("ask", outcome="unclear"), to("pay", outcome="taxed"), to("draft")),
        "appraise",
    ),
    Step("ask", (to("draft"),), legs=(Leg("opinion", "commune", REPLY),), refused="sign"),
    Step("pay", (to("draft"),), pause=Pause("financial-duty", DESK)),
    work("draft", OFFICER, (to("sign"),)),
    work("sign", Who("head", "office"), (to("return"),), "sign"),
    work("return", DESK, (to(DONE),), "return"),
)


@pytest.fixture(scope="module")
def machine() -> ProcedureMachine:
    return ProcedureMachine(SAMPLE)


def test_names_of_states() -> None:
    assert state_name("", "sign") == ":sign"
    assert state_name("a/b", "sign", OFFERED) == "a/b:sign/offered"


def test_the_root_begins_at_work_and_a_leg_in_transit(machine: ProcedureMachine) -> None:
    assert machine.start() == Place("receive", AT_WORK)
    assert machine.start("opinion") == Place("reply", OFFERED)


def test_a_step_of_somebody_else_begins_with_an_offer(machine: ProcedureMachine) -> None:
    assert machine.fire(":receive", "forward", {}) == Place("appraise", OFFERED)
    assert machine.fire(":appraise/offered", "accept", {}) == Place("appraise", AT_WORK)


def test_a_step_of_the_same_doer_begins_at_work(machine: ProcedureMachine) -> None:
    assert machine.fire(":appraise", "appraise", {}) == Place("draft", AT_WORK)


def test_whoever_held_it_before_a_wait_or_a_pause_goes_on_without_an_offer(
    machine: ProcedureMachine,
) -> None:
    assert machine.fire(":ask/legs", "join", {}) == Place("draft", AT_WORK)
    assert machine.fire(":pay/paused", "confirm-payment", {}) == Place("draft", AT_WORK)


def test_the_first_branch_that_holds_is_taken(machine: ProcedureMachine) -> None:
    assert machine.fire(":appraise", "appraise", {"outcome": "unclear"}) == Place("ask", LEGS)
    assert machine.fire(":appraise", "appraise", {"outcome": "taxed"}) == Place("pay", PAUSED)
    assert machine.fire(":appraise", "appraise", {"outcome": "else"}) == Place("draft", AT_WORK)


def test_no_branch_that_holds_is_none() -> None:
    stuck = procedure(work("receive", DESK, (to(DONE, a="1", b="2"),), "return"))
    assert ProcedureMachine(stuck).fire(":receive", "return", {"a": "1"}) is None
    end = ProcedureMachine(stuck).fire(":receive", "return", {"a": "1", "b": "2"})
    assert end == Place(DONE)
    assert end is not None
    assert end.ended


def test_an_act_that_the_state_does_not_have(machine: ProcedureMachine) -> None:
    with pytest.raises(NotPossible, match="'sign' is not possible in ':receive'"):
        machine.fire(":receive", "sign", {})
    with pytest.raises(NotPossible):
        machine.fire(":nowhere", "sign", {})
    with pytest.raises(NotPossible):
        machine.fire(":receive", "no-such-act", {})


@pytest.mark.parametrize(
    ("state", "acts"),
    [
        (":sign/offered", {"accept", "refuse-handover", "recall-handover", "expire-handover"}),
        (":sign", {"sign", "assign", "extend", "transfer", "ask-supplement", "refuse"}),
        (
            ":sign/back",
            {"sign", "forward", "assign", "extend", "transfer", "ask-supplement", "refuse"},
        ),
        (":sign/supplement", {"supply", "assign", "expire-supplement", "refuse"}),
        (":pay/paused", {"confirm-payment", "assign"}),
        (":ask/legs", {"join", "join-refused", "extend", "assign"}),
        ("opinion:@/back", {"forward", "assign", "transfer", "refuse"}),
        (":done", set()),
        (":refused", set()),
    ],
)
def test_what_is_possible(machine: ProcedureMachine, state: str, acts: set[str]) -> None:
    assert set(machine.possible(state)) == acts


def test_an_offer_that_came_back_is_offered_again_or_redone(machine: ProcedureMachine) -> None:
    assert machine.fire(":draft/back", "forward", {}) == Place("sign", OFFERED)
    assert machine.fire(":draft/back", "complete", {}) == Place("sign", OFFERED)
    assert machine.fire(f"opinion:{ORIGIN}/back", "forward", {}) == Place("reply", OFFERED)


@pytest.mark.parametrize("act", ["refuse-handover", "recall-handover", "expire-handover"])
def test_the_end_of_an_offer_leads_nowhere_by_itself(machine: ProcedureMachine, act: str) -> None:
    assert machine.fire(":sign/offered", act, {}) == Place("sign", OFFERED)


@pytest.mark.parametrize("act", ["assign", "extend", "transfer"])
def test_what_does_not_move_the_leg(machine: ProcedureMachine, act: str) -> None:
    for mode in (AT_WORK, BACK):
        assert machine.fire(state_name("", "sign", mode), act, {}) == Place("sign", mode)


def test_a_supplement_comes_or_does_not(machine: ProcedureMachine) -> None:
    assert machine.fire(":draft", "ask-supplement", {}) == Place("draft", SUPPLEMENT)
    assert machine.fire(":draft/supplement", "supply", {}) == Place("draft", AT_WORK)
    assert machine.fire(":draft/supplement", "expire-supplement", {}) == Place(REFUSED)


def test_a_refused_leg_leads_where_the_step_says(machine: ProcedureMachine) -> None:
    assert machine.fire(":ask/legs", "join-refused", {}) == Place("sign", OFFERED)


def test_a_refused_gate_ends_the_dossier() -> None:
    gated = procedure(
        work("receive", DESK, (to("ask"),), "forward"),
        Step("ask", (to("return"),), legs=(Leg("opinion", "commune", REPLY, gate=True),)),
        work("return", DESK, (to(DONE),), "return"),
    )
    machine = ProcedureMachine(gated)
    assert machine.fire(":ask/legs", "join-refused", {}) == Place(REFUSED)


def test_a_leg_that_may_be_refused_without_harm_has_no_way_of_refusal() -> None:
    mild = procedure(
        work("receive", DESK, (to("ask"),), "forward"),
        Step("ask", (to("return"),), legs=(Leg("opinion", "commune", REPLY),)),
        work("return", DESK, (to(DONE),), "return"),
    )
    assert "join-refused" not in ProcedureMachine(mild).possible(":ask/legs")


def test_a_step_that_two_different_doers_lead_to_is_offered() -> None:
    mixed = procedure(
        work("receive", DESK, (to("pay", tax="no"), to("draft")), "forward"),
        work("draft", OFFICER, (to("pay"),)),
        Step("pay", (to("file"),), pause=Pause("other", DESK)),
        work("file", OFFICER, (to(DONE),)),
    )
    machine = ProcedureMachine(mixed)
    assert machine.fire(":pay/paused", "resume", {}) == Place("file", OFFERED)


def test_the_doer_at_the_running_agency_is_the_same_when_named_in_full() -> None:
    same = procedure(
        work("receive", Who("receiver"), (to("return"),), "forward"),
        work("return", Who("receiver", "desk"), (to(DONE),), "return"),
    )
    assert ProcedureMachine(same).fire(":receive", "forward", {}) == Place("return", AT_WORK)


def test_grounds_have_their_own_act_of_resuming() -> None:
    assert resume_act("financial-duty") == "confirm-payment"
    assert resume_act("posting") == "end-posting"
    assert resume_act("anything else") == "resume"


def test_one_machine_per_version_and_content() -> None:
    first = CATALOGUE[0]
    assert compile_procedure(first) is compile_procedure(first)
    assert compile_procedure(first) is not compile_procedure(CATALOGUE[1])


def test_a_machine_is_shared_without_keeping_anything_of_a_dossier(
    machine: ProcedureMachine,
) -> None:
    before = {state: machine.possible(state) for state in machine.states()}
    machine.fire(":appraise", "appraise", {"outcome": "unclear"})
    machine.fire(":receive", "forward", {})
    assert {state: machine.possible(state) for state in machine.states()} == before
    assert machine.fire(":appraise", "appraise", {}) == Place("draft", AT_WORK)


# --- the catalogue ---------------------------------------------------------------------


def walk(machine: ProcedureMachine, definition: Procedure, path: str) -> Iterator[str]:
    """The acts that lead the process at `path` from its start to `done`, legs first."""
    place, facts = machine.start(path), {"outcome": "accepted"}
    for _ in range(200):
        if place.ended:
            break
        state = state_name(path, *place)
        step = definition.process_of(path).steps[place.step]
        if place.mode == LEGS:
            for leg in step.legs:
                yield from walk(machine, definition, f"{path}/{leg.name}" if path else leg.name)
        act = {OFFERED: "accept", LEGS: "join", AT_WORK: step.act}.get(place.mode)
        act = act or resume_act(step.pause.ground if step.pause else "")
        assert act in machine.possible(state)
        yield act
        reached = machine.fire(state, act, facts)
        assert reached is not None
        place = reached
    assert place == Place(DONE)


@pytest.mark.parametrize("definition", CATALOGUE, ids=lambda found: found.id)
def test_each_procedure_runs_from_its_start_to_done(definition: Procedure) -> None:
    machine = compile_procedure(definition)
    acts = list(walk(machine, definition, ""))
    work_steps = sum(
        step.by is not None
        for path in ("", *(path for path, _ in definition.legs()))
        for step in definition.process_of(path).steps.values()
    )
    assert acts[-1] == "return"
    assert len([act for act in acts if act not in ("accept", "join")]) >= work_steps


@pytest.mark.parametrize("definition", CATALOGUE, ids=lambda found: found.id)
def test_each_state_but_the_ends_has_a_way_on(definition: Procedure) -> None:
    machine = compile_procedure(definition)
    for state in machine.states():
        ended = state.endswith((":done", ":refused"))
        assert bool(machine.possible(state)) is not ended, state


def test_firing_past_guards_costs_a_few_triggers(machine: ProcedureMachine) -> None:
    """Against a bare machine of the same library in the same run: no clock but the ratio."""
    facts = {"outcome": "taxed"}
    bare = Machine(
        model=None,
        states=["a"],
        initial="a",
        transitions=[{"trigger": "again", "source": "a", "dest": "="}],
        auto_transitions=False,
    )
    model = SimpleNamespace(state="a")
    trigger = bare.events["again"].trigger

    def ours() -> float:
        return timeit.timeit(lambda: machine.fire(":appraise", "appraise", facts), number=500)

    def theirs() -> float:
        return timeit.timeit(lambda: trigger(model), number=500)

    rounds = [(ours(), theirs()) for _ in range(7)]
    assert min(our for our, _ in rounds) < 6 * min(their for _, their in rounds)
