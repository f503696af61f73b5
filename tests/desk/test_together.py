"""Commands of many requests in one commit: what one of them leads to is no fault of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import pytest

from app.desk.context import Desk
from app.desk.together import Together
from engine.core.decide import decide
from engine.core.dossier import Dossier
from engine.core.law import Law
from engine.runtime import Answer, Busy, Call, Done, Runtime
from engine.store import StoreError
from schemas.commands import Command, Receive

RECEIVER, CLERK = "ub-desk.receiver-1", "ub-desk.receiver-2"


def receipt(desk: Desk, actor: str = RECEIVER) -> Call:
    command = Receive(actor=actor, procedure="lt-11-household-business", agency="ub-desk")
    now = desk.house.now
    return Call(command, desk.house.runtime.new_id(), at=now, now=now)


def answers(desk: Desk, calls: Sequence[Call]) -> list[Answer | BaseException]:
    """To calls that wait at the same time; each is an answer or what its caller is told."""
    together = Together(desk.house, desk.feeder)

    async def one(call: Call) -> Answer:
        answer: Answer = await together.do(lambda: call, lambda _, answer: answer)
        return answer

    async def ask() -> list[Answer | BaseException]:
        asked = [asyncio.ensure_future(one(each)) for each in calls]
        await asyncio.sleep(0)
        together.turn()
        return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(ask())


@pytest.fixture
def clerk_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the clerk asks for is something that deciding did not think of."""

    def broken(
        dossier: Dossier, command: Command, law: Law, now: datetime, **more: datetime
    ) -> object:
        if command.actor == CLERK:
            raise KeyError("no such state")
        return decide(dossier, command, law, now, **more)

    monkeypatch.setattr("engine.runtime.decide", broken)


@pytest.mark.usefixtures("clerk_breaks")
def test_what_breaks_one_command_is_told_to_its_caller_alone(desk: Desk) -> None:
    calls = [receipt(desk), receipt(desk, CLERK), receipt(desk)]
    first, broken, last = answers(desk, calls)
    assert isinstance(broken, KeyError)
    for each in (first, last):
        assert isinstance(each, Done)
        assert not each.repeated
        assert desk.house.runtime.load(each.code).version == each.version


@pytest.mark.parametrize(
    "error", [StoreError("the disk is gone"), Busy("others were first"), OSError()]
)
def test_what_is_wrong_with_the_store_is_told_to_all_and_not_tried_for_each(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    asked: list[int] = []

    def gone(_: Runtime, calls: Sequence[Call]) -> list[Answer]:
        asked.append(len(calls))
        raise error

    monkeypatch.setattr(Runtime, "handle_each", gone)
    assert answers(desk, [receipt(desk), receipt(desk)]) == [error, error]
    assert asked == [2]
