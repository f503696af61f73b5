"""`procedures`, `agencies`, `due`: of the program where there is no store, else of the store."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from app.house import open_house
from app.law import registry
from app.settings import Settings
from tests.acceptance.conftest import LAND, Lienthong, run
from workflows.calendar_model import DayOff
from workflows.draw import MARKED
from workflows.load import CATALOGUE, digest
from workflows.model import Limit, Text


def test_procedures_list_has_every_procedure_with_its_limit() -> None:
    listed = run("procedures", "list", "--json").json
    assert len(listed) == 16
    land = next(each for each in listed if each["id"] == LAND)
    assert land["limit"] == "13 working days"
    assert land["title"]["vi"].startswith("Đăng ký chuyển nhượng")
    shown = run("procedures", "list").out
    assert all(each["id"] in shown for each in listed)
    assert "13 ngày làm việc" in shown
    assert "13 working days" in run("procedures", "list", "--lang", "en").out


def test_procedures_show_tells_steps_legs_and_pauses() -> None:
    shown = run("procedures", "show", LAND).out
    assert "↳ tax" in shown
    assert "confirm-payment (clock stopped)" in shown
    assert "specialist at land-registration-branch" in shown
    assert run("procedures", "show", LAND, "--json").json["id"] == LAND


def test_procedures_show_tells_how_late_an_act_may_be_recorded(tmp_path: Path) -> None:
    text = (CATALOGUE / "02-land-change-no-tax.yaml").read_text(encoding="utf-8")
    policy = "limit: 7 days\npolicy: {record within: 3 days}\n"
    (tmp_path / "own.yaml").write_text(text.replace("limit: 7 days\n", policy), encoding="utf-8")
    own = run("procedures", "show", "lt-02-land-change-no-tax", "--procedures", tmp_path).out
    assert "recorded within  3 ngày làm việc" in own
    assert "recorded within" not in run("procedures", "show", "lt-02-land-change-no-tax").out


def test_procedures_show_tells_whether_it_is_handed_in_online(tmp_path: Path) -> None:
    text = (CATALOGUE / "02-land-change-no-tax.yaml").read_text(encoding="utf-8")
    said = text.replace("limit: 7 days\n", "limit: 7 days\nonline: none\n")
    (tmp_path / "own.yaml").write_text(said, encoding="utf-8")
    own = run("procedures", "show", "lt-02-land-change-no-tax", "--procedures", tmp_path).out
    assert "handed in online  none" in own
    assert "handed in online" not in run("procedures", "show", "lt-02-land-change-no-tax").out


def test_procedures_show_guesses_what_was_meant() -> None:
    assert (
        "did you mean 'lt-02-land-change-no-tax'?"
        in run("procedures", "show", "lt-02-land-chnge-no-tax", code=2).err
    )
    assert "it has: 2021-01-01" in run("procedures", "show", LAND, "--version", "x", code=2).err


def test_procedures_check_warns_of_the_two_published_contradictions() -> None:
    found = run("procedures", "check", "--json").json
    assert found["procedures"] == 16
    assert found["errors"] == []
    messages = [warning["message"] for warning in found["warnings"]]
    assert messages == [
        "the total is 10 working days, but the steps sum to 9.5 working days",
        "the total is 15 working days, but the steps sum to 10.75 working days",
    ]
    assert set(found) == {"procedures", "errors", "warnings"}
    assert set(found["warnings"][0]) == {"file", "line", "column", "field", "message"}


def test_procedures_check_strict_makes_warnings_errors() -> None:
    assert run("procedures", "check", "--strict", code=2).out.endswith("0 errors, 2 warnings\n")


def test_procedures_check_names_file_line_and_field(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    text = (CATALOGUE / "02-land-change-no-tax.yaml").read_text(encoding="utf-8")
    broken.write_text(text.replace("limit: 7 days", "limit: seven days"), encoding="utf-8")
    said = run("procedures", "check", broken, code=2)
    assert "broken.yaml:" in said.out
    assert ": error: limit" in said.out
    error = run("procedures", "check", broken, "--json", code=2).json["errors"][0]
    assert error["line"] == 1 + text[: text.index("limit: 7 days")].count("\n")
    assert "no such file" in run("procedures", "check", "nowhere.yaml", code=2).err
    assert "it is no file" in run("procedures", "check", "/dev/null", code=2).out
    (tmp_path / "empty").mkdir()
    empty = run("procedures", "check", tmp_path / "empty", code=2).err
    assert "empty: there is no procedure in this folder" in empty
    said = run("procedures", "check", broken, "--lang", "vi", code=2).out
    assert ": error: limit: “seven days” không phải là thời hạn" in said


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_procedures_draw_makes_a_picture(tmp_path: Path) -> None:
    target = tmp_path / "land.svg"
    assert run("procedures", "draw", LAND, "-o", target).out == f"Drew {LAND} into {target}.\n"
    assert "<svg" in target.read_text(encoding="utf-8")
    value = run("procedures", "draw", LAND, "-o", tmp_path / "land.png", "--json").json
    assert value["file"].endswith("land.png")
    assert (tmp_path / "land.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_procedures_draw_marks_where_a_dossier_is(
    received: tuple[Lienthong, str], tmp_path: Path
) -> None:
    lienthong, code = received
    plain, marked = tmp_path / "plain.svg", tmp_path / "marked.svg"
    lienthong("procedures", "draw", LAND, "-o", plain)
    lienthong("procedures", "draw", LAND, "-o", marked, "--dossier", code)
    assert MARKED["color"] in marked.read_text(encoding="utf-8")
    assert MARKED["color"] not in plain.read_text(encoding="utf-8")
    words = ("procedures", "draw", "lt-02-land-change-no-tax", "-o", plain, "--dossier", code)
    assert f"is a dossier of {LAND}" in lienthong(*words, code=2).err


def test_procedures_draw_says_when_graphviz_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = run("procedures", "draw", LAND, "-o", tmp_path / "f.svg", code=2)
    assert "apt-get install graphviz" in said.err


def test_agencies_are_those_of_the_day() -> None:
    before = run("agencies", "list", "--on", "2025-06-30", "--json").json
    after = run("agencies", "list", "--on", "2025-07-01", "--json").json
    districts = {each["id"] for each in before if each["level"] == "district"}
    assert "ub" in districts
    assert not [each for each in after if each["level"] == "district"]
    ub = next(each for each in before if each["id"] == "ub")
    assert (ub["to"], ub["successor"]) == ("2025-06-30", "w-uong-bi")
    shown = run("agencies", "list", "--on", "30/06/2025", "--officers").out
    assert "  ub-desk" in shown
    assert "ub-desk.receiver-1" in shown
    assert "Uông Bí" in shown


def test_agencies_of_a_day_before_all_of_them() -> None:
    assert run("agencies", "list", "--on", "1990-01-01").out == "No agency existed on 1990-01-01.\n"


def test_due_counts_each_day_and_says_why_the_others_do_not_count() -> None:
    found = run("due", "--from", "2026-01-05 16:00", "--limit", "5", "--unit", "day", "--json").json
    assert found["due"] == "2026-01-10T17:00:00+07:00"
    assert found["counted"] == [f"2026-01-{day:02}" for day in range(6, 11)]
    more = run("due", "--from", "05/01/2026", "--limit", "6", "--unit", "working days",
               "--lang", "en", "--json").json  # fmt: skip
    assert more["due"] == "2026-01-12T17:00:00+07:00"
    sunday = next(each for each in more["not_counted"] if each["date"] == "2026-01-11")
    assert sunday["reason"] == "Sunday"


@pytest.mark.parametrize(
    ("unit", "amount", "due"),
    [
        ("working-hour", "8", "2021-03-04"),
        ("calendar-day", "3", "2021-03-08"),  # the third day is a Sunday
        ("month", "1", "2021-04-05"),  # 4 April 2021 is a Sunday
    ],
)
def test_due_in_every_unit(unit: str, amount: str, due: str) -> None:
    said = run("due", "--from", "2021-03-04T07:00", "--limit", amount, "--unit", unit, "--json")
    assert said.json["due"][:10] == due


def test_due_the_same_day_and_hours_without_a_cutoff() -> None:
    copy = ("--procedure", "2.000908")
    morning = run("due", "--from", "2025-03-05 09:00", *copy).out
    assert "Thời hạn: trong ngày" in morning
    assert morning.splitlines()[-1] == "Hạn: 17:00 thứ tư 05/03/2025."
    late = run("due", "--from", "2025-03-05 15:01", *copy, "--lang", "en", "--json").json
    assert (late["due"], late["limit"]) == ("2025-03-06T17:00:00+07:00", "same day")
    assert [(day["date"], day["kind"]) for day in late["not_counted"]] == [("2025-03-05", "cutoff")]
    hours = ("due", "--from", "2025-03-05 15:30", "--limit", "2", "--unit", "working-hour")
    assert run(*hours, "--json").json["due"] == "2025-03-06T08:00:00+07:00"


def test_due_speaks_both_languages() -> None:
    words = ("due", "--from", "2021-03-04 08:00", "--procedure", LAND)
    assert run(*words).out.splitlines()[-1] == "Hạn: 17:00 thứ ba 23/03/2021."
    english = run(*words, "--lang", "en").out.splitlines()
    assert english[0].startswith("Limit: 13 working days")
    assert english[-1] == "Due: 17:00 Tuesday 2021-03-23."


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--limit", "5"], "--from"),
        (["--from", "2021-03-04"], "--limit N"),
        (["--from", "yesterday", "--limit", "5"], "'yesterday' is no moment"),
        (["--from", "2021-03-04", "--limit", "-1"], "not a number above 0"),
        (["--from", "2021-03-04", "--limit", "x"], "not a number above 0"),
        (["--from", "2021-03-04", "--limit", "1e9999999"], "at most 99999"),
        (["--from", "2021-03-04", "--limit", "99999", "--unit", "month"], "no date in any"),
        (["--from", "2021-03-04", "--limit", "5", "--unit", "week"], "'week' is no unit"),
        (["--from", "2021-03-04", "--procedure", "lt-99"], "no procedure 'lt-99'"),
        (["--from", "2026-03-04", "--procedure", LAND], "No version of"),
        (["--from", "2021-03-04", "--limit", "5", "--calendar", "x"], "no calendar version 'x'"),
        (["--from", "1900-03-04", "--limit", "5"], "outside calendar"),
        (["--from", "2021-03-04", "--limit", "0.5", "--unit", "month"], "month"),
    ],
)
def test_due_says_what_is_wrong_with_the_question(words: list[str], told: str) -> None:
    assert told in run("due", *words, code=2).err


# --- what the store knows ---


@pytest.fixture
def activated(tmp_path: Path) -> str:
    """The URL of a store in which a version, a post and a calendar were activated."""
    url = f"sqlite:///{tmp_path / 'office.db'}"
    settings = Settings(database=url)
    with open_house(settings, create=True) as house:
        (known,) = [each for each in house.law.procedures() if each.id == LAND]
        newer = replace(known, version="2021-05-01", valid_from="2021-05-01",
                        limit=Limit.parse("7 working days"))  # fmt: skip
        newer = replace(newer, digest=digest(newer))
        content = msgspec.json.encode(newer)
        house.log.register(registry.PROCEDURE, newer.id, newer.version, newer.digest, content)
        (calendar,) = [each for each in registry.calendars(house.log)
                       if each.version == "vn-2026-01-13"]  # fmt: skip
        off = DayOff(date(2026, 6, 2), "decree", Text("Nghỉ", "Off"), "")
        days = (*calendar.days_off, off)
        registry.add_calendar(house.log, replace(calendar, version="vn-ours", days_off=days,
                                                 known_on=date(2026, 3, 1)))  # fmt: skip
    return url


def test_procedures_are_those_of_the_store(activated: str, tmp_path: Path) -> None:
    of_store = ("--database", activated)
    listed = run("procedures", "list", "--json", *of_store).json
    assert len(listed) == len(run("procedures", "list", "--json").json) + 1
    assert "2021-05-01" in run("procedures", "list", *of_store).out
    assert run("procedures", "show", LAND, "--json", *of_store).json["version"] == "2021-05-01"
    assert run("procedures", "show", LAND, "--json").json["version"] == "2021-01-01"
    older = run("procedures", "show", LAND, "--version", "2021-01-01", "--json", *of_store)
    assert older.json["version"] == "2021-01-01"
    drawn = run("procedures", "draw", LAND, "-o", tmp_path / "f.svg", "--json", *of_store).json
    assert drawn["version"] == "2021-05-01"
    folder = ("--procedures", CATALOGUE)
    files = run("procedures", "show", LAND, "--json", *of_store, *folder).json
    assert files["version"] == "2021-01-01"


def test_due_goes_by_what_was_activated_in_the_store(activated: str) -> None:
    of_store = ("--json", "--database", activated)
    asked = ("due", "--procedure", LAND, "--from")
    assert run(*asked, "2021-05-04 08:00", *of_store).json["limit"] == "7 working days"
    assert run(*asked, "2021-04-29 08:00", *of_store).json["limit"] == "13 working days"
    assert run(*asked, "2021-05-04 08:00", "--json").json["limit"] == "13 working days"
    day = ("due", "--from", "2026-06-01 08:00", "--limit", "2")
    assert run(*day, *of_store).json["due"][:10] == "2026-06-04"
    assert run(*day, "--json").json["due"][:10] == "2026-06-03"
    named = run(*day, "--calendar", "vn-2026-01-13", *of_store).json
    assert named["due"][:10] == "2026-06-03"
    wrong = run(*day, "--calendar", "x", "--database", activated, code=2).err
    assert "vn-ours" in wrong


def test_looking_makes_no_store() -> None:
    for words in (["procedures", "list"], ["agencies", "list"], ["calendars", "list"],
                  ["due", "--from", "2021-03-04", "--limit", "5"]):  # fmt: skip
        run(*words)
    assert list(Path.cwd().iterdir()) == []
