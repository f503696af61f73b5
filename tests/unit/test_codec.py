"""Bytes and events: what is written reads back, what is damaged or unknown says so."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from schemas import codec
from schemas import events as e
from schemas.codec import DamagedEvent, UnknownEvent, decode, encode, private_digest

DUE = datetime(2021, 3, 4, 9, 30, tzinfo=UTC)


class PostingEndedNow(e.LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A later shape of an event: version 1 had `minutes`, version 2 `record`, version 3 `pages`."""

    type: ClassVar[str] = "test.posting_ended"
    schema_version: ClassVar[int] = 3

    step: str
    record: str
    pages: int


UPCASTERS: dict[tuple[str, int], codec.Upcaster] = {
    ("test.posting_ended", 1): lambda body: {
        "record" if name == "minutes" else name: value for name, value in body.items()
    },
    ("test.posting_ended", 2): lambda body: {**body, "pages": 1},
}


@pytest.fixture
def later_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(e.EVENT_TYPES, PostingEndedNow.type, PostingEndedNow)


def test_what_is_not_said_takes_no_bytes() -> None:
    payload, private = encode(e.WithdrawalAsked())
    assert (payload, private) == (b"{}", None)


def test_times_papers_and_vietnamese_survive() -> None:
    event = e.DossierReceived(
        procedure="t",
        procedure_version="1",
        calendar="vn",
        agency="a",
        officer="o",
        channel="direct",
        step="receive",
        appointment=DUE,
        papers=("đơn", "bản-đồ"),
        facts={"địa-bàn": "Uông Bí"},
    )
    payload, _ = encode(event)
    assert "Uông Bí".encode() in payload
    assert decode(event.type, payload) == event


def test_private_text_is_bytes_of_its_own_that_the_payload_proves() -> None:
    event = e.DossierRefused(private=e.Private(reason="Thiếu giấy tờ", salt="00"))
    payload, private = encode(event)
    assert private is not None
    assert private_digest(payload) == hashlib.sha256(private).hexdigest()
    assert decode(event.type, payload, private) == event


def test_destroyed_private_text_reads_as_none() -> None:
    payload, _ = encode(e.DossierRefused(leg="x", private=e.Private(reason="Thiếu giấy tờ")))
    assert decode("dossier.refused", payload) == e.DossierRefused(leg="x")


def test_without_private_text_there_is_no_digest() -> None:
    assert private_digest(encode(e.DossierRefused())[0]) is None
    nearly = encode(e.DossierRefused(legal_basis='a "private" law'))[0]
    assert private_digest(nearly) is None


def test_an_unknown_type_and_a_version_of_the_future_are_said_to_be_so() -> None:
    with pytest.raises(UnknownEvent, match=r"'dossier\.sung'"):
        decode("dossier.sung", b"{}")
    with pytest.raises(UnknownEvent, match="version 2 is newer"):
        decode("dossier.refused", b"{}", schema_version=2)


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"\xff", b"[]", b"null", b'{"leg": 3}', b'{"leg": null}', b"1"],
)
def test_damaged_bytes_name_their_type(payload: bytes) -> None:
    with pytest.raises(DamagedEvent, match=r"dossier\.refused"):
        decode("dossier.refused", payload)


@pytest.mark.parametrize("payload", [b"[]", b"7", b'"x"'])
@pytest.mark.usefixtures("later_version")
def test_damaged_bytes_of_an_older_version_are_damaged_too(payload: bytes) -> None:
    with pytest.raises(DamagedEvent, match=r"test\.posting_ended"):
        decode("test.posting_ended", payload, schema_version=1, upcasters=UPCASTERS)


@pytest.mark.usefixtures("later_version")
def test_an_older_event_that_lacks_a_field_is_damaged() -> None:
    needs = {("test.posting_ended", 1): lambda body: {"record": body["minutes"]}}
    with pytest.raises(DamagedEvent, match="minutes"):
        decode("test.posting_ended", b"{}", schema_version=1, upcasters=needs)


def test_a_missing_field_and_damaged_private_text_are_found() -> None:
    with pytest.raises(DamagedEvent, match="agency"):
        decode("leg.opened", b'{"step": "x", "opened_by": "y"}')
    payload, _ = encode(e.DossierRefused(private=e.Private(reason="x")))
    with pytest.raises(DamagedEvent):
        decode("dossier.refused", payload, b"{")


@pytest.mark.usefixtures("later_version")
@pytest.mark.parametrize(
    ("version", "payload"),
    [
        (1, b'{"leg":"post","step":"posted","minutes":"BB-7"}'),
        (2, b'{"leg":"post","step":"posted","record":"BB-7"}'),
        (3, b'{"leg":"post","step":"posted","record":"BB-7","pages":1}'),
    ],
)
def test_an_older_version_is_upcast_step_by_step(version: int, payload: bytes) -> None:
    event = decode("test.posting_ended", payload, schema_version=version, upcasters=UPCASTERS)
    assert event == PostingEndedNow(leg="post", step="posted", record="BB-7", pages=1)


@pytest.mark.usefixtures("later_version")
def test_private_text_goes_along_with_an_older_version() -> None:
    private = b'{"reason":"x"}'
    payload = b'{"step":"posted","minutes":"BB-7","private":"' + b"0" * 64 + b'"}'
    event = decode("test.posting_ended", payload, private, 1, UPCASTERS)
    assert event.private == e.Private(reason="x")


def test_every_older_version_of_every_event_has_its_upcaster() -> None:
    older = {
        (type_, version)
        for type_, cls in e.EVENT_TYPES.items()
        for version in range(1, cls.schema_version)
    }
    assert set(codec.UPCASTERS) == older


def test_plain_values_are_written_and_read() -> None:
    value: dict[str, Any] = {"due": DUE, "event": e.DossierRefused(leg="x"), "papers": ("a",)}
    text = codec.dumps(value)
    assert codec.loads(text) == {
        "due": "2021-03-04T09:30:00+00:00",
        "event": {"leg": "x"},
        "papers": ["a"],
    }
    assert codec.dumps({"a": 1}, pretty=True) == b'{\n  "a": 1\n}'
    with pytest.raises(ValueError, match="unexpected"):
        codec.loads("{")
