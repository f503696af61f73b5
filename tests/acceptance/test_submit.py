"""`submit`: many acts from a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.conftest import DESK, FIFTY, LAND, RECEIVER, SAMPLES, SPECIALIST, Lienthong

RECEIVE = {"act": "receive", "as": RECEIVER, "procedure": LAND, "agency": DESK}


def at(time: str, **said: str) -> dict[str, str]:
    return {"at": f"2021-03-03T{time}+07:00", **said}


def written(folder: Path, *rows: object, name: str = "acts.jsonl") -> Path:
    file = folder / name
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file.write_text(text, encoding="utf-8")
    return file


def test_the_sample_opens_fifty_dossiers(office: Lienthong) -> None:
    said = office("submit", FIFTY, "--json").json
    assert (said["lines"], said["applied"], said["refused"]) == (427, 0, [])
    assert said["repeated"] == 427, "the prepared store holds it already: nothing is done twice"
    assert len(set(said["dossiers"].values())) == 50
    assert office("verify", "--json").json["ok"]


def test_csv_is_read_too_and_a_second_time_changes_nothing(fresh: Lienthong) -> None:
    file = SAMPLES / "six-dossiers.csv"
    assert fresh("submit", file).out == f"{file}: 43 of 43 lines applied; 6 dossiers opened.\n"
    events = fresh("verify", "--json").json["events"]
    again = "0 of 43 lines applied, 43 were applied before; 0 dossiers opened."
    assert fresh("submit", file).out == f"{file}: {again}\n"
    assert fresh("verify", "--json").json["events"] == events
    codes = fresh("submit", file, "--json").json["dossiers"]
    assert sorted(codes) == [f"#{number}" for number in range(1, 7)]


def test_every_error_of_a_broken_file_names_line_and_field(fresh: Lienthong) -> None:
    file = SAMPLES / "broken.jsonl"
    value = fresh("submit", file, "--json", code=2).json
    assert [(each["line"], each["field"]) for each in value["errors"]] == [
        (2, "act"), (3, "as"), (4, "at"), (5, "as"), (6, "dossier"), (7, "procedure"),
        (8, "agency"), (9, "number"), (10, "counts_as_overdue"), (11, "amount"),
        (12, "signature"), (13, "dossier"), (14, "command_id"), (15, ""), (16, ""),
    ]  # fmt: skip
    assert set(value["errors"][0]) == {"file", "line", "field", "message"}
    told = fresh("submit", file, code=2).out
    assert f"{file}:2: act: there is no act 'forwrd'; did you mean 'forward'?\n" in told
    assert told.endswith("15 errors, nothing was applied.\n")
    assert "There is no store" in fresh("verify", code=3).err, "not even an empty one is left"


@pytest.mark.parametrize(("name", "text"), [("a.jsonl", ""), ("a.csv", "act,as,dossier\n")])
def test_a_file_without_acts_is_a_mistake(fresh: Lienthong, name: str, text: str) -> None:
    file = Path(name)
    file.write_text(text)
    assert fresh("submit", file, code=2).err == f"There are no acts in {file}.\n"
    assert not Path("fresh.db").exists()
    assert "does not exist" in fresh("submit", "nowhere.jsonl", code=2).err


def test_check_applies_nothing(fresh: Lienthong) -> None:
    assert fresh("submit", FIFTY, "--check").out.endswith("427 lines, all well formed.\n")
    assert "There is no store" in fresh("verify", code=3).err


def test_a_refused_act_stops_its_own_dossier_only(fresh: Lienthong, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        at("09:00", **RECEIVE, dossier="#a"),
        at("09:00", **RECEIVE, dossier="#b"),
        at("09:10", act="sign", dossier="#a", **{"as": RECEIVER}),
        at("09:20", act="forward", dossier="#a", **{"as": RECEIVER}),
        at("09:20", act="forward", dossier="#b", **{"as": RECEIVER}),
        at("09:30", act="refuse", dossier="#b", reason="thiếu", **{"as": SPECIALIST}),
    )
    value = fresh("submit", file, "--json", code=1).json
    assert (value["applied"], value["left_out"]) == (4, [4])
    (refused,) = value["refused"]
    assert (refused["line"], refused["dossier"], refused["rule"]) == (3, "#a", "act-not-possible")
    history = fresh("history", value["dossiers"]["#b"], "--json").json
    assert history[-1]["type"] == "handover.refused", "refuse in transit means the handover"
    again = fresh("submit", file, code=1).out
    assert "0 of 6 lines applied, 4 were applied before; 0 dossiers opened." in again
    assert "1 later lines of these dossiers were left out: 4" in again


def test_a_misspelt_fact_is_told_with_its_line_and_field(fresh: Lienthong, tmp_path: Path) -> None:
    death = {**RECEIVE, "procedure": "lt-15-death-group", "agency": "ub-quang-trung-desk"}
    rows = [at("09:00", **death, residense="chosen"), at("09:00", **death, residence="chosen")]
    columns = "act,as,procedure,agency,at,residense"
    cells = f"receive,{RECEIVER},lt-15-death-group,ub-quang-trung-desk,2021-03-03 09:00,chosen"
    sheet = tmp_path / "acts.csv"
    sheet.write_text(f"{columns}\n{cells}\n", encoding="utf-8")
    for file, line in ((written(tmp_path, *rows), 1), (sheet, 2)):
        (error,) = fresh("submit", file, "--json", code=2).json["errors"]
        assert (error["line"], error["field"]) == (line, "residense")
        assert "did you mean 'residence'?" in error["message"]


def test_a_missing_reason_is_told_before_anything_is_applied(
    fresh: Lienthong, tmp_path: Path
) -> None:
    file = written(
        tmp_path,
        at("09:00", **RECEIVE, dossier="#a"),
        at("09:10", act="stop", ground="dispute", dossier="#a", **{"as": RECEIVER}),
        at("09:20", act="refuse", dossier="#a", **{"as": RECEIVER}),
    )
    value = fresh("submit", file, "--json", code=2).json
    found = [(each["line"], each["field"]) for each in value["errors"]]
    assert (value["applied"], found) == (0, [(2, "reason"), (3, "reason")])


def test_lines_may_name_a_dossier_by_its_code(fresh: Lienthong, tmp_path: Path) -> None:
    first = fresh("submit", written(tmp_path, at("09:00", **RECEIVE, name="Đỗ")), "--json").json
    code = first["dossiers"]["line 1"]
    act = at("09:10", act="forward", dossier=code, to_officer=SPECIALIST, **{"as": RECEIVER})
    later = written(tmp_path, act, name="later.jsonl")
    assert fresh("submit", later, "--json").json["applied"] == 1
    event = fresh("history", code, "--private", "--json").json
    assert event[0]["private"]["applicant"] == {"name": "Đỗ"}
    assert event[-1]["payload"]["to_officer"] == SPECIALIST


def test_a_label_can_be_registered_and_then_received(fresh: Lienthong, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        at("09:00", **{**RECEIVE, "act": "register"}, dossier="#1"),
        at("10:00", **RECEIVE, dossier="#1"),
    )
    value = fresh("submit", file, "--json").json
    assert (value["applied"], len(value["dossiers"])) == (2, 1)


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"\xff\xfe", "acts.jsonl", ":1: this is not UTF-8 text"),
        (b"act,dossier\n", "acts.csv", "acts.csv:1: as: the first line names the columns"),
        (b"act,as\nforward,x,y\n", "acts.csv", "acts.csv:2: 3 cells, but 2 columns"),
        (b'act,as\n"forward,x\n', "acts.csv", "not CSV"),
        (b'{"act": "forward", "as": 7, "dossier": "#1"}', "a.jsonl", "a.jsonl:1: as: 7 is not"),
        (b'{"act": "forward", "as": "x", "agency": "y", "dossier": "#1"}', "a.jsonl",
         "agency: only what opens a dossier has one"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read(
    fresh: Lienthong, tmp_path: Path, content: bytes, name: str, told: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    said = fresh("submit", file, code=2)
    assert told in said.out + said.err


def test_a_command_id_or_a_label_given_twice(fresh: Lienthong, tmp_path: Path) -> None:
    id_ = "01890a5d-ac96-774b-bcce-b302099a8057"
    twice = at("09:00", **RECEIVE, dossier="#1", command_id=id_)
    found = fresh("submit", written(tmp_path, twice, twice), "--json", code=2).json["errors"]
    assert found[0]["message"] == "is that of line 1 too"
    register = at("09:00", **{**RECEIVE, "act": "register"}, dossier="#1")
    found = fresh("submit", written(tmp_path, register, register), "--json", code=2).json["errors"]
    assert found[0]["message"] == "'#1' is opened by an earlier line"


def test_a_submission_that_was_cut_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    from app.acts.batch import apply
    from app.acts.lines import read
    from app.house import open_house
    from app.settings import Settings

    settings = Settings(database=f"sqlite:///{tmp_path / 'cut.db'}")
    file = SAMPLES / "six-dossiers.csv"
    done = 0

    def killed(count: int) -> None:
        nonlocal done
        done += count
        if done > 20:
            raise KeyboardInterrupt

    with open_house(settings, create=True) as house:
        lines, problems = read(file, house)
        assert problems == []
        with pytest.raises(KeyboardInterrupt):
            apply(house, lines, killed)
    with open_house(settings, write=True) as house:
        lines, _ = read(file, house)
        report = apply(house, lines, lambda count: None)
    assert (report.repeated, report.applied) == (done, 43 - done)
    assert len(set(report.dossiers.values())) == 6
