"""What people look at: `status`, `inbox`, `deadlines`, `alerts`, `history`, `replay`, …"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.store.log import Append, Outcome
from engine.store.sqlite import SqliteLog
from tests.acceptance.conftest import DESK, LAND, RECEIVER, SPECIALIST, Lienthong

Received = tuple[Lienthong, str]


def handed_over(received: Received) -> Received:
    run, code = received
    run("act", code, "forward", "--as", RECEIVER, "--at", "2021-03-03 09:30")
    return received


def test_status_of_a_dossier_at_its_desk(received: Received) -> None:
    run, code = received
    value = run("status", code, "--json").json
    assert value["code"] == code
    assert value["procedure"] == LAND
    assert (value["state"], value["portal_code"]) == ("received", 2)
    assert value["holder"] == {"agency": DESK, "officer": RECEIVER}
    assert value["in_transit"] is None
    assert value["legs"] == []
    assert (value["due"], value["clock"]) == ("2021-03-22T17:00:00+07:00", "running")


def test_status_in_transit(received: Received) -> None:
    run, code = handed_over(received)
    value = run("status", code, "--json").json
    assert value["holder"] is None
    assert value["in_transit"] == {
        "from": DESK,
        "to": "ub-land",
        "since": "2021-03-03T09:30:00+07:00",
    }
    shown = run("status", code).out
    assert "held by      ub-desk → ub-land, since 2021-03-03 09:30\n" in shown
    assert "Đăng ký chuyển nhượng" in shown


def test_status_with_legs(office: Lienthong) -> None:
    codes = [each["code"] for each in office("status", "--agency", DESK, "--json").json]
    with_legs = [office("status", code, "--json").json for code in codes]
    legs = [leg for each in with_legs for leg in each["legs"]]
    assert legs, "the sample has open dossiers with legs"
    assert set(legs[0]) >= {"leg", "agency", "state", "holder", "due"}
    code = next(each["code"] for each in with_legs if each["legs"])
    assert legs[0]["leg"] in office("status", code).out


def test_status_of_an_agency(office: Lienthong) -> None:
    listed = office("status", "--agency", DESK, "--json").json
    assert all(each["ended_at"] is None for each in listed)
    dues = [each["due"] for each in listed if each["due"]]
    assert dues == sorted(dues)
    assert listed[0]["code"] in office("status", "--agency", DESK).out
    assert len(office("status", "--agency", DESK, "--limit", 3, "--json").json) == 3
    leg_only = office("status", "--agency", "ub-tax", "--json").json
    assert leg_only, "an agency that has only legs sees their dossiers"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Say which dossier"),
        (["ub-desk-210301-0001", "--agency", DESK], "Say which dossier"),
        (["ub-desk-210301-9999"], "did you mean"),
        (["--agency", "ub-dsk"], "did you mean 'ub-desk'?"),
    ],
)
def test_status_says_what_is_wrong(office: Lienthong, words: list[str], told: str) -> None:
    assert told in office("status", *words, code=2).err


NOON = "2021-03-03 11:30"


def test_inbox_says_who_must_do_what_by_when(received: Received) -> None:
    run, code = handed_over(received)
    (task,) = run("inbox", "ub-land", "--now", NOON, "--json").json
    assert {"code", "leg", "act", "officer", "due", "remaining_working_minutes"} <= set(task)
    assert (task["code"], task["act"], task["officer"]) == (code, "accept", None)
    assert task["due"] == "2021-03-04T09:30:00+07:00"
    assert task["remaining_working_minutes"] == 360
    late = run("inbox", "ub-land", "--now", "2021-03-04 10:30").out
    assert "-1h" in late
    assert "any specialist" in late
    assert run("inbox", DESK, "--json").json == []
    assert run("inbox", DESK).out == "Nothing to do at ub-desk.\n"
    run("act", code, "accept", "--as", SPECIALIST, "--at", "2021-03-03 10:00")
    mine = run("inbox", "ub-land", "--officer", SPECIALIST, "--now", NOON, "--json").json
    assert [(each["act"], each["officer"]) for each in mine] == [("appraise", SPECIALIST)]
    assert run("inbox", "ub-land", "--officer", "ub-land.specialist-2", "--json").json == []
    # Today that office is no more: who took over from it has to take the dossier over.
    assert [each["act"] for each in run("inbox", "ub-land", "--json").json] == ["transfer"]


def test_deadlines_nearest_first(received: Received) -> None:
    run, _ = received
    found = run("deadlines", "--now", "2021-03-03 10:00", "--json").json
    assert [(each["kind"], each["due"][:10]) for each in found] == [
        ("step", "2021-03-03"),
        ("whole", "2021-03-22"),
    ]
    assert set(found[0]) >= {"code", "leg", "kind", "due", "agency", "overdue"}
    near = run("deadlines", "--within", "3d", "--now", "2021-03-03 10:00", "--json").json
    assert [each["kind"] for each in near] == ["step"]
    assert "overdue" in run("deadlines", "--now", "2021-03-20 10:00").out
    today = run("deadlines", "--now", "2021-03-22 10:00").out.splitlines()[-1]
    assert today.endswith("today"), "not overdue when the date is today"
    evening = run("deadlines", "--now", "2021-03-22 17:30").out.splitlines()[-1]
    assert evening.endswith("today"), "not after the office has closed either"
    told = {
        each["kind"]: each["overdue"]
        for each in run("deadlines", "--now", "2021-03-22 17:30", "--json").json
    }
    assert told == {"step": True, "whole": False}
    assert "today" not in run("deadlines", "--now", "2021-03-23 00:00").out
    assert run("deadlines", "--agency", "ub-land", "--json").json == []
    assert "no length of time" in run("deadlines", "--within", "soon", code=2).err


def test_alerts_are_raised_once_and_let_a_handover_expire(received: Received) -> None:
    run, code = handed_over(received)
    first = run("alerts", "--now", "2021-03-04 12:00", "--json")
    kinds = {each["kind"] for each in first.json}
    assert kinds == {"handover-not-accepted", "step-overdue"}
    keys = {"code", "leg", "kind", "deadline", "raised_at", "agency"}
    assert set(first.json[0]) >= keys
    assert first.json[0]["raised_at"] == "2021-03-04T12:00:00+07:00"
    assert first.err == "1 handover expired, unanswered.\n"
    last = run("history", code, "--json").json[-1]
    assert (last["type"], last["actor"]) == ("handover.expired", "system")
    assert run("status", code, "--json").json["holder"]["officer"] == RECEIVER
    again = run("alerts", "--now", "2021-03-04 12:00", "--json")
    assert again.json == first.json
    assert again.err == ""
    since = run("alerts", "--since", "2021-03-05", "--now", "2021-03-05 12:00", "--json").json
    assert all(each["raised_at"] >= "2021-03-05" for each in since)


def test_what_came_late_is_raised_whoever_looked_when(received: Received) -> None:
    """The offer of 3 March expires on the 4th; nobody swept before the 20th."""
    run, code = handed_over(received)
    late = ("--as", "ub-land.specialist-1", "--at", "2021-03-10 09:00")
    answer = run("act", code, "accept", *late, "--json", code=1)
    assert "handover-has-expired" in answer.out + answer.err
    run("alerts", "--now", "2021-03-10 10:00")
    assert run("history", code, "--json").json[-1]["type"] == "handover.expired"
    run("act", code, "forward", "--as", RECEIVER, "--at", "2021-03-20 08:00")
    raised = run("alerts", "--now", "2021-03-20 09:00", "--json").json
    found = [(each["kind"], each["agency"]) for each in raised]
    assert ("handover-not-accepted", "ub-land") in found
    assert ("step-overdue", DESK) in found, "the desk had it again, and forwarded it late"
    assert len(found) == len({(each["kind"], each["leg"], each["deadline"]) for each in raised})


def test_many_handovers_expire_in_one_commit(
    received: Received, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = handed_over(received)
    new = ("--procedure", LAND, "--agency", DESK, "--as", RECEIVER, "--at", "2021-03-03 09:00")
    for _ in range(3):
        other = run("receive", *new, "--json").json["code"]
        run("act", other, "forward", "--as", RECEIVER, "--at", "2021-03-03 09:30")
    commits: list[int] = []
    append = SqliteLog.append

    def counted(log: SqliteLog, made: Sequence[Append]) -> list[Outcome]:
        commits.append(len(made))
        return append(log, made)

    monkeypatch.setattr(SqliteLog, "append", counted)
    assert run("alerts", "--now", "2021-03-04 12:00").err == "4 handovers expired, unanswered.\n"
    assert commits == [4]
    assert run("alerts", "--now", "2021-03-04 12:00").err == ""


def test_alerts_of_a_moment_ahead_are_shown_and_not_kept(received: Received) -> None:
    run, code = handed_over(received)
    ahead = run("alerts", "--now", "2029-03-05 12:00", "--json").json
    assert "dossier-overdue" in {each["kind"] for each in ahead}
    assert run("alerts", "--now", "2021-03-03 10:00", "--json").json == []
    assert len(run("history", code, "--json").json) == 4, "nothing expired"
    assert run("alerts", "--now", "2021-03-03 10:00").out == "No alerts.\n"


def test_why_explains_the_whole_and_the_step(received: Received) -> None:
    run, code = received
    value = run("why", code, "--json").json
    assert [(each["leg"], each["step"]) for each in value["deadlines"]] == [
        ("", None),
        ("", "receive"),
    ]
    assert value["deadlines"][0]["due"] == "2021-03-22T17:00:00+07:00"
    assert "Toàn bộ hồ sơ" in run("why", code).out
    assert "The whole dossier" in run("why", code, "--lang", "en").out


def test_history_has_every_event(received: Received) -> None:
    run, code = handed_over(received)
    value = run("history", code, "--json").json
    assert [each["version"] for each in value] == [1, 2, 3, 4]
    keys = {"version", "position", "type", "occurred_at", "recorded_at", "actor", "agency",
            "payload", "hash"}  # fmt: skip
    assert keys <= set(value[0])
    assert value[1]["previous"] == value[0]["hash"]
    assert value[0]["occurred_at"] == "2021-03-03T09:00:00+07:00"
    assert "handover.offered" in run("history", code).out


def test_a_narrow_window_gets_a_list(received: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    run, code = received
    monkeypatch.setenv("COLUMNS", "50")
    lines = run("history", code).out.splitlines()
    assert max(map(len, lines)) <= 50
    assert "event    dossier.received" in lines


@pytest.mark.parametrize("columns", ["0", "wide"])
def test_a_width_that_says_nothing_is_none(
    received: Received, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    run, code = received
    expected = run("history", code).out
    assert "dossier.received" in expected
    monkeypatch.setenv("COLUMNS", columns)
    assert run("history", code).out == expected


def test_control_sheet_keeps_work_and_waiting_apart(received: Received) -> None:
    run, code = handed_over(received)
    run("act", code, "accept", "--as", SPECIALIST, "--at", "2021-03-03 10:00")
    value = run("control-sheet", code, "--now", "2021-03-03 11:00", "--json").json
    turns = [(each["officer"], each["waiting_for"], each["working_minutes"])
             for each in value["turns"]]  # fmt: skip
    waiting = {"agency": "ub-land", "who": "specialist"}
    assert turns == [(RECEIVER, None, 30), (RECEIVER, waiting, 30), (SPECIALIST, None, 60)]
    assert value["turns"][-1]["to"] is None
    assert (value["held_working_minutes"], value["waiting_working_minutes"]) == (90, 30)
    shown = run("control-sheet", code, "--now", "2021-03-03 11:00").out
    assert "PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ" in shown
    assert "held in all    1h 30m" in shown


def test_replay_by_version_by_time_and_by_knowledge(received: Received) -> None:
    run, code = handed_over(received)
    assert run("replay", code, "--json").json["version"] == 4
    then = run("replay", code, "--version", 2, "--json").json
    assert (then["version"], then["legs"][0]["step"]) == (2, "receive")
    assert then["legs"][0]["holder"] == {"agency": DESK, "officer": RECEIVER}
    assert run("replay", code, "--at", "2021-03-03 09:10", "--json").json["version"] == 2
    assert run("replay", code, "--at", "2021-03-03", "--json").json["version"] == 4
    known = run("replay", code, "--as-known", "2021-03-04", "--json").json
    assert (known["version"], known["status"]) == (0, "new"), "it was recorded years later"
    assert "event 2 of 4 (clock.started)" in run("replay", code, "--version", 2).out
    assert "has 4 events" in run("replay", code, "--version", 5, code=2).err


def test_views_are_listed_and_rebuilt(office: Lienthong) -> None:
    listed = office("views", "list", "--json").json
    assert {each["view"] for each in listed} >= {
        "status", "inbox", "legs", "custody", "deadlines", "register",
    }  # fmt: skip
    assert {(each["behind"], each["parked"]) for each in listed} == {(0, 0)}
    assert {"view", "version", "behind", "seconds"} <= set(listed[0])
    before = office("inbox", DESK, "--now", "2021-03-08", "--json").out
    value = office("rebuild", "inbox", "--json").json
    assert (value["views"], value["events"] > 500) == (["inbox"], True)
    assert office("inbox", DESK, "--now", "2021-03-08", "--json").out == before
    assert "Rebuilt board, custody, deadlines" in office("rebuild", "all").out
    assert "did you mean 'inbox'?" in office("rebuild", "inbx", code=2).err


@pytest.mark.parametrize("name", ["why", "history", "control-sheet", "replay", "acts", "verify"])
def test_an_unknown_dossier_is_wrong_input(received: Received, name: str) -> None:
    run, code = received
    assert f"did you mean '{code}'?" in run(name, f"{code[:-1]}7", code=2).err
    assert "There is no dossier 'x'" in run(name, "x", code=2).err
