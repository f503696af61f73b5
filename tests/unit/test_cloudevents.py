"""Messages of the contract: as sent, as read, as recomputed by a stranger, and as once written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from msgspec.structs import replace

from schemas.cloudevents import (
    ATTRIBUTES,
    OPTIONAL,
    BadMessage,
    Message,
    from_message,
    source,
    to_message,
)
from schemas.codec import loads
from schemas.envelope import Recorded, to_micros
from schemas.events import EVENT_TYPES
from schemas.generate import MESSAGES as OTHERS
from schemas.generate import schemas as generated
from schemas.manifests import Manifest
from schemas.messages import (
    HEADERS,
    REMOVED,
    AlertRaised,
    StatusSnapshot,
    alert_message,
    status_message,
    tombstone,
)
from tests.golden.files import HISTORIES, read_history
from tests.golden.messages import HOUSE, MESSAGES, messages, read_messages
from tests.golden.remote_lives import letters

schemas = cache(generated)
EVENTS = [path for path in MESSAGES if read_messages(path)[0] in EVENT_TYPES]
LAST = [read_history(path).records[-1] for path in HISTORIES]


def name(path: Path) -> str:
    return path.stem


def said(message: Message) -> dict[str, str]:
    return {header: value.decode() for header, value in message.headers}


def changed(message: Message, **headers: str | None) -> Message:
    """With other headers; None leaves one out. `_` stands for what no keyword has."""
    new = {header.replace("content_", "content-"): value for header, value in headers.items()}
    kept = [each for each in message.headers if each[0] not in new]
    added = [(header, value.encode()) for header, value in new.items() if value is not None]
    return replace(message, headers=(*kept, *added))


@lru_cache
def validators(title: str) -> tuple[Draft202012Validator, Draft7Validator]:
    """Both as JSON Schema is today and as the tools of AsyncAPI read it."""
    document = schemas()[f"{title}.json"]
    return Draft202012Validator(document), Draft7Validator(document)


def fits(message: Message, headers: str) -> None:
    """Today's schemas; what fits those of older versions is asked in test_compatibility.py."""
    head = said(message)
    for validator in validators(headers):
        validator.validate(head)
    if message.value is not None:
        for validator in validators(head["ce_type"]):
            if validator.schema["$id"] == head["ce_dataschema"]:
                validator.validate(loads(message.value))


def strangers_seal(message: Message) -> str:
    """As `schemas/envelope.py` tells who has nothing but the headers and the value."""
    head = said(message)
    lines = [
        head["ce_previoushash"],
        head["ce_subject"],
        head["ce_streamversion"],
        head["ce_type"],
        head["ce_dataschema"].rpartition(":")[2],
        head["ce_id"].replace("-", ""),
        head["ce_commandid"].replace("-", ""),
        head["ce_correlationid"].replace("-", ""),
        head["ce_actor"],
        head["ce_agency"],
        head.get("ce_onbehalf", ""),
        str(micros(head["ce_time"])),
        str(micros(head["ce_recordedtime"])),
    ]
    assert message.value is not None
    text = "".join(f"{line}\n" for line in lines)
    return hashlib.sha256(text.encode() + message.value).hexdigest()


def micros(text: str) -> int:
    since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(microseconds=1)


# --- what was published once ---------------------------------------------------------------


@pytest.mark.parametrize("path", EVENTS, ids=name)
def test_a_golden_event_still_reads_and_is_sealed_as_a_stranger_computes(path: Path) -> None:
    type_, version, samples = read_messages(path)
    assert samples
    for message in samples:
        event = from_message(message)
        assert (event.type, event.schema_version) == (type_, version)
        assert strangers_seal(message) == event.hash.hex() == said(message)["ce_streamhash"]
        assert isinstance(event.event(), EVENT_TYPES[type_])
        assert source(message) == HOUSE
        again = to_message(event, HOUSE)
        assert (again.key, again.value) == (message.key, message.value)
        assert again.timestamp == message.timestamp
        assert set(message.headers) <= set(again.headers), "a header has changed or is gone"


@pytest.mark.parametrize("path", MESSAGES, ids=name)
def test_a_golden_message_fits_the_schemas(path: Path) -> None:
    type_, _, samples = read_messages(path)
    for message in samples:
        fits(message, "event-headers" if type_ in EVENT_TYPES else f"{type_}-headers")
        if type_ != Manifest.type:
            assert message.key == said(message)["ce_partitionkey"].encode()
            assert message.key == said(message)["ce_subject"].encode()


