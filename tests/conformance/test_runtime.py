"""The runtime over every log: nobody overtakes, nobody is answered twice differently."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bench.lives import START, Life, twelve
from engine.core import custody
from engine.core.calendar import CalendarError
from engine.core.decide import decide
from engine.core.dossier import Dossier
from engine.core.law import Law
from engine.fingerprint import is_of
from engine.ids import Ids
from engine.runtime import Call, Done, Folded, Runtime
from engine.store import Log, open_log
from engine.verify import verify_all
from schemas import commands as c
from schemas.rejection import Rejected
from tests.core.scenario import catalogue

DESK = "ub-quang-trung-desk.receiver-1"


class Ticking:
    """A clock of the test's own: a second later each time it is asked."""

    def __init__(self) -> None:
        self.now = datetime(2021, 12, 1, 1, 0, tzinfo=UTC)
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        with self._lock:
            self.now += timedelta(seconds=1)
            return self.now


Make = Callable[[], Runtime]


@pytest.fixture
def make(log: Log) -> Make:
    """Makes runtimes with caches of their own on one log, as several processes have."""
    clock, seeds = Ticking(), iter(range(100))

    def runtime() -> Runtime:
        return Runtime(log, catalogue(), clock, Ids(clock, seed=next(seeds)))

    return runtime


@pytest.fixture
def life() -> Life:
    return twelve(catalogue())


def begin(runtime: Runtime, life: Life) -> str:
    answer = runtime.handle(Call(life[0][0], runtime.new_id(), at=START))
    assert isinstance(answer, Done), answer
    return answer.code


def test_a_life_is_stored_as_it_was_decided(make: Make, life: Life) -> None:
    runtime = make()
    code = begin(runtime, life)
    for command, at in life[1:]:
        assert isinstance(runtime.handle(Call(command, runtime.new_id(), code, at)), Done)

    live, replayed = runtime.current(code), runtime.load(code)

    assert live == replayed
    assert live.dossier.outcome == "done"
    assert custody.faults(live.dossier) == []
    assert verify_all(runtime.log).ok


def test_a_retry_has_the_first_answer_whoever_is_asked(make: Make, life: Life) -> None:
    first, second = make(), make()
    opening = Call(life[0][0], first.new_id(), at=START)
    answer = first.handle(opening)
    assert isinstance(answer, Done)

    for again in (first.handle(opening), second.handle(opening)):
        assert isinstance(again, Done)
        assert again.repeated
        assert (again.code, again.version) == (answer.code, answer.version)
        assert [each.hash for each in again.events] == [each.hash for each in answer.events]


def test_a_retried_refusal_stays_refused_when_it_would_be_possible_now(
    make: Make, life: Life
) -> None:
    runtime = make()
    code = begin(runtime, life)
    early = Call(c.RecallHandover(actor=DESK), runtime.new_id(), code, START)
    refused = runtime.handle(early)
    assert isinstance(refused, Rejected)
    assert refused.rule == "no-handover"
    assert isinstance(
        runtime.handle(Call(c.Forward(actor=DESK), runtime.new_id(), code, START)), Done
    )

    assert runtime.handle(early) == refused
    assert make().handle(early) == refused
    recalled = runtime.handle(Call(early.command, runtime.new_id(), code, START))
    assert isinstance(recalled, Done)


def test_a_refusal_leaves_no_trace_in_the_dossier(make: Make, life: Life) -> None:
    runtime = make()
    code = begin(runtime, life)
    before = runtime.load(code)

    runtime.handle(Call(c.Sign(actor=DESK), runtime.new_id(), code, START))

    assert runtime.load(code) == before == runtime.current(code)


def test_a_dossier_that_does_not_exist_is_refused(make: Make) -> None:
    runtime = make()
    answer = runtime.handle(Call(c.Forward(actor=DESK), runtime.new_id(), "no-such-dossier"))
    assert isinstance(answer, Rejected)
    assert answer.rule == "unknown-dossier"


def test_an_id_of_another_command_is_never_an_answer(make: Make, life: Life) -> None:
    runtime = make()
    one, two = begin(runtime, life), begin(runtime, life)
    command, at = life[1]
    used = runtime.new_id()
    assert isinstance(runtime.handle(Call(command, used, one, at)), Done)
    before = runtime.load(two)

    strangers = [
        Call(command, used, two, at),
        Call(life[0][0], used, at=START),
        Call(c.Accept(actor="ub-quang-trung.social-officer-1"), used, one, at),
        Call(c.Refuse(actor=command.actor, reason="không đủ"), used, one, at),
        Call(msgspec.structs.replace(command, leg="else"), used, one, at),
    ]
    for runs in (runtime, make()):
        for call in strangers:
            answer = runs.handle(call)
            assert isinstance(answer, Rejected), call
            assert answer.rule == "command-id-reused"
    assert runtime.load(two) == before


