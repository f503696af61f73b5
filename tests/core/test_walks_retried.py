"""Walks over every procedure through a runtime on a real log, in which everybody sends again.

After each command an earlier one is sent once more, by this process or by another, with what
it said then or later; at the end all of them are. I8, I10 and I11 hold together, and what the
log replays is what was live. And a seeded bug for each, which proves that the checker bites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core import custody
from engine.core.decide import Decided
from engine.core.law import Law
from engine.ids import Ids
from engine.runtime import Answer, Call, Done, Folded, Runtime
from engine.store import Log, open_log
from schemas.commands import Command
from schemas.envelope import Recorded
from schemas.rejection import Rejected
from tests.core import walker
from tests.core.walk import PROCEDURES, Broken, Walk, drawn, step

SHORT = 20
NUMBERS = count(1)
"""Of the dossiers of all walks: they share one log, as those of an office do."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    opened = open_log(f"sqlite:///{tmp_path_factory.mktemp('walks') / 'retried.db'}")
    yield opened
    opened.close()


class Retried(Walk):
    """A walk whose commands are answered by a runtime; each answer is remembered."""

    def __init__(self, id_: str, log: Log, pick: walker.Pick) -> None:
        super().__init__(id_, code=f"ub-desk-210301-{next(NUMBERS):04d}")
        self.pick = pick
        self.store = log
        self.code = self.dossier.stream
        ids = Ids(self._clock)
        # Two processes: each has a cache of its own, which the other one makes stale.
        self.runtimes = [Runtime(log, self.law, self._clock, ids) for _ in range(2)]
        self.asked: list[tuple[Call, Answer]] = []

    def _clock(self) -> datetime:
        return self.now

    def give(self, command: Command) -> Decided | Rejected:
        runtime = self.pick(self.runtimes)
        call = Call(command, runtime.new_id(), self.code, at=self.now, now=self.now)
        before = self.kept()
        answer = runtime.handle(call)
        if isinstance(answer, Rejected) and self.kept() != before:
            raise Broken(f"I10: {command.act} was refused and left a trace")
        decided = super().give(command)
        _same_as_decided(command, answer, decided)
        self.asked.append((call, answer))
        self._holds()
        self.again(*self.pick(self.asked))
        return decided

    def again(self, call: Call, first: Answer) -> None:
        """Sends a command again: nothing happens, and the answer is the first one."""
        before = self.kept()
        late = self.pick((call, replace(call, at=self.now)))
        answer = self.pick(self.runtimes).handle(late)
        if _said(answer) != _said(first) or (isinstance(answer, Done) and not answer.repeated):
            raise Broken(f"I11: {call.command.act} was answered {first}, then {answer}")
        if self.kept() != before:
            raise Broken(f"I11: {call.command.act} sent again had an effect")

    def all_again(self) -> None:
        for call, first in self.asked:
            self.again(call, first)
        self._holds()

    def kept(self) -> list[bytes]:
        return [record.hash for record in self.store.read_stream(self.code)]

    def _holds(self) -> None:
        """What each runtime takes for live, once it has caught up, is what the log replays."""
        replayed = self.runtimes[0].load(self.code)
        if replayed.dossier != self.dossier:
            raise Broken("replay: the log does not give the dossier that was decided")
        faults = custody.faults(replayed.dossier)
        if faults:
            raise Broken(f"I8: {faults}")
        for runtime in self.runtimes:
            live = runtime.current(self.code)
            if live.version == replayed.version and live != replayed:
                raise Broken("replay: what a runtime holds is not what the log replays")


def _said(answer: Answer) -> Rejected | tuple[str, int, tuple[Recorded, ...]]:
    """What an answer says. Positions are not of it: the log gives them out, later."""
    if isinstance(answer, Rejected):
        return answer
    return answer.code, answer.version, tuple(replace(each, position=0) for each in answer.events)


