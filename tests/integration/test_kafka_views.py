"""Views fed from a real broker: what is killed, comes twice or is no event changes no row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from msgspec.structs import replace

from app.cli import cli
from consumers import dead_letters
from consumers.broker import Broker
from consumers.dead_letters import Letter, Post
from consumers.home import open_home
from consumers.kafka_past import FollowedPast, KafkaPast
from engine.store import Append, Log, open_log
from schemas.cloudevents import Message, from_message, to_message
from schemas.envelope import Recorded
from schemas.topics import dead_letter_topic, events_topic, topics_of
from tests.servers.kafka import Broker as Server
from tests.streams import appends, walks
from tests.views_check import faults


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Log]:
    opened = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    yield opened
    opened.close()


@pytest.fixture
def house(kafka: Server, topic_prefix: str) -> str:
    Broker(kafka.bootstrap).create(topics_of(topic_prefix), 1)
    return topic_prefix


@pytest.fixture
def lienthong(
    kafka: Server, house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    monkeypatch.setenv("LIENTHONG_DATABASE_URL", f"sqlite:///{tmp_path / 'log.db'}")
    monkeypatch.setenv("LIENTHONG_VIEWS_URL", f"sqlite:///{tmp_path / 'views.db'}")
    monkeypatch.setenv("LIENTHONG_KAFKA", kafka.bootstrap)
    monkeypatch.setenv("LIENTHONG_HOUSE", house)

    def run(*words: str, code: int = 0) -> Any:
        said = CliRunner().invoke(cli, [*words, "--json"])
        assert said.exit_code == code, said.output + said.stderr
        return json.loads(said.stdout) if code == 0 else said.stderr

    return run


def fill(log: Log, count: int, seed: int = 1, prefix: str = "a") -> list[Recorded]:
    made = [Append(tuple(each)) for each in appends(walks(count, seed, prefix=prefix), spread=10)]
    log.append(made)
    return [event for each in made for event in each.events]


def send(server: Server, house: str, messages: list[Message], partition: int | None = None) -> None:
    with closing(Broker(server.bootstrap).producer()) as producer:
        for each in messages:
            producer.send(events_topic(house).name, each, partition)
        producer.flush()


def faults_of(server: Server, house: str, store: Log, views: Path) -> list[str]:
    """I6 for views that the house's group feeds."""
    broker, topic, group = Broker(server.bootstrap), events_topic(house).name, f"{house}.views"

    def past() -> KafkaPast:
        return KafkaPast(group, lambda each: broker.reader(topic, [each]), store)

    with closing(open_home(f"sqlite:///{views}")) as home, closing(past()) as kafka:
        return faults(home, FollowedPast(store, kafka))


def test_from_the_log_through_kafka_into_a_database_of_their_own(
    kafka: Server, house: str, store: Log, tmp_path: Path, lienthong: Callable[..., Any]
) -> None:
    events = fill(store, 12)
    lienthong("relay", "--once")
    said = lienthong("consume", "all", "--once")
    assert said["messages"] == len(events)
    assert faults_of(kafka, house, store, tmp_path / "views.db") == []
    more = fill(store, 5, seed=2, prefix="b")
    behind = {each["name"]: each["events"] for each in lienthong("lag")}
    assert behind["status"] == 0
    assert behind[f"relay:{events_topic(house).name}"] == len(more)
    # Whoever asks does not feed what Kafka feeds.
    assert lienthong("status", more[0].stream, code=2)
    lienthong("relay", "--once")
    by_name = {each["name"]: each for each in lienthong("lag")}
    assert by_name["status"]["events"] == len(more)
    assert by_name["status"]["seconds"] > 0
    assert {each["behind"] for each in lienthong("views", "list")} == {len(more)}
    assert lienthong("consume", "all", "--once")["messages"] == len(more)
    assert {each["events"] for each in lienthong("lag")} == {0}
    assert lienthong("status", events[0].stream)["code"] == events[0].stream
    dossiers = {each.stream for each in (*events, *more)}
    assert lienthong("publish", "--once")["snapshots"] == len(dossiers)
    assert faults_of(kafka, house, store, tmp_path / "views.db") == []
    for origin in ("kafka", "log"):
        assert lienthong("rebuild", "all", "--from", origin)["events"] >= len(events) + len(more)
        assert faults_of(kafka, house, store, tmp_path / "views.db") == []


