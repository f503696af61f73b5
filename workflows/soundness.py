"""Whether a definition makes sense: every step reached, every way ending, limits adding up.

An error is a definition that would leave a dossier stuck or lost. A warning is one that
runs but contradicts itself, such as a published total that its published steps do not
sum to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal

import msgspec

from schemas.sentence import Sentence, did_you_mean
from workflows.machine import WORK_ACTS
from workflows.model import (
    DONE,
    ENDS,
    Branch,
    Leg,
    Limit,
    Procedure,
    Process,
    Step,
    Unit,
    Who,
)
from workflows.organisation import Organisation

HOURS_A_DAY = 8
NEEDS_SIGNATURE = frozenset({"number", "issue", "return"})
"""The acts that nobody may do before the signature, in a procedure that has one."""
MAX_WAYS = 50_000
"""Partial ways through one process that are followed: beyond it the steps are a tangle."""


class Finding(msgspec.Struct, frozen=True):
    """What is wrong where: the leg's path ("" the root), the step if it is one, and the way
    from there to the field, such as ("then", 0, "to")."""

    path: str
    step: str | None
    at: tuple[str | int, ...]
    message: Sentence
    severity: Literal["error", "warning"] = "error"


def examine(
    procedure: Procedure, organisation: Organisation | None = None, *, mended: bool = False
) -> list[Finding]:
    """Everything wrong with a procedure, errors first. With an organisation, also whether
    each role exists at some agency of each function. `mended`: parts of it are not what the
    file says, so what takes the whole (the result, the sums) is left out."""
    findings = list(_period(procedure))
    findings += _process("", procedure.process, procedure)
    findings += _twins(procedure)
    for path, leg in procedure.legs():
        findings += _leg(path, leg)
        findings += _process(path, leg.process, procedure)
    if organisation is not None:
        findings += _staffed(procedure, organisation)
    if not mended and not any(finding.severity == "error" for finding in findings):
        findings += _result(procedure)
        findings += _sums(procedure)
    return sorted(findings, key=lambda finding: finding.severity)


def targets(step: Step) -> Iterator[str]:
    """Where a step may lead, in order."""
    yield from (branch.to for branch in step.then)
    if step.refused:
        yield step.refused


def _period(procedure: Procedure) -> Iterator[Finding]:
    if procedure.valid_to and procedure.valid_to < procedure.valid_from:
        message = Sentence("ends on %(end)s, before it begins on %(begin)s",
                           end=procedure.valid_to, begin=procedure.valid_from)  # fmt: skip
        yield Finding("", None, ("valid to",), message)
    if procedure.limit.amount <= 0:
        message = Sentence(
            "the total is %(amount)s: it must be more than 0", amount=procedure.limit.amount
        )
        yield Finding("", None, ("limit",), message)


# --- one process: its steps and where they lead ---------------------------------------


def _process(path: str, process: Process, procedure: Procedure) -> Iterator[Finding]:
    steps = process.steps
    if process.start not in steps:
        message = Sentence("starts at %(step)r, which is no step", step=process.start)
        yield Finding(path, None, ("start",), message)
        return
    dangling = False
    for name, step in steps.items():
        if step.refused and any(leg.gate for leg in step.legs):
            message = Sentence("a gate's refusal ends the dossier: 'refused' is never taken")
            yield Finding(path, name, ("refused",), message)
        if name in ENDS:
            message = Sentence("%(step)r is the name of an end: call the step otherwise", step=name)
            yield Finding(path, name, (), message)
        links = list(_links(path, step, steps))
        dangling = dangling or bool(links)
        yield from _positive(path, name, "limit", step.limit, Sentence("step %(step)r", step=name))
        if step.pause is not None:
            whose = Sentence("pause %(step)r", step=name)
            yield from _positive(path, name, "lasts", step.pause.lasts, whose)
        yield from (*links, *_act(path, step), *_forks(path, step))
    if steps[process.start].by is None:
        message = Sentence(
            "begins with %(step)r, which nobody does: begin with a step of work", step=process.start
        )
        yield Finding(path, process.start, (), message)
    if not dangling:
        yield from _reach(path, process)


def _links(path: str, step: Step, steps: dict[str, Step]) -> Iterator[Finding]:
    if not step.then:
        message = Sentence("step %(step)r leads nowhere", step=step.name)
        yield Finding(path, step.name, ("then",), message)
    ways: list[tuple[tuple[str | int, ...], str]]
    ways = [(("then", index, "to"), branch.to) for index, branch in enumerate(step.then)]
    if step.refused:
        ways.append((("refused",), step.refused))
    for at, found in ways:
        if found in steps or found in ENDS:
            continue
        message = Sentence(
            "step %(step)r leads to %(to)r, which is no step of this process%(guess)s",
            step=step.name, to=found, guess=did_you_mean(found, [*steps, *ENDS]),
        )  # fmt: skip
        yield Finding(path, step.name, at, message)


def _act(path: str, step: Step) -> Iterator[Finding]:
    if step.by is None or step.act in WORK_ACTS:
        return
    known = Sentence("; known are %(known)s", known=", ".join(WORK_ACTS))
    guess = did_you_mean(step.act, WORK_ACTS) or known
    message = Sentence("the act %(word)r is unknown%(guess)s", word=step.act, guess=guess)
    yield Finding(path, step.name, ("act",), message)


def _forks(path: str, step: Step) -> Iterator[Finding]:
    *others, last = step.then or (Branch(DONE),)
    if last.when:
        message = Sentence(
            "step %(step)r gets stuck when none of its conditions hold: "
            "end with a branch without 'when'",
            step=step.name,
        )
        yield Finding(path, step.name, ("then",), message)
    for index, branch in enumerate(others):
        if not branch.when:
            message = Sentence(
                "the branch to %(to)r always holds: those after it are never taken", to=branch.to
            )
            yield Finding(path, step.name, ("then", index), message)


def _reach(path: str, process: Process) -> Iterator[Finding]:
    steps = process.steps
    reached = _closure({process.start}, {name: set(targets(s)) for name, s in steps.items()})
    for name in steps:
        if name not in reached:
            yield Finding(path, name, (), Sentence("no step leads to %(step)r", step=name))
    back: dict[str, set[str]] = {}
    for name, step in steps.items():
        for to in targets(step):
            back.setdefault(to, set()).add(name)
    ending = _closure(set(ENDS), back)
    for name in steps:
        if name in reached and name not in ending:
            message = Sentence("from %(step)r no way leads to an end", step=name)
            yield Finding(path, name, (), message)
    if DONE not in reached and steps[process.start].name in ending:
        message = Sentence("the procedure has no result: no way leads to 'done'")
        if path:
            message = Sentence("the leg %(leg)r never joins: no way leads to 'done'", leg=path)
        yield Finding(path, process.start, (), message)


def _closure(begin: set[str], leads: dict[str, set[str]]) -> set[str]:
    seen, open_ = set(begin), list(begin)
    while open_:
        for to in leads.get(open_.pop(), set()) - seen:
            seen.add(to)
            open_.append(to)
    return seen


# --- legs, roles, the result -----------------------------------------------------------


def _positive(
    path: str, step: str | None, field: str, limit: Limit | None, whose: Sentence
) -> Iterator[Finding]:
    if limit is not None and limit.amount <= 0:
        message = Sentence(
            "the limit of %(whose)s is %(amount)s: it must be more than 0",
            whose=whose, amount=limit.amount,
        )  # fmt: skip
        yield Finding(path, step, (field,), message)


def _twins(procedure: Procedure) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, _ in procedure.legs():
        if path in seen:
            message = Sentence("two legs have the name %(leg)r", leg=path)
            yield Finding(path, None, (), message)
        seen.add(path)


def _leg(path: str, leg: Leg) -> Iterator[Finding]:
    yield from _positive(path, None, "limit", leg.limit, Sentence("leg %(leg)r", leg=path))
    for name, step in leg.process.steps.items():
        if step.act == "return" and step.by is not None and leg.procedure is None:
            message = Sentence("a leg returns no result to the citizen: end it with another act")
            yield Finding(path, name, ("act",), message)


def _staffed(procedure: Procedure, organisation: Organisation) -> Iterator[Finding]:
    if organisation.roles_of(procedure.desk) is None:
        yield Finding("", None, ("desk",), _nobody_is(procedure.desk))
    places = [("", procedure.process, procedure.desk)]
    places += [(path, leg.process, leg.at) for path, leg in procedure.legs()]
    for path, leg in procedure.legs():
        if organisation.roles_of(leg.at) is None:
            yield Finding(path, None, ("at",), _nobody_is(leg.at))
    for path, process, runs_at in places:
        for name, step in process.steps.items():
            if step.by is not None:
                yield from _staff(path, name, "by", step.by, runs_at, organisation)
            if step.pause is not None:
                resumer = step.pause.resumed_by
                yield from _staff(path, name, "resumed by", resumer, runs_at, organisation)


def _staff(
    path: str, step: str, field: str, who: Who, runs_at: str, organisation: Organisation
) -> Iterator[Finding]:
    function = who.at or runs_at
    roles = organisation.roles_of(function)
    if roles is None:
        yield Finding(path, step, (field,), _nobody_is(function))
    elif who.role not in roles:
        known = Sentence(": there are %(known)s", known=", ".join(sorted(roles)))
        message = Sentence(
            "no officer at %(function)r is %(post)r%(guess)s",
            function=function, post=who.role, guess=did_you_mean(who.role, roles) or known,
        )  # fmt: skip
        yield Finding(path, step, (field,), message)


def _nobody_is(function: str) -> Sentence:
    return Sentence("no agency has the function %(function)r", function=function)


def _result(procedure: Procedure) -> Iterator[Finding]:
    """The result is returned once, last, on each way to `done`; signed before, if at all."""
    steps = procedure.process.steps
    signed = any(_signs(step) for step in steps.values())
    for name, step in steps.items():
        returns = step.by is not None and step.act == "return"
        for to in targets(step):
            if to == DONE and not returns:
                message = Sentence(
                    "step %(step)r leads to 'done' but does not return the result", step=name
                )
                yield Finding("", name, ("then",), message)
            if returns and to != DONE:
                message = Sentence(
                    "the result is returned last: step %(step)r may only lead to 'done'", step=name
                )
                yield Finding("", name, ("then",), message)
        if returns and not _same(step.by, procedure.returned_by, procedure.desk):
            message = Sentence(
                "%(who)s is to return the result, but someone else does step %(step)r",
                who=_named(procedure.returned_by), step=name,
            )  # fmt: skip
            yield Finding("", name, ("by",), message)
        needs = step.by is not None and step.act in NEEDS_SIGNATURE
        if needs and signed and not _signed_before(name, procedure.process):
            message = Sentence(
                "a way leads to %(step)r on which nobody has signed the result", step=name
            )
            yield Finding("", name, ("act",), message)


def _signed_before(target: str, process: Process) -> bool:
    """Whether each way from the start to `target` passes a signature, here or in a leg."""
    unsigned = {
        name: set() if _signs(step) else set(targets(step)) for name, step in process.steps.items()
    }
    return target not in _closure({process.start}, unsigned)


def _signs(step: Step) -> bool:
    if step.by is not None:
        return step.act == "sign"
    return any(_signs(inner) for leg in step.legs for inner in leg.process.steps.values())


def _same(one: Who | None, other: Who, runs_at: str) -> bool:
    return one is not None and (one.role, one.at or runs_at) == (other.role, other.at or runs_at)


def _named(who: Who) -> str:
    return f"{who.role} at {who.at}" if who.at else who.role


# --- limits ----------------------------------------------------------------------------


def _sums(procedure: Procedure) -> Iterator[Finding]:
    yield from _sum("", procedure.limit, procedure.process, Sentence("the total"))
    for path, leg in procedure.legs():
        if leg.limit is not None and leg.procedure is None:
            what = Sentence("the limit of leg %(leg)r", leg=path)
            yield from _sum(path, leg.limit, leg.process, what)


def _sum(path: str, stated: Limit, process: Process, what: Sentence) -> Iterator[Finding]:
    total = _hours(stated)
    ways = list(_ways(process))
    if total is None or any(hours is None for hours, _ in ways):
        return
    longest, whole = max(((h or Decimal(0), whole) for h, whole in ways), default=(total, True))
    if longest > total or (longest < total and whole):
        message = Sentence(
            "%(what)s is %(limit)s, but the steps sum to %(sum)s",
            what=what, limit=stated, sum=_as(stated, longest),
        )  # fmt: skip
        yield Finding(path, None, ("limit",), message, "warning")


def _hours(limit: Limit) -> Decimal | None:
    """Working hours; None for calendar time, which no sum of working time equals.

    The same day is a whole day of the sum: published totals count it so (the birth group: the
    same day and 2 more make 3), and what comes after the cut-off takes that long.
    """
    if limit.unit is Unit.WORKING_HOUR:
        return limit.amount
    return limit.amount * HOURS_A_DAY if limit.unit is Unit.WORKING_DAY else None


def _as(stated: Limit, hours: Decimal) -> Limit:
    in_days = stated.unit is Unit.WORKING_DAY
    return Limit(hours / HOURS_A_DAY if in_days else hours, stated.unit)


def _ways(process: Process) -> Iterator[tuple[Decimal | None, bool]]:
    """For each way to `done` that repeats no step: its working hours, and whether every
    step of work on it has a limit. The hours are None when they cannot be told."""
    open_: list[tuple[str, frozenset[str], Decimal | None, bool]]
    open_ = [(process.start, frozenset(), Decimal(0), True)]
    for _ in range(MAX_WAYS):
        if not open_:
            return
        name, seen, hours, whole = open_.pop()
        if name == DONE:
            yield hours, whole
        if name in ENDS or name in seen:
            continue
        step = process.steps[name]
        more, complete = _takes(step)
        summed = None if hours is None or more is None else hours + more
        for to in dict.fromkeys(targets(step)):
            open_.append((to, seen | {name}, summed, whole and complete))
    yield None, False


def _takes(step: Step) -> tuple[Decimal | None, bool]:
    """The working hours of a step, and whether it says so. Parallel legs take the longest."""
    if step.pause is not None or (step.act == "return" and step.limit is None):
        return Decimal(0), True  # the clock stands still, or has ended with the result
    if step.legs:
        each = [_leg_takes(leg) for leg in step.legs]
        known = [hours for hours, _ in each if hours is not None]
        if len(known) < len(each):
            return None, True
        return max(known), all(whole for _, whole in each)
    return (_hours(step.limit), True) if step.limit is not None else (Decimal(0), False)


def _leg_takes(leg: Leg) -> tuple[Decimal | None, bool]:
    if leg.limit is not None:
        return _hours(leg.limit), True
    ways: Iterable[tuple[Decimal | None, bool]] = list(_ways(leg.process))
    if any(hours is None for hours, _ in ways):
        return None, True
    return max(((h or Decimal(0), whole) for h, whole in ways), default=(Decimal(0), False))
