"""Legs: gates, refusals, joins, waiting for all or for any, legs in legs."""

from __future__ import annotations

from engine.core.acts import ACTS
from engine.core.dossier import Dossier
from schemas import commands as c
from schemas import events as e
from schemas.commands import BETWEEN_ENGINES, COMMANDS
from tests.core.scenario import DESK, Scenario, a, new, procedure, reached, received

BIRTH = "lt-14-birth-group"
REASON = "Không đủ điều kiện"


def refuse(at: Scenario, leg: str) -> c.Refuse:
    holder = at.leg(leg).holder
    assert holder is not None
    return c.Refuse(actor=holder.officer, leg=leg, reason=REASON, legal_basis="NĐ 63/2024")


def outcomes(dossier: Dossier) -> dict[str, str | None]:
    return {path: leg.outcome for path, leg in dossier.legs.items()}


def benefits() -> Scenario:
    """Both legs after the gate are held by somebody."""
    at = reached(BIRTH, "register", leg="residence")
    insurance = at.leg("health-insurance").transit
    assert insurance is not None
    officer = f"{insurance.to_agency}.{insurance.to_role}-1"
    return at.given(c.Accept(actor=officer, leg="health-insurance"))


def test_opening_a_leg_starts_its_clock_and_offers_it() -> None:
    received("t-opinions").when(c.Forward(actor=DESK)).then(
        a(e.StepCompleted, to="opinions"),
        a(e.LegOpened, leg="tax", agency="ub-tax", opened_by="opinions", step="answer"),
        a(e.ClockStarted, leg="tax", limit="3 working days"),
        a(e.HandoverOffered, leg="tax", handover=1, to_role="tax-officer"),
        a(e.LegOpened, leg="police", agency="ub-police"),
        a(e.ClockStarted, leg="police"),
        a(e.HandoverOffered, leg="police", handover=2),
    )


def test_a_leg_names_the_procedure_it_runs_and_the_papers_that_travel() -> None:
    received("t-within").when(c.Forward(actor=DESK)).then(
        e.StepCompleted,
        a(e.LegOpened, leg="part", procedure="t-part", procedure_version="2021-01-01"),
        e.ClockStarted,
        e.HandoverOffered,
    )
    at = received(BIRTH)
    receiver = at.leg().holder.officer
    at.when(c.Forward(actor=receiver)).then(
        e.StepCompleted,
        a(e.LegOpened, leg="birth", papers=("declaration",)),
        e.ClockStarted,
        a(e.HandoverOffered, leg="birth", papers=("declaration",)),
    )


def test_the_refusal_of_the_gate_ends_the_group() -> None:
    at = reached(BIRTH, "register", leg="birth")
    at.when(refuse(at, "birth")).then(
        a(e.ClockEnded, leg="birth"),
        a(e.LegRefused, leg="birth", gate=True, legal_basis="NĐ 63/2024"),
        a(e.ClockEnded, leg=""),
        a(e.DossierRefused, leg="birth"),
    )
    assert at.dossier.status == "ended"


def test_the_refusal_of_a_later_leg_lets_the_other_finish_and_both_outcomes_stay() -> None:
    at = benefits()
    at.when(refuse(at, "residence")).then(
        e.ClockEnded, a(e.LegRefused, leg="residence", gate=False)
    )
    officer = at.leg("health-insurance").holder.officer
    at.when(c.Complete(actor=officer, leg="health-insurance")).then(
        a(e.StepCompleted, leg="health-insurance", to="done"),
        a(e.ClockEnded, leg="health-insurance"),
        a(e.LegResulted, leg="health-insurance", papers=("insurance-card",)),
        a(e.StepCompleted, leg="", act="join", to="return"),
        a(e.ClockEnded, leg=""),
        # What the refused leg would have given is not among the results.
        a(e.ResultReady, papers=("birth-certificate", "insurance-card")),
    )
    at.given(c.Return(actor=at.leg().holder.officer))
    assert outcomes(at.dossier) == {
        "": "done",
        "birth": "done",
        "residence": "refused",
        "health-insurance": "done",
    }


