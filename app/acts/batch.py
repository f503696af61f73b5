"""Applies the checked lines of a file: many at a time, each dossier's in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from app.acts.acting import as_found, meant
from app.acts.lines import Line
from app.house import House
from engine.runtime import Call, Done
from schemas.commands import COMMANDS
from schemas.rejection import Rejected

AT_ONCE = 256
"""Acts in one commit."""


class Refused(msgspec.Struct, frozen=True):
    line: int
    dossier: str
    act: str
    rule: str
    message: str


class Report(msgspec.Struct):
    """`dossiers`: label or line -> code of each dossier that was opened; `left_out`: lines
    after a refused one of the same dossier."""

    lines: int
    opened: int = 0
    applied: int = 0
    repeated: int = 0
    dossiers: dict[str, str] = {}
    refused: list[Refused] = []
    left_out: list[int] = []


def apply(house: House, lines: Sequence[Line], advance: Callable[[int], None]) -> Report:
    """What became of the lines. In one round each dossier has at most one act, so that what
    follows a refused one can be left out. Raises StoreError, Busy; sent again, what was
    applied is not repeated."""
    waiting: dict[str, deque[Line]] = {}
    for line in lines:
        waiting.setdefault(line.dossier, deque()).append(line)
    report = Report(len(lines))
    if lines and house.log.answer(lines[0].command_id) is not None:
        _resume(house, waiting, report, advance)
    while waiting:
        round_ = [queue.popleft() for queue in waiting.values() if queue]
        for start in range(0, len(round_), AT_ONCE):
            some = round_[start : start + AT_ONCE]
            calls = [_call(house, line, report) for line in some]
            answers = house.runtime.handle_many(calls)
            for line, answer in zip(some, answers, strict=True):
                if isinstance(answer, Done):
                    _done(report, line, answer)
                else:
                    _refused(report, line, answer, waiting[line.dossier])
            advance(len(some))
        waiting = {dossier: queue for dossier, queue in waiting.items() if queue}
    report.refused.sort(key=lambda each: each.line)
    report.left_out.sort()
    return report


def _resume(
    house: House,
    waiting: dict[str, deque[Line]],
    report: Report,
    advance: Callable[[int], None],
) -> None:
    """Passes over what was applied before: much quicker than to have each line answered again.

    The state of a dossier knows its commands; only for what opened one the log is asked.
    """
    for dossier, queue in waiting.items():
        if queue[0].opens:
            known = house.log.answer(queue[0].command_id)
            if known is None or isinstance(known, Rejected):
                continue
            report.dossiers[dossier] = known[0].stream
        done = house.runtime.current(report.dossiers.get(dossier, dossier)).commands
        while queue and queue[0].command_id in done:
            queue.popleft()
            report.repeated += 1
            advance(1)


def _call(house: House, line: Line, report: Report) -> Call:
    code = "" if line.opens else report.dossiers.get(line.dossier, line.dossier)
    command = line.command
    if command.act == "refuse" and code:
        found, _ = as_found(house, code, line.command_id)
        act = meant(found, command.act, command.leg)
        if act != command.act:
            command = COMMANDS[act](
                actor=command.actor, leg=command.leg, reason=command.reason, note=command.note
            )
    return Call(command, line.command_id, code, house.happened(line.at), now=house.now)


def _done(report: Report, line: Line, done: Done) -> None:
    if line.opens:
        report.dossiers[line.dossier] = done.code
    if done.repeated:
        report.repeated += 1
        return
    report.applied += 1
    report.opened += line.opens


def _refused(report: Report, line: Line, why: Rejected, rest: deque[Line]) -> None:
    act = line.command.act
    report.refused.append(Refused(line.number, line.dossier, act, why.rule, why.message))
    report.left_out += [each.number for each in rest]
    rest.clear()
