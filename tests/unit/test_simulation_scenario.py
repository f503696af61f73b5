"""Scenario files: each error names file, line, column and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.simulation.scenario import SCENARIOS, Bad, load_scenario
from workflows.load import Catalogue, load_catalogue
from workflows.load_organisation import load_organisation
from workflows.organisation import Organisation

SHIPPED = (SCENARIOS / "uong-bi-2021.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def staff() -> Organisation:
    return load_organisation()


@pytest.fixture(scope="module")
def catalogue(staff: Organisation) -> Catalogue:
    return load_catalogue(organisation=staff)


def line_of(text: str, part: str) -> int:
    return next(at for at, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize(
    ("good", "bad", "field", "sentence"),
    [
        ("online: 18 %", "online: 0.18", "phases[0].parts[0].online", "no share: write it in per"),
        ("online: 18 %", "online: 180 %", "phases[0].parts[0].online", "at most 100 %"),
        ("desks: [ub-desk]", "desks: [ub-dask]", "phases[0].parts[0].desks[0]", "did you mean"),
        ("desks: [ub-desk]", "desks: [qn-centre]", "mix", "is received at a district-one-stop"),
        ("            lt-05-split-merge-plot: 3", "            lt-05-split: 3", "mix.lt-05-split",
         "there is no procedure"),
        ("          lt-14-birth-group: 6", "          lt-01-land-transfer-tax: 6", "mix",
         "is not in force on 2025-07-01"),
        ('"2.000908": 475', "2.000908: 475", "mix", "quote it"),
        ("without a limit: 4 hours", "without a limit: four hours", "conduct.without a limit",
         "no limit"),
        ("    default:", "    anybody:", "conduct.pace", "'default' is missing"),
        ("weekdays: [25, 21, 19, 18, 17]", "weekdays: [25, 21, 19, 18]", "weekdays", "5 weights"),
        ("2, 130]", "2]", "busy.lt-16-social-allowance", "must be 12 weights"),
        ("desks: [ub-desk]", "desks: []", "desks", "is empty"),
        ("officer: ub-land.specialist-3", "officer: ub-land.specialist-33", "leaves[0].officer",
         "there is no officer"),
        ("        from: 2025-07-01", "        from: 2025-09-01", "from", "after the end of the"),
        ("    worked off: 2025-12-31", "    worked off: 2025-08-01", "worked off", "before"),
        ("    gate refused: 5 %", "    gates refused: 5 %", "conduct.accidents", "'gate refused'"),
        ("          to: 2021-01-05", "          to: 2021-01-06", "carried over.to", "must be over"),
    ],
)  # fmt: skip
def test_an_error_says_where_and_what(
    tmp_path: Path, catalogue: Catalogue, staff: Organisation,
    good: str, bad: str, field: str, sentence: str,
) -> None:  # fmt: skip
    assert good in SHIPPED
    text = SHIPPED.replace(good, bad, 1)
    file = tmp_path / "bad.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Bad) as caught:
        load_scenario(file, catalogue, staff)
    assert any(
        problem.file == str(file) and field in problem.field and sentence in problem.message
        for problem in caught.value.problems
    ), str(caught.value)
    assert any(abs(p.line - line_of(text, bad.strip())) <= 40 for p in caught.value.problems)
    assert "Traceback" not in str(caught.value)


def test_several_errors_are_told_at_once(
    tmp_path: Path, catalogue: Catalogue, staff: Organisation
) -> None:
    text = SHIPPED.replace("[ub-desk]", "[nowhere]").replace("ub-land.specialist-4", "nobody")
    file = tmp_path / "bad.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Bad) as caught:
        load_scenario(file, catalogue, staff)
    lines = {problem.line for problem in caught.value.problems}
    assert {line_of(text, "[nowhere]"), line_of(text, "to: nobody")} <= lines


def test_no_file_and_no_yaml(tmp_path: Path, catalogue: Catalogue, staff: Organisation) -> None:
    with pytest.raises(Bad, match="there is no such file"):
        load_scenario(tmp_path / "none.yaml", catalogue, staff)


def test_nothing_that_the_engine_has_to_say_is_in_the_file() -> None:
    told = [line for line in SHIPPED.splitlines() if line.strip().startswith(("early", "overdue"))]
    inside = SHIPPED.index("conduct:")
    assert all(SHIPPED.index(line) < inside for line in told)
