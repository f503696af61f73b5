"""The sixteen procedures say what was published, and fit the published schema."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from workflows.load import CATALOGUE, Catalogue, check, load_catalogue
from workflows.load_organisation import load_organisation
from workflows.model import Limit, Unit
from workflows.organisation import Organisation
from workflows.publish import SCHEMA, schema_text
from workflows.yaml_source import read_source

BROKEN = Path(__file__).parent / "broken_procedures"


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return load_organisation()


@pytest.fixture(scope="module")
def catalogue(organisation: Organisation) -> Catalogue:
    return load_catalogue(organisation=organisation)


def test_the_catalogue_has_the_sixteen_procedures(catalogue: Catalogue) -> None:
    assert len(catalogue) == 16
    files = sorted(CATALOGUE.glob("*.yaml"))
    assert [file.name[:2] for file in files] == [f"{number:02}" for number in range(1, 17)]


def test_the_catalogue_has_exactly_its_two_published_contradictions(
    organisation: Organisation,
) -> None:
    report = check([CATALOGUE], organisation)
    assert report.procedures == 16
    assert report.errors == ()
    assert [(Path(p.file).name[:2], p.line, p.message) for p in report.warnings] == [
        ("06", 13, "the total is 10 working days, but the steps sum to 9.5 working days"),
        ("08", 13, "the total is 15 working days, but the steps sum to 10.75 working days"),
    ]


PUBLISHED = {
    "lt-01-land-transfer-tax": (13, [0.5, 1, 9, 1, 0.5, 0.5, 0.5]),
    "lt-02-land-change-no-tax": (7, [0.5, 4, 1, 0.5, 0.5, 0.5]),
    "lt-03-mortgage-registration": (3, [0.5, 1, 0.5, 0.5, 0.5]),
    "lt-04-lost-certificate-posting": (10, [0.5, 1, 6, 1, 0.5, 0.5, 0.5]),
    "lt-05-split-merge-plot": (15, [0.5, 1, 11, 1, 0.5, 0.5, 0.5]),
    "lt-06-lost-certificate-branch": (
        10,
        [0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.5, 0.25, 0.25, 1.5, 0.5, 0.5, 0.5, 2, 0.5, 0.5],
    ),
    "lt-07-project-land-list": (23, [1, 12, 1, 1, 0.5, 2.5, 5]),
    "lt-08-provincial-land-allocation": (
        15,
        [0.25, 0.5, 0.5, 1.5, 0.5, 0.5, 0.5, 3, 0.5, 1, 2],
    ),
    "lt-09-land-transfer-2021": (34, [1, 3, 5, 5, 3, 1, 6, 5, 4, 1]),
    "lt-10-building-permit": (15, [0.5, 11.5, 3]),
    "lt-11-household-business": (5, [0.5, 3.5, 1]),
    "lt-12-birth-certificate-reissue": (3, [0.5, 1.5, 1]),
    "2.000908": (1, [2, 3, 2, 1]),  # the same day, of steps in hours
    "lt-14-birth-group": (3, [1, 2, 2]),
    "lt-15-death-group": (18, []),
    "lt-16-social-allowance": (22, [12, 7, 3]),
}


@pytest.mark.parametrize("procedure_id", PUBLISHED)
def test_the_limits_are_those_published(catalogue: Catalogue, procedure_id: str) -> None:
    """In the order of the table: a leg's own limit where its steps have none."""
    total, limits = PUBLISHED[procedure_id]
    procedure = catalogue.get(procedure_id)
    assert procedure.limit.amount == total
    found: list[Limit] = []

    def walk(path: str) -> None:
        for step in procedure.process_of(path).steps.values():
            found.extend([step.limit] if step.limit else [])
            for leg in step.legs:
                before = len(found)
                walk(f"{path}/{leg.name}" if path else leg.name)
                if len(found) == before and leg.limit:
                    found.append(leg.limit)

    walk("")
    assert [float(limit.amount) for limit in found] == limits
    steps_in = Unit.WORKING_HOUR if procedure.limit.same_day else procedure.limit.unit
    assert {limit.unit for limit in found} <= {steps_in}


