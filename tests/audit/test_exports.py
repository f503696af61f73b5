"""What is taken away: well formed, whole, consistent in itself, and with nothing private in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft7Validator

from app.audit.cases import Case
from app.audit.taking import taken
from app.audit.xes import LIFECYCLE, xes
from app.house import House
from schemas.envelope import GENESIS, Origin, Recorded, seal
from schemas.events import EVENT_TYPES, DossierReceived, Private, StepCompleted
from tests.acceptance.conftest import run
from tests.appends import new_id

NAMESPACE = "{http://www.xes-standard.org/}"
TRANSITIONS = {
    "schedule", "assign", "withdraw", "reassign", "start", "suspend", "resume", "pi_abort",
    "ate_abort", "complete", "autoskip", "manualskip", "unknown",
}  # fmt: skip
"""Those of the standard model of the lifecycle extension."""

NAME = re.compile(r"[^\W\d][\w.:-]*")
NCNAME = re.compile(r"[^\W\d][\w.-]*")
"""xs:Name and xs:NCName, which the schema of XES wants of keys and of what is named."""


def whole(house: House, format_: str) -> bytes:
    return b"".join(taken(house, house.log.streams(), format_))


@pytest.fixture
def log(house: House) -> ET.Element:
    return ET.fromstring(whole(house, "xes"))


@pytest.fixture
def objects(house: House) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(whole(house, "ocel"))
    return found


# --- XES: as the schema of IEEE 1849-2016 has it ---

ORDER = ["extension", "global", "classifier", "attribute", "trace"]
ATTRIBUTES = {"string", "date", "int", "float", "boolean", "id", "list", "container"}


def _kind(element: ET.Element) -> str:
    name = element.tag.removeprefix(NAMESPACE)
    return "attribute" if name in ATTRIBUTES else name


def test_a_log_is_what_the_standard_says(log: ET.Element) -> None:
    assert log.tag == f"{NAMESPACE}log"
    assert re.fullmatch(r"[+-]?\d+(\.\d+)?", log.attrib["xes.version"]), "xs:decimal"
    kinds = [ORDER.index(_kind(each)) for each in log]
    assert kinds == sorted(kinds)
    declared = {each.attrib["prefix"] for each in log if _kind(each) == "extension"}
    assert declared == {"concept", "lifecycle", "org", "time"}
    for each in log:
        if _kind(each) == "extension":
            assert each.attrib["uri"].startswith("http://www.xes-standard.org/")


def test_what_is_named_has_a_name_of_xml_and_what_classifies_is_in_every_event(
    log: ET.Element,
) -> None:
    for each in log.iter():
        match _kind(each):
            case "extension":
                assert NCNAME.fullmatch(each.attrib["name"])
                assert NCNAME.fullmatch(each.attrib["prefix"])
            case "global":
                assert each.attrib["scope"] in ("trace", "event")
            case "classifier":
                assert NCNAME.fullmatch(each.attrib["name"]), each.attrib["name"]
                assert set(each.attrib["keys"].split()) <= _global(log, "event")


def test_every_attribute_is_of_its_kind(log: ET.Element) -> None:
    for element in log.iter():
        if _kind(element) != "attribute":
            continue
        key, value = element.attrib["key"], element.attrib["value"]
        assert NAME.fullmatch(key), key
        match element.tag.removeprefix(NAMESPACE):
            case "date":
                assert datetime.fromisoformat(value).utcoffset() is not None
            case "int":
                assert -(2**63) <= int(value) < 2**63
            case "boolean":
                assert value in ("true", "false")


def test_a_trace_is_a_dossier_with_all_its_events_in_order(log: ET.Element, house: House) -> None:
    traces = log.findall(f"{NAMESPACE}trace")
    assert [_value(each, "concept:name") for each in traces] == house.log.streams()
    for trace in traces:
        events = trace.findall(f"{NAMESPACE}event")
        records = house.log.read_stream(_value(trace, "concept:name"))
        assert [_value(each, "hash") for each in events] == [each.hash.hex() for each in records]
        assert [_value(each, "type") for each in events] == [each.type for each in records]


def test_what_is_global_is_in_every_event(log: ET.Element) -> None:
    wanted = _global(log, "event")
    for event in log.iter(f"{NAMESPACE}event"):
        keys = [each.attrib["key"] for each in event]
        assert wanted <= set(keys)
        assert len(keys) == len(set(keys)), keys


def _global(log: ET.Element, scope: str) -> set[str]:
    parts = log.findall(f"{NAMESPACE}global")
    return {each.attrib["key"] for part in parts if part.attrib["scope"] == scope for each in part}


def test_a_step_is_started_suspended_resumed_and_completed(log: ET.Element) -> None:
    found = {
        (_value(event, "concept:name"), _value(event, "lifecycle:transition"))
        for event in log.iter(f"{NAMESPACE}event")
    }
    assert {each for _, each in found} <= TRANSITIONS
    assert {("appraise", "assign"), ("appraise", "start"), ("appraise", "complete")} <= found
    assert {"suspend", "resume"} <= {each for _, each in found}
    assert LIFECYCLE.keys() <= EVENT_TYPES.keys()


def _value(element: ET.Element, key: str) -> str:
    return next(each.attrib["value"] for each in element if each.attrib.get("key") == key)


def _received(**more: Any) -> list[Recorded]:
    at = 1_600_000_000_000_000
    origin = Origin(new_id(), new_id(), "a.b", "a", at, at)
    opened = DossierReceived(
        procedure="p", procedure_version="1", calendar="c", agency="a", officer="a.b",
        channel="direct", step="s", appointment=datetime.fromisoformat("2021-01-01T00:00:00Z"),
        **more,
    )  # fmt: skip
    done = StepCompleted(step="s", to="done", facts={"số tờ/bản đồ": "\x01<&\"'>"})
    return seal("d", [opened, done], origin, version=0, previous=GENESIS, new_id=new_id)


def test_hostile_text_stays_text_and_what_xml_cannot_say_is_replaced() -> None:
    secret = Private(applicant={"name": "Nguyễn Văn A"}, reason="vì", note="ghi chú")
    text = "".join(xes([Case("d", tuple(_received(private=secret)))]))
    event = list(ET.fromstring(text).iter(f"{NAMESPACE}event"))[1]
    assert _value(event, "event:facts.số.tờ.bản.đồ") == "�<&\"'>"
    for private in ("Nguyễn", "ghi chú", "private"):
        assert private not in text


# --- OCEL 2.0 ---


def _records(**fields: Any) -> dict[str, Any]:
    """Of a list: objects with these fields; those whose name ends with "?" need not be there."""
    properties = {name.rstrip("?"): schema for name, schema in fields.items()}
    required = [name for name in fields if not name.endswith("?")]
    return {
        "type": "array",
        "items": {"type": "object", "properties": properties, "required": required},
    }


TEXT = {"type": "string"}
TYPES = _records(name=TEXT, attributes=_records(name=TEXT, type=TEXT))
RELATED = _records(objectId=TEXT, qualifier=TEXT)
OCEL20 = {
    "type": "object",
    "properties": {
        "eventTypes": TYPES,
        "objectTypes": TYPES,
        "events": _records(
            id=TEXT, type=TEXT, time=TEXT,
            **{"attributes?": _records(name=TEXT, value=TEXT), "relationships?": RELATED},
        ),
        "objects": _records(
            id=TEXT, type=TEXT,
            **{"attributes?": _records(name=TEXT, value=TEXT, time=TEXT),
               "relationships?": RELATED},
        ),
    },
    "required": ["eventTypes", "objectTypes", "events", "objects"],
}  # fmt: skip
"""What the schema demands that ocel-standard.org publishes (2.0/ocel20-schema-json.json): there a
value of any type is a text."""


def test_an_object_log_is_what_the_published_schema_demands(objects: dict[str, Any]) -> None:
    checks = Draft7Validator(OCEL20)
    assert [each.message for each in checks.iter_errors(objects)] == []
    first = {**objects["events"][0], "relationships": [{"objectId": "x"}]}
    wrong = {"events": [first], "eventTypes": [], "objectTypes": []}
    assert len(list(checks.iter_errors(wrong))) == 2


def test_an_object_log_has_the_four_parts_of_ocel(objects: dict[str, Any]) -> None:
    assert set(objects) == {"objectTypes", "eventTypes", "objects", "events"}
    for part in ("objectTypes", "eventTypes"):
        for each in objects[part]:
            assert set(each) == {"name", "attributes"}
            for attribute in each["attributes"]:
                assert set(attribute) == {"name", "type"}
                assert attribute["type"] in ("string", "time", "integer", "float", "boolean")
    for each in objects["objects"]:
        assert set(each) == {"id", "type", "attributes", "relationships"}
    for each in objects["events"]:
        assert set(each) == {"id", "type", "time", "attributes", "relationships"}
        assert datetime.fromisoformat(each["time"]).utcoffset() is not None


def test_every_id_is_one_objects_and_every_relation_leads_to_one(objects: dict[str, Any]) -> None:
    ids = [each["id"] for each in objects["objects"]]
    assert len(ids) == len(set(ids))
    events = [each["id"] for each in objects["events"]]
    assert len(events) == len(set(events))
    for each in (*objects["objects"], *objects["events"]):
        for relation in each["relationships"]:
            assert set(relation) == {"objectId", "qualifier"}
            assert relation["objectId"] in set(ids)
    for each in objects["events"]:
        assert each["relationships"][0]["qualifier"] == "about"


def test_every_attribute_is_declared_and_reads_as_its_type(objects: dict[str, Any]) -> None:
    for part, types in (("objects", "objectTypes"), ("events", "eventTypes")):
        declared = {
            each["name"]: {a["name"]: a["type"] for a in each["attributes"]}
            for each in objects[types]
        }
        for each in objects[part]:
            for attribute in each["attributes"]:
                kind, value = declared[each["type"]][attribute["name"]], attribute["value"]
                assert isinstance(value, str)
                match kind:
                    case "time":
                        assert datetime.fromisoformat(value).utcoffset() is not None
                    case "integer":
                        int(value)
                    case "boolean":
                        assert value in ("true", "false")


def test_the_legs_of_a_dossier_are_objects_of_their_own(objects: dict[str, Any]) -> None:
    kinds = {each["type"] for each in objects["objects"]}
    assert kinds == {"dossier", "leg", "agency", "officer"}
    of = {each["id"]: each for each in objects["objects"]}
    legs = [each for each in of.values() if each["type"] == "leg"]
    for leg in legs:
        dossier = leg["relationships"][0]["objectId"]
        assert (of[dossier]["type"], leg["id"].partition("#")[0]) == ("dossier", dossier)


def test_a_date_that_moved_is_there_with_each_time_it_did(objects: dict[str, Any]) -> None:
    moved = 0
    for each in objects["objects"]:
        dates = [a for a in each["attributes"] if a["name"] == "appointment"]
        assert all(one["value"] != next_["value"] for one, next_ in pairwise(dates))
        moved += len(dates) > 1
    assert moved


def test_all_formats_have_every_event(house: House, log: ET.Element, objects: Any) -> None:
    histories = json.loads(whole(house, "json"))
    count = house.log.count()
    assert sum(len(each["events"]) for each in histories["dossiers"]) == count
    assert len(objects["events"]) == count
    assert len(list(log.iter(f"{NAMESPACE}event"))) == count


def test_nothing_private_is_in_any_format(house: House) -> None:
    names = _private_texts(house)
    assert names
    for format_ in ("json", "xes", "ocel"):
        text = whole(house, format_).decode()
        assert [each for each in names if each in text] == []


def _private_texts(house: House) -> set[str]:
    """Texts of the store that only somebody with a reason may read, long enough to be telling."""

    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, str) and len(value) > 8:
            yield value
        elif isinstance(value, dict):
            for each in value.values():
                yield from texts(each)

    found: set[str] = set()
    for code in house.log.streams():
        for record in house.log.read_stream(code):
            if record.private is not None:
                found |= set(texts(json.loads(record.private)))
    return found


def test_a_dossier_that_is_not_there_is_left_out(house: House) -> None:
    assert json.loads(b"".join(taken(house, ["nowhere"], "json"))) == {"dossiers": []}
    empty = json.loads(b"".join(taken(house, [], "ocel")))
    assert (empty["events"], empty["objects"]) == ([], [])


# --- the command ---


def test_the_command_writes_a_file_or_to_standard_output(house: House, tmp_path: Path) -> None:
    code = house.log.streams()[0]
    url = house.settings.database
    said = run("export", code, "--format", "json", "--database", url)
    assert [each["code"] for each in said.json["dossiers"]] == [code]
    file = tmp_path / "all.xes"
    run("export", "--format", "xes", "-o", file, "--database", url)
    assert len(ET.parse(file).getroot().findall(f"{NAMESPACE}trace")) == len(house.log.streams())
    assert [each.name for each in tmp_path.iterdir() if "unfinished" in each.name] == []


def test_the_command_takes_away_what_is_asked_for(house: House) -> None:
    url = house.settings.database
    some = run("export", "--format", "json", "--agency", "ub-tax", "--database", url).json
    codes = {each["code"] for each in some["dossiers"]}
    assert codes
    assert codes < set(house.log.streams())
    late = run("export", "--format", "json", "--since", "2030-01-01", "--database", url).json
    assert late == {"dossiers": []}


def test_the_command_refuses_what_is_not_there_and_what_contradicts(
    house: House, tmp_path: Path
) -> None:
    url = house.settings.database
    file = tmp_path / "x.json"
    run("export", "nowhere", "--format", "json", "-o", file, "--database", url, code=2)
    assert not file.exists()
    code = house.log.streams()[0]
    run("export", code, "--agency", "ub-tax", "--format", "json", "--database", url, code=2)
