"""One act on many dossiers at once: each on its own, so that one refusal stops no other."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from app.acts import acting
from app.trouble import BadInput
from app.web.meaning import goes_along, meaning
from engine.core.calendar import CalendarError
from engine.core.clock import ClockError
from engine.core.rules import rejection
from engine.runtime import Answer, Call, Done
from schemas.rejection import Rejected
from schemas.sentence import Sentence

if TYPE_CHECKING:
    from app.access.principal import Principal
    from app.desk.context import Desk
    from app.house import House

TOGETHER = ("accept", "forward")
"""Acts that need no words of their own for each dossier."""

MOST = 200
"""The most that are taken at once: what a page can show is less."""


class Choice(msgspec.Struct, frozen=True):
    """A task that was ticked: a leg of a dossier, at the version that was seen."""

    code: str
    leg: str
    version: int


class Result(msgspec.Struct, frozen=True):
    """What became of one: `refused` is None when it was done; `position` is its new one."""

    code: str
    leg: str
    refused: Rejected | None
    position: str | None = None
    repeated: bool = False


def choices(ticked: Iterable[str]) -> list[Choice]:
    """What boxes with values such as "CODE@7" or "CODE@7|leg" stand for; others are dropped."""
    found: dict[tuple[str, str], Choice] = {}
    for each in ticked:
        at, _, leg = each.partition("|")
        code, _, version = at.rpartition("@")
        if code and version.isdecimal() and len(version) < 10:
            found.setdefault((code, leg), Choice(code, leg, int(version)))
    return list(found.values())[:MOST]


def command_id(batch: uuid.UUID, act: str, choice: Choice) -> bytes:
    """The same for the same choice of the same page, however often it is sent."""
    return uuid.uuid5(batch, f"{act} {choice.code} {choice.leg}").bytes


def carried_out(
    desk: Desk, who: Principal, act: str, batch: uuid.UUID, chosen: list[Choice]
) -> list[Result]:
    """What became of each, in the order in which they were chosen. Raises BadInput."""
    if act not in TOGETHER:
        raise BadInput(Sentence("%(name)r is not done to many dossiers at once", name=act))
    results: dict[Choice, Result] = {}
    calls: list[tuple[Choice, Call]] = []
    seen: set[str] = set()
    for choice in chosen:
        # A dossier that is not his to see is told as one that is not there.
        if not desk.access.permits(who, "dossier.act", {"code": choice.code}):
            unknown = rejection("unknown-dossier", code=choice.code)
            results[choice] = Result(choice.code, choice.leg, unknown)
            continue
        calls.append((choice, _call(desk, who, act, batch, choice, choice.code in seen)))
        seen.add(choice.code)
    for (choice, _), answer in zip(calls, _answers(desk, [call for _, call in calls]), strict=True):
        results[choice] = _result(choice, answer)
    desk.feeder.nudge()
    return [results[choice] for choice in chosen]


def _call(
    desk: Desk, who: Principal, act: str, batch: uuid.UUID, choice: Choice, again: bool
) -> Call:
    """`again`: another leg of the same dossier goes first, and changes the version itself."""
    house, officer = desk.house, who.officer or ""
    fields = {"papers": _papers(house, choice, officer)} if act == "forward" else {}
    command = acting.made(house, act, fields, (), actor=officer, leg=choice.leg)
    return Call(
        command,
        command_id(batch, act, choice),
        choice.code,
        house.happened(None),
        now=house.now,
        expected=None if again else choice.version,
    )


def _papers(house: House, choice: Choice, officer: str) -> list[str]:
    """What goes along, as the form of one dossier has it. Of the dossier as it was seen, so that
    what is sent again says the same."""
    folded = house.runtime.latest(choice.code)
    if folded.version > choice.version:
        folded = house.runtime.load(choice.code, until=choice.version)
    if choice.leg and choice.leg not in folded.dossier.legs:
        return []
    means = meaning(house, folded.dossier, "forward", choice.leg, officer, {}, "vi")
    return list(goes_along(house, folded.dossier, choice.leg, means))


def _answers(desk: Desk, calls: list[Call]) -> list[Answer]:
    """In one commit. A date beyond every calendar is one dossier's matter: its act is refused."""
    return [_told(each) for each in desk.house.runtime.handle_each(calls)] if calls else []


def _told(answer: Answer | Exception) -> Answer:
    if isinstance(answer, (CalendarError, ClockError)):
        return rejection("bad-limit", why=answer)
    if isinstance(answer, Exception):
        raise answer
    return answer


def _result(choice: Choice, answer: Answer) -> Result:
    if isinstance(answer, Done):
        at = f"{answer.code}@{answer.version}"
        return Result(choice.code, choice.leg, None, at, answer.repeated)
    return Result(choice.code, choice.leg, answer)