def test_no_message_is_without_golden_bytes() -> None:
    assert {path.stem for path in MESSAGES} >= set(messages()), "run: python -m tests.golden.write"
    assert {read_messages(path)[0] for path in MESSAGES} == {
        *EVENT_TYPES,
        *(cls.type for cls in OTHERS),
        REMOVED,
    }


# --- an event ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", HISTORIES, ids=name)
def test_a_whole_life_comes_back_as_it_was_but_for_the_private_text(path: Path) -> None:
    for position, record in enumerate(read_history(path).records, start=1):
        sent = replace(record, position=position)
        message = to_message(sent, "house")
        assert from_message(message) == replace(sent, private=None)
        if record.private is not None:
            assert record.private not in b"".join([record.payload, *dict(message.headers).values()])
        fits(message, "event-headers")


def test_the_headers_are_those_of_the_contract() -> None:
    least, full = read_messages(EVENTS[0])[2]
    assert set(said(full)) == set(ATTRIBUTES)
    assert set(said(least)) == set(ATTRIBUTES) - OPTIONAL
    assert len(dict(full.headers)) == len(full.headers)


numbers = st.integers(0, (1 << 63) - 1)
sixteen = st.binary(min_size=16, max_size=16)
moments = st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1)).map(to_micros)  # noqa: DTZ001


@given(
    record=st.builds(
        Recorded,
        stream=st.text(min_size=1),
        version=numbers,
        type=st.text(min_size=1),
        schema_version=numbers,
        event_id=sixteen,
        command_id=sixteen,
        correlation=sixteen,
        actor=st.text(),
        agency=st.text(),
        on_behalf=st.none() | st.text(),
        occurred_at=moments,
        recorded_at=moments,
        payload=st.binary(),
        private=st.none(),
        previous=st.binary(min_size=32, max_size=32),
        hash=st.just(b""),
        position=numbers,
    )
)
def test_whatever_an_event_holds_comes_back(record: Recorded) -> None:
    sealed = replace(record, hash=record.expected_hash())
    assert from_message(to_message(sealed, "h")) == sealed


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda m: replace(m, value=m.value + b" "), "the hash differs"),
        (lambda m: changed(m, ce_actor="ub-desk.chairman"), "the hash differs"),
        (lambda m: changed(m, ce_time="2021-03-01T02:00:00.000009Z"), "the hash differs"),
        (lambda m: changed(m, ce_onbehalf=None), "the hash differs"),
        (lambda m: changed(m, ce_streamversion="3"), "the hash differs"),
        (lambda m: changed(m, ce_streamhash="00" * 32), "the hash differs"),
        (lambda m: replace(m, value=None), "it has no value"),
        (lambda m: replace(m, key=None), "its key None is not its subject"),
        (lambda m: replace(m, key=b"another"), "its key b'another' is not its subject"),
        (lambda m: changed(m, ce_partitionkey="another"), "its partitionkey 'another'"),
        (lambda m: changed(m, ce_shard="16"), "its shard 16 is not that"),
        (lambda m: changed(m, ce_id=None), "it has no header ce_id"),
        (lambda m: changed(m, content_type=None), "it has no header content-type"),
        (lambda m: changed(m, ce_id="1"), "its headers cannot be read"),
        (lambda m: changed(m, ce_time="2021-03-01T02:00:00"), "has no time zone"),
        (lambda m: changed(m, ce_time="yesterday"), "its headers cannot be read"),
        (lambda m: changed(m, ce_streamversion="-2"), "'-2' is no number"),
        (lambda m: changed(m, ce_streamversion="1_0"), "'1_0' is no number"),
        (lambda m: changed(m, ce_sequence=str(1 << 63)), "is no number"),
        (lambda m: changed(m, ce_previoushash="00"), "is no SHA-256"),
        (lambda m: changed(m, ce_specversion="2.0"), "specversion '2.0' is not 1.0"),
        (lambda m: changed(m, content_type="text/plain"), "content-type 'text/plain'"),
        (lambda m: changed(m, ce_dataschema="urn:lienthong:clock.ended:1"), "is not that of"),
        (lambda m: replace(m, headers=(*m.headers, m.headers[0])), "ce_specversion comes twice"),
        (lambda m: replace(m, headers=(("ce_id", b"\xff"),)), "ce_id is no UTF-8 text"),
        (lambda m: replace(m, headers=()), "it has no header ce_specversion"),
    ],
)
def test_what_is_not_the_contract_is_refused_with_the_reason(
    spoil: Callable[[Message], Message], why: str
) -> None:
    good = read_messages(EVENTS[0])[2][1]
    assert from_message(good)
    with pytest.raises(BadMessage, match=why.replace("(", r"\(")):
        from_message(spoil(good))


