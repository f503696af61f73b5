"""The counts put into rows: they add up, or nobody sees them."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from app.house import House
from app.reporting import form
from app.reporting.counting import COLUMNS, Counts, Key, counted
from app.reporting.form import Asked, DoesNotAddUp, Form, Report, Row, report
from app.reporting.lines import lines, roman
from app.reporting.period import Period, named
from app.trouble import BadInput

YEAR = named("2021")


def made(house: House, form_: Form = "06a", **asked: object) -> Report:
    with house.reading() as connection:
        return report(connection, house.law, Asked(form_, YEAR, **asked))  # type: ignore[arg-type]


def test_every_row_and_every_sum_holds_the_identities(played: House) -> None:
    found = made(played)
    for row in (*found.rows, *found.legs):
        n = row.numbers
        assert n["c3"] == n["c4"] + n["c5"] + n["c6"] == n["c7"] + n["c11"] > 0
        assert n["c7"] == n["c8"] + n["c9"] + n["c10"]
        assert n["c11"] == n["c12"] + n["c13"]
    assert found.total == {c: sum(row.numbers[c] for row in found.rows) for c in COLUMNS}
    assert found.legs_total["c3"] > 0


@pytest.mark.parametrize("column", range(len(COLUMNS)))
def test_a_table_that_does_not_add_up_is_not_shown(
    played: House, monkeypatch: pytest.MonkeyPatch, column: int
) -> None:
    """Whichever column is one too many."""

    def wrong(*asked: object) -> list[Counts]:
        first, *rest = counted(*asked)  # type: ignore[arg-type]
        numbers = list(first.numbers)
        numbers[column] += 1
        return [replace(first, numbers=tuple(numbers)), *rest]

    monkeypatch.setattr(form, "counted", wrong)
    with pytest.raises(DoesNotAddUp, match="does not add up"):
        made(played)


def test_the_groupings_have_one_total(played: House) -> None:
    wanted = made(played).total
    for by in (("unit",), ("field",), ("procedure",), ("level",), ("level", "unit", "procedure")):
        found = made(played, by=by)
        assert found.total == wanted
        assert {tuple(row.labels) for row in found.rows} == {by}
        keys = [tuple(row.labels.values()) for row in found.rows]
        assert len(keys) == len(set(keys))
    assert made(played, "06b").by == ("procedure",)


def test_levels_come_from_above_and_agencies_as_in_the_organisation(played: House) -> None:
    found = made(played, by=("level",))
    assert [row.labels["level"] for row in found.rows] == ["province", "district", "commune"]
    order = {each.id: at for at, each in enumerate(played.law.organisation.agencies())}
    units = [order[row.labels["unit"]] for row in made(played, by=("unit",)).rows]
    assert units == sorted(units)


def test_fields_come_by_name_in_either_language(played: House) -> None:
    fields = [row.labels["field"] for row in made(played, by=("field",)).rows]
    assert fields[0] == "Bảo trợ xã hội"
    assert fields.index("Đăng ký kinh doanh") < fields.index("Hộ tịch"), "Đ comes with D"
    assert "Land" in [row.labels["field"] for row in made(played, by=("field",), lang="en").rows]


def test_one_submission_is_one_dossier_and_a_leg_counts_at_its_agency(played: House) -> None:
    everything = made(played, by=("unit",))
    desks = {row.labels["unit"] for row in everything.rows}
    assert all(each.endswith(("-desk", "-centre")) for each in desks)
    tax = made(played, units=frozenset({"ub-tax"}))
    assert tax.rows == []
    assert tax.legs_total["c3"] > 0


def test_only_some_agencies(played: House) -> None:
    under = form.under(played.law.organisation, "ub-quang-trung")
    assert "ub-quang-trung-desk" in under
    assert "ub-desk" not in under
    found = made(played, units=under)
    assert {row.labels["unit"] for row in found.rows} == {"ub-quang-trung-desk"}
    assert found.total["c3"] < made(played).total["c3"]
    assert form.under(played.law.organisation, "nothing") == frozenset()


def test_a_grouping_that_there_is_not(played: House) -> None:
    with pytest.raises(BadInput, match="did you mean 'level'"):
        made(played, by=("levle",))
    with pytest.raises(BadInput, match="once"):
        made(played, by=("unit", "unit"))


def test_a_procedure_that_nobody_knows_here_is_shown_all_the_same(
    played: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = (1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0)
    stranger = Counts(Key("dossiers", "gone", "x-1", "1"), numbers)
    monkeypatch.setattr(form, "counted", lambda *asked: [stranger])
    for by, called in (("unit", "gone"), ("field", "Không rõ"), ("procedure", "x-1"),
                       ("level", "Không rõ")):  # fmt: skip
        (row,) = made(played, by=(by,)).rows
        assert row.names[by] == called


def row(unit: str, field: str, count: int) -> Row:
    numbers = dict.fromkeys(COLUMNS, 0) | dict.fromkeys(("c3", "c5", "c11", "c12"), count)
    labels = {"unit": unit, "field": field}
    return Row(labels, {"unit": unit.upper(), "field": field.upper()}, numbers)


def test_lines_are_grouped_and_numbered() -> None:
    found = lines([row("a", "x", 1), row("a", "y", 2), row("b", "x", 4)], ("unit", "field"))
    assert [(each.kind, each.number, each.label, each.numbers["c3"]) for each in found] == [
        ("group", "I", "A", 3),
        ("row", "1", "X", 1),
        ("row", "2", "Y", 2),
        ("group", "II", "B", 4),
        ("row", "1", "X", 4),
    ]
    assert [each.count for each in found] == [2, 0, 0, 1, 0]


def test_roman_numbers() -> None:
    known = {1: "I", 4: "IV", 9: "IX", 14: "XIV", 40: "XL", 99: "XCIX", 2021: "MMXXI"}
    assert {number: roman(number) for number in known} == known


# --- periods ---


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2021", date(2021, 1, 1), date(2021, 12, 31)),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("2021-12", date(2021, 12, 1), date(2021, 12, 31)),
        ("2021-Q1", date(2021, 1, 1), date(2021, 3, 31)),
        ("2021-q4", date(2021, 10, 1), date(2021, 12, 31)),
    ],
)
def test_periods_with_a_name(text: str, first: date, last: date) -> None:
    assert named(text) == Period(first, last)


@pytest.mark.parametrize("text", ["", "21", "2021-13", "2021-00", "2021-Q5", "9999", "0001", "x"])
def test_no_periods(text: str) -> None:
    with pytest.raises(ValueError, match="period"):
        named(text)


def test_a_period_begins_and_ends_at_local_midnight() -> None:
    day = Period(date(2021, 3, 1), date(2021, 3, 1))
    assert day.until - day.since == 86_400_000_000 - 1
    assert (day.since // 3_600_000_000) % 24 == 17, "seven hours before midnight, UTC"
    for first, last in ((date(2021, 3, 2), date(2021, 3, 1)), (date(1900, 1, 1), date.max)):
        with pytest.raises(ValueError, match="period"):
            Period(first, last)
