"""The gate: what was published holds for ever, and each kind of breaking change is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from schemas.codec import UPCASTERS, dumps, loads
from schemas.compatibility import (
    Name,
    breaks,
    faults,
    main,
    publish,
    read,
    unpublished,
    version_of,
)
from schemas.compatibility import today as generated
from schemas.events import EVENT_TYPES
from tests.golden.files import CORPUS, HISTORIES, read_corpus, read_history
from tests.golden.messages import MESSAGES, read_messages

Document = dict[str, Any]
published = cache(read)
today = cache(generated)


# --- the gate itself -----------------------------------------------------------------------


def test_nothing_published_is_broken_and_nothing_is_unpublished() -> None:
    assert faults(published(), today()) == []
    assert list(unpublished(published(), today())) == [], "run: python -m schemas.compatibility"
    assert main([]) == 0


def revisions(title: str, version: int) -> Iterator[Draft202012Validator]:
    for name, schema in published().items():
        if name[:2] == (title, version):
            yield Draft202012Validator(schema)


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_golden_messages_fit_every_published_revision_of_their_version(path: Path) -> None:
    type_, version, messages = read_messages(path)
    headers = "event-headers" if type_ in EVENT_TYPES else f"{type_}-headers"
    bodies = [loads(each.value) for each in messages if each.value is not None]
    assert list(revisions(headers, 1))
    assert list(revisions(type_, version)) or not bodies
    for validator in revisions(headers, 1):
        for message in messages:
            validator.validate({name: value.decode() for name, value in message.headers})
    for validator in revisions(type_, version):
        for body in bodies:
            validator.validate(body)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_golden_corpus_fits_every_published_revision_of_its_version(path: Path) -> None:
    type_, version, samples = read_corpus(path)
    validators = list(revisions(type_, version))
    assert validators
    for sample in samples:
        for validator in validators:
            validator.validate(loads(sample.payload))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_golden_histories_fit_what_was_published(path: Path) -> None:
    for record in read_history(path).records:
        for validator in revisions(record.type, record.schema_version):
            validator.validate(loads(record.payload))


def test_each_older_version_has_golden_bytes_and_an_upcaster() -> None:
    of_events = {name[:2] for name in published() if name.title in EVENT_TYPES}
    assert of_events >= {(t, cls.schema_version) for t, cls in EVENT_TYPES.items()}
    assert {path.stem for path in MESSAGES} >= {f"{t}.v{version}" for t, version in of_events}
    older = {(t, v) for t, v in of_events if v < EVENT_TYPES[t].schema_version}
    assert older <= set(UPCASTERS)


# --- seeded changes ------------------------------------------------------------------------

TITLE = "dossier.received"


def old() -> Document:
    """A schema with all that ours use: an optional field, a list, a map, a pattern, parts."""
    base = deepcopy(dict(today()[TITLE]))
    base["properties"]["channel"]["enum"] = ["direct", "post", "online"]
    base["properties"]["desk"] = {"$ref": "#/$defs/Desk"}
    base["$defs"] = {
        "Desk": {
            "title": "Desk",
            "type": "object",
            "properties": {"code": {"type": "string"}, "floor": {"type": "integer", "default": 0}},
            "required": ["code"],
        }
    }
    return base


Change = Callable[[Document], object]


def fields(document: Document) -> Document:
    found: Document = document["properties"]
    return found


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: fields(d).pop("facts"), "the field facts is gone"),
        (lambda d: (fields(d).pop("agency"), d["required"].remove("agency")), "agency is gone"),
        (lambda d: d["required"].append("papers"), "papers must be there now"),
        (
            lambda d: (fields(d).update(new={"type": "string"}), d["required"].append("new")),
            "new must be there now",
        ),
        (lambda d: d["required"].remove("step"), "step was always there and need not be"),
        (lambda d: fields(d)["step"].update(type="integer"), "type was 'string' and is 'integer'"),
        (lambda d: fields(d)["step"].update(maxLength=8), "maxLength was not said and is 8"),
        (lambda d: fields(d)["private"].pop("pattern"), "pattern was '^[0-9a-f]{64}$' and is not"),
        (lambda d: fields(d)["appointment"].pop("format"), "format was 'date-time'"),
        (lambda d: fields(d)["step_due"]["anyOf"].pop(), "2 kinds of value became 1"),
        (lambda d: fields(d)["step_due"]["anyOf"][0].update(type="number"), "type was 'string'"),
        (
            lambda d: fields(d).update(step={"anyOf": [{"type": "string"}, {"type": "null"}]}),
            "anyOf was not said",
        ),
        (lambda d: fields(d)["channel"]["enum"].remove("post"), "enum was ['direct', 'post'"),
        (lambda d: fields(d)["channel"]["enum"].append("fax"), "'online', 'fax']"),
        (lambda d: fields(d)["papers"].update(default=["none"]), "default was [] and is ['none']"),
        (lambda d: fields(d)["papers"]["items"].update(type="integer"), "papers, each: type was"),
        (
            lambda d: fields(d)["facts"]["additionalProperties"].update(type="integer"),
            "facts, each: type was 'string'",
        ),
        (lambda d: d.update(additionalProperties=False), "additionalProperties was not said"),
        (lambda d: d["$defs"]["Desk"]["properties"].pop("code"), "the field code is gone"),
        (lambda d: d["$defs"]["Desk"]["required"].append("floor"), "floor must be there now"),
    ],
)
def test_a_seeded_breaking_change_is_found(change: Change, why: str) -> None:
    new = old()
    change(new)
    found = breaks(old(), new)
    assert found
    assert any(why in sentence for sentence in found), found
    name = Name(TITLE, 1, 1)
    assert faults({name: old()}, {TITLE: new}) == [f"{TITLE} version 1: {each}" for each in found]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: fields(d).update(note={"type": "string", "default": ""}),
        lambda d: d["$defs"]["Desk"]["properties"].update(room={"type": "string", "default": ""}),
        lambda d: d.update(description="In other words.", title="another"),
        lambda d: fields(d)["step"].update(description="Where it starts.", examples=["receive"]),
        lambda d: d["required"].reverse(),
        lambda d: (
            d["$defs"].update(Counter=d["$defs"].pop("Desk")),
            fields(d)["desk"].update({"$ref": "#/$defs/Counter"}),
        ),
        lambda d: fields(d).update(desk=d.pop("$defs")["Desk"]),
    ],
)
def test_a_compatible_change_passes_and_is_to_be_published(change: Change) -> None:
    new = old()
    change(new)
    before = {Name(TITLE, 1, 1): old()}
    assert faults(before, {TITLE: new}) == []
    if new["properties"].get("desk") == old()["properties"]["desk"]:
        assert list(unpublished(before, {TITLE: new})) == [Name(TITLE, 1, 2)]


def test_what_one_revision_added_the_next_may_not_take_away() -> None:
    more = old()
    fields(more)["note"] = {"type": "string", "default": ""}
    both = {Name(TITLE, 1, 1): old(), Name(TITLE, 1, 2): more}
    assert faults(both, {TITLE: more}) == []
    assert "note is gone" in faults(both, {TITLE: old()})[0]


def test_a_header_that_is_gone_is_found() -> None:
    new = deepcopy(dict(today()["event-headers"]))
    del new["properties"]["ce_previoushash"]
    new["required"].remove("ce_previoushash")
    found = faults(published(), {**today(), "event-headers": new})
    assert found == ["event-headers version 1: the value: the field ce_previoushash is gone"]


def renamed(version: int) -> Document:
    new = old()
    new["$id"] = f"urn:lienthong:{TITLE}:{version}"
    fields(new)["counter"] = fields(new).pop("desk")
    return new


def test_a_new_version_of_an_event_needs_an_upcaster_from_each_before() -> None:
    name, new = Name(TITLE, 1, 1), renamed(3)
    missing = [f"{TITLE} has no upcaster from version {version}" for version in (1, 2)]
    assert faults({name: old()}, {TITLE: new}) == missing
    assert faults({name: old()}, {TITLE: new}, upcasters={(TITLE, 1)}) == missing[1:]
    assert faults({name: old()}, {TITLE: new}, upcasters={(TITLE, 1), (TITLE, 2)}) == []
    assert list(unpublished({name: old()}, {TITLE: new})) == [Name(TITLE, 3, 1)]
    assert version_of(new) == 3


def test_a_version_never_goes_back() -> None:
    both = {Name(TITLE, 1, 1): old(), Name(TITLE, 2, 1): renamed(2)}
    assert faults(both, {TITLE: old()}) == [f"{TITLE} went back from version 2"]


def test_a_breaking_change_of_a_message_that_is_no_event_is_a_new_type() -> None:
    before = {Name("status.snapshot", 1, 1): old()}
    found = faults(before, {"status.snapshot": renamed(2)}, upcasters={("status.snapshot", 1)})
    assert found == ["status.snapshot has a new version; a breaking change of it is a new type"]
    assert faults(before, {"status.snapshot": old(), "status.whole": renamed(1)}) == []


def test_a_type_that_is_gone_is_found() -> None:
    without = {title: schema for title, schema in today().items() if title != "clock.ended"}
    assert faults(published(), without) == [
        "clock.ended is gone; what was published stays for ever"
    ]


# --- files ---------------------------------------------------------------------------------


def test_publishing_adds_and_the_command_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "published"
    assert main([], folder) == 1
    assert "clock.ended.v1.1.json is not published: --publish adds it" in capsys.readouterr().out
    assert main(["--publish"], folder) == 0
    assert "published clock.ended.v1.1.json\n" in capsys.readouterr().out
    assert main([], folder) == 0
    assert f"{len(today())} published schemas hold" in capsys.readouterr().out
    assert read(folder) == {Name(title, 1, 1): schema for title, schema in today().items()}
    with pytest.raises(FileExistsError):
        publish({Name("clock.ended", 1, 1): {}}, folder)


def test_the_command_refuses_to_publish_what_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "published"
    before = deepcopy(dict(today()["clock.ended"]))
    fields(before)["lost"] = {"type": "string", "default": ""}
    publish({Name("clock.ended", 1, 1): before}, folder)
    assert main(["--publish"], folder) == 1
    assert "clock.ended version 1: the value: the field lost is gone" in capsys.readouterr().out
    assert [path.name for path in folder.glob("*.json")] == ["clock.ended.v1.1.json"]


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda path: path.write_bytes(dumps(old())), "is not as it was published"),
        (lambda path: path.unlink(), "was published and is gone"),
        (lambda path: path.with_name("new.v1.1.json").write_bytes(b"{}"), "new.v1.1.json is not"),
        (lambda path: path.parent.with_suffix(".json").unlink(), "is not as it was published"),
    ],
)
def test_a_published_file_that_was_touched_is_found(
    tmp_path: Path, harm: Callable[[Path], object], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = Name(TITLE, 1, 1)
    folder = tmp_path / "published"
    publish({name: today()[TITLE]}, folder)
    harm(folder / name.file)
    assert main([], folder) == 1
    assert why in capsys.readouterr().out


def test_the_schemas_tell_messages_apart() -> None:
    """Else a gate that validates the corpus would say nothing."""
    body = loads(read_corpus(CORPUS[0])[2][0].payload)
    with pytest.raises(ValidationError):
        next(revisions(TITLE, 1)).validate(body)
