"""A history that somebody changed in the database: the page says so, in the reader's words, and
concludes nothing from what it cannot prove."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.audit.proof import why
from app.house import House
from engine.verify import verify_stream
from tests.acceptance.conftest import run
from tests.desk.conftest import As
from tests.web.test_said_in_vietnamese import ENGLISH

Tamper = Callable[[str], None]

OF_IT = "stream = (SELECT id FROM streams WHERE name = :code)"
COLUMNS = (
    "occurred_at, recorded_at, type, actor, agency, on_behalf, shard, schema_version, first,"
    " event_id, hash, correlation, payload, private"
)

TAMPERED: dict[str, tuple[str, int, str]] = {
    "a moment": ("UPDATE events SET occurred_at = occurred_at + 1 WHERE version = 3", 3,
                 "nội dung không còn như lúc được niêm phong"),
    "what it says": ("UPDATE events SET payload = replace(CAST(payload AS TEXT), 'ub-', 'xx-')"
                     " WHERE version = 2", 2, "nội dung không còn như lúc được niêm phong"),
    "what nobody can read": ("UPDATE events SET payload = x'ff00' WHERE version = 3", 3,
                             "nội dung không còn như lúc được niêm phong"),
    "nothing in it": ("UPDATE events SET payload = x'7b7d' WHERE version = 4", 4,
                      "nội dung không còn như lúc được niêm phong"),
    "text in a moment's place": ("UPDATE events SET occurred_at = 'now' WHERE version = 5", 5,
                                 "nội dung không còn như lúc được niêm phong"),
    "what it is": ("UPDATE events SET type = (SELECT type FROM events WHERE version = 1 LIMIT 1)"
                   " WHERE version = 3", 3, "nội dung không còn như lúc được niêm phong"),
    "its hash": ("UPDATE events SET hash = zeroblob(32) WHERE version = 3", 3,
                 "nội dung không còn như lúc được niêm phong"),
    "one taken out": ("DELETE FROM events WHERE version = 3", 4, "thiếu phiên bản 3"),
    "the first taken out": ("DELETE FROM events WHERE version = 1", 2, "thiếu phiên bản 1"),
    "another's in its place": (
        f"INSERT OR REPLACE INTO events (position, stream, version, command_id, {COLUMNS})"
        f" SELECT own.position, own.stream, own.version, own.command_id, {COLUMNS} FROM"
        " (SELECT position, stream, version, command_id FROM events WHERE version = 3 AND :it)"
        " AS own, (SELECT * FROM events WHERE version = 3 AND NOT :it LIMIT 1)", 3,
        "nội dung không còn như lúc được niêm phong"),
    "private text": ("UPDATE events SET private = x'7b7d' WHERE version = 1", 1,
                     "nội dung riêng tư không phải là nội dung đã được niêm phong"),
    "private text that nobody can read": ("UPDATE events SET private = x'ff' WHERE version = 1", 1,
                                          "nội dung riêng tư không phải là"),
    "where it stands": ("UPDATE events SET shard = 15 - shard WHERE version = 2", 2,
                        "sự kiện nằm ở phân vùng"),
    "whose command it begins": ("UPDATE events SET first = 0 WHERE version = 1", 1,
                                "sự kiện không được đánh dấu"),
    "its position": ("UPDATE events SET position = -1 WHERE version = 3", 3, "vị trí -1 không ở"),
}  # fmt: skip
"""What was done to the dossier -> the statement, the first event that does not hold, why."""


@pytest.fixture
def code(house: House) -> str:
    return max(house.log.streams(), key=lambda each: len(house.log.read_stream(each)))


@pytest.fixture
def tamper(house: House, code: str) -> Tamper:
    """Does to the dossier what the triggers of the store refuse."""

    def done(statement: str) -> None:
        if ":it" in statement:
            statement = statement.replace(":it", OF_IT)
        else:
            statement += f" AND {OF_IT}" if " WHERE " in statement else f" WHERE {OF_IT}"
        with house.log.begin() as connection:
            query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'"
            for name in connection.exec_driver_sql(query).scalars().all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            changed = connection.execute(sa.text(statement), {"code": code})
            assert changed.rowcount >= 1

    return done


def said(page: str) -> str:
    """What stands in the box at the top."""
    found = re.search(r'class="govuk-error-summary".*?</div>', page, re.DOTALL)
    assert found is not None, page
    return " ".join(re.sub("<[^>]+>", " ", found[0]).split())


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_changed_is_told_and_nothing_is_concluded_from_it(
    as_: As, house: House, code: str, tamper: Tamper, what: str
) -> None:
    statement, version, words = TAMPERED[what]
    all_of_it = house.log.read_stream(code)
    tamper(statement)
    answer = as_("auditor").get(f"/dossiers/{code}/audit")
    assert answer.status_code == 200
    told = said(answer.text)
    assert f"Từ sự kiện {version}: {words}" in told
    assert not ENGLISH.search(told), told
    assert "Chuỗi nguyên vẹn" not in answer.text
    held = verify_stream(house.log, code).events
    left = len(house.log.read_stream(code))
    rows = re.findall(r'<tr class="govuk-table__row ([^"]*)" id="event-', answer.text)
    assert [each == "auditor-unproven" for each in rows] == [False] * held + [True] * (left - held)
    # Nor is more shown as what the dossier was than that, whatever is asked for.
    last = as_("auditor").get(f"/dossiers/{code}/audit?version={len(all_of_it)}").text
    assert (f"Tình trạng sau sự kiện {held}:" in last) == bool(held)


@pytest.mark.parametrize("what", TAMPERED)
def test_the_command_names_the_same_event(
    as_: As, house: House, code: str, tamper: Tamper, what: str
) -> None:
    statement, version, _ = TAMPERED[what]
    tamper(statement)
    found = run("verify", code, "--database", house.settings.database, "--json", code=3).json
    assert (found["ok"], found["first_bad"]["version"]) == (False, version)
    as_("auditor").cookies.set("lang", "en")
    bad = verify_stream(house.log, code).first_bad
    assert bad is not None
    assert why(bad, "en") == bad.why == found["first_bad"]["why"]


def test_an_end_that_was_cut_off_is_told_though_the_rest_holds(
    as_: As, house: House, code: str, tamper: Tamper
) -> None:
    last = len(house.log.read_stream(code))
    as_("auditor").get(f"/dossiers/{code}/audit")
    tamper(f"DELETE FROM events WHERE version > {last - 2}")
    assert verify_stream(house.log, code).ok
    page = as_("auditor").get(f"/dossiers/{code}/audit").text
    assert f"Từ sự kiện {last - 1}: hệ thống đã thấy phiên bản {last}" in said(page)
    assert f"bị cắt sau phiên bản {last - 2}" in said(page)
    assert "Chuỗi nguyên vẹn" not in page
    assert f"Tình trạng sau sự kiện {last - 2}:" in page


def test_a_dossier_of_which_nothing_is_left_is_not_as_if_it_had_never_been(
    as_: As, house: House, code: str, tamper: Tamper
) -> None:
    tamper("DELETE FROM events")
    answer = as_("auditor").get(f"/dossiers/{code}/audit")
    assert answer.status_code == 200
    assert "bị cắt sau phiên bản 0" in said(answer.text)
    assert "Không còn sự kiện nào" in answer.text
    assert as_("auditor").get("/dossiers/ub-desk-210303-9999/audit").status_code == 404


def test_what_is_not_proven_is_not_compared(
    as_: As, house: House, code: str, tamper: Tamper
) -> None:
    other = next(each for each in house.log.streams() if each != code)
    tamper("UPDATE events SET payload = x'ff00' WHERE version = 3")
    answer = as_("auditor").get(f"/compare?a={other}&b={code}")
    assert answer.status_code == 409
    assert "Chuỗi không nguyên vẹn nên không biết chắc" in answer.text
    assert f'href="/dossiers/{code}/audit"' in answer.text


@pytest.mark.parametrize("what", ["what it says", "what nobody can read", "one taken out"])
def test_a_file_of_many_is_not_written_with_what_is_not_proven(
    house: House, code: str, tamper: Tamper, what: str, tmp_path: Path
) -> None:
    statement, version, _ = TAMPERED[what]
    tamper(statement)
    for format_ in ("ocel", "xes"):
        file = tmp_path / f"all.{format_}"
        said = run("export", "--format", format_, "-o", file, "--database",
                   house.settings.database, code=3)  # fmt: skip
        assert f"{code}, event {version} does not hold" in said.err
        assert list(tmp_path.glob(f"*.{format_}*")) == []
    whole = run("export", "--format", "json", "--database", house.settings.database).json
    assert {each["code"] for each in whole["dossiers"]} == set(house.log.streams())


@pytest.mark.parametrize("left", [0, 3])
@pytest.mark.parametrize("format_", ["ocel", "xes"])
def test_a_file_of_many_is_not_written_as_if_a_cut_off_dossier_were_whole(
    as_: As, house: House, code: str, tamper: Tamper, left: int, format_: str, tmp_path: Path
) -> None:
    as_("auditor").get(f"/dossiers/{code}/audit")
    tamper(f"DELETE FROM events WHERE version > {left}")
    file = tmp_path / f"all.{format_}"
    said = run("export", "--format", format_, "-o", file, "--database",
               house.settings.database, code=3)  # fmt: skip
    assert f"{code}, event {left + 1} does not hold: the status view has seen" in said.err
    assert list(tmp_path.glob(f"*.{format_}*")) == []
    answer = as_("auditor").get(f"/search/export?format={format_}")
    assert answer.status_code == 409
    assert f"Chuỗi của hồ sơ {code} không nguyên vẹn" in answer.text


@pytest.mark.parametrize("format_", ["ocel", "xes"])
def test_a_store_without_views_is_taken_away_by_code(house: House, code: str, format_: str) -> None:
    with house.log.begin() as connection:
        for name in sa.inspect(connection).get_table_names():
            if name.startswith("view"):
                connection.exec_driver_sql(f'DROP TABLE "{name}"')
    said = run("export", code, "--format", format_, "--database", house.settings.database)
    assert code in said.out


def test_nor_is_it_begun_in_answer_to_a_request(
    as_: As, house: House, code: str, tamper: Tamper
) -> None:
    tamper("UPDATE events SET payload = x'ff00' WHERE version = 3")
    for format_ in ("ocel", "xes"):
        answer = as_("auditor").get(f"/search/export?format={format_}")
        assert answer.status_code == 409
        assert f"Chuỗi của hồ sơ {code} không nguyên vẹn" in answer.text
    assert code in as_("auditor").get("/search/export?format=json").text


def test_what_is_not_proven_is_taken_away_as_evidence_only(
    as_: As, house: House, code: str, tamper: Tamper
) -> None:
    tamper("UPDATE events SET payload = x'ff00' WHERE version = 3")
    page = as_("auditor").get(f"/dossiers/{code}/audit").text
    assert "format=json" in page
    for format_ in ("ocel", "xes"):
        assert f"format={format_}" not in page
        answer = as_("auditor").get(f"/dossiers/{code}/audit/history?format={format_}")
        assert answer.status_code == 409
        assert "không nguyên vẹn từ sự kiện 3" in answer.text
    whole = as_("auditor").get(f"/dossiers/{code}/audit/history?format=json").text
    events = json.loads(whole)["dossiers"][0]["events"]
    assert len(events) == len(house.log.read_stream(code))
    assert (events[2]["payload"], events[2]["unreadable"]) == (None, "/wA=")


@pytest.mark.parametrize("what", ["what nobody can read", "nothing in it"])
def test_nobody_is_told_to_wait_for_what_time_does_not_mend(
    as_: As, code: str, tamper: Tamper, what: str
) -> None:
    tamper(TAMPERED[what][0])
    officer = as_("ub-desk.receiver-1")
    page = officer.get(f"/dossiers/{code}", headers={"Accept": "text/html"})
    assert page.status_code == 500
    assert "không còn là dữ liệu đã được ghi" in page.text
    assert "Hãy chờ" not in page.text
    told = officer.get(f"/api/v1/dossiers/{code}/history")
    assert (told.status_code, told.json()["type"]) == (500, "/api/v1/problems/damaged")


@pytest.mark.parametrize("command", ["history", "replay"])
@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE events SET payload = x'7b7d' WHERE version = 6", "hash differs"),
        ("DELETE FROM events WHERE version > 6", "the end was cut off after version 6"),
    ],
)
def test_at_the_terminal_too_a_history_is_not_told_as_if_it_held(
    house: House, code: str, tamper: Tamper, command: str, statement: str, why: str
) -> None:
    of = (command, code, "--database", house.settings.database)
    of += ("--version", "5") if command == "replay" else ()
    before = run(*of)
    assert "not what was recorded" not in before.err
    house.refresh()
    tamper(statement)
    after = run(*of)
    number = "6" if "UPDATE" in statement else "7"
    assert f"From event {number} on this history is not what was recorded: " in after.err
    assert why in after.err
    assert f"lienthong verify {code}" in after.err
