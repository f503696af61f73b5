"""From the shape of a file to the model: short forms written out, references resolved."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from workflows.model import (
    Branch,
    Fee,
    Leg,
    Paper,
    Pause,
    Policy,
    Procedure,
    Process,
    Step,
    Supplement,
    Text,
    Who,
)
from workflows.shape import LegShape, PolicyShape, ProcedureShape, StepShape, TextShape
from workflows.yaml_source import Loc

Places = dict[tuple[str, str | None], Loc]
"""Where the file says what: (leg path, step, or None for the process itself) to its loc."""

Find = Callable[[LegShape, Loc], Procedure | None]
"""Finds the procedure that a leg runs; None when there is none (and says so itself)."""

DESK = "desk"
"""Short for the agency function that is this procedure's desk."""


def build(shape: ProcedureShape, find: Find) -> tuple[Procedure, Places] | None:
    """The procedure (still without digest) and the place of its parts; None when a leg's
    procedure was not found."""
    builder = _Builder(shape.desk, find)
    process = builder.process("", shape.steps, shape.start, ())
    if builder.lost:
        return None
    returner = shape.returned_by or _returner(process)
    procedure = Procedure(
        id=shape.procedure,
        version=shape.version,
        source=shape.source,
        title=_text(shape.title),
        field=_text(shape.field),
        kind=shape.kind,
        levels=shape.levels,
        desk=shape.desk,
        limit=shape.limit,
        process=process,
        valid_from=shape.valid_from,
        valid_to=shape.valid_to,
        legal_basis=tuple(shape.legal_basis),
        supplement=Supplement(shape.supplement.rule, shape.supplement.answer_within),
        policy=_policy(shape.policy),
        returned_by=builder.who(returner),
        papers_in=tuple(Paper(p.id, Text(p.vi, p.en)) for p in shape.papers_in),
        papers_out=tuple(Paper(p.id, Text(p.vi, p.en)) for p in shape.papers_out),
        fees=tuple(Fee(Text(fee.vi, fee.en), fee.amount) for fee in shape.fees),
        online=shape.online or msgspec.UNSET,
    )
    return procedure, builder.places


class _Builder:
    def __init__(self, desk: str, find: Find) -> None:
        self._desk = desk
        self._find = find
        self.places: Places = {}
        self.lost = False

    def process(
        self, path: str, steps: dict[str, StepShape], start: str | None, loc: Loc
    ) -> Process:
        self.places.setdefault((path, None), loc)
        built = {}
        for name, step in steps.items():
            self.places[(path, name)] = (*loc, "steps", name)
            built[name] = self._step(path, name, step, (*loc, "steps", name))
        return Process(start or next(iter(steps)), built)

    def who(self, who: Who) -> Who:
        return Who(who.role, self._desk) if who.at == DESK else who

    def _step(self, path: str, name: str, shape: StepShape, loc: Loc) -> Step:
        legs = {} if shape.legs is None else shape.legs
        built = [self._leg(path, key, leg, (*loc, "legs", key)) for key, leg in legs.items()]
        if shape.leg is not None:
            built.append(self._leg(path, name, shape.leg, (*loc, "leg")))
        pause = None
        if shape.pause is not None and shape.resumed_by is not None:
            resumer = self.who(shape.resumed_by)
            pause = Pause(shape.pause, resumer, shape.lasts, shape.legal_basis)
        return Step(
            name=name,
            then=tuple(Branch(branch.to, branch.when) for branch in shape.then),
            title=_text(shape.title) if shape.title else None,
            by=self.who(shape.by) if shape.by else None,
            act=shape.act or "complete",
            limit=shape.limit,
            pause=pause,
            legs=tuple(leg for leg in built if leg is not None),
            wait=shape.wait or "all",
            refused=shape.refused,
        )

    def _leg(self, parent: str, key: str, shape: LegShape, loc: Loc) -> Leg | None:
        name = shape.name or key
        path = f"{parent}/{name}" if parent else name
        self.places[(path, None)] = loc
        at = self._desk if shape.at == DESK else shape.at
        limit, runs = shape.limit, None
        if shape.steps is not None:
            process = self.process(path, shape.steps, shape.start, loc)
        else:
            found = self._find(shape, loc)
            if found is None:
                self.lost = True
                return None
            process, runs, limit = found.process, found.key, limit or found.limit
        return Leg(
            name=name,
            at=at,
            process=process,
            limit=limit,
            gate=shape.gate,
            when=shape.when,
            procedure=runs,
            papers_out=tuple(shape.papers_out),
            papers_back=tuple(shape.papers_back),
        )


def _returner(process: Process) -> Who:
    """Who returns the result, where the file does not say: whoever does that step."""
    for step in process.steps.values():
        if step.act == "return" and step.by is not None:
            return step.by
    return Who("receiver", DESK)


def _policy(shape: PolicyShape) -> Policy:
    stated = {name: value for name, value in dict(shape).items() if value is not None}
    return msgspec.structs.replace(Policy(), **stated)


def _text(shape: TextShape) -> Text:
    return Text(shape.vi, shape.en)
