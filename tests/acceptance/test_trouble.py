"""Stores that are missing, empty, damaged, too new or read-only; and whatever else goes wrong."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from engine.store import open_log
from tests.acceptance.conftest import DESK, LAND, MORNING, RECEIVER, Lienthong, run
from workflows.load import CATALOGUE

NEW = ("receive", "--procedure", LAND, "--agency", DESK, "--as", RECEIVER, "--at", MORNING)
CODE = "ub-desk-210303-0001"
QUERIES = [
    ("inbox", DESK),
    ("status", CODE),
    ("status", "--agency", DESK),
    ("deadlines",),
    ("alerts",),
    ("why", CODE),
    ("history", CODE),
    ("control-sheet", CODE),
    ("replay", CODE),
    ("verify",),
    ("acts", CODE),
    ("views", "list"),
    ("rebuild", "all"),
    ("act", CODE, "forward", "--as", RECEIVER),
    ("reassign", "--from", RECEIVER, "--to", "ub-desk.receiver-2", "--as", "ub-desk.head-1"),
]


@pytest.mark.parametrize("words", QUERIES, ids=lambda words: "-".join(words[:2]))
def test_a_missing_store_is_said_and_not_made(tmp_path: Path, words: tuple[str, ...]) -> None:
    said = run(*words, code=3)
    assert said.err == "There is no store at lienthong.db.\n"
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_an_empty_store_has_nothing_to_show(fresh: Lienthong, tmp_path: Path) -> None:
    open_log(f"sqlite:///{tmp_path / 'fresh.db'}").close()
    assert fresh("inbox", DESK, "--json").json == []
    assert fresh("status", "--agency", DESK).out == "No open dossier at ub-desk.\n"
    assert fresh("deadlines").out == "No deadline is open.\n"
    assert fresh("alerts", "--json").json == []
    assert fresh("verify", "--json").json["ok"]
    assert fresh("rebuild", "all", "--json").json["events"] == 0
    assert "There is no dossier" in fresh("status", CODE, code=2).err
    assert fresh("doctor", "--json").json["ok"]


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "lienthong.db").write_text("this is a letter\n" * 100, encoding="utf-8")
    for words in (("status", CODE), NEW):
        assert "not a SQLite database" in run(*words, code=3).err
    found = {each["check"]: each for each in run("doctor", "--json", code=3).json["checks"]}
    assert found["store"]["state"] == "problem"


def test_a_damaged_store_is_said(prepared: Path, tmp_path: Path) -> None:
    run("verify", "--database", f"sqlite:///{prepared / 'office.db'}")
    whole = (prepared / "office.db").read_bytes()
    damaged = bytearray(whole)
    for start in range(4096 * 8, len(whole) - 4096, 4096 * 3):
        damaged[start : start + 2048] = b"\xa5" * 2048
    (tmp_path / "lienthong.db").write_bytes(damaged)
    said = run("verify", code=3)
    assert "Traceback" not in said.out + said.err
    assert said.out or "damaged" in said.err
    assert run("doctor", code=3).out.count("problem") >= 1


def test_a_store_of_a_newer_version_is_refused(office: Lienthong, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "office.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for words in (("status", CODE), NEW):
        said = office(*words, code=3)
        assert "has the format 9999" in said.err
        assert "newer version of the program" in said.err


def test_a_store_that_can_only_be_read_is_read(
    received: tuple[Lienthong, str], tmp_path: Path
) -> None:
    run_, code = received
    run_("status", code)
    url = f"sqlite:///file:{tmp_path / 'received.db'}?mode=ro&uri=true"
    assert run("status", code, "--json", "--database", url).json["state"] == "received"
    _forward_without_views(tmp_path / "received.db", code)
    said = run("status", code, "--json", "--database", url)
    assert said.json["state"] == "received"
    assert said.err == (
        "The store can only be read: what follows is as the views were last written.\n"
    )
    assert len(run("history", code, "--json", "--database", url).json) == 4
    assert run("alerts", "--json", "--database", url).json == []
    assert "read but not written" in run(*NEW, "--database", url, code=3).err


def _forward_without_views(file: Path, code: str) -> None:
    """What a program does that feeds no views: they are behind the log then."""
    from app.house import open_house
    from app.settings import Settings
    from app.times import parse_moment
    from engine.runtime import Call, Done
    from schemas.commands import Forward

    with open_house(Settings(database=f"sqlite:///{file}")) as house:
        at = parse_moment("2021-03-03 09:30")
        call = Call(Forward(actor=RECEIVER), house.runtime.new_id(), code, at)
        assert isinstance(house.runtime.handle(call), Done)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://nobody@127.0.0.1:1/none", "the server does not answer"),
        ("mysql://nobody@127.0.0.1/none", "A store is a SQLite file or a PostgreSQL database"),
        ("lienthong.db", "is no address of a store"),
        ("sqlite:////nowhere/at/all.db", "There is no store at"),
    ],
)
def test_an_address_that_leads_nowhere(url: str, told: str) -> None:
    assert told in run("status", CODE, "--database", url, code=3).err


def test_a_password_is_never_shown() -> None:
    url = "postgresql://nobody:s3cret@127.0.0.1:1/none"
    for words in (("status", CODE), ("doctor",)):
        said = run(*words, "--database", url, code=3)
        assert "s3cret" not in said.out + said.err


def test_a_registered_version_never_changes(fresh: Lienthong, tmp_path: Path) -> None:
    fresh(*NEW)
    folder = tmp_path / "procedures"
    shutil.copytree(CATALOGUE, folder)
    changed = folder / "02-land-change-no-tax.yaml"
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text.replace("en: Land}", "en: Soil}"), encoding="utf-8")
    said = fresh(*NEW, "--procedures", folder, code=2)
    assert "lt-02-land-change-no-tax" in said.err
    assert "A registered version never changes" in said.err
    changed.write_text(text + "nonsense: yes\n", encoding="utf-8")
    assert "02-land-change-no-tax.yaml:" in fresh(*NEW, "--procedures", folder, code=2).err
    assert "no such folder" in fresh(*NEW, "--procedures", tmp_path / "x", code=2).err


def test_an_old_dossier_works_on_when_its_procedure_is_gone(
    received: tuple[Lienthong, str], tmp_path: Path
) -> None:
    run_, code = received
    folder = tmp_path / "procedures"
    folder.mkdir()
    shutil.copy(CATALOGUE / "02-land-change-no-tax.yaml", folder)
    words = ("act", code, "forward", "--as", RECEIVER, "--at", "2021-03-03 09:30")
    assert run_(*words, "--procedures", folder, "--json").json["version"] == 4
    assert "13 ngày làm việc" in run_("why", code, "--procedures", folder).out


def test_an_unexpected_error_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("no reason")

    monkeypatch.setattr("app.law.definitions.calendar", fail)
    words = ("due", "--from", "2021-03-04", "--limit", "5")
    said = run(*words, code=3)
    assert said.err.count("\n") == 1
    assert "ZeroDivisionError: no reason" in said.err
    assert "LIENTHONG_DEBUG=1" in said.err
    monkeypatch.setenv("LIENTHONG_DEBUG", "1")
    assert run(*words, code=None).err == "", "the traceback is let through to Python"


def test_a_deadline_beyond_the_calendar_is_wrong_input(tmp_path: Path) -> None:
    words = ("receive", "--procedure", "2.000908", "--agency", "w-uong-bi-desk")
    late = ("--as", "w-uong-bi-desk.receiver-1", "--now", "2030-12-31 18:00")
    said = run(*words, *late, "--database", f"sqlite:///{tmp_path}/late.db", code=2)
    assert "2031-01-01 is outside calendar" in said.err
    assert said.err.count("\n") == 1


def test_a_store_of_made_up_time_has_its_own_now(received: tuple[Lienthong, str]) -> None:
    from app.law.registry import mark_simulated
    from app.times import parse_moment
    from engine.store import open_log

    run_, code = received
    log = open_log("sqlite:///received.db")
    mark_simulated(log, parse_moment("2021-03-03 10:00"))
    log.close()
    (task,) = run_("inbox", DESK, "--json").json
    assert (task["code"], task["remaining_working_minutes"]) == (code, 180)
    told = "The store's time stands at 2021-03-03 10:00; --now asks at another moment.\n"
    assert run_("acts", code).err == told, "the desk is there at that time"
    assert run_("alerts", "--json").json == []
    run_("act", code, "forward", "--as", RECEIVER)
    last = run_("history", code, "--json").json[-1]
    assert last["occurred_at"] == "2021-03-03T10:00:00+07:00", "what is done now is done then"


def test_busy_stores_and_unreadable_events_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.runtime import Busy
    from schemas.codec import UnknownEvent

    for error, told in (
        (Busy("3 commands found their dossiers changed"), "The store is busy: 3 commands"),
        (UnknownEvent("event type 'x' is not known here"), "an event that this program cannot"),
        (OSError(28, "No space left on device"), "where this is written: no space left"),
        (OSError(28, "No space left on device", "a.json"), "a.json: no space left"),
        (FileNotFoundError(2, "No such file", "f.yaml"), "f.yaml: no such file"),
    ):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr("app.law.definitions.calendar", fail)
        code = 2 if isinstance(error, FileNotFoundError) else 3
        assert told in run("due", "--from", "2021-03-04", "--limit", "5", code=code).err


def test_doctor_checks_everything(office: Lienthong, monkeypatch: pytest.MonkeyPatch) -> None:
    value = office("doctor", "--json").json
    assert value["ok"]
    assert [each["check"] for each in value["checks"]] == [
        "store", "journal", "pages", "writable", "registered", "disk", "definitions", "calendar",
        "time zone", "graphviz", "clock", "broker",
    ]  # fmt: skip
    assert "what to do" in office("doctor").out
    found = office("doctor", "--now", "2040-01-01", "--json", code=3).json
    assert [each["check"] for each in found["checks"] if each["state"] == "problem"] == ["calendar"]
    monkeypatch.setenv("PATH", "")
    assert "apt-get install graphviz" in office("doctor").out


def test_doctor_on_postgresql_without_a_store(postgres_database: object) -> None:
    assert callable(postgres_database)
    url = postgres_database()
    found = run("doctor", "--database", url, "--json").json["checks"][0]
    assert (found["check"], found["state"]) == ("store", "warning")
    run(*NEW, "--database", url)
    checks = {each["check"]: each["found"] for each in
              run("doctor", "--database", url, "--json").json["checks"]}  # fmt: skip
    assert checks["server"].startswith("PostgreSQL ")
    assert run("status", CODE, "--json", "--database", url).json["state"] == "received"
