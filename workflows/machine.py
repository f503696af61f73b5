"""One shared state machine per procedure version: what may be done where, and what follows.

The only user of `transitions`. All processes of a procedure (the root and every leg)
lie side by side in one flat machine, told apart by the leg's path in the state's name.

A leg stands at a step, in a mode:

    ""          at work: somebody holds it and does the step
    offered     a handover to whoever does this step is in transit
    back        an offer made from this step came back; it lies with the sender again
    legs        waiting for the legs that this step opened
    paused      the clock stands still on a ground
    supplement  waiting for the citizen's papers

The machine knows the definition, not the dossier. Where a dossier came from is a fact
of that dossier, so the three ways in which an offer comes back (`refuse-handover`,
`recall-handover`, `expire-handover`) are possible here but lead nowhere: whoever folds
the dossier puts the leg to `back` at the step it came from. Withdrawing, stopping and
suspending concern a whole dossier and are decided outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from transitions import Machine

from workflows.model import DONE, ENDS, REFUSED, Branch, Procedure, Process, Step, Who, holds

AT_WORK = ""
OFFERED = "offered"
BACK = "back"
LEGS = "legs"
PAUSED = "paused"
SUPPLEMENT = "supplement"
MODES = (AT_WORK, OFFERED, BACK, LEGS, PAUSED, SUPPLEMENT)

ORIGIN = "@"
"""Stands for the step a leg's opening offer was made from: it has mode `back` only."""

WORK_ACTS = (
    "forward",
    "complete",
    "appraise",
    "verify",
    "approve",
    "sign",
    "number",
    "issue",
    "return",
)
"""The acts that may end a step of work. Only `return` ends the step that returns the result."""

ASIDE_ACTS = ("assign", "extend", "transfer")
"""Possible while somebody works on the leg; none of them moves it. A leg that waits may be
assigned too: who leaves gives on all that he holds."""

OFFER_ENDS = ("refuse-handover", "recall-handover", "expire-handover")

RESUME_ACTS = {"financial-duty": "confirm-payment", "posting": "end-posting"}
"""By ground of the pause; every other ground is ended by `resume`."""


class Place(NamedTuple):
    """Where a leg stands. An end is ("done", "") or ("refused", "")."""

    step: str
    mode: str = AT_WORK

    @property
    def ended(self) -> bool:
        return self.step in ENDS


class NotPossible(Exception):
    """The machine has no such act in that state."""

    def __init__(self, state: str, act: str) -> None:
        super().__init__(f"{act!r} is not possible in {state!r}")
        self.state = state
        self.act = act


def state_name(path: str, step: str, mode: str = AT_WORK) -> str:
    """The machine's name of a state: "path:step" at work, "path:step/mode" else."""
    return f"{path}:{step}/{mode}" if mode else f"{path}:{step}"


def resume_act(ground: str) -> str:
    """The act that ends a pause on this ground."""
    return RESUME_ACTS.get(ground, "resume")


