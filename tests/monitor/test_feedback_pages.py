"""Ratings and complaints on the page, over the API and as a file: whose they are, and how many."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.house import House
from engine.runtime import Call, Done
from schemas import commands as c
from tests.acceptance.conftest import run
from tests.desk.conftest import As
from tests.reporting.test_files import Sheet

API = "/api/v1/feedback"
CITIZEN = "citizen"


def give(house: House, code: str, command: c.Command) -> None:
    now = house.now
    answer = house.runtime.handle(Call(command, house.runtime.new_id(), code, now, now=now))
    assert isinstance(answer, Done), answer


@pytest.fixture(autouse=True)
def said(house: House) -> dict[str, str]:
    """Two dossiers of the city's centre and one of a ward that something was said of: their
    codes by what it was."""
    ended: dict[str, list[str]] = {}
    for code in house.log.streams("", limit=1000):
        dossier = house.dossier(code).dossier
        if dossier.status == "ended":
            ended.setdefault(dossier.agency, []).append(code)
    (best, worst, *_), (ward, *_) = ended["ub-desk"], ended["ub-quang-trung-desk"]
    give(house, best, c.Rate(actor=CITIZEN, marks={"time": 5, "result": 4}))
    give(house, worst, c.Rate(actor=CITIZEN, marks={"time": 1}))
    give(house, worst, c.Complain(actor=CITIZEN, ground="late", reason="Chờ <b>hai</b> tháng"))
    give(house, best, c.Complain(actor=CITIZEN, ground="fee", reason="Thu sai"))
    head = c.AnswerComplaint(
        actor="ub-desk.head-1", complaint=1, reference="12/TL-UBND", reason="Đã hoàn trả"
    )
    give(house, best, head)
    give(house, ward, c.Rate(actor=CITIZEN, marks={"officers": 3}))
    house.refresh()
    return {"best": best, "worst": worst, "ward": ward}


def test_the_page_counts_and_leads_to_the_complaints(as_: As, said: dict[str, str]) -> None:
    monitor = as_("monitor")
    page = monitor.get("/feedback").text
    assert "3 hồ sơ được đánh giá" in page
    assert "Điểm trung bình là 3,25 trên 5" in " ".join(page.split())
    assert "1 phản ánh chờ trả lời" in page
    for code in (said["best"], said["worst"]):
        assert f'href="/dossiers/{code}"' in page
    assert "12/TL-UBND" in page
    assert "hai" not in page.partition("Phản ánh")[2]
    monitor.cookies.set("lang", "en")
    assert "The mean of all marks is 3.25 of 5." in " ".join(monitor.get("/feedback").text.split())


def test_complaints_are_listed_by_whether_they_are_answered(as_: As, said: dict[str, str]) -> None:
    monitor = as_("monitor")
    waiting = monitor.get("/feedback?answered=no").text
    assert said["worst"] in waiting
    assert said["best"] not in waiting
    done = monitor.get("/feedback?answered=yes").text
    assert said["best"] in done
    assert said["worst"] not in done


def test_a_period_counts_what_was_said_in_it(as_: As) -> None:
    monitor = as_("monitor")
    assert "3 hồ sơ" in monitor.get("/feedback?since=2021-03-31&until=2021-03-31").text
    assert "Chưa có đánh giá" in monitor.get("/feedback?until=2021-03-30").text
    for wrong in ("since=x", "since=2021-03-02&until=2021-03-01", "until=0001-01-01"):
        answer = monitor.get(f"/feedback?{wrong}")
        assert answer.status_code == 422
        assert "theo đúng thứ tự" in answer.text


def test_an_agency_sees_its_own_and_what_stands_under_it(as_: As, said: dict[str, str]) -> None:
    city = as_("ub-desk.receiver-1").get(API).json()
    assert [row["unit"] for row in city["rows"]] == ["ub-desk"]
    assert city["total"]["ratings"] == 2
    ward = as_("ub-quang-trung-desk.receiver-1")
    assert ward.get(API).json()["total"]["ratings"] == 1
    assert ward.get(f"{API}/complaints").json() == []
    assert said["best"] not in ward.get("/feedback").text
    assert ward.get(f"{API}?agency=ub-desk").status_code == 403
    assert ward.get("/feedback?agency=ub-desk").status_code == 403
    assert as_("monitor", agency="ub-quang-trung").get(API).json()["total"]["ratings"] == 1
    assert as_("monitor", agency="qn").get(API).json()["total"]["ratings"] == 3
    assert as_("monitor").get(f"{API}?agency=no-such").status_code == 404


def test_who_has_no_right_to_reports_sees_nothing(as_: As, client: TestClient) -> None:
    assert client.get("/feedback").status_code == 303
    assert client.get(API).status_code == 401
    for path in ("/feedback", API, f"{API}/complaints"):
        assert as_("administrator").get(path).status_code == 403


def test_the_api_has_marks_by_aspect(as_: As) -> None:
    (row,) = as_("ub-desk.receiver-1").get(API).json()["rows"]
    assert row["marks"] == {"1": 1, "2": 0, "3": 0, "4": 1, "5": 1}
    assert row["mean"] == 3.33
    assert row["aspects"]["time"] == {
        "marks": {"1": 1, "2": 0, "3": 0, "4": 0, "5": 1}, "mean": 3.0
    }  # fmt: skip
    assert row["aspects"]["officers"]["mean"] is None
    assert row["complaints"] == {"waiting": 1, "answered": 1}


def test_the_api_lists_complaints_in_pages(as_: As, said: dict[str, str]) -> None:
    monitor = as_("monitor")
    first = monitor.get(f"{API}/complaints?limit=1")
    rest = monitor.get(first.headers["link"].partition(">")[0].strip("<"))
    listed = first.json() + rest.json()
    assert {each["code"] for each in listed} == {said["best"], said["worst"]}
    assert "link" not in rest.headers
    (waits,) = monitor.get(f"{API}/complaints?answered=false").json()
    assert (waits["code"], waits["ground"], waits["answered"]) == (said["worst"], "late", None)
    assert monitor.get(f"{API}?from=2021-04-02&to=2021-04-01").status_code == 422


def test_the_file_has_what_the_page_has(as_: As) -> None:
    monitor = as_("monitor")
    for path in ("/feedback?by=unit,procedure&format=csv", f"{API}?by=unit,procedure&format=csv"):
        answer = monitor.get(path)
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["content-disposition"] == 'attachment; filename="feedback.csv"'
        lines = list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"))))
        assert sum(int(line["ratings"]) for line in lines) == 3
        assert sum(int(line["complaints_waiting"]) for line in lines) == 1
        assert {line["unit"] for line in lines} == {"ub-desk", "ub-quang-trung-desk"}
        assert "Bộ phận Một cửa phường Quang Trung" in {line["unit_name"] for line in lines}


def test_the_spreadsheet_adds_up_and_lists_the_complaints(as_: As, said: dict[str, str]) -> None:
    monitor = as_("monitor")
    assert "format=xlsx" in monitor.get("/feedback").text
    for path in ("/feedback?by=unit,procedure&format=xlsx", f"{API}?by=unit,procedure&format=xlsx"):
        answer = monitor.get(path)
        assert answer.headers["content-disposition"] == 'attachment; filename="feedback.xlsx"'
        rated, complaints = Sheet(answer.content), Sheet(answer.content, 2)
        heads = [rated.values[f"{chr(65 + at)}4"] for at in range(5)]
        assert heads == [
            "STT", "Đơn vị", "Thủ tục hành chính", "Hồ sơ được đánh giá", "Số lần 5 điểm"
        ]  # fmt: skip
        total = max(int(name[1:]) for name in rated.values)
        assert rated.values[f"B{total}"] == "Tổng cộng"
        assert rated.formulas
        for name in rated.formulas:
            assert rated.computed(name) == float(rated.values[name]), name
        assert rated.values[f"D{total}"] == "3"
        assert float(rated.values[f"J{total}"]) == 3.25
        listed = {complaints.values[f"B{row}"]: row for row in (5, 6)}
        assert set(listed) == {said["best"], said["worst"]}
        assert complaints.values[f"I{listed[said['best']]}"] == "12/TL-UBND"
        assert f"H{listed[said['worst']]}" not in complaints.values
        assert "hai" not in " ".join(complaints.values.values())


def test_the_spreadsheet_of_nothing(as_: As) -> None:
    answer = as_("monitor").get("/feedback?until=2021-03-30&format=xlsx")
    assert Sheet(answer.content).values["C5"] == "0"


# --- the command line ---


def asked(house: House, *words: object) -> str:
    return run("report", "feedback", *words, "--database", house.settings.database).out


def test_the_command_says_what_the_api_does(house: House, as_: As) -> None:
    by = "unit,procedure"
    told = json.loads(asked(house, "--json", "--by", by))
    assert told == as_("monitor").get(f"{API}?by={by}").json()
    assert told["total"]["ratings"] == 3
    ward = json.loads(asked(house, "--json", "--unit", "ub-quang-trung"))
    assert [row["unit"] for row in ward["rows"]] == ["ub-quang-trung-desk"]
    none = json.loads(asked(house, "--json", "--to", "2021-03-30"))
    assert (none["to"], none["rows"]) == ("2021-03-30", [])
    listed = json.loads(asked(house, "--complaints", "--json"))
    assert listed == as_("monitor").get(f"{API}/complaints").json()


def test_the_command_for_people_and_for_files(
    house: House, said: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    table = asked(house)
    assert "Bộ phận Một cửa phường Quang Trung" in table
    assert "3.25" in table
    assert said["worst"] in asked(house, "--complaints")
    lines = list(csv.DictReader(StringIO(asked(house, "--csv"))))
    assert sum(int(line["ratings"]) for line in lines) == 3
    file = tmp_path / "said.xlsx"
    asked(house, "--xlsx", file)
    assert Sheet(file.read_bytes(), 2).values["A2"] == "PHẢN ÁNH"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--from", "2021-03-02", "--to", "2021-03-01"), "before it begins"),
        (("--complaints", "--csv"), "--xlsx has them beside"),
        (("--json", "--csv"), "Give one of"),
        (("--unit", "ub-dsk"), "did you mean 'ub-desk'"),
        (("--by", "field"), "unit,procedure"),
    ],
)
def test_the_command_says_what_is_wrong(house: House, words: tuple[str, ...], why: str) -> None:
    url = house.settings.database
    assert why in run("report", "feedback", *words, "--database", url, code=2).err