def test_what_is_no_event_is_refused_and_others_go_on(
    kafka: Server, house: str, store: Log, tmp_path: Path, lienthong: Callable[..., Any]
) -> None:
    events = fill(store, 4)
    good = [to_message(each, house) for batch in store.read_all() for each in batch]
    victim = next(each for each in good if from_message(each).version == 2)
    key = victim.key
    forged = replace(from_message(victim), previous=bytes(32))
    forged = replace(forged, hash=forged.expected_hash())
    wrong = [
        Message(key, b"{not json", victim.headers, 1),
        Message(key, None, victim.headers, 1),
        Message(key, victim.value, (), 1),
        Message(b"another", victim.value, victim.headers, 1),
        Message(None, b"\xff\xfe", (("ce_type", b"\xff"),), 1),
        to_message(forged, house),
        Message(key, b"x" * 900_000, (), 1),
    ]
    send(kafka, house, wrong)
    send(kafka, house, good)
    send(kafka, house, good[:20])
    said = lienthong("consume", "all", "--once")
    assert said["waiting_dossiers"] == 0
    assert faults_of(kafka, house, store, tmp_path / "views.db") == []
    assert lienthong("status", events[0].stream)["version"] > 2
    parked = lienthong("parked", "list")
    assert len(parked) == len(wrong)
    assert {each["state"] for each in parked} == {"refused"}
    assert all(each["published"] and each["reason"] for each in parked)
    dead = _letters(kafka, house)
    assert sorted((each.key or b"", each.value or b"") for each in dead) == sorted(
        (each.key or b"", each.value or b"") for each in wrong
    )
    for each in dead:
        headers = dict(each.headers)
        originals = [it for it in wrong if (it.key, it.value) == (each.key, each.value)]
        assert any(each.headers[: len(it.headers)] == it.headers for it in originals)
        assert headers["x-dlq-topic"] == events_topic(house).name.encode()
        assert headers["x-dlq-consumer"] == f"{house}.views".encode()
        place = f"{headers['x-dlq-partition'].decode()}/{headers['x-dlq-offset'].decode()}"
        shown = lienthong("parked", "show", f"{events_topic(house).name}/{place}")
        assert shown[0]["reason"].encode() == headers["x-dlq-reason"]
    assert lienthong("parked", "drop", parked[0]["place"])
    assert len(lienthong("parked", "list")) == len(wrong) - 1


def test_two_megabytes_are_refused_without_their_bytes_and_others_go_on(
    kafka: Server, house: str, store: Log, tmp_path: Path, lienthong: Callable[..., Any]
) -> None:
    """A topic takes them only where somebody has allowed it, and no dead-letter topic does."""
    events = fill(store, 2)
    topic = events_topic(house).name
    with closing(KafkaAdminClient(bootstrap_servers=kafka.bootstrap)) as admin:
        admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": "4194304"})]
        )
    good = [to_message(each, house) for batch in store.read_all() for each in batch]
    huge = good[0].headers, b"x" * 2_000_000
    with closing(
        KafkaProducer(bootstrap_servers=kafka.bootstrap, max_request_size=4 << 20, acks="all")
    ) as producer:
        for key in (good[0].key, b"nobody"):
            sent = producer.send(topic, key=key, value=huge[1], headers=list(huge[0]))
            sent.get(timeout=30)
    send(kafka, house, good)
    said = lienthong("consume", "all", "--once")
    assert (said["messages"], said["waiting_dossiers"]) == (len(events) + 2, 0)
    assert faults_of(kafka, house, store, tmp_path / "views.db") == []
    parked = lienthong("parked", "list")
    assert [each["state"] for each in parked] == ["refused"] * 2
    dead = _letters(kafka, house)
    assert [each.value for each in dead] == [None, None]
    assert {dict(each.headers)["x-dlq-left-out"] for each in dead} == {b"value of 2000000 bytes"}
    shown = lienthong("parked", "show", parked[0]["place"])
    assert len(shown[0]["value"]) >= 2_000_000