def test_parallel_legs_join_whichever_ends_first() -> None:
    at = benefits()
    insurance = at.leg("health-insurance").holder.officer
    at.given(c.Complete(actor=insurance, leg="health-insurance"))
    assert at.leg().step == "benefits"
    police = at.leg("residence").holder.officer
    at.given(c.Appraise(actor=police, leg="residence"))
    head = f"{at.leg('residence').agency}.head-1"
    at.given(c.Accept(actor=head, leg="residence"), c.Approve(actor=head, leg="residence"))
    assert at.leg().step == "return"


def test_who_waits_for_legs_can_do_nothing_else_and_is_told_which() -> None:
    at = benefits()
    waiting = c.Return(actor=at.leg().holder.officer)
    at.when(waiting).refused("waiting-for-legs", "residence, health-insurance")


def test_waiting_for_any_goes_on_with_the_first_and_lets_the_other_finish() -> None:
    at = received("t-opinions").given(c.Forward(actor=DESK))
    at.given(c.Accept(actor="ub-tax.tax-officer-1", leg="tax"))
    at.when(c.Complete(actor="ub-tax.tax-officer-1", leg="tax")).then(
        a(e.StepCompleted, leg="tax", to="done"),
        a(e.ClockEnded, leg="tax"),
        a(e.LegResulted, leg="tax"),
        a(e.StepCompleted, leg="", act="join", to="confirm"),
        a(e.LegOpened, leg="confirm"),
        e.ClockStarted,
        e.HandoverOffered,
    )
    police = "ub-police.police-officer-1"
    at.given(c.Accept(actor=police, leg="police"))
    at.when(c.Verify(actor=police, leg="police")).then(
        e.VerificationRecorded, e.ClockEnded, a(e.LegResulted, leg="police")
    )
    assert at.leg().step == "confirm"


def test_a_leg_may_end_refused_by_a_branch() -> None:
    at = received("t-opinions").given(c.Forward(actor=DESK))
    police = "ub-police.police-officer-1"
    at.given(c.Accept(actor=police, leg="police"))
    at.when(c.Verify(actor=police, leg="police", outcome="refused")).then(
        a(e.VerificationRecorded, leg="police", to="refused"),
        a(e.ClockEnded, leg="police"),
        a(e.LegRefused, leg="police", gate=False),
        a(e.StepCompleted, leg="", act="join", to="confirm"),
        e.LegOpened,
        e.ClockStarted,
        e.HandoverOffered,
    )


def test_the_refusal_of_a_leg_in_a_leg_lets_that_one_go_on() -> None:
    at = reached("t-opinions", "survey", leg="confirm/look", idle=("police",))
    at.when(refuse(at, "confirm/look")).then(
        a(e.ClockEnded, leg="confirm/look"),
        a(e.LegRefused, leg="confirm/look"),
        a(e.StepCompleted, leg="confirm", act="join", to="report"),
    )
    at = reached("t-opinions", "survey", leg="confirm/look", idle=("police",))
    at.when(refuse(at, "confirm")).refused("waiting-for-legs", "confirm/look")


def test_a_leg_that_is_refused_while_a_leg_of_its_own_still_works_ends_that_too() -> None:
    at = reached("t-nested", "finish", leg="commune", idle=("commune/police",))
    at.when(refuse(at, "commune")).then(
        a(e.ClockEnded, leg="commune"),
        # The police had no limit, so no clock of theirs ends.
        a(e.LegRefused, leg="commune/police", gate=False),
        a(e.LegRefused, leg="commune", gate=False),
        a(e.StepCompleted, leg="", act="join", to="post"),
        a(e.ClockStopped, ground="posting"),
    )
    assert at.leg("commune/tax").outcome == "done"
    assert at.leg("commune/police").outcome == "refused"


def test_a_refused_leg_leads_where_the_step_says() -> None:
    at = reached("t-opinions", "check", leg="confirm")
    at.when(refuse(at, "confirm")).then(
        a(e.ClockEnded, leg="confirm"),
        a(e.LegRefused, leg="confirm", gate=False),
        a(e.StepCompleted, leg="", act="join", to="explain"),
    )
    at.given(c.Complete(actor=DESK), c.Return(actor=DESK))
    assert (at.dossier.outcome, at.leg("confirm").outcome) == ("done", "refused")