def _same_as_decided(command: Command, answer: Answer, decided: Decided | Rejected) -> None:
    if isinstance(answer, Rejected) or isinstance(decided, Rejected):
        if answer != decided:
            raise Broken(f"decided: {command.act} was answered {answer}, decided {decided}")
        return
    # Free text gets its salt when it is sealed.
    stored = [replace(record.event(), private=None) for record in answer.events]
    if stored != [replace(event, private=None) for event in decided.events]:
        raise Broken(f"decided: {command.act} stored other events than were decided")


@pytest.mark.parametrize("id_", PROCEDURES)
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Shrinking would run the walk a thousand times on a log that only grows.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(choices=st.data())
def test_a_retried_command_has_the_same_answer_whatever_happened_since(
    id_: str, log: Log, choices: st.DataObject
) -> None:
    pick = drawn(choices.draw)
    walk = Retried(id_, log, pick)
    walk.receive(pick)
    for _ in range(choices.draw(st.integers(0, SHORT))):
        step(walk, pick)
    walk.all_again()


def wandered(id_: str, log: Log, seed: int = 5) -> Retried:
    """A longer walk than Hypothesis draws, always the same for the same seed."""
    pick = Random(seed).choice
    walk = Retried(id_, log, pick)
    walk.receive(pick)
    for _ in range(3 * SHORT):
        step(walk, pick)
    walk.all_again()
    return walk


@pytest.mark.parametrize("id_", PROCEDURES)
def test_long_walks_have_refused_and_late_commands_sent_again(id_: str, log: Log) -> None:
    walk = wandered(id_, log)
    answers = [answer for _, answer in walk.asked]
    assert any(isinstance(answer, Rejected) for answer in answers)
    early = [answer for answer in answers if isinstance(answer, Done)]
    assert early[0].version < len(walk.kept()), "something happened after it"


# --- each checker bites -------------------------------------------------------------------


def test_a_refusal_that_is_not_remembered_breaks_i11(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgets(runtime: Runtime, call: Call, code: str, rejected: Rejected) -> Answer:
        return rejected

    monkeypatch.setattr(Runtime, "_rejected", forgets)
    with pytest.raises(Broken, match="I11"):
        wandered("lt-09-land-transfer-2021", log)


def test_an_answer_made_of_what_came_later_breaks_i11(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def latest(runtime: Runtime, call: Call) -> Answer:
        known = runtime.log.read_stream(call.code)
        return Done(call.code, known[-1].version, tuple(known[-2:]), repeated=True)

    monkeypatch.setattr(Runtime, "_first_answer", latest)
    with pytest.raises(Broken, match="I11"):
        wandered("lt-09-land-transfer-2021", log)


def test_a_command_whose_id_is_looked_at_too_late_breaks_i11(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new id for each attempt, as where the caller's is not handed on to the log."""
    decide_: Callable[..., object] = Runtime._decide

    def own_id(runtime: Runtime, call: Call, code: str, folded: Folded, law: Law) -> object:
        return decide_(runtime, replace(call, command_id=runtime.new_id()), code, folded, law)

    monkeypatch.setattr(Runtime, "_decide", own_id)
    with pytest.raises(Broken, match="I11"):
        wandered("lt-09-land-transfer-2021", log)


def test_a_refusal_that_is_written_into_the_dossier_breaks_i10(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    rejected_: Callable[..., Answer] = Runtime._rejected

    def noted(runtime: Runtime, call: Call, code: str, rejected: Rejected) -> Answer:
        if runtime.log.answer(call.command_id):
            # Sent again: what that leaves behind is for I11.
            return rejected_(runtime, call, code, rejected)
        tip = runtime.load(code)
        other = replace(call, command_id=runtime.new_id())
        for each in walker.sensible(tip.dossier, runtime.law, call.at):
            made = runtime._decide(replace(other, command=each), code, tip, runtime.law)
            if not isinstance(made, Rejected):
                runtime.log.append([made[0]])
                break
        return rejected_(runtime, call, code, rejected)

    monkeypatch.setattr(Runtime, "_rejected", noted)
    with pytest.raises(Broken, match="I10"):
        wandered("lt-09-land-transfer-2021", log)
