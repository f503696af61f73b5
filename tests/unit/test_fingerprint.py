"""By what a command is known again: what was stored stays known, and no two are taken for one."""

from __future__ import annotations

from datetime import date

import pytest

from engine.fingerprint import fingerprint
from schemas import commands as c

ID = bytes(range(16))


@pytest.mark.parametrize(
    ("command", "stored"),
    [
        (c.Forward(actor="o-1"), "ad4224372ce99a0c"),
        (c.Accept(actor="o-2"), "80e91b45c1dbb30c"),
        (c.Accept(actor="o-2", papers=("map", "deed"), note="x"), "a8f10e4269fcade2"),
        (c.Return(actor="o-3"), "8ce4b230e2a5d655"),
        (
            c.Receive(
                actor="d-1", procedure="p-1", agency="a-1", facts={"b": "1", "a": "2"},
                applicant={"name": "N"}, appointment=date(2021, 3, 4),
            ),
            "a395a3100bc0f277",
        ),
        (c.ConfirmPayment(actor="o", leg="tax", receipt="r-1"), "96e8b8b183361285"),
        (c.ConfirmPayment(actor="o", leg="tax", receipt="r-1", amount=50000), "8f8fb1fb728ded3a"),
        (c.ConfirmPayment(actor="o", leg="tax", receipt=""), "bb43c8fe10a5a751"),
        (c.Return(actor="o-3", channel=""), "8957777b307bf121"),
        (c.Stop(actor="o", reason="x"), "a5167a515e3cd3a6"),
        (c.AnswerElsewhere(actor="system", house="h", handover=0, answer="accepted"),
         "9f494b3655dddaf2"),
    ],
)  # fmt: skip
def test_a_command_is_known_by_what_was_stored_of_it_ever_since(
    command: c.Command, stored: str
) -> None:
    assert fingerprint(command, ID).hex() == stored


@pytest.mark.parametrize(
    ("said", "unsaid"),
    [
        (c.Accept(actor="o", papers=()), c.Accept(actor="o")),
        (
            c.ConfirmPayment(actor="o", receipt="r", amount=0),
            c.ConfirmPayment(actor="o", receipt="r"),
        ),
        (c.Return(actor="o", channel=""), c.Return(actor="o")),
    ],
)
def test_what_is_said_to_be_nothing_is_not_what_is_left_unsaid(
    said: c.Command, unsaid: c.Command
) -> None:
    assert fingerprint(said, ID) != fingerprint(unsaid, ID)


def test_words_that_can_be_destroyed_leave_nothing_to_guess_them_by() -> None:
    assert fingerprint(c.Forward(actor="o", note="x"), ID) == fingerprint(c.Forward(actor="o"), ID)
    assert fingerprint(c.Forward(actor="o", note=""), ID) == fingerprint(c.Forward(actor="o"), ID)