def test_what_is_published_as_the_same_day_says_so(catalogue: Catalogue) -> None:
    said = [
        (procedure.id, path)
        for procedure in catalogue
        for path, limit in [
            ("", procedure.limit),
            *((path, leg.limit) for path, leg in procedure.legs()),
        ]
        if limit and limit.same_day
    ]
    assert said == [("2.000908", ""), ("lt-14-birth-group", "birth")]


def test_pauses_stand_where_the_table_has_them(catalogue: Catalogue) -> None:
    grounds = {
        procedure.id: [
            (path, step.pause.ground, str(step.pause.lasts) if step.pause.lasts else None)
            for path in ("", *(path for path, _ in procedure.legs()))
            for step in procedure.process_of(path).steps.values()
            if step.pause
        ]
        for procedure in catalogue
    }
    assert {id_: pauses for id_, pauses in grounds.items() if pauses} == {
        "lt-01-land-transfer-tax": [("tax", "financial-duty", None)],
        "lt-04-lost-certificate-posting": [("post", "posting", "30 calendar days")],
        "lt-06-lost-certificate-branch": [("", "financial-duty", None)],
        "lt-09-land-transfer-2021": [("", "financial-duty", None)],
        "lt-10-building-permit": [("", "financial-duty", None)],
    }


def test_gates_and_choices_of_the_groups(catalogue: Catalogue) -> None:
    for procedure_id, gate in (("lt-14-birth-group", "birth"), ("lt-15-death-group", "death")):
        procedure = catalogue.get(procedure_id)
        assert [path for path, leg in procedure.legs() if leg.gate] == [gate]
    chosen = [leg.when for _, leg in catalogue.get("lt-15-death-group").legs() if leg.when]
    assert chosen == [
        {"residence": "chosen"},
        {"social-affairs": "chosen"},
        {"social-insurance": "chosen"},
    ]


def test_a_three_level_procedure_is_a_leg_in_a_leg(catalogue: Catalogue) -> None:
    procedure = catalogue.get("lt-16-social-allowance")
    assert procedure.levels == 3
    assert [(path, leg.at) for path, leg in procedure.legs()] == [
        ("district", "district-social-affairs"),
        ("district/chairman", "district"),
    ]


def test_every_text_for_people_has_vietnamese_and_nothing_is_invented(
    catalogue: Catalogue,
) -> None:
    for procedure in catalogue:
        assert any(ord(letter) > 127 for letter in procedure.title.vi)
        if not procedure.id.startswith("lt-"):
            assert procedure.source != "unknown", "a national code needs its source"
        if procedure.legal_basis:
            assert procedure.source != "unknown", "a legal basis needs its source"


def test_the_catalogue_finds_versions_by_day(catalogue: Catalogue) -> None:
    found = catalogue.in_force("lt-16-social-allowance", "2021-05-01")
    assert found is catalogue.get("lt-16-social-allowance", "2021-01-01")
    assert catalogue.in_force("lt-16-social-allowance", "2025-01-01") is None
    assert catalogue.in_force("lt-14-birth-group", "2024-06-09") is None
    assert catalogue.in_force("none", "2021-05-01") is None
    with pytest.raises(KeyError):
        catalogue.get("lt-16-social-allowance", "1999-01-01")


# --- the published schema --------------------------------------------------------------


def test_the_published_schema_is_current() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), (
        "python -m workflows.publish writes it anew"
    )


def as_json(value: object) -> object:
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("file", sorted(CATALOGUE.glob("*.yaml")), ids=lambda file: file.stem)
def test_each_file_of_the_catalogue_fits_the_published_schema(file: Path) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    assert list(validator.iter_errors(as_json(read_source(file).value))) == []


def test_the_published_schema_refuses_what_the_loader_refuses() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    for name in ("shape-two-kinds", "shape-unknown-field", "shape-limit-unit", "shape-kind"):
        value = as_json(read_source(BROKEN / f"{name}.yaml").value)
        assert list(validator.iter_errors(value)), name
