"""The relay on every log: each event at least once, in its dossier's order, whatever fails."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import text

from consumers.backoff import FIRST_WAIT, LONGEST_WAIT
from consumers.broker import Broker, BrokerError, WrongTopic
from consumers.checkpoints import Fenced
from consumers.ownership import Lost, Ownership, ownership_of
from consumers.relay import Relay, Relayed, checkpoint_of, open_tables
from engine.ids import wall_clock
from engine.store import Append, Log
from schemas.cloudevents import from_message
from schemas.envelope import SHARDS, Recorded, from_micros
from schemas.manifests import Manifest, manifest_in
from schemas.topics import events_topic, manifests_topic
from tests import topic_check
from tests.appends import append
from tests.brokers import MemoryBroker
from tests.streams import appends, walks

TOPIC = events_topic("ub").name

Make = Callable[..., Relay]


@pytest.fixture
def broker() -> MemoryBroker:
    made = MemoryBroker()
    made.create([events_topic("ub")])
    return made


@pytest.fixture
def make(log: Log, broker: MemoryBroker) -> Iterator[Make]:
    open_tables(log)
    made: list[Relay] = []

    def relay(batch: int = 50, own: Callable[[], Ownership] | None = None) -> Relay:
        own = own or (lambda: ownership_of(log))
        worker = Relay(log, own, cast(Broker, broker), "ub", batch=batch, chance=lambda: 1.0)
        made.append(worker)
        return worker

    yield relay
    for each in made:
        each.close()


def fill(log: Log, count: int = 12, seed: int = 1, prefix: str = "ub") -> None:
    made = appends(walks(count, seed, prefix=prefix), spread=10)
    log.append([Append(tuple(events)) for events in made])


def published(broker: MemoryBroker) -> list[Recorded]:
    return [from_message(each) for each in broker.topics[TOPIC]]


def faults(log: Log, broker: MemoryBroker) -> list[str]:
    return list(topic_check.faults({0: published(broker)}, topic_check.logged(log)))


def test_everything_is_published_once_and_in_order(
    log: Log, broker: MemoryBroker, make: Make
) -> None:
    fill(log)
    worker = make()
    assert worker.renew() == frozenset(range(SHARDS))
    assert worker.catch_up() == log.count() == len(published(broker))
    assert faults(log, broker) == []
    log.append([append("later", 3)])
    assert worker.catch_up() == 3
    assert worker.step() == 0


def test_a_checker_that_bites(log: Log, broker: MemoryBroker, make: Make) -> None:
    fill(log)
    worker = make()
    worker.renew()
    worker.catch_up()
    del broker.topics[TOPIC][7]
    assert faults(log, broker) != []


def test_a_message_that_does_not_arrive_is_sent_again(
    log: Log, broker: MemoryBroker, make: Make
) -> None:
    fill(log)
    lots = random.Random(7)
    broker.fails = lambda message: lots.random() < 0.02
    worker, failures = make(), 0
    worker.renew()
    while True:
        try:
            if worker.step() == 0:
                break
        except BrokerError:
            failures += 1
            worker.renew()
    assert failures > 3
    assert broker.producers > failures, "a producer is thrown away when it failed"
    assert len(published(broker)) > log.count(), "something was sent twice"
    assert faults(log, broker) == []


def test_a_checkpoint_before_the_flush_would_lose_events(
    log: Log, broker: MemoryBroker, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of the two is what nothing is lost by: turned round, the checker sees it."""
    fill(log)
    lots = random.Random(7)
    broker.fails = lambda message: lots.random() < 0.02

    def hasty(worker: Relay) -> int:
        events = log.read_shards(worker._cursors, limit=worker.batch, previous=True)
        if events:
            worker._advance({event.shard: event.position for event in events})
            monkeypatch.setattr(worker, "_advance", lambda then: None)
            with suppress(BrokerError):
                Relay._publish(worker)
        return len(events)

    worker = make()
    worker.renew()
    for _ in range(100):
        hasty(worker)
        monkeypatch.undo()
        worker._forget()
        worker.renew()
    assert faults(log, broker) != []


def test_a_worker_whose_checkpoint_was_moved_is_fenced(
    log: Log, broker: MemoryBroker, make: Make
) -> None:
    fill(log)
    worker = make()
    worker.renew()
    worker.step()
    with log.begin() as connection:
        connection.execute(
            text("UPDATE checkpoints SET next = next + 1 WHERE subscription = :name"),
            {"name": checkpoint_of(TOPIC)},
        )
    with pytest.raises(Fenced):
        worker.step()
    assert worker.step() == 0, "it owns nothing until it has asked again"


