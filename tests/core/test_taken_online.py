"""What a definition says of handing in online decides; what says nothing is as it always was."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from engine.core.law import Law
from schemas import commands as c
from schemas import events as e
from tests.core.scenario import DESK, catalogue, new, procedure
from workflows.load import digest, load_catalogue
from workflows.model import Online, Procedure

REGISTER = c.Register(actor=DESK, procedure="t-counter", agency="ub-desk")
RECEIVE = c.Receive(actor=DESK, procedure="t-counter", agency="ub-desk")

BEFORE = {
    "2.000908": "d26a76f1bc39294f",
    "lt-01-land-transfer-tax": "1b50917b9d41cf4c",
    "lt-14-birth-group": "d4e6d26f375e5dd1",
}
"""Digests as they were registered before a definition could say it."""


def saying(online: Online) -> Procedure:
    return replace(procedure("t-counter"), online=online)


def law(*procedures: Procedure) -> Law:
    return Law(procedures, catalogue().calendars(), catalogue().organisation)


def test_what_is_not_taken_online_is_not_registered_by_anybody() -> None:
    at = new(law(saying("none")))
    at.when(REGISTER).refused("not-taken-online", "t-counter", "2021-01-01")
    by_citizen = c.Register(actor="citizen", procedure="t-counter", agency="ub-desk")
    at.when(by_citizen).refused("not-taken-online")
    at.when(c.Receive(actor=DESK, procedure="t-counter", agency="ub-desk", channel="online")
            ).refused("not-taken-online")  # fmt: skip
    at.when(RECEIVE).then(e.DossierReceived, e.ClockStarted)


@pytest.mark.parametrize("online", ["full", "partial"])
def test_what_is_wholly_or_partly_online_is_registered(online: Online) -> None:
    new(law(saying(online))).when(REGISTER).then(e.DossierRegistered)


def test_what_was_registered_is_received_though_a_later_version_takes_nothing_online() -> None:
    first = replace(procedure("t-counter"), valid_to="2021-03-01")
    second = replace(saying("none"), version="2021-03-02", valid_from="2021-03-02", valid_to=None)
    at = new(law(first, second)).given(REGISTER).on(2021, 3, 2)
    at.when(RECEIVE).then(e.DossierReceived, e.ClockStarted)
    assert at.dossier.procedure == ("t-counter", "2021-03-02")
    assert at.dossier.channel == "online"


def test_a_version_that_does_not_say_it_has_the_digest_it_always_had() -> None:
    """A store that registered it before it could be said must still know it."""
    found = {each.id: each.digest for each in load_catalogue() if each.id in BEFORE}
    assert {id_: each[:16] for id_, each in found.items()} == BEFORE
    assert b'"online"' not in msgspec.json.encode(procedure("t-counter"))


def test_what_it_says_is_part_of_the_version_and_is_kept() -> None:
    digests = {digest(procedure("t-counter")), *(digest(saying(o)) for o in ("full", "none"))}
    assert len(digests) == 3
    stored = msgspec.json.decode(msgspec.json.encode(saying("none")), type=Procedure)
    assert not stored.taken_online
