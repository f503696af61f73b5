"""A call that is meant for one version of a dossier, over every log."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest

from bench.lives import Life, twelve
from engine.ids import Ids, wall_clock
from engine.runtime import Call, Done, Runtime, Stale
from engine.store import Log
from schemas.rejection import Rejected
from tests.core.scenario import catalogue


@dataclass
class Opened:
    """A dossier that was received, and the life it is to live on."""

    ours: Runtime
    theirs: Runtime
    code: str
    version: int
    life: Life

    def call(self, number: int, expected: int | None) -> Call:
        command, at = self.life[number]
        return Call(command, self.ours.new_id(), self.code, at, expected=expected)


@pytest.fixture
def opened(log: Log) -> Opened:
    """Two runtimes have it in their caches, as two processes have."""
    law = catalogue()
    ours, theirs = (Runtime(log, law, wall_clock, Ids(wall_clock)) for _ in range(2))
    life = twelve(law)
    command, at = life[0]
    done = ours.handle(Call(command, ours.new_id(), at=at))
    assert isinstance(done, Done)
    assert theirs.current(done.code).version == done.version
    return Opened(ours, theirs, done.code, done.version, life)


def test_at_the_expected_version_it_is_done(opened: Opened) -> None:
    done = opened.ours.handle(opened.call(1, opened.version))
    assert isinstance(done, Done)


def test_at_another_version_nothing_is_done_and_nothing_remembered(opened: Opened) -> None:
    for wrong in (opened.version - 1, opened.version + 1):
        call = opened.call(1, wrong)
        answer = opened.ours.handle(call)
        assert isinstance(answer, Stale)
        assert f"version {opened.version}, not at {wrong}" in answer.message
        assert opened.ours.load(opened.code).version == opened.version
        again = opened.ours.log.answer(call.command_id)
        assert again is None
    done = opened.ours.handle(msgspec.structs.replace(call, expected=opened.version))
    assert isinstance(done, Done)


def test_whoever_did_not_hear_of_another_writer_is_told_all_the_same(opened: Opened) -> None:
    first = opened.ours.handle(opened.call(1, opened.version))
    assert isinstance(first, Done)
    answer = opened.theirs.handle(opened.call(1, opened.version))
    assert isinstance(answer, Stale)
    assert opened.theirs.latest(opened.code).version == first.version


def test_of_two_in_one_commit_the_second_is_stale(opened: Opened) -> None:
    calls = [opened.call(1, opened.version), opened.call(1, opened.version)]
    done, stale = opened.ours.handle_many(calls)
    assert isinstance(done, Done)
    assert isinstance(stale, Stale)


@pytest.mark.parametrize("other", [False, True])
def test_a_repetition_has_the_first_answer_whatever_it_expects(opened: Opened, other: bool) -> None:
    call = opened.call(1, opened.version)
    first = opened.ours.handle(call)
    assert isinstance(first, Done)
    runtime = opened.theirs if other else opened.ours
    again = runtime.handle(call)
    assert isinstance(again, Done)
    assert (again.repeated, again.version) == (True, first.version)


def test_latest_is_what_the_log_has_and_current_what_was_known(opened: Opened) -> None:
    done = opened.ours.handle(opened.call(1, None))
    assert isinstance(done, Done)
    assert opened.theirs.current(opened.code).version == opened.version
    assert opened.theirs.latest(opened.code).version == done.version
    assert opened.theirs.current(opened.code).version == done.version
    assert opened.theirs.latest("nothing").version == 0


def test_the_rule_has_a_sentence_of_its_own(opened: Opened) -> None:
    answer = opened.ours.handle(opened.call(1, 99))
    assert isinstance(answer, Rejected)
    assert answer.rule == "stale"