class _Token:
    """What fires: a place in the machine, nothing else. Made anew for each fire, so that
    threads share the machine and no token."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


class ProcedureMachine:
    """The compiled form of one procedure version. Immutable, shared by all its dossiers."""

    def __init__(self, procedure: Procedure) -> None:
        self.key = procedure.key
        arcs = _Arcs(procedure)
        self._start = arcs.starts
        self._places = arcs.places
        self._machine = Machine(
            model=None,
            states=list(arcs.places),
            transitions=arcs.transitions,
            initial=None,
            auto_transitions=False,
        )
        self._events = self._machine.events
        order = {act: rank for rank, act in enumerate(self._events)}
        self._possible = {
            state: tuple(sorted(self._machine.get_triggers(state), key=order.__getitem__))
            for state in arcs.places
        }
        self._settled: dict[tuple[str, str], Place] = {}
        self._guarded = {
            (arc["source"], arc["trigger"]) for arc in arcs.transitions if "conditions" in arc
        }

    def start(self, path: str = "") -> Place:
        """Where the process at `path` begins: the root at work (or waiting), a leg offered."""
        return self._start[path]

    def states(self) -> tuple[str, ...]:
        return tuple(self._places)

    def possible(self, state: str) -> tuple[str, ...]:
        """The acts that the machine has in a state, guards aside. Raises KeyError for a
        state that this procedure does not have."""
        return self._possible[state]

    def fire(self, state: str, act: str, facts: Mapping[str, str]) -> Place | None:
        """Where `act` leads from `state`; None when no guard of its branches holds.

        Raises NotPossible when the state has no such act.
        """
        settled = self._settled.get((state, act))
        if settled is not None:
            return settled
        if act not in self._possible.get(state, ()):
            raise NotPossible(state, act)
        token = _Token(state)
        if not self._events[act].trigger(token, facts):
            return None
        place = self._places[token.state]
        if (state, act) not in self._guarded:
            # Nothing but a guard could answer otherwise: the machine need not be asked again.
            self._settled[state, act] = place
        return place


@lru_cache(maxsize=512)
def compile_procedure(procedure: Procedure) -> ProcedureMachine:
    """The machine of a procedure version, compiled once (about a millisecond) and shared."""
    return ProcedureMachine(procedure)


def keepers(process: Process, runs_at: str) -> dict[str, frozenset[Who]]:
    """Who may hold the leg when each step ends: the doer of a step of work; through a
    pause or a wait, whoever held it before."""
    held: dict[str, frozenset[Who]] = {
        name: frozenset({_whole(step.by, runs_at)} if step.by else ())
        for name, step in process.steps.items()
    }
    changed = True
    while changed:
        changed = False
        for name, step in process.steps.items():
            for target in _targets(step):
                after = process.steps.get(target)
                if after and after.by is None and not held[name] <= held[target]:
                    held[target] |= held[name]
                    changed = True
    return held


def _targets(step: Step) -> Iterator[str]:
    yield from (branch.to for branch in step.then)
    if step.refused:
        yield step.refused


def _whole(who: Who, runs_at: str) -> Who:
    return who if who.at else Who(who.role, runs_at)


class _Arcs:
    """Collects the states and transitions of a procedure."""

    def __init__(self, procedure: Procedure) -> None:
        self.places: dict[str, Place] = {}
        self.starts: dict[str, Place] = {}
        self.transitions: list[dict[str, Any]] = []
        self._process("", procedure.process, procedure.desk)
        for path, leg in procedure.legs():
            self._process(path, leg.process, leg.at)
            self._origin(path, leg.process.start)

    def _process(self, path: str, process: Process, runs_at: str) -> None:
        self._state(path, DONE)
        self._state(path, REFUSED)
        held = keepers(process, runs_at)
        for step in process.steps.values():
            exits = [
                (branch, self._entry(path, process, runs_at, held[step.name], branch.to))
                for branch in step.then
            ]
            if step.by is not None:
                self._work(path, step, exits)
            else:
                self._wait(path, process, runs_at, held[step.name], step, exits)
            self._back(path, step, exits)
        begin = process.steps[process.start]
        mode = _resting_mode(begin) or (OFFERED if path else AT_WORK)
        self.starts[path] = Place(begin.name, mode)

    def _entry(
        self, path: str, process: Process, runs_at: str, held: frozenset[Who], to: str
    ) -> str:
        """The state in which the step `to` begins, coming from any of `held`."""
        if to in ENDS:
            return state_name(path, to)
        step = process.steps[to]
        mode = _resting_mode(step)
        if not mode and step.by is not None:
            mode = AT_WORK if held == {_whole(step.by, runs_at)} else OFFERED
        return state_name(path, to, mode)

    def _work(self, path: str, step: Step, exits: list[tuple[Branch, str]]) -> None:
        at_work = self._state(path, step.name)
        offered = self._state(path, step.name, OFFERED)
        supplement = self._state(path, step.name, SUPPLEMENT)
        refused = state_name(path, REFUSED)
        self._arc("accept", offered, at_work)
        for act in OFFER_ENDS:
            self._arc(act, offered, offered)
        self._exits(step.act, at_work, exits)
        self._aside(at_work, supplement, refused)
        self._arc("supply", supplement, at_work)
        self._arc("assign", supplement, supplement)
        self._arc("expire-supplement", supplement, refused)
        self._arc("refuse", supplement, refused)

    def _back(self, path: str, step: Step, exits: list[tuple[Branch, str]]) -> None:
        """What the sender may do with an offer that came back: offer it again, or, after a
        step of work, do that step's act again."""
        back = self._state(path, step.name, BACK)
        self._exits("forward", back, exits)
        if step.by is not None and step.act != "forward":
            self._exits(step.act, back, exits)
        if step.by is None:
            self._aside(back, None, state_name(path, REFUSED))
        else:
            supplement = state_name(path, step.name, SUPPLEMENT)
            self._aside(back, supplement, state_name(path, REFUSED))

    def _aside(self, state: str, supplement: str | None, refused: str) -> None:
        for act in ASIDE_ACTS:
            self._arc(act, state, state)
        if supplement:
            self._arc("ask-supplement", state, supplement)
        self._arc("refuse", state, refused)

    def _wait(
        self,
        path: str,
        process: Process,
        runs_at: str,
        held: frozenset[Who],
        step: Step,
        exits: list[tuple[Branch, str]],
    ) -> None:
        if step.pause:
            paused = self._state(path, step.name, PAUSED)
            self._exits(resume_act(step.pause.ground), paused, exits)
            self._arc("assign", paused, paused)
            return
        waiting = self._state(path, step.name, LEGS)
        self._exits("join", waiting, exits)
        self._arc("extend", waiting, waiting)
        self._arc("assign", waiting, waiting)
        if step.refused:
            entry = self._entry(path, process, runs_at, held, step.refused)
            self._arc("join-refused", waiting, entry)
        elif any(leg.gate for leg in step.legs):
            self._arc("join-refused", waiting, state_name(path, REFUSED))

    def _origin(self, path: str, start: str) -> None:
        """A leg whose opening offer came back lies with the parent's holder."""
        back = self._state(path, ORIGIN, BACK)
        self._arc("forward", back, state_name(path, start, self.starts[path].mode))
        self._arc("assign", back, back)
        self._arc("transfer", back, back)
        self._arc("refuse", back, state_name(path, REFUSED))

    def _exits(self, act: str, source: str, exits: list[tuple[Branch, str]]) -> None:
        for branch, dest in exits:
            self._arc(act, source, dest, branch.when)

    def _state(self, path: str, step: str, mode: str = AT_WORK) -> str:
        name = state_name(path, step, mode)
        self.places[name] = Place(step, mode)
        return name

    def _arc(self, act: str, source: str, dest: str, when: Mapping[str, str] | None = None) -> None:
        arc: dict[str, Any] = {"trigger": act, "source": source, "dest": dest}
        if when:
            arc["conditions"] = partial(holds, when)
        self.transitions.append(arc)


def _resting_mode(step: Step) -> str:
    if step.pause:
        return PAUSED
    return LEGS if step.legs else AT_WORK