def test_a_group_of_which_nothing_was_chosen_is_not_received() -> None:
    desk = "ub-bac-son-desk"
    for facts in ({}, {"residence": "no"}):
        nothing = c.Receive(
            actor=f"{desk}.receiver-1", procedure="lt-15-death-group", agency=desk, facts=facts
        )
        new().when(nothing).refused("nothing-chosen", "residence=chosen")
    unclear = c.Receive(
        actor=f"{desk}.receiver-1",
        procedure="lt-15-death-group",
        agency=desk,
        facts={"residence": "maybe"},
    )
    new().when(unclear).refused("unknown-value", "residence", "maybe", "chosen")


def test_legs_that_nobody_chose_are_not_opened() -> None:
    plain = c.Receive(
        actor="ub-bac-son-desk.receiver-1",
        procedure="lt-15-death-group",
        agency="ub-bac-son-desk",
        facts={"residence": "chosen", "social-insurance": "no"},
    )
    at = Scenario().given(plain)
    at.given(c.Forward(actor="ub-bac-son-desk.receiver-1"))
    at.given(c.Accept(actor="ub-bac-son.justice-officer-1", leg="death"))
    at.given(c.Appraise(actor="ub-bac-son.justice-officer-1", leg="death"))
    at.given(c.Accept(actor="ub-bac-son.chairman-1", leg="death"))
    at.when(c.Sign(actor="ub-bac-son.chairman-1", leg="death")).then(
        e.SignatureRecorded,
        e.LegResulted,
        a(e.StepCompleted, leg="", act="join", to="further"),
        a(e.LegOpened, leg="residence"),
        a(e.HandoverOffered, leg="residence"),
    )


def test_nothing_is_done_in_a_leg_that_is_over_or_that_there_is_not() -> None:
    at = reached("t-opinions", "check", leg="confirm")
    tax = c.Complete(actor="ub-tax.tax-officer-1", leg="tax")
    at.when(tax).refused("leg-ended", "'tax'", "done")
    nowhere = c.Complete(actor=DESK, leg="nowhere")
    at.when(nowhere).refused("no-such-leg", "'nowhere'", "confirm, police, tax")
    received("t-counter").when(c.Complete(actor=DESK, leg="x")).refused("no-such-leg", "none")


def test_an_agency_that_cannot_be_told_is_named_by_a_fact() -> None:
    at = Scenario()
    one = c.Receive(actor=DESK, procedure="lt-09-land-transfer-2021", agency="ub-desk")
    at.given(one, c.Forward(actor=DESK), c.Accept(actor="ub-land.specialist-1"))
    appraise = c.Appraise(actor="ub-land.specialist-1")
    at.when(appraise).refused("agency-unclear", "'commune'", "ub-bac-son", "ub-quang-trung")
    named = c.Appraise(actor="ub-land.specialist-1", facts={"commune": "ub-nam-khe"})
    at.when(named).then(
        a(e.AppraisalRecorded, facts={"commune": "ub-nam-khe"}),
        a(e.LegOpened, agency="ub-nam-khe"),
        e.ClockStarted,
        e.HandoverOffered,
    )


def test_three_levels_are_a_leg_in_a_leg() -> None:
    at = reached("lt-16-social-allowance", "sign", leg="district/chairman")
    assert procedure("lt-16-social-allowance").levels == 3
    chairman = at.leg("district/chairman").holder.officer
    at.when(c.Sign(actor=chairman, leg="district/chairman")).then(
        a(e.SignatureRecorded, leg="district/chairman", to="done"),
        a(e.ClockEnded, leg="district/chairman"),
        a(e.LegResulted, leg="district/chairman", papers=("decision",)),
        a(e.StepCompleted, leg="district", act="join", to="done"),
        a(e.ClockEnded, leg="district"),
        a(e.LegResulted, leg="district"),
        a(e.StepCompleted, leg="", act="join", to="return"),
        a(e.ClockEnded, leg=""),
        e.ResultReady,
        # The root was appraised at the commune; the desk returns the result.
        a(e.HandoverOffered, leg="", to_role="receiver"),
    )


def test_every_command_is_carried_out_by_somebody() -> None:
    assert set(ACTS) == {*COMMANDS.values(), *BETWEEN_ENGINES.values()}
