"""The AsyncAPI document: as committed, valid, of the real topics, with examples that hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from consumers.dead_letters import Letter, as_sent
from schemas.asyncapi import CHANNELS, PAGE, YAML, document, golden_examples, texts, write
from schemas.cloudevents import Message, from_message
from schemas.codec import dumps, loads
from schemas.events import EVENT_TYPES
from schemas.generate import MESSAGES
from schemas.generate import schemas as generated
from schemas.messages import REMOVED
from schemas.topics import topics_of
from schemas.yaml_text import yaml_text

Document = dict[str, Any]
schemas = cache(generated)
SPECIFICATION = Path(__file__).parents[1] / "asyncapi" / "3.0.0.json"


@cache
def committed() -> Document:
    found: Document = yaml.load(YAML.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return found


@cache
def specification() -> Draft7Validator:
    return Draft7Validator(loads(SPECIFICATION.read_bytes()))


def errors(made: Document) -> list[str]:
    return [error.message for error in specification().iter_errors(made)]


def test_the_committed_files_are_those_of_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, text in texts().items():
        assert path.read_text(encoding="utf-8") == text, "run: python -m schemas.asyncapi"
    moved = {tmp_path / path.name: text for path, text in texts().items()}
    monkeypatch.setattr("schemas.asyncapi.texts", lambda: moved)
    write()
    assert all(path.read_text(encoding="utf-8") == text for path, text in moved.items())


def test_the_yaml_says_what_the_document_says() -> None:
    assert committed() == document(golden_examples())


# --- valid ---------------------------------------------------------------------------------


def test_the_document_is_valid_asyncapi() -> None:
    Draft7Validator.check_schema(specification().schema)
    assert errors(committed()) == []


@pytest.mark.parametrize(
    "harm",
    [
        lambda d: d.pop("info"),
        lambda d: d.update(asyncapi="2.6.0"),
        lambda d: d["channels"]["dossierEvents"].update(topic="x"),
        lambda d: d["channels"]["dossierEvents"]["bindings"]["kafka"].update(partitions="12"),
        lambda d: d["operations"]["sendDossierEvents"].update(action="publish"),
        lambda d: d["components"]["messages"]["clock.ended"].update(key="code"),
        lambda d: d["components"]["messages"]["clock.ended"]["examples"].append({}),
    ],
)
def test_a_document_that_is_not_valid_is_found(harm: Callable[[Document], object]) -> None:
    harmed = deepcopy(committed())
    harm(harmed)
    assert errors(harmed)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from references(each)


def test_whatever_is_referred_to_is_there() -> None:
    for reference in references(committed()):
        file, _, inside = reference.partition("#")
        if file:
            assert (YAML.parent / file).exists(), reference
        found = committed()
        for step in inside.split("/")[1:]:
            found = found[step]


# --- of the code ---------------------------------------------------------------------------


def test_each_channel_is_a_topic_as_it_is_made() -> None:
    topics = {topic.name: topic for topic in topics_of("h")}
    for channel in committed()["channels"].values():
        address = channel["address"].replace("{house}", "h").replace("{consumer}", "h")
        topic, binding = topics.pop(address), channel["bindings"]["kafka"]
        assert binding["partitions"] == topic.partitions
        said = {
            name: ",".join(value) if isinstance(value, list) else str(value)
            for name, value in binding["topicConfiguration"].items()
        }
        assert said == topic.policy
    assert all("handover" in left for left in topics), topics


def test_every_message_of_the_schemas_stands_in_a_channel() -> None:
    said = {name for channel in CHANNELS.values() for name in channel.messages}
    assert said >= {*EVENT_TYPES, *(cls.type for cls in MESSAGES), REMOVED}
    assert set(committed()["components"]["messages"]) == said


def of(reference: Document) -> Document:
    return schemas()[reference["$ref"].removeprefix("./json/")]


@pytest.mark.parametrize("type_", sorted({*EVENT_TYPES, *(cls.type for cls in MESSAGES)}))
def test_a_message_has_an_example_that_fits(type_: str) -> None:
    message = committed()["components"]["messages"][type_]
    assert message["contentType"] == "application/json"
    assert message["examples"]
    for example in message["examples"]:
        Draft202012Validator(of(message["headers"])).validate(example["headers"])
        Draft202012Validator(of(message["payload"])).validate(example["payload"])


def test_a_tombstone_has_an_example_without_a_value() -> None:
    message = committed()["components"]["messages"][REMOVED]
    (example,) = message["examples"]
    assert example["payload"] is None
    assert message["payload"]["type"] == "null"
    Draft202012Validator(of(message["headers"])).validate(example["headers"])


def test_the_examples_of_events_are_sealed() -> None:
    """What a reader tries out with the page in his hand has to come out right."""
    messages = committed()["components"]["messages"]
    for type_ in EVENT_TYPES:
        (sent,) = golden_examples()[type_]
        event = from_message(sent)
        (example,) = messages[type_]["examples"]
        assert example["headers"]["ce_streamhash"] == event.hash.hex()
        assert dumps(example["payload"]) == sent.value


def test_a_dead_letter_has_the_headers_of_the_contract() -> None:
    def headers(message: Message) -> dict[str, str]:
        sent = as_sent(Letter("t", 0, 7, "d-1", "too big", True, message), "status")
        assert set(message.headers) <= set(sent.headers) or "x-dlq-left-out" in dict(sent.headers)
        return {name: value.decode() for name, value in sent.headers}

    contract = schemas()["dead-letter-headers.json"]
    said = headers(Message(b"k", b"v", (("ce_id", b"1"),), 0))
    Draft202012Validator(contract).validate(said)
    assert set(said) == {"ce_id", *contract["required"]}
    large = headers(Message(b"k", bytes(2_000_000), (), 0))
    assert set(large) == set(contract["properties"])


# --- for people ----------------------------------------------------------------------------


class Page(HTMLParser):
    """What a page loads, links to and has."""

    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.scripts += tag == "script"
        self.anchors += [value for name, value in attrs if name == "id" and value]
        self.links += [v for name, v in attrs if name == "href" and v and v.startswith("#")]
        self.outside += [
            value
            for name, value in named.items()
            if name in ("src", "href", "srcset", "poster") and value and not value.startswith("#")
        ]


def test_the_page_is_whole_by_itself() -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = Page()
    found.feed(text)
    assert (found.outside, found.scripts) == ([], 0)
    assert "@import" not in text
    assert "url(" not in text
    assert len(found.anchors) == len(set(found.anchors))
    assert {link.removeprefix("#") for link in found.links} <= set(found.anchors)


def test_the_page_has_every_topic_message_and_field() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for channel in committed()["channels"].values():
        assert f"<code>{channel['address']}</code>" in text
        for name in channel["messages"]:
            assert f">{name}</h3>" in text
    for title, schema in schemas().items():
        if title not in ("envelope.json", "private.json"):
            assert all(f"<code>{field}</code>" in text for field in schema["properties"]), title


# --- YAML ----------------------------------------------------------------------------------

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 53), 1 << 53)
    | st.text()
    | st.text(alphabet="ab:#-|> '\"\n\t{}[],&*!%@`đ\\0", max_size=12),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(plain)
def test_whatever_is_written_as_yaml_reads_the_same(value: Any) -> None:
    assert yaml.load(yaml_text(value), Loader=yaml.CSafeLoader) == value


@pytest.mark.parametrize("word", ["yes", "No", "null", "true", "~", "1", "1e3", "2021-03-01", ""])
def test_a_text_that_looks_like_something_else_stays_a_text(word: str) -> None:
    assert yaml.safe_load(yaml_text({word: [word]})) == {word: [word]}
