"""Two strangers read the events topic of a real broker, by the published contract alone: what is
missing, repeated or altered is found by both, in the same words."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from consumers.broker import Broker as Client
from schemas.cloudevents import Message, to_message
from schemas.envelope import Recorded
from schemas.topics import events_topic
from tests.golden.files import HISTORIES, read_history
from tests.servers.jars import kafka_jars
from tests.servers.kafka import LIGHT, Broker

EXAMPLES = Path(__file__).parents[2] / "examples"
PYTHON = EXAMPLES / "subscriber_python" / "subscriber.py"
JAVA = EXAMPLES / "subscriber_java" / "Subscriber.java"
NO_JAVA = (
    "No Java compiler for the example in Java: on Debian, apt-get install default-jdk-headless."
)

pytestmark = pytest.mark.slow

Lives = dict[str, list[Recorded]]


def lives() -> Lives:
    """The golden dossiers, each under a name of its own."""
    found = (read_history(path).records for path in HISTORIES)
    return {records[0].stream: records for records in found}


def publish(broker: Broker, house: str, messages: Iterable[Message]) -> None:
    client, topic = Client(broker.bootstrap), events_topic(house)
    client.create([topic], 1)
    with closing(client.producer()) as producer:
        for message in messages:
            producer.send(topic.name, message)
        producer.flush()


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-I", str(PYTHON), *arguments]


def java(*arguments: str) -> list[str]:
    home = os.environ.get("JAVA_HOME")
    compiler = shutil.which("javac", path=home and f"{home}/bin") or shutil.which("javac")
    if compiler is None:
        pytest.fail(NO_JAVA, pytrace=False)
    launcher = str(Path(compiler).resolve().with_name("java"))
    return [launcher, *LIGHT, "-cp", f"{kafka_jars()}/*", str(JAVA), *arguments]


@pytest.fixture(params=[python, java], ids=["python", "java"])
def subscriber(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """`subscriber(broker, house) -> the program that has ended`, run far from this checkout."""

    def run(broker: Broker, house: str) -> subprocess.CompletedProcess[str]:
        command = request.param(broker.bootstrap, house)
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)

    return run


def test_a_whole_topic_is_whole(subscriber: Any, kafka: Broker, topic_prefix: str) -> None:
    events = [each for records in lives().values() for each in records]
    publish(kafka, topic_prefix, (to_message(each, topic_prefix) for each in events))
    done = subscriber(kafka, topic_prefix)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "events": len(events),
        "dossiers": len(lives()),
        "duplicates": 0,
        "gaps": [],
        "broken": [],
        "types": dict(Counter(each.type for each in events)),
    }


def test_what_is_missing_repeated_or_altered_is_reported(
    subscriber: Any, kafka: Broker, topic_prefix: str
) -> None:
    first, second, third, fourth, fifth, *rest = lives().values()
    messages: list[Message] = []
    for records in (first, *rest):
        messages += [to_message(each, topic_prefix) for each in records]
    # A relay that was killed sends its last batch again.
    messages += [to_message(each, topic_prefix) for each in first[-3:]]
    # One never came; of another the value was changed on the way, or a header.
    messages += [to_message(each, topic_prefix) for each in second if each.version != 4]
    for records, spoil in ((third, other_value), (fourth, other_actor)):
        for each in records:
            message = to_message(each, topic_prefix)
            messages.append(spoil(message) if each.version == 3 else message)
    # One was changed and sealed anew: its own seal holds, that of the next does not follow.
    for each in fifth:
        messages.append(to_message(resealed(each) if each.version == 2 else each, topic_prefix))
    messages.append(Message(b"stranger", b"{}", (), 0))
    publish(kafka, topic_prefix, messages)

    read = sum(map(len, (first, second, third, fourth, fifth, *rest))) - 3
    done = subscriber(kafka, topic_prefix)
    assert done.returncode == 1, done.stderr
    summary = json.loads(done.stdout)
    assert summary.pop("types")["dossier.received"] > 0
    assert summary == {
        "events": read,
        "dossiers": len(lives()),
        "duplicates": 3,
        "gaps": sorted(
            [[second[0].stream, 4, 4], [third[0].stream, 3, 3], [fourth[0].stream, 3, 3]]
        ),
        "broken": sorted(
            [
                ["", 0, "it is not of this contract"],
                [third[0].stream, 3, "it is not what was sealed"],
                [fourth[0].stream, 3, "it is not what was sealed"],
                [fifth[0].stream, 3, "it does not follow the event before"],
            ]
        ),
    }


def other_value(message: Message) -> Message:
    assert message.value is not None
    return replace(message, value=message.value.replace(b"{", b'{"more":1,', 1))


def other_actor(message: Message) -> Message:
    headers = dict(message.headers) | {"ce_actor": b"nobody"}
    return replace(message, headers=tuple(headers.items()))


def resealed(event: Recorded) -> Recorded:
    other = replace(event, actor="nobody")
    return replace(other, hash=other.expected_hash())


def test_a_topic_that_is_not_there_is_an_error(subscriber: Any, kafka: Broker) -> None:
    done = subscriber(kafka, "xa-khong-co")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"There is no topic xa-khong-co.dossier.events.v1 at {kafka.bootstrap}." in done.stderr


@pytest.mark.parametrize("path", [PYTHON, JAVA], ids=lambda path: path.name)
def test_an_example_knows_nothing_of_us(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for package in ("schemas", "engine", "consumers", "workflows", "app"):
        assert f"import {package}" not in text
        assert f"from {package}" not in text
