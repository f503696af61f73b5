"""The main job: a year at the office, on a fresh store, whole and repeatable."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.simulation.board import board
from consumers.views import inbox
from engine.core import custody
from engine.core.dossier import Dossier
from engine.runtime import Folded, fold
from engine.store import Log, open_log
from schemas.envelope import to_micros
from schemas.events import EVENT_TYPES
from tests.acceptance.conftest import Said, run
from tests.servers import PostgresDatabase
from tests.views_check import faults
from workflows.load import load_catalogue
from workflows.load_organisation import load_organisation

ROOT = Path(__file__).parents[2]
SMALL = 60


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Said]:
    """A store with 700 dossiers, and what the demo said."""
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}"
    return url, run("demo", "--dossiers", 700, "--database", url)


@pytest.fixture(scope="module")
def log(played: tuple[str, Said]) -> Iterator[Log]:
    opened = open_log(played[0], create=False)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def dossiers(log: Log) -> dict[str, Folded]:
    found = {}
    for records in _streams(log):
        code = records[0].stream
        found[code] = fold(records, Folded(Dossier(code)))
    return found


@pytest.fixture(scope="module")
def types(log: Log) -> Counter[str]:
    return Counter(record.type for records in log.read_all() for record in records)


def _streams(log: Log) -> Iterator[list[Any]]:
    for code in log.streams(limit=10_000):
        yield log.read_stream(code)


# --- what it shows -----------------------------------------------------------------------


def test_everything_is_shown_and_fits_on_a_few_screens(played: tuple[str, Said]) -> None:
    lines = played[1].out.splitlines()
    headings = (
        "Status board", "Alerts raised", "One dossier in full", "History", "Legs",
        "Control sheet", "Its clock", "Verified", "Published and simulated", "Try next",
    )  # fmt: skip
    for heading in headings:
        assert any(line.startswith(heading) for line in lines), heading
    assert len(lines) <= 125
    assert max(map(len, lines)) <= 200
    assert not any("\x1b" in line for line in lines)


def test_what_is_published_stands_beside_what_was_simulated(played: tuple[str, Said]) -> None:
    lines = played[1].out.splitlines()
    told = [line.split() for line in lines if "published" in line or "simulated" in line]
    city = next(words for words in told if "95.35%" in words)
    assert city[-6:] == ["129,023", "128,539", "99.62%", "95.35%", "4.65%", "0.00%"]
    assert any("all persons are made up" in line.lower() for line in lines)


def test_the_commands_it_names_work(played: tuple[str, Said]) -> None:
    named = [line.split() for line in played[1].out.splitlines() if line.startswith("  lienthong ")]
    assert len(named) == 3
    for words in named:
        assert run(*words[1:]).out.strip()


def test_commands_stay_whole_in_a_narrow_window(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    url = f"sqlite:///{tmp_path / 'narrow.db'}"
    lines = run("demo", "--dossiers", SMALL, "--database", url).out.splitlines()
    named = [line for line in lines if line.startswith("  lienthong ")]
    assert len(named) == 3
    assert all(line.endswith(f" --database {url}") for line in named)


# --- what it leaves behind ---------------------------------------------------------------


def test_every_procedure_of_the_catalogue_runs(dossiers: dict[str, Folded]) -> None:
    ran = {each.dossier.procedure[0] for each in dossiers.values()}
    assert ran == {procedure.id for procedure in load_catalogue()}


def test_everything_that_can_happen_to_a_dossier_happens(types: Counter[str]) -> None:
    never = {"number.recorded", "supplement.expired", "leg.transferred", "dossier.reopened"}
    between_engines = {"handover.recall_asked", "handover.answered_elsewhere", "leg.returned",
                       "dossier.arrived"}  # fmt: skip
    by_citizens = {"papers.attached", "rating.given", "complaint.filed", "complaint.answered"}
    assert set(EVENT_TYPES) - set(types) <= never | between_engines | by_citizens


def test_outcomes_and_verdicts_of_every_kind(dossiers: dict[str, Folded]) -> None:
    states = [each.dossier for each in dossiers.values()]
    assert {state.outcome for state in states} == {None, "done", "refused", "stopped"}
    verdicts = {state.root.verdict for state in states if state.legs}
    assert verdicts == {None, "early", "on time", "overdue"}
    groups = [state for state in states if state.procedure[0] == "lt-14-birth-group"]
    refused = [s for s in groups if any(leg.outcome == "refused" for leg in s.legs.values())]
    assert {state.outcome for state in refused} == {"done", "refused"}


def test_custody_has_no_fault_in_any_dossier(dossiers: dict[str, Folded]) -> None:
    assert [code for code, each in dossiers.items() if custody.faults(each.dossier)] == []


def test_the_chain_holds(played: tuple[str, Said], types: Counter[str]) -> None:
    said = run("verify", "--database", played[0], "--json")
    assert said.json["ok"] is True
    assert said.json["events"] == types.total()


def test_views_are_the_fold_of_the_log(log: Log) -> None:
    assert faults(log, log) == []


def test_time_grows_along_the_log(log: Log) -> None:
    cursors = dict.fromkeys(range(16), 0)
    records = log.read_shards(cursors, limit=100_000)
    times = [record.recorded_at for record in records]
    assert times == sorted(times)
    ids = [record.event_id for record in records]
    assert ids == sorted(ids)


def test_the_board_counts_late_what_an_inbox_shows_late(log: Log) -> None:
    now = datetime(2021, 12, 31, 16, 59, tzinfo=UTC)
    with log.engine.connect() as connection:
        rows = board(connection, load_organisation(), now)
        tasks = inbox.TABLE.c
        waiting = tasks.mode.in_(["paused", "supplement", "legs"])
        past = select(func.count()).where(tasks.due < to_micros(now), ~waiting)
        late_steps = connection.execute(past).scalar_one()
    assert 0 < late_steps <= sum(row.late for row in rows)
    assert all(row.waiting + row.due_soon + row.late <= row.to_do for row in rows)


def test_a_status_tells_both_completion_dates(
    played: tuple[str, Said], dossiers: dict[str, Folded]
) -> None:
    code = next(
        code
        for code, folded in dossiers.items()
        if folded.dossier.outcome == "done" and folded.dossier.result_ready_at
    )
    value = run("status", code, "--json", "--database", played[0]).json
    ready = dossiers[code].dossier.result_ready_at
    assert datetime.fromisoformat(value["processing_ended_at"]) == ready
    assert value["processing_ended_at"] < value["ended_at"]
    told = run("status", code, "--database", played[0]).out
    assert re.search(r"^processed .*\n(.*\n)?returned ", told, re.MULTILINE)


def test_alerts_were_raised_in_virtual_time(played: tuple[str, Said]) -> None:
    alerts = run("alerts", "--database", played[0], "--json").json
    kinds = {alert["kind"] for alert in alerts}
    assert {"due-soon", "step-overdue", "handover-not-accepted"} <= kinds
    assert all(alert["raised_at"].startswith("2021-") for alert in alerts)
    assert all(alert["code"].startswith(("ub-", "qn-")) for alert in alerts)


def test_nothing_personal_is_outside_of_the_private_part(log: Log) -> None:
    for records in log.read_all():
        for record in records:
            assert "mô phỏng".encode() not in record.payload


# --- the same seed -----------------------------------------------------------------------


def hashes(url: str) -> list[bytes]:
    """The hashes of all events of a store, stream by stream."""
    opened = open_log(url, create=False)
    try:
        return sorted(record.hash for records in opened.read_all() for record in records)
    finally:
        opened.close()


def elsewhere(folder: Path, hash_seed: str) -> list[bytes]:
    """The hashes of a demo played by a process of its own."""
    url = f"sqlite:///{folder / 'elsewhere.db'}"
    subprocess.run(
        [sys.executable, "-m", "app", "demo", "--dossiers", str(SMALL), "--seed", "7",
         "--database", url],
        cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": hash_seed}, check=True, capture_output=True,
    )  # fmt: skip
    return hashes(url)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return elsewhere(tmp_path_factory.mktemp("first"), "1")


def test_the_same_seed_gives_the_same_events_byte_for_byte(
    first: list[bytes], tmp_path: Path
) -> None:
    assert first == elsewhere(tmp_path, "2")


@pytest.mark.postgres
def test_the_same_events_on_postgres(
    first: list[bytes], postgres_database: PostgresDatabase
) -> None:
    url = postgres_database()
    run("demo", "--dossiers", SMALL, "--seed", 7, "--database", url)
    assert hashes(url) == first
    opened = open_log(url, create=False)
    assert faults(opened, opened) == []
    opened.close()
    refused = run("demo", "--database", url, code=2)
    assert "Nothing was changed" in refused.err


# --- a fresh store -----------------------------------------------------------------------


def test_an_earlier_demo_is_replaced_and_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'twice.db'}"
    run("demo", "--dossiers", SMALL, "--seed", 3, "--database", url)
    before = hashes(url)
    again = run("demo", "--dossiers", SMALL, "--seed", 4, "--database", url, "--json")
    assert "an earlier demo (uong-bi-2021, 60 dossiers, seed 3); it is replaced" in again.err
    assert set(before).isdisjoint(hashes(url))
    value = again.json
    assert value["dossiers"] == SMALL
    assert value["verify"] == {"ok": True, "events": value["events"]}
    assert {part["part"] for part in value["parts"]} == {"city", "communes", "province", "wards"}


def test_anything_else_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "mine.db"
    run("receive", "--procedure", "lt-01-land-transfer-tax", "--agency", "ub-desk",
        "--as", "ub-desk.receiver-1", "--at", "2021-03-03T09:00",
        "--database", f"sqlite:///{file}")  # fmt: skip
    said = run("demo", "--database", f"sqlite:///{file}", code=2)
    assert "holds dossiers that no demo made" in said.err
    assert "Nothing was changed" in said.err
    log = open_log(f"sqlite:///{file}", create=False)
    assert len(log.streams()) == 1
    log.close()


def test_a_file_that_is_no_store_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "letter.db"
    file.write_text("Dear colleague,\n" * 100)
    said = run("demo", "--database", f"sqlite:///{file}", code=2)
    assert "Nothing was changed" in said.err
    assert file.read_text() == "Dear colleague,\n" * 100


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "sqlite:///:memory:"])
def test_an_address_without_a_file_is_refused(url: str) -> None:
    assert "sqlite:///demo.db" in run("demo", "--database", url, code=2).err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--dossiers", "5"), "5 dossiers are too few to show everything"),
        (("--dossiers", "100", "--scale", "10"), "say the same thing: give one of them"),
        (("--scale", "100000"), "too few to show everything"),
    ],
)
def test_too_few_or_too_much_said(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    said = run("demo", *words, "--database", f"sqlite:///{tmp_path / 'none.db'}", code=2)
    assert sentence in said.err
    assert not (tmp_path / "none.db").exists()
