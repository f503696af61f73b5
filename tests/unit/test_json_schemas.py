"""The published JSON Schemas: as committed, as generated, and as the events really are."""

from __future__ import annotations

from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from schemas.codec import encode, loads
from schemas.envelope import Recorded
from schemas.events import EVENT_TYPES
from schemas.generate import FOLDER, MESSAGES, text, write
from schemas.generate import schemas as generated
from schemas.messages import REMOVED
from tests.golden.corpus import samples
from tests.golden.files import HISTORIES, read_history

schemas = cache(generated)
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return datetime.fromisoformat(str(value)).tzinfo is not None


@lru_cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schemas()[name], format_checker=FORMATS)


def test_the_committed_schemas_are_those_of_the_classes() -> None:
    committed = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    ours = {name: text(document) for name, document in schemas().items()}
    assert committed == ours, "run: python -m schemas.generate"


def test_writing_adds_and_removes_until_the_folder_is_as_generated(tmp_path: Path) -> None:
    folder = tmp_path / "json"
    write(folder)
    (folder / "dossier.sung.json").write_text("{}")
    (folder / "envelope.json").write_text("{}")
    write(folder)
    assert {path.name for path in folder.iterdir()} == set(schemas())
    assert (folder / "envelope.json").read_bytes() == text(schemas()["envelope.json"])


def test_each_message_has_a_schema_that_is_one() -> None:
    others = [cls.type for cls in MESSAGES]
    messages = {*EVENT_TYPES, *others}
    headers = {f"{kind}-headers" for kind in ("event", "dead-letter", REMOVED, *others)}
    titles = {path.removesuffix(".json") for path in schemas()}
    assert titles == messages | headers | {"envelope", "private"}
    for document in schemas().values():
        Draft202012Validator.check_schema(document)
        assert document["description"], document["title"]


@pytest.mark.parametrize("type_", sorted(EVENT_TYPES))
def test_every_sample_of_an_event_fits_its_schema(type_: str) -> None:
    for event in samples(EVENT_TYPES[type_]):
        payload, private = encode(event)
        validator(f"{type_}.json").validate(loads(payload))
        if private is not None:
            validator("private.json").validate(loads(private))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_every_golden_event_fits_its_schema(path: Path) -> None:
    envelope = validator("envelope.json")
    for record in read_history(path).records:
        validator(f"{record.type}.json").validate(loads(record.payload))
        envelope.validate(msgspec.to_builtins(record))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("dossier.received.json", {"appointment": "tomorrow"}),
        ("dossier.received.json", {"papers": "map"}),
        ("dossier.received.json", {"private": "Nguyễn Văn A"}),
        ("clock.resumed.json", {"dues": {"": "2021-03-04T09:30:00"}}),
        ("handover.offered.json", {"due": "soon"}),
    ],
)
def test_what_does_not_fit_is_found(name: str, change: dict[str, Any]) -> None:
    full = samples(EVENT_TYPES[name.removesuffix(".json")])[-1]
    body = loads(encode(full)[0])
    validator(name).validate(body)
    with pytest.raises(ValidationError):
        validator(name).validate(body | change)


def test_the_envelope_says_every_field_of_the_record() -> None:
    assert list(schemas()["envelope.json"]["properties"]) == list(Recorded.__struct_fields__)
