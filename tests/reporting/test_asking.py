"""Reports as people and programs ask for them: on the command line, over the API, on the page."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from app.times import local
from tests.acceptance.conftest import Lienthong
from tests.desk.conftest import As

YEAR = ("--from", "2021-01-01", "--to", "2021-12-31")
ADDRESS = "from=2021-01-01&to=2021-12-31"
RECEIVER = "ub-desk.receiver-1"


# --- the command line ---


def test_the_keys_that_scripts_rely_on(office: Lienthong) -> None:
    found = office("report", "06a", *YEAR, "--json").json
    assert (found["from"], found["to"]) == ("2021-01-01", "2021-12-31")
    assert datetime.fromisoformat(found["as_known"]).tzinfo is not None
    for row in found["rows"]:
        assert {"unit", "field", *(f"c{number}" for number in range(3, 14))} <= row.keys()
    assert sum(row["c3"] for row in found["rows"]) == found["total"]["c3"] == 50


def test_nothing_was_known_before_it_was_recorded(office: Lienthong) -> None:
    """The fifty happened in 2021 and were recorded when this test began."""
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    found = office("report", "06a", *YEAR, "--as-known", yesterday, "--json").json
    assert found["rows"] == []
    assert found["as_known"].startswith(yesterday[:4])
    register = office("report", "register", *YEAR, "--as-known", yesterday)
    assert "No dossier was received" in register.out


def test_what_will_be_known_nobody_can_say(office: Lienthong, tmp_path: Path) -> None:
    """Asked as known at a moment to come, it says at which it was counted: the same words mean
    other figures later."""
    to_come = datetime.now(UTC) + timedelta(days=2)
    asked = (*YEAR, "--as-known", to_come.isoformat())
    for form in ("06a", "register"):
        found = office("report", form, *asked, "--json").json
        assert datetime.fromisoformat(found["as_known"]) < datetime.now(UTC)
        assert len(found["rows"]) > 0
        file = tmp_path / f"{form}.xlsx"
        office("report", form, *asked, "--xlsx", file)
        with ZipFile(file) as parts:
            words = "".join(parts.read(each).decode() for each in parts.namelist())
        assert f"{local(to_come):%d/%m/%Y}" not in words


def test_the_page_says_at_which_moment_it_was_known(as_: As) -> None:
    for form in ("06a", "register"):
        page = as_("auditor").get(f"/reports?form={form}&period=2021&as_known=2199-12-31").text
        assert "31/12/2199" not in page


def test_tables_for_people(office: Lienthong) -> None:
    shown = office("report", "06a", *YEAR, "--unit", "ub").out
    assert "3 received" in shown
    assert "13 late" in shown
    assert "Parts of dossiers that other agencies handed over" in shown
    assert "Trung tâm Hành chính công thành phố Uông Bí" in shown
    assert "One-stop centre of Uông Bí city" in office("report", "06a", *YEAR, "--lang", "en").out
    assert "Cấp huyện" in office("report", "06b", *YEAR, "--by", "level").out
    empty = office("report", "06b", "--from", "2019-01-01", "--to", "2019-12-31").out
    assert "Nothing was received" in empty


def test_the_register_on_the_screen(office: Lienthong) -> None:
    shown = office("report", "register", *YEAR, "--limit", 3)
    assert len([line for line in shown.out.splitlines() if line.startswith("ub-desk-")]) <= 3
    assert "first 3" in shown.err
    found = office("report", "register", *YEAR, "--limit", 3, "--json").json
    assert (len(found["rows"]), found["more"]) == (3, True)
    received = [each["received"] for each in found["rows"]]
    assert received == sorted(received)


def test_files(office: Lienthong, tmp_path: Path) -> None:
    rows = list(csv.DictReader(StringIO(office("report", "06b", *YEAR, "--csv").out)))
    assert sum(int(each["c3"]) for each in rows if each["counts"] == "dossiers") == 50
    listed = csv.DictReader(StringIO(office("report", "register", *YEAR, "--csv").out))
    assert len(list(listed)) == 50
    for form in ("06a", "register"):
        file = tmp_path / f"{form}.xlsx"
        assert "Written to" in office("report", form, *YEAR, "--xlsx", file).err
        assert file.read_bytes().startswith(b"PK")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("06a", "--from", "2021-12-31", "--to", "2021-01-01"), "before it begins"),
        (("06a", "--from", "1800-01-01", "--to", "2021-01-01"), "a period lies between"),
        (("06a", *YEAR, "--unit", "ub-dsk"), "did you mean 'ub-desk'"),
        (("06a", *YEAR, "--by", "units"), "did you mean 'unit'"),
        (("06b", *YEAR, "--field", "Đất đai x"), "did you mean 'Đất đai'"),
        (("06a", *YEAR, "--procedure", "lt-10"), "no procedure 'lt-10'"),
        (("register", *YEAR, "--level", "ward"), "no level 'ward'"),
        (("06a", *YEAR, "--json", "--csv"), "Give one of"),
        (("06a", *YEAR, "--xlsx", "nowhere/x.xlsx"), "cannot be written"),
        (("06a", "--from", "2021-01-01"), "--to"),
        (("06c", *YEAR), "did you mean"),
    ],
)
def test_wrong_input(office: Lienthong, words: tuple[str, ...], said: str) -> None:
    assert said in office("report", *words, code=2).err


FIELD, PROCEDURE = "Đất đai", "lt-10-building-permit"


@pytest.mark.parametrize(
    ("words", "only"),
    [
        (("--field", FIELD), {"field": FIELD}),
        (("--procedure", PROCEDURE), {"procedure": PROCEDURE}),
        (("--level", "commune"), {"level": "commune"}),
        (("--field", FIELD, "--level", "district"), {"field": FIELD, "level": "district"}),
    ],
)
def test_one_field_procedure_or_level_alone(
    office: Lienthong, words: tuple[str, ...], only: dict[str, str]
) -> None:
    """It says what the same rows of the whole table do, in each form."""
    by = ("--by", "unit,field,procedure,level")
    for form in ("06a", "06b"):
        whole = office("report", form, *YEAR, *by, "--json").json
        part = office("report", form, *YEAR, *by, *words, "--json").json
        assert 0 < part["total"]["c3"] < 50
        for kind in ("rows", "legs"):
            assert part[kind] == [row for row in whole[kind] if only.items() <= row.items()]
    every = office("report", "register", *YEAR, "--json").json["rows"]
    listed = office("report", "register", *YEAR, *words, "--json").json["rows"]
    assert listed == [each for each in every if only.items() <= each.items()]
    assert len(listed) == part["total"]["c3"]
    few = office("report", "register", *YEAR, *words, "--limit", 2, "--json").json
    assert few["rows"] == listed[:2]


def test_a_field_has_a_name_in_either_language(office: Lienthong) -> None:
    found = [office("report", "06a", *YEAR, "--field", name, "--json").json["total"]
             for name in (FIELD, "Land")]  # fmt: skip
    assert found[0] == found[1]


def test_a_period_that_has_not_ended_says_as_of_when(office: Lienthong) -> None:
    month = ("--from", "2021-03-01", "--to", "2021-03-31", "--now", "2021-03-16T09:00+07:00")
    found = office("report", "06a", *month, "--json").json
    assert (found["to"], found["as_of"]) == ("2021-03-31", "2021-03-16")
    assert "as of 2021-03-16" in office("report", "06a", *month).err
    then = office("report", "06a", *month[:4], "--json").json
    assert then["as_of"] == "2021-03-31"
    assert found["total"]["c13"] < then["total"]["c13"]


# --- the API ---


def test_over_the_api(as_: As) -> None:
    auditor = as_("auditor")
    found = auditor.get(f"/api/v1/reports/06a?{ADDRESS}").json()
    assert found["total"]["c3"] == 50
    known = auditor.get(f"/api/v1/reports/06b?{ADDRESS}&as_known=2021-12-31").json()
    assert known["total"]["c3"] == 0
    assert known["as_known"].startswith("2021-12-31T23:59:59")
    by = auditor.get(f"/api/v1/reports/06a?{ADDRESS}&by=level,procedure").json()
    assert by["by"] == ["level", "procedure"]


def test_one_field_procedure_or_level_over_the_api(as_: As) -> None:
    auditor = as_("auditor")
    for only in (f"field={FIELD}", "field=Land", f"procedure={PROCEDURE}", "level=commune"):
        counted = auditor.get(f"/api/v1/reports/06b?{ADDRESS}&{only}").json()["total"]["c3"]
        assert 0 < counted < 50
        first = f"/api/v1/reports/register?{ADDRESS}&{only}&limit=3"
        listed = auditor.get(first)
        rest = auditor.get(f"{listed.links['next']['url'].replace('limit=3', 'limit=50')}").json()
        assert len(listed.json()) + len(rest) == counted


def test_an_agency_sees_its_own_and_what_stands_under_it(as_: As) -> None:
    mine = as_(RECEIVER).get(f"/api/v1/reports/06a?{ADDRESS}").json()
    assert {row["unit"] for row in mine["rows"]} == {"ub-desk"}
    assert mine["legs"] == []
    tax = as_("ub-tax.officer-1").get(f"/api/v1/reports/06a?{ADDRESS}").json()
    assert tax["rows"] == []
    assert {row["unit"] for row in tax["legs"]} == {"ub-tax"}
    city = as_("monitor", agency="ub")
    units = {row["unit"] for row in city.get(f"/api/v1/reports/06a?{ADDRESS}").json()["legs"]}
    assert "ub-tax" in units
    assert city.get(f"/api/v1/reports/06a?{ADDRESS}&agency=ub-desk").status_code == 200
    for form in ("06a", "06b", "register"):
        other = as_(RECEIVER).get(f"/api/v1/reports/{form}?{ADDRESS}&agency=ub-tax")
        assert other.status_code == 403
        above = as_(RECEIVER).get(f"/api/v1/reports/{form}?{ADDRESS}&agency=ub")
        assert above.status_code == 403
    register = as_("ub-tax.officer-1").get(f"/api/v1/reports/register?{ADDRESS}").json()
    assert register == []


def test_the_register_comes_in_pages(as_: As) -> None:
    auditor = as_("auditor")
    found, at = [], f"/api/v1/reports/register?{ADDRESS}&limit=20"
    while at:
        answer = auditor.get(at)
        found += [each["code"] for each in answer.json()]
        at = answer.links["next"]["url"] if "next" in answer.links else ""
    assert len(found) == len(set(found)) == 50


def test_files_over_the_api(as_: As) -> None:
    auditor = as_("auditor")
    for form in ("06a", "06b", "register"):
        answer = auditor.get(f"/api/v1/reports/{form}?{ADDRESS}&format=csv")
        assert answer.headers["content-type"].startswith("text/csv")
        assert "attachment" in answer.headers["content-disposition"]
        answer = auditor.get(f"/api/v1/reports/{form}?{ADDRESS}&format=xlsx")
        assert answer.content.startswith(b"PK")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=2021-12-31&to=2021-01-01", 422),
        ("from=0001-01-01&to=9999-12-31", 422),
        ("from=x&to=2021-01-01", 422),
        (f"{ADDRESS}&as_known=soon", 422),
        (f"{ADDRESS}&by=nothing", 422),
        (f"{ADDRESS}&agency=nobody", 404),
        (f"{ADDRESS}&field=nothing", 422),
        (f"{ADDRESS}&procedure=nothing", 422),
        (f"{ADDRESS}&level=nothing", 422),
        (f"{ADDRESS}&format=pdf", 422),
        ("", 422),
    ],
)
def test_wrong_questions_over_the_api(as_: As, query: str, status: int) -> None:
    answer = as_("auditor").get(f"/api/v1/reports/06a?{query}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


# --- the page ---


def test_the_page_asks_and_answers(as_: As) -> None:
    monitor = as_("monitor", agency="qn")
    assert "Hãy chọn biểu mẫu" in monitor.get("/reports").text
    shown = monitor.get("/reports?period=2021&agency=ub").text
    assert "Tổng cộng" in shown
    assert "Phần việc liên thông" in shown
    assert "Giải thích từng cột" in shown
    assert "style=" not in shown
    english = monitor.get("/reports?period=2021", headers={"cookie": "lang=en"}).text
    assert "Carried over" in english
    assert "Không" not in english.partition("<main")[2].partition("reports-paper")[2][:200]


def test_the_page_shows_one_field_procedure_or_level_alone(as_: As) -> None:
    auditor = as_("auditor")
    shown = auditor.get(f"/reports?period=2021&field={FIELD}&level=commune").text
    assert "Chỉ tính: Đất đai; Cấp xã" in shown
    assert "Bảo trợ xã hội" not in shown.partition("reports-paper")[2]
    file = auditor.get(f"/reports?form=register&period=2021&procedure={PROCEDURE}&format=csv")
    titles = {line["procedure"] for line in csv.DictReader(StringIO(file.text))}
    assert titles == {"Cấp giấy phép xây dựng nhà ở đô thị"}
    wrong = auditor.get("/reports?period=2021&field=x")
    assert wrong.status_code == 422
    assert 'href="#field"' in wrong.text


def test_the_page_says_that_a_period_has_not_ended_and_when_it_was_known(as_: As) -> None:
    """It is 31 March here: the month ends today, the year does not."""
    auditor = as_("auditor")
    whole = " ".join(auditor.get("/reports?period=2021").text.split())
    assert "số liệu tính đến ngày 31/03/2021" in whole
    assert re.search(r"theo dữ liệu ghi nhận đến \d\d/\d\d/\d{4} \d\d:\d\d", whole)
    assert "chưa kết thúc" not in auditor.get("/reports?period=2021-03").text


def test_the_page_shows_the_register(as_: As) -> None:
    shown = as_("auditor").get("/reports?form=register&from=2021-03-01&to=2021-03-31").text
    assert "Sổ theo dõi hồ sơ" in shown
    assert shown.count("/dossiers/ub-desk-") > 5


def test_the_page_gives_files_of_what_it_shows(as_: As) -> None:
    auditor = as_("auditor")
    page = auditor.get("/reports?form=06b&period=2021-Q1").text
    assert "format=xlsx" in page
    answer = auditor.get("/reports?form=06b&period=2021-Q1&format=xlsx")
    assert answer.content.startswith(b"PK")
    assert "06b-2021-01-01-2021-03-31.xlsx" in answer.headers["content-disposition"]
    listed = auditor.get("/reports?form=register&period=2021-Q1&format=csv")
    assert len(listed.text.splitlines()) == 51


def test_the_page_with_nothing_to_show(as_: As) -> None:
    auditor = as_("auditor")
    assert "không có hồ sơ nào" in auditor.get("/reports?period=2019").text
    assert "không tiếp nhận hồ sơ nào" in auditor.get("/reports?form=register&period=2019").text
    assert 'value="2019" selected' in auditor.get("/reports?period=2019").text


def test_the_page_says_what_is_wrong(as_: As) -> None:
    answer = as_("auditor").get("/reports?from=2021-03-05&to=2021-01-01&as_known=x")
    assert answer.status_code == 422
    assert 'href="#period"' in answer.text
    assert 'href="#as_known"' in answer.text
    assert as_("auditor").get("/reports?period=yesterday").status_code == 422


def test_the_page_shows_nobody_more_than_his_own(as_: As) -> None:
    officer = as_(RECEIVER)
    assert officer.get("/reports?period=2021&agency=ub-tax").status_code == 403
    assert "ub-tax" not in officer.get("/reports?period=2021").text
    assert as_("administrator").get("/reports").status_code == 403
    assert json.dumps(officer.get("/reports?period=2021&format=csv").text).count("ub-tax") == 0