def takes_all(worker: Relay) -> None:
    """The server lets go of a dead connection's locks when it notices; who asks again has them."""
    for _ in range(1_000):
        if worker.renew() == frozenset(range(SHARDS)):
            return
        time.sleep(0.01)
    raise AssertionError("the shards of the other were not taken over")


def test_workers_share_and_take_over(log: Log, broker: MemoryBroker, make: Make) -> None:
    fill(log)
    first, second = make(), make()
    assert len(first.renew()) == SHARDS
    second.renew()
    shared = [len(first.renew()), len(second.renew())]
    if log.engine.dialect.name == "sqlite":
        assert shared == [SHARDS, 0], "a file has one worker"
    else:
        assert shared == [8, 8]
        assert not first._owned & second._owned
    first.catch_up()
    first.close()
    takes_all(second)
    second.catch_up()
    assert faults(log, broker) == []
    assert len(published(broker)) == log.count(), "a handover in good order sends nothing twice"


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_a_connection_that_dies_gives_the_shards_up(
    log: Log, broker: MemoryBroker, make: Make
) -> None:
    fill(log)
    worker, other = make(), make()
    worker.renew()
    worker.step()
    with log.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                " AND pid <> pg_backend_pid()"
            )
        )
    with pytest.raises(Lost):
        worker.step()
    takes_all(other)
    other.catch_up()
    worker.renew()
    assert faults(log, broker) == []


def test_it_waits_ever_longer_and_goes_on_by_itself(
    log: Log, broker: MemoryBroker, make: Make
) -> None:
    fill(log)
    broker.down = True
    worker = make()
    waits: list[float] = []
    told: list[Relayed] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 9:
            broker.down = False

    def stop() -> bool:
        return len(published(broker)) == log.count()

    worker.run(stop, wait, lambda: 0.0, wall_clock, told.append)
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[8] == LONGEST_WAIT
    assert [bool(each.trouble) for each in told[:10]] == [True] * 9 + [False]
    assert faults(log, broker) == []


def test_a_missing_topic_is_told(log: Log, broker: MemoryBroker, make: Make) -> None:
    fill(log)
    broker.topics.clear()
    worker = make()
    worker.renew()
    with pytest.raises(WrongTopic, match="no topic"):
        worker.step()
    assert cast(Any, worker)._owned, "nothing was begun"


# --- manifests ---------------------------------------------------------------------------


def manifests(broker: MemoryBroker) -> list[Manifest]:
    sent = broker.topics[manifests_topic("ub").name]
    return sorted((manifest_in(each.value) for each in sent), key=lambda it: (it.shard, it.number))


def later(log: Log, seconds: float) -> datetime:
    newest = max(event.recorded_at for batch in log.read_all() for event in batch)
    return from_micros(newest) + timedelta(seconds=seconds)


def test_manifests_cover_each_event_once_whenever_they_are_made(
    log: Log, make: Make, broker: MemoryBroker
) -> None:
    broker.create([manifests_topic("ub")])
    rng = random.Random(5)
    for number in range(6):
        fill(log, 4, prefix=f"d{number}")
        worker = make(17)
        worker.renew()
        for _ in range(rng.randrange(1, 5)):
            worker.step()
            worker.account(later(log, rng.choice([0, 200])))
        worker.catch_up()
        worker.account(later(log, rng.choice([0, 200])))
        worker.close()
    worker = make()
    worker.renew()
    worker.account(later(log, 200))
    for shard in range(SHARDS):
        events = log.read_shard(shard, limit=10_000)
        of_shard = [each for each in manifests(broker) if each.shard == shard]
        assert [each.number for each in of_shard] == list(range(1, len(of_shard) + 1))
        assert sum(each.count for each in of_shard) == len(events)
        assert [each.last for each in of_shard][-1:] == [e.position for e in events][-1:]


def test_nothing_is_read_again_to_see_that_no_manifest_is_due(
    log: Log, make: Make, broker: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.create([manifests_topic("ub")])
    fill(log, 6)
    worker = make()
    worker.renew()
    worker.catch_up()
    worker.account(later(log, -1e8))
    read: list[int] = []
    right = log.read_shard

    def counted(shard: int, **range_: Any) -> list[Recorded]:
        read.append(shard)
        return right(shard, **range_)

    monkeypatch.setattr(log, "read_shard", counted)
    fill(log, 6, prefix="more")
    worker.catch_up()
    worker.account(later(log, -1e8))
    assert read == []
    assert manifests(broker) == []
    worker.account(later(log, 200))
    assert read != []
    assert sum(each.count for each in manifests(broker)) == log.count()
    read.clear()
    worker.account(later(log, 400))
    assert read == []