@pytest.mark.parametrize("said", [None, "đã kiểm tra"])
def test_other_words_under_an_old_id_are_not_lost(make: Make, life: Life, said: str | None) -> None:
    runtime = make()
    code = begin(runtime, life)
    command, at = life[1]
    command = msgspec.structs.replace(command, note=said)
    call = Call(command, runtime.new_id(), code, at)
    first = runtime.handle(call)
    assert isinstance(first, Done)
    for runs in (runtime, make()):
        again = runs.handle(Call(command, call.command_id, code))
        assert isinstance(again, Done)
        assert (again.repeated, again.events[0].hash) == (True, first.events[0].hash)
        for other in {None, "", "đã kiểm tra", "chưa đủ"} - {said}:
            changed = msgspec.structs.replace(command, note=other)
            answer = runs.handle(Call(changed, call.command_id, code))
            assert isinstance(answer, Rejected), other
            assert answer.rule == "command-id-reused"


def test_a_repetition_is_one_though_its_words_were_destroyed(make: Make, life: Life) -> None:
    runtime = make()
    code = begin(runtime, life)
    command, at = life[1]
    call = Call(msgspec.structs.replace(command, note="đã kiểm tra"), runtime.new_id(), code, at)
    first = runtime.handle(call)
    assert isinstance(first, Done)
    gone = msgspec.structs.replace(first.events[0], private=None)
    for words in ("đã kiểm tra", "chưa đủ", None):
        assert is_of(gone, msgspec.structs.replace(command, note=words))
    assert not is_of(gone, c.Accept(actor=command.actor))


def test_what_has_not_happened_is_not_recorded(make: Make, life: Life) -> None:
    runtime = make()
    for late in (timedelta(minutes=6), timedelta(days=700)):
        said = runtime.handle(Call(life[0][0], runtime.new_id(), at=runtime.now() + late))
        assert isinstance(said, Rejected)
        assert said.rule == "not-yet"
    ahead = runtime.now() + timedelta(minutes=4)
    assert isinstance(runtime.handle(Call(life[0][0], runtime.new_id(), at=ahead)), Done)
    later = runtime.now() + timedelta(days=20)
    made_up = Call(life[0][0], runtime.new_id(), at=later, now=later)
    assert isinstance(runtime.handle(made_up), Done), "the caller's time is made up"


def test_a_stale_cache_cannot_win(make: Make, life: Life) -> None:
    quick, slow = make(), make()
    code = begin(quick, life)
    assert slow.current(code).version == 2
    quick.handle(Call(c.Forward(actor=DESK), quick.new_id(), code, START))

    # `slow` still believes that the desk has it: its append conflicts, and it decides anew.
    answer = slow.handle(Call(c.Forward(actor=DESK), slow.new_id(), code, START))

    assert isinstance(answer, Rejected)
    assert answer.rule == "handover-in-transit"
    assert slow.current(code) == quick.current(code)


def test_what_a_stale_cache_would_refuse_is_asked_of_the_log(make: Make, life: Life) -> None:
    quick, slow = make(), make()
    code = begin(quick, life)
    assert slow.current(code).version == 2
    quick.handle(Call(c.Forward(actor=DESK), quick.new_id(), code, START))

    answer = slow.handle(Call(c.RecallHandover(actor=DESK), slow.new_id(), code, START))

    assert isinstance(answer, Done), answer


def test_two_runtimes_that_take_the_same_number_both_get_one(make: Make, life: Life) -> None:
    one, two = make(), make()
    codes = [begin(runtime, life) for runtime in (one, two, one, two, one)]
    assert len(set(codes)) == 5
    assert sorted(codes)[-1].endswith("-0005")


def test_commands_for_one_dossier_in_one_call_follow_each_other(make: Make, life: Life) -> None:
    runtime = make()
    code = begin(runtime, life)
    calls = [Call(command, runtime.new_id(), code, at) for command, at in life[1:]]

    answers = runtime.handle_many(calls)

    assert all(isinstance(answer, Done) for answer in answers)
    versions = [answer.version for answer in answers if isinstance(answer, Done)]
    assert versions == sorted(versions)
    assert runtime.load(code).dossier.outcome == "done"
    assert all(isinstance(again, Done) and again.repeated for again in runtime.handle_many(calls))


def test_many_callers_are_all_answered_and_one_wins_each_version(make: Make, life: Life) -> None:
    runtimes = [make(), make()]
    code = begin(runtimes[0], life)
    answers: list[Done | Rejected] = []

    def caller(number: int) -> None:
        runtime = runtimes[number % 2]
        forward = Call(c.Forward(actor=DESK), runtime.new_id(), code, START)
        answers.append(runtime.handle(forward))
        answers.append(runtime.handle(Call(life[0][0], runtime.new_id(), at=START)))

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    done = [each for each in answers if isinstance(each, Done)]
    forwarded = [each for each in done if each.code == code]
    opened = [each for each in done if each.code != code]
    refused = [each for each in answers if isinstance(each, Rejected)]
    assert len(forwarded) == 1
    assert len({each.code for each in opened}) == 24
    assert {each.rule for each in refused} == {"handover-in-transit"}
    assert len(refused) == 23
    assert verify_all(runtimes[0].log).ok


