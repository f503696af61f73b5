"""I8: each leg has exactly one holder, or one handover in transit. And the checker bites."""

from __future__ import annotations

from msgspec.structs import replace

from engine.core.custody import faults
from engine.core.dossier import Dossier, Holder
from schemas import commands as c
from tests.core.scenario import DESK, reached, received
from workflows.machine import AT_WORK


def with_root(dossier: Dossier, **changes: object) -> Dossier:
    return replace(dossier, legs={**dossier.legs, "": replace(dossier.root, **changes)})


def test_a_sound_dossier_has_no_faults() -> None:
    assert faults(received("t-counter").dossier) == []
    assert faults(reached("lt-16-social-allowance", "sign", leg="district/chairman").dossier) == []
    assert faults(Dossier("new")) == []


def test_a_leg_that_nobody_has_is_found() -> None:
    lost = with_root(received("t-counter").dossier, holder=None)
    assert faults(lost) == ["leg the root has nobody"]


def test_a_leg_that_two_have_is_found() -> None:
    sent = received("t-counter").given(c.Forward(actor=DESK)).dossier
    twice = with_root(sent, holder=Holder("ub-desk", DESK))
    assert faults(twice) == ["leg the root has both a holder and a transit"]


def test_a_mode_that_contradicts_custody_is_found() -> None:
    sent = received("t-counter").given(c.Forward(actor=DESK)).dossier
    assert faults(with_root(sent, mode=AT_WORK)) == [
        "leg the root is in mode '', which its custody contradicts"
    ]
