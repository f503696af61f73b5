"""Agencies and officers: dated, resolved by function, loaded with every error placed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from workflows.load import load_catalogue
from workflows.load_organisation import BadOrganisation, load_organisation
from workflows.model import Text
from workflows.organisation import Agency, Organisation, Unresolved

BEFORE, AFTER = date(2021, 5, 4), date(2025, 7, 1)
GOOD = """\
agencies:
  - id: p
    name: {vi: Tỉnh, en: Province}
    level: province
    function: province
    from: 2021-01-01
    staff: {chairman: 2}
    under:
      - id: p-desk
        name: {vi: Trung tâm, en: Centre}
        level: province
        function: desk
        to: 2024-12-31
        successor: p-desk-2
        officers:
          - {id: "001", roles: [receiver, cashier], from: 2022-01-01}
      - id: p-desk-2
        name: {vi: Trung tâm, en: Centre}
        level: province
        function: desk
        from: 2025-01-01
"""


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return load_organisation()


def loaded(folder: Path, text: str) -> Organisation:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    return load_organisation(folder)


def errors(folder: Path, text: str) -> list[str]:
    with pytest.raises(BadOrganisation) as caught:
        loaded(folder, text)
    return [f"{p.line}:{p.column} {p.field}: {p.message}" for p in caught.value.problems]


# --- the sample ------------------------------------------------------------------------


def test_the_sample_has_a_province_before_and_after_the_reform(organisation: Organisation) -> None:
    def count(level: str, day: date, function: str) -> int:
        return sum(a.level == level and a.function == function for a in organisation.on(day))

    assert count("district", BEFORE, "district") == 4
    assert count("district", AFTER, "district") == 0
    assert count("commune", BEFORE, "commune") == 14
    assert count("commune", AFTER, "commune") == 7
    assert all(a.level != "district" for a in organisation.on(AFTER))
    uong_bi = [a for a in organisation.on(BEFORE) if a.function == "commune" and a.parent == "ub"]
    assert len(uong_bi) == 10


def test_who_has_the_dossiers_of_an_agency_that_ended(tmp_path: Path) -> None:
    found = loaded(tmp_path, GOOD)
    assert found.in_charge("p-desk", date(2024, 12, 31)).id == "p-desk"
    assert found.in_charge("p-desk", date(2025, 1, 1)).id == "p-desk-2"
    both = frozenset({"p-desk", "p-desk-2"})
    assert found.in_place_of(date(2024, 12, 31))["p-desk"] == {"p-desk"}
    after = found.in_place_of(date(2025, 1, 1))
    assert (after["p-desk-2"], after.get("p-desk")) == (both, None)
    alone = loaded(tmp_path, GOOD.replace("        successor: p-desk-2\n", ""))
    assert alone.in_charge("p-desk", date(2025, 1, 1)).id == "p-desk", "nobody took over"
    round_ = [
        Agency(id_, Text("a", "a"), "x", "x", None, BEFORE, BEFORE, heir)
        for id_, heir in (("a", "b"), ("b", "a"))
    ]
    assert Organisation(round_, []).in_charge("a", AFTER).id == "b", "not for ever"


def test_whoever_ended_with_the_reform_has_a_successor_in_force(
    organisation: Organisation,
) -> None:
    for agency in organisation.agencies():
        if agency.valid_to == date(2025, 6, 30):
            assert agency.successor is not None, agency.id
            assert organisation.agency(agency.successor).valid_on(AFTER), agency.id


def test_each_role_that_the_catalogue_needs_has_two_officers_wherever_the_function_is(
    organisation: Organisation,
) -> None:
    needed: set[tuple[str, str]] = set()
    for procedure in load_catalogue():
        places = [(procedure.process, procedure.desk)]
        places += [(leg.process, leg.at) for _, leg in procedure.legs()]
        for process, runs_at in places:
            doers = [step.by for step in process.steps.values() if step.by]
            doers += [step.pause.resumed_by for step in process.steps.values() if step.pause]
            needed |= {(who.at or runs_at, who.role) for who in doers}
    assert len(needed) > 20
    for agency in organisation.agencies():
        for function, role in needed:
            if agency.function == function:
                assert len(organisation.officers_in(agency.id, role)) >= 2, (agency.id, role)


def test_no_officer_has_a_personal_name(organisation: Organisation) -> None:
    for officer in organisation.officers():
        assert officer.id.startswith(f"{officer.agency}."), officer.id
        assert officer.id.isascii()


# --- resolving -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "seen_from", "day", "found"),
    [
        ("district-one-stop", "ub-desk", BEFORE, "ub-desk"),
        ("district", "ub-desk", BEFORE, "ub"),
        ("tax-office", "ub-desk", BEFORE, "ub-tax"),
        ("tax-office", "hl-desk", BEFORE, "hl-tax"),
        ("commune", "ub-nam-khe-desk", BEFORE, "ub-nam-khe"),
        ("commune-police", "ub-nam-khe", BEFORE, "ub-nam-khe-police"),
        ("district-social-affairs", "ub-nam-khe-desk", BEFORE, "ub-social-affairs"),
        ("department-of-environment", "ub-nam-khe-desk", BEFORE, "qn-environment"),
        ("department-of-environment", "qn-centre", AFTER, "qn-agriculture-environment"),
        ("province", "ub-nam-khe-desk", BEFORE, "qn"),
        ("social-insurance", "w-yen-tu-desk", AFTER, "r2-insurance"),
        ("land-registration-branch", "w-bai-chay", AFTER, "r1-land"),
    ],
)
def test_the_nearest_agency_is_meant(
    organisation: Organisation, function: str, seen_from: str, day: date, found: str
) -> None:
    assert organisation.resolve(function, seen_from, day) == found


def test_several_equally_near_are_not_guessed_at(organisation: Organisation) -> None:
    with pytest.raises(Unresolved, match="several agencies are equally near") as caught:
        organisation.resolve("commune", "ub-desk", BEFORE)
    assert caught.value.function == "commune"
    assert len(caught.value.candidates) == 10
    assert "ub-nam-khe" in caught.value.candidates


def test_a_fact_with_the_name_of_the_function_decides(organisation: Organisation) -> None:
    facts = {"commune": "ub-nam-khe"}
    assert organisation.resolve("commune", "ub-desk", BEFORE, facts) == "ub-nam-khe"
    assert organisation.resolve(
        "commune", "ub-nam-khe-desk", BEFORE, {"commune": "ub-bac-son"}
    ) == ("ub-bac-son")


def test_a_fact_that_names_no_such_agency_on_that_day_does_not_decide(
    organisation: Organisation,
) -> None:
    for wrong in ("ub-desk", "w-uong-bi", "nowhere"):
        with pytest.raises(Unresolved):
            organisation.resolve("commune", "ub-desk", BEFORE, {"commune": wrong})


def test_a_fact_that_names_an_area_decides_who_is_meant_in_it(organisation: Organisation) -> None:
    with pytest.raises(Unresolved):
        organisation.resolve("district", "qn-centre", BEFORE)
    where = {"commune": "ub-nam-khe", "area": "ub"}
    assert organisation.resolve("district", "qn-centre", BEFORE, where) == "ub"


def test_a_function_that_nobody_has_that_day(organisation: Organisation) -> None:
    for function, day in (("district-one-stop", AFTER), ("moon-office", BEFORE)):
        with pytest.raises(Unresolved, match="no agency within reach") as caught:
            organisation.resolve(function, "qn-centre", day)
        assert caught.value.candidates == ()


def test_the_answer_depends_on_the_day_and_not_on_what_was_asked_before(
    organisation: Organisation,
) -> None:
    for _ in range(2):
        assert organisation.resolve("department-of-environment", "qn", BEFORE) == "qn-environment"
        assert organisation.resolve("department-of-environment", "qn", AFTER) == (
            "qn-agriculture-environment"
        )


# --- loading ---------------------------------------------------------------------------


def test_dates_are_inherited_and_officers_made(tmp_path: Path) -> None:
    found = loaded(tmp_path, GOOD)
    desk = found.agency("p-desk")
    assert (desk.parent, desk.valid_from, desk.valid_to) == (
        "p",
        date(2021, 1, 1),
        date(2024, 12, 31),
    )
    assert desk.valid_on(date(2024, 12, 31))
    assert not desk.valid_on(date(2025, 1, 1))
    assert [officer.id for officer in found.officers_in("p", "chairman")] == [
        "p.chairman-1",
        "p.chairman-2",
    ]
    officer = found.officer("001")
    assert officer.roles == ("receiver", "cashier")
    assert found.officers_in("p-desk", "cashier") == (officer,)
    assert found.officers_in("p-desk", "cashier", date(2021, 6, 1)) == ()
    assert found.officers_in("p-desk") == (officer,)
    assert found.roles_of("desk") == {"receiver", "cashier"}
    assert found.roles_of("none") is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ("successor: p-desk-2", "successor: p-dsek-2"),
            "14:20 agencies[0].under[0].successor: there is no agency 'p-dsek-2'; "
            "did you mean 'p-desk-2'?",
        ),
        (
            ("to: 2024-12-31", "to: 2020-12-31"),
            "13:13 agencies[0].under[0].to: ends on 2020-12-31, before it begins on 2021-01-01",
        ),
        (
            ("id: p-desk-2", "id: p-desk"),
            "17:13 agencies[0].under[1].id: there is an agency 'p-desk' already, in line 9",
        ),
        (
            ("roles: [receiver, cashier]", "rolls: [receiver]"),
            "16:13 agencies[0].under[0].officers[0].roles: 'roles' is missing",
        ),
        (
            ("staff: {chairman: 2}", "staff: {chairman: two}"),
            "7:23 agencies[0].staff.chairman: must be a whole number, 0 or more",
        ),
        (
            ("    from: 2021-01-01\n    staff", "    staff"),
            "2:5 agencies[0].from: 'from' is missing",
        ),
        (
            (
                "    level: province\n    function: province",
                "    parent: p-desk\n    level: province\n    function: province",
            ),
            "4:13 agencies[0].parent: 'p' stands under itself",
        ),
    ],
)
def test_errors_are_placed(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    assert change[0] in GOOD
    found = errors(tmp_path, GOOD.replace(*change, 1))
    assert expected.format(folder=tmp_path) in found


def test_two_officers_of_one_code(tmp_path: Path) -> None:
    twice = GOOD.replace('id: "001"', "id: p.chairman-1")
    assert errors(tmp_path, twice) == [
        "16:18 agencies[0].under[0].officers[0].id: there is an officer 'p.chairman-1' already"
    ]


def test_errors_of_all_files_come_together(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("agencies: []\nagency: []\n", encoding="utf-8")
    (tmp_path / "c.yaml").write_text("- tab\there\n", encoding="utf-8")
    found = errors(tmp_path, GOOD.replace("function: desk", "function: The Desk"))
    assert len(found) == 4