def test_a_message_of_somebody_else_has_no_house() -> None:
    message = to_message(LAST[0], "province")
    assert source(message) == "province"
    for other in ("urn:other:province", None):
        with pytest.raises(BadMessage, match="does not begin with urn:lienthong:"):
            source(changed(message, ce_source=other))


# --- status and alerts ---------------------------------------------------------------------


def snapshot() -> StatusSnapshot:
    golden = next(path for path in MESSAGES if path.stem == "status.snapshot.v1")
    value = read_messages(golden)[2][1].value
    assert value is not None
    return msgspec.json.decode(value, type=StatusSnapshot)


def alert() -> AlertRaised:
    golden = next(path for path in MESSAGES if path.stem == "alert.raised.v1")
    value = read_messages(golden)[2][0].value
    assert value is not None
    return msgspec.json.decode(value, type=AlertRaised)


def test_golden_snapshots_and_alerts_are_written_as_the_same_bytes() -> None:
    now = {**messages(), **letters()}
    for cls in OTHERS:
        path = next(p for p in MESSAGES if p.stem == f"{cls.type}.v{cls.schema_version}")
        assert read_messages(path)[2] == now[path.stem]


def test_a_snapshot_is_whole_and_says_of_which_event() -> None:
    message = status_message(snapshot(), "house")
    head = said(message)
    assert set(head) == set(HEADERS[StatusSnapshot.type])
    assert message.key == snapshot().code.encode()
    assert message.value is not None
    body = loads(message.value)
    assert {"code", "procedure", "state", "portal_code", "holder", "in_transit"} <= set(body)
    assert {"legs", "due", "clock", "version", "hash"} <= set(body)
    assert head["ce_streamversion"] == str(body["version"])
    assert head["ce_streamhash"] == body["hash"]
    assert msgspec.json.decode(message.value, type=StatusSnapshot) == snapshot()


def test_the_same_snapshot_has_the_same_id_and_another_has_another() -> None:
    ids = [
        said(status_message(each, "house"))["ce_id"]
        for each in (snapshot(), snapshot(), replace(snapshot(), step="other"))
    ]
    assert ids[0] == ids[1] != ids[2]


def test_a_tombstone_has_no_value_and_says_what_was_the_last() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    message = tombstone("ub-desk-210301-0001", 9, bytes(32), at, "house")
    head = said(message)
    assert (message.key, message.value) == (b"ub-desk-210301-0001", None)
    assert set(head) == set(HEADERS[REMOVED])
    assert (head["ce_type"], head["ce_streamversion"]) == ("status.removed", "9")
    assert head["ce_time"] == "2026-01-02T03:04:05.000006Z"
    assert message.timestamp == to_micros(at) // 1000
    later = tombstone("ub-desk-210301-0001", 10, bytes(32), at, "house")
    assert said(later)["ce_id"] != head["ce_id"]


def test_an_alert_has_its_own_id() -> None:
    message = alert_message(alert(), bytes(range(16)), "house")
    head = said(message)
    assert set(head) == set(HEADERS[AlertRaised.type])
    assert UUID(head["ce_id"]).bytes == bytes(range(16))
    assert micros(head["ce_time"]) == to_micros(alert().raised_at)
    assert message.timestamp == to_micros(alert().raised_at) // 1000
    assert message.value is not None
    assert set(loads(message.value)) == set(AlertRaised.__struct_fields__)


def test_a_moment_with_another_offset_is_told_in_utc() -> None:
    hanoi = alert().raised_at.astimezone(datetime.fromisoformat("2021-03-01T00:00+07:00").tzinfo)
    moved = alert_message(replace(alert(), raised_at=hanoi), bytes(16), "house")
    assert said(moved)["ce_time"] == "2021-03-01T02:01:00.000000Z"