@pytest.mark.parametrize("after", ["the rows", "the letter"])
def test_killed_between_the_rows_and_their_dead_letter(
    after: str,
    kafka: Server,
    house: str,
    store: Log,
    tmp_path: Path,
    lienthong: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The letter stands beside the rows, so it is sent by whoever comes next; at least once."""
    fill(store, 2)
    good = [to_message(each, house) for batch in store.read_all() for each in batch]
    send(kafka, house, [*good, Message(good[0].key, b"{not json", good[0].headers, 1)])

    class Killed(BaseException):
        pass

    def killed(self: Post, waiting: list[Letter]) -> None:
        if after == "the letter":
            for each in waiting:
                self._outlet.send(self.topic, dead_letters.as_sent(each, self._name))
            self._outlet.flush()
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Post, "_send", killed)
        with pytest.raises(Killed):
            CliRunner().invoke(cli, ["consume", "all", "--once"], catch_exceptions=False)
    [parked] = lienthong("parked", "list")
    assert not parked["published"]
    assert len(_letters(kafka, house)) == (after == "the letter")
    assert faults_of(kafka, house, store, tmp_path / "views.db") == []
    lienthong("consume", "all", "--once")
    [parked] = lienthong("parked", "list")
    assert parked["published"]
    assert len(_letters(kafka, house)) == 1 + (after == "the letter")
    assert len({(each.key, each.value, each.headers) for each in _letters(kafka, house)}) == 1
    lienthong("consume", "all", "--once")
    assert len(_letters(kafka, house)) == 1 + (after == "the letter")


def test_without_the_store_in_reach_a_gap_waits_until_it_is(
    kafka: Server, house: str, store: Log, tmp_path: Path, lienthong: Callable[..., Any]
) -> None:
    events = fill(store, 4)
    good = [each for batch in store.read_all() for each in batch]
    stream = events[0].stream
    send(
        kafka, house,
        [to_message(each, house) for each in good if (each.stream, each.version) != (stream, 3)],
    )  # fmt: skip
    nowhere = f"sqlite:///{tmp_path / 'nowhere' / 'log.db'}"
    said = lienthong("consume", "all", "--once", "--database", nowhere)
    assert (said["messages"], said["waiting_dossiers"]) == (len(good) - 1, 1)
    waits = lienthong("parked", "list", "--database", nowhere)
    assert {each["dossier"] for each in waits} == {stream}
    assert waits[0]["reason"] == "gap: version 3 has not come"
    [outcome] = lienthong("parked", "retry", stream)
    assert outcome["waits"] == 0
    assert lienthong("status", stream)["version"] == max(
        each.version for each in good if each.stream == stream
    )
    assert faults_of(kafka, house, store, tmp_path / "views.db") == []


def test_an_event_of_a_later_program_waits_with_its_dossier(
    kafka: Server, house: str, store: Log, tmp_path: Path, lienthong: Callable[..., Any]
) -> None:
    fill(store, 3)
    good = [each for batch in store.read_all() for each in batch]
    stream = good[0].stream
    third = next(each for each in good if each.stream == stream and each.version == 3)
    unknown = replace(third, type="dossier.teleported")
    unknown = replace(unknown, hash=unknown.expected_hash())
    before = [each for each in good if each.stream == stream and each.version < 3]
    others = [each for each in good if each.stream != stream]
    send(kafka, house, [to_message(each, house) for each in (*before, unknown, *others)])
    assert lienthong("consume", "all", "--once")["waiting_dossiers"] == 1
    [waits] = lienthong("parked", "list")
    assert (waits["dossier"], waits["version"], waits["state"]) == (stream, 3, "waits")
    assert "dossier.teleported" in waits["reason"]
    assert [each.value for each in _letters(kafka, house)] == [unknown.payload]
    [outcome] = lienthong("parked", "retry", stream)
    assert (outcome["applied"], outcome["waits"]) == (0, 1)
    # The true event of that version comes: it was a forgery, and the dossier goes on.
    rest = [each for each in good if each.stream == stream and each.version >= 3]
    send(kafka, house, [to_message(each, house) for each in rest])
    assert lienthong("consume", "all", "--once")["waiting_dossiers"] == 0
    assert lienthong("parked", "list") == []
    assert faults_of(kafka, house, store, tmp_path / "views.db") == []
    assert lienthong("parked", "retry", stream, code=2)


def test_wrong_words_and_missing_servers(
    kafka: Server, house: str, store: Log, lienthong: Callable[..., Any]
) -> None:
    assert "did you mean 'status'" in lienthong("consume", "statsu", code=2)
    assert "There is no topic" in lienthong("consume", "all", "--house", "nobody", code=3)
    assert "cannot be reached" in lienthong("consume", "all", "--kafka", "127.0.0.1:1", code=3)
    assert "--group" in lienthong("consume", "all", "--group", "a b", code=2)
    lienthong("consume", "status", "legs", "--once")
    assert "legs too" in lienthong("consume", "status", "--once", code=2)


def _letters(server: Server, house: str) -> list[Message]:
    reader = Broker(server.bootstrap).reader(dead_letter_topic(house).name)
    with closing(reader):
        ends = reader.ends()
        cursors, found = dict.fromkeys(ends, 0), []
        while cursors != ends:
            for each in reader.read(cursors, 100, 1.0):
                cursors[each.partition] = each.offset + 1
                found.append(each.message)
    return found
