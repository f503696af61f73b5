"""Files of agencies and calendars on the command line, before anybody uploads them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from msgspec.structs import replace

from app.house import open_house
from app.law import registry
from app.settings import Settings
from tests.acceptance.conftest import run
from workflows.amend import check_amendment
from workflows.calendar_files import FOLDER, encode, load, versions

BRANCH = """\
agencies:
  - id: ub-branch
    name: {vi: Bộ phận một cửa số 2, en: Second one-stop branch}
    level: district
    function: one-stop-branch
    parent: ub
    from: 2021-04-10
"""
NOW = ("--now", "2021-03-31T09:00+07:00")


def test_a_file_of_agencies_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(BRANCH, encoding="utf-8")
    assert run("agencies", "check", file, *NOW).out == "0 errors, 0 warnings\n"
    file.write_text(BRANCH.replace("parent: ub", "parent: ubb"), encoding="utf-8")
    said = run("agencies", "check", file, *NOW, code=2).out
    assert f"{file}:6:13: error: agencies[0].parent: there is no agency 'ubb'" in said
    assert said.endswith("1 error, 0 warnings\n")
    (error,) = run("agencies", "check", file, *NOW, "--json", code=2).json["errors"]
    assert (error["line"], error["field"]) == (6, "agencies[0].parent")
    assert "không có cơ quan" in run("agencies", "check", file, *NOW, "--lang", "vi", code=2).out
    assert "does not exist" in run("agencies", "check", tmp_path / "none.yaml", code=2).err


def test_a_warning_is_an_error_when_one_is_strict(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(BRANCH + "    to: 2021-12-31\n", encoding="utf-8")
    assert run("agencies", "check", file, *NOW).out.endswith("0 errors, 1 warning\n")
    run("agencies", "check", file, *NOW, "--strict", code=2)


def test_what_was_activated_is_listed_and_checked_against(tmp_path: Path) -> None:
    store = ("--database", f"sqlite:///{tmp_path / 'office.db'}")
    file = tmp_path / "new.yaml"
    file.write_text(BRANCH, encoding="utf-8")
    newer = replace(load(versions()[-1]), version="vn-ours", known_on=date(2027, 1, 1))
    with open_house(Settings(database=store[1]), create=True) as house:
        known = house.law.organisation
        found = check_amendment(file, known, date(2021, 3, 31)).amendment
        assert found is not None
        registry.amend(house.log, 1, found)
        registry.add_calendar(house.log, newer)
    listed = run("agencies", "list", "--on", "2021-04-10", *store, "--json").json
    assert "ub-branch" in {each["id"] for each in listed}
    assert "ub-branch" not in run("agencies", "list", "--on", "2021-04-10").out
    file.write_text(BRANCH.replace("2021-04-10", "2021-06-01"), encoding="utf-8")
    late = run("agencies", "check", file, "--now", "2021-05-01", *store, code=2).out
    assert "'ub-branch' began on 2021-04-10, which does not change" in late
    assert run("calendars", "list", *store, "--json").json[0]["version"] == "vn-ours"
    calendar = tmp_path / "new.json"
    calendar.write_bytes(encode(replace(newer, announced_to=date(2027, 12, 31))))
    told = run("calendars", "check", calendar, *NOW, *store, code=2).out
    assert "vn-ours is registered with other content" in told


def test_calendars_of_the_program_are_listed_and_sound() -> None:
    listed = run("calendars", "list", "--json").json
    assert [each["version"] for each in listed] == list(reversed(versions()))
    assert listed[0]["days_off"] == len(load(versions()[-1]).days_off)
    assert versions()[-1] in run("calendars", "list").out
    newest = FOLDER / f"{versions()[-1]}.json"
    assert run("calendars", "check", newest).out == "0 errors, 0 warnings\n"