def test_the_cache_is_bounded_and_what_left_it_is_loaded(log: Log, life: Life) -> None:
    clock = Ticking()
    runtime = Runtime(log, catalogue(), clock, Ids(clock, seed=1), cache=2)
    codes = [begin(runtime, life) for _ in range(5)]
    for code in codes:
        answer = runtime.handle(Call(c.Forward(actor=DESK), runtime.new_id(), code, START))
        assert isinstance(answer, Done)
    assert [runtime.current(code).version for code in codes] == [4] * 5


def test_an_error_of_the_store_reaches_every_caller_and_the_next_one_is_served(
    make: Make, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = make()
    code = begin(runtime, life)
    with monkeypatch.context() as broken:

        def fail(_: object) -> None:
            raise OSError("the disk is gone")

        broken.setattr(runtime.log, "append", fail)
        with pytest.raises(OSError, match="the disk is gone"):
            runtime.handle(Call(c.Forward(actor=DESK), runtime.new_id(), code, START))

    answer = runtime.handle(Call(c.Forward(actor=DESK), runtime.new_id(), code, START))
    assert isinstance(answer, Done)


@pytest.mark.parametrize("fault", [CalendarError, KeyError, OverflowError])
def test_what_one_callers_command_leads_to_does_not_hurt_the_others(
    make: Make, life: Life, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    def beyond(
        dossier: Dossier, command: c.Command, law: Law, now: datetime, **more: datetime
    ) -> object:
        if isinstance(command, c.RecallHandover):
            raise fault("a day beyond the calendar")
        return decide(dossier, command, law, now, **more)

    monkeypatch.setattr("engine.runtime.decide", beyond)
    runtime = make()
    code = begin(runtime, life)
    commands = [c.RecallHandover(actor=DESK), c.Forward(actor=DESK)]
    errors: list[BaseException] = []
    answers: list[Done | Rejected] = []

    def caller(command: c.Command) -> None:
        try:
            answers.append(runtime.handle(Call(command, runtime.new_id(), code, START)))
        except fault as error:
            errors.append(error)

    def leads() -> None:
        runtime.handle(Call(c.Sign(actor=DESK), runtime.new_id(), code, START))

    # While somebody else leads and is held up, both wait: they are answered together.
    with runtime._work:
        threads = [threading.Thread(target=leads)]
        threads[0].start()
        while not runtime._led or runtime._waiting:
            time.sleep(0.001)
        threads += [threading.Thread(target=caller, args=(each,)) for each in commands]
        for thread in threads[1:]:
            thread.start()
        while len(runtime._waiting) < len(commands):
            time.sleep(0.001)
    for thread in threads:
        thread.join(timeout=30)
    assert [error.args for error in errors] == [("a day beyond the calendar",)]
    assert [type(answer) for answer in answers] == [Done]


def test_what_breaks_when_it_is_decided_anew_leaves_the_others_stored(
    make: Make, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = make(), make()
    code = begin(ours, life)
    theirs.handle(Call(c.Forward(actor=DESK), theirs.new_id(), code, START))
    decided: list[c.Command] = []

    def once(
        dossier: Dossier, command: c.Command, law: Law, now: datetime, **more: datetime
    ) -> object:
        if command in decided:
            raise KeyError("the second time")
        decided.append(command)
        return decide(dossier, command, law, now, **more)

    opening = Call(life[0][0], ours.new_id(), at=START)
    forward = Call(c.Forward(actor=DESK), ours.new_id(), code, START)
    with monkeypatch.context() as breaking:
        breaking.setattr("engine.runtime.decide", once)
        done, broken = ours.handle_each([opening, forward])
    assert isinstance(broken, KeyError)
    assert isinstance(done, Done)
    assert ours.load(done.code).version == done.version
    assert ours.handle(opening).repeated  # type: ignore[union-attr]


def test_the_same_seed_gives_the_same_bytes(url: str, life: Life, tmp_path: object) -> None:
    def hashes(database: str) -> list[bytes]:
        clock = Ticking()
        log = open_log(database)
        runtime = Runtime(log, catalogue(), clock, Ids(clock, seed=7))
        code = begin(runtime, life)
        for command, at in life[1:]:
            runtime.handle(Call(command, runtime.new_id(), code, at))
        found = [record.hash for record in log.read_stream(code)]
        log.close()
        return found

    assert hashes(url) == hashes(f"sqlite:///{tmp_path}/other.db")


def test_folding_from_the_middle_is_folding_from_the_start(make: Make, life: Life) -> None:
    runtime = make()
    code = begin(runtime, life)
    for command, at in life[1:]:
        runtime.handle(Call(command, runtime.new_id(), code, at))
    whole = runtime.load(code)
    assert isinstance(whole, Folded)
    for version in range(1, whole.version):
        part = runtime.load(code, until=version)
        assert part.version == version
        assert custody.faults(part.dossier) == []
