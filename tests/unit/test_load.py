"""Reading procedures: the traps of YAML, shapes, and where each error is said to be."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import UNSET

from workflows.load import (
    BadProcedure,
    check,
    load_procedure,
)
from workflows.load_organisation import load_organisation
from workflows.model import Limit, Policy, Supplement, Unit, Who
from workflows.organisation import Organisation
from workflows.yaml_source import MAX_BYTES

BROKEN = Path(__file__).parent / "broken_procedures"
GOOD = """\
procedure: sample
version: 2021-01-01
source: unknown
title: {vi: Mẫu, en: Sample}
field: {vi: Thử, en: Trial}
kind: single
desk: commune-one-stop
limit: 3 days
valid from: 2021-01-01
steps:
  receive: {by: receiver at desk, act: forward, limit: 1 day, then: sign}
  sign: {by: chairman at commune, act: sign, limit: 2 days, then: return}
  return: {by: receiver at desk, act: return, then: done}
"""


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return load_organisation()


def written(folder: Path, text: str, name: str = "sample.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def running(leg: str) -> str:
    """GOOD with one more step, whose leg runs another procedure."""
    good = GOOD.replace("then: return}", "then: ask}")
    return good + f"  ask: {{leg: {{at: commune, {leg}}}, then: return}}\n"


def messages(file: Path) -> list[str]:
    return [problem.message for problem in check([file]).errors]


@pytest.mark.parametrize("file", sorted(BROKEN.glob("*.yaml")), ids=lambda file: file.stem)
def test_each_broken_file_has_exactly_the_problems_written_at_its_end(
    file: Path, organisation: Organisation
) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    expected = [line.removeprefix("#! ") for line in lines if line.startswith("#! ")]
    report = check([file], organisation)
    found = [
        f"{problem.line}:{problem.column} {problem.severity} {problem.field}: {problem.message}"
        for problem in (*report.errors, *report.warnings)
    ]
    assert expected
    assert found == expected


def test_all_broken_files_are_reported_in_one_run(organisation: Organisation) -> None:
    files = sorted(BROKEN.glob("*.yaml"))
    report = check([BROKEN], organisation)
    assert {p.file for p in (*report.errors, *report.warnings)} == {str(file) for file in files}


def test_a_good_file_loads(tmp_path: Path) -> None:
    procedure = load_procedure(written(tmp_path, GOOD))
    assert procedure.key == ("sample", "2021-01-01")
    assert procedure.process.start == "receive"
    assert procedure.process.steps["receive"].by == Who("receiver", "commune-one-stop")
    assert procedure.returned_by == Who("receiver", "commune-one-stop")
    assert procedure.supplement == Supplement("shift")
    assert procedure.policy == Policy()
    assert str(procedure.limit) == "3 working days"


@pytest.mark.parametrize(
    ("written_limit", "unit"),
    [
        ("2 hours", Unit.WORKING_HOUR),
        ("1 working hour", Unit.WORKING_HOUR),
        ("0.5 day", Unit.WORKING_DAY),
        ("34 working days", Unit.WORKING_DAY),
        ("30 calendar days", Unit.CALENDAR_DAY),
        ("1 month", Unit.MONTH),
    ],
)
def test_units_of_limits(tmp_path: Path, written_limit: str, unit: Unit) -> None:
    file = written(tmp_path, GOOD.replace("limit: 3 days", f"limit: {written_limit}"))
    limit = load_procedure(file).limit
    assert limit.unit is unit
    assert str(limit.amount) == written_limit.split(maxsplit=1)[0]


def test_how_late_an_act_may_be_recorded_is_a_policy(tmp_path: Path) -> None:
    stated = GOOD.replace("limit: 3 days", "limit: 3 days\npolicy: {record within: 2 days}")
    policy = load_procedure(written(tmp_path, stated)).policy
    assert policy == Policy(record_within=Limit.parse("2 working days"))


def test_a_definition_may_say_whether_it_is_handed_in_online(tmp_path: Path) -> None:
    def read(said: str) -> Path:
        return written(tmp_path, GOOD.replace("limit: 3 days", f"limit: 3 days\n{said}"))

    assert load_procedure(read("")).online is UNSET
    assert load_procedure(read("")).taken_online
    assert load_procedure(read("online: partial")).taken_online
    assert not load_procedure(read("online: none")).taken_online
    (message,) = messages(read("online: sometimes"))
    assert message == "'sometimes' is not one of 'full', 'partial' or 'none'"


def test_the_same_day_is_a_limit_and_no_duration(tmp_path: Path) -> None:
    limit = load_procedure(
        written(tmp_path, GOOD.replace("limit: 3 days", "limit: same day"))
    ).limit
    assert limit == Limit(Decimal(1), Unit.WORKING_DAY, same_day=True)
    assert (str(limit), Limit.parse(str(limit))) == ("same day", limit)
    assert Limit.parse("1 day") != limit
    within = "limit: 3 days\npolicy: {handover within: same day}"
    (message,) = messages(written(tmp_path, GOOD.replace("limit: 3 days", within)))
    assert "'same day' is no limit" in message


def test_a_huge_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as out:
        out.truncate(50_000_000)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} was read"))
    assert messages(file) == ["the file has 50.0 MB; at most 1 MB is read"]


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    line = "#" * 99 + "\n"
    file = written(tmp_path, GOOD + line * ((MAX_BYTES - len(GOOD.encode())) // len(line)))
    assert load_procedure(file).id == "sample"


def test_what_is_not_utf_8_is_refused_where_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"procedure: sample\ntitle: M\xe3u\n")
    (problem,) = check([file]).errors
    assert (problem.line, problem.column) == (2, 9)
    assert "not UTF-8" in problem.message


def test_a_byte_order_mark_is_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "bom.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_procedure(file).id == "sample"


def test_a_nul_byte_is_refused(tmp_path: Path) -> None:
    assert messages(written(tmp_path, GOOD + "\0")) == [
        "a control character, which no text has in it"
    ]


def test_a_missing_file_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    assert messages(tmp_path / "none.yaml") == ["there is no such file"]
    with pytest.raises(BadProcedure, match="there is no such file"):
        load_procedure(tmp_path / "none.yaml")


def test_a_billion_laughs_are_stopped_at_the_first(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    )
    (problem,) = check([written(tmp_path, bomb)]).errors
    assert (problem.line, problem.column) == (1, 4)


# --- legs that run another procedure ---------------------------------------------------


def test_a_leg_runs_the_version_in_force_when_its_parent_begins(tmp_path: Path) -> None:
    old = GOOD.replace("procedure: sample", "procedure: part")
    new = old.replace("2021-01-01", "2022-01-01").replace("limit: 3 days", "limit: 4 days")
    written(tmp_path, old + "valid to: 2021-12-31\n", "old.yaml")
    written(tmp_path, new.replace("limit: 2 days", "limit: 3 days"), "new.yaml")
    whole = running("procedure: part").replace("limit: 3 days", "limit: 6 days")
    leg = load_procedure(written(tmp_path, whole)).leg("ask")
    assert leg.procedure == ("part", "2021-01-01")
    assert str(leg.limit) == "3 working days"
    assert set(leg.process.steps) == {"receive", "sign", "return"}
    named = whole.replace("procedure: part", 'procedure: part, version: "2022-01-01"')
    leg = load_procedure(written(tmp_path, named)).leg("ask")
    assert leg.procedure == ("part", "2022-01-01")


def test_a_part_that_changes_changes_the_digest_of_the_whole(tmp_path: Path) -> None:
    part = GOOD.replace("procedure: sample", "procedure: part")
    written(tmp_path, part, "part.yaml")
    whole = written(tmp_path, running("procedure: part").replace("limit: 3 days", "limit: 6 days"))
    before = load_procedure(whole).digest
    written(tmp_path, part.replace("Trial", "Other"), "part.yaml")
    assert load_procedure(whole).digest == before, "the part's own field is not what the leg runs"
    written(tmp_path, part.replace("act: forward", "act: complete"), "part.yaml")
    assert load_procedure(whole).digest != before


def test_procedures_that_run_each_other_are_refused(tmp_path: Path) -> None:
    one = running("procedure: two").replace("procedure: sample", "procedure: one", 1)
    two = running("procedure: one").replace("procedure: sample", "procedure: two", 1)
    written(tmp_path, one, "one.yaml")
    written(tmp_path, two, "two.yaml")
    report = check([tmp_path])
    assert report.procedures == 0
    circle = "procedures run each other in a circle: one runs two runs one"
    assert circle in [problem.message for problem in report.errors]


def test_a_procedure_that_runs_itself_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, running("procedure: sample"))
    assert messages(file) == ["procedures run each other in a circle: sample runs sample"]


def test_a_leg_whose_procedure_is_broken_says_so(tmp_path: Path) -> None:
    part = GOOD.replace("procedure: sample", "procedure: part").replace("act: sign", "act: sgin")
    written(tmp_path, part, "part.yaml")
    file = written(tmp_path, running("procedure: part"))
    with pytest.raises(BadProcedure) as caught:
        load_procedure(file)
    found = [problem.message for problem in caught.value.problems]
    assert found == [
        "the procedure 'part' has errors of its own",
        "the act 'sgin' is unknown; did you mean 'sign'?",
    ]


def test_a_version_that_is_not_there(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace("procedure: sample", "procedure: part"), "part.yaml")
    file = written(tmp_path, running('procedure: part, version: "9"'))
    with pytest.raises(BadProcedure, match="there is no procedure 'part' version '9'"):
        load_procedure(file)


def test_two_files_of_one_version_are_refused(tmp_path: Path) -> None:
    written(tmp_path, GOOD, "a.yaml")
    written(tmp_path, GOOD, "b.yaml")
    (problem,) = check([tmp_path]).errors
    assert problem.file.endswith("b.yaml")
    assert problem.line == 2
    assert problem.message == f"this id and version are in {tmp_path / 'a.yaml'} too"


def test_two_versions_in_force_on_one_day_are_refused(tmp_path: Path) -> None:
    written(tmp_path, GOOD, "a.yaml")
    written(tmp_path, GOOD.replace("version: 2021-01-01", "version: second"), "b.yaml")
    (problem,) = check([tmp_path]).errors
    assert (problem.line, problem.field) == (9, "valid from")
    assert "is in force together with version '2021-01-01'" in problem.message


def test_digests_tell_contents_apart(tmp_path: Path) -> None:
    first = load_procedure(written(tmp_path, GOOD)).digest
    again = load_procedure(written(tmp_path, GOOD + "# a remark\n")).digest
    other = load_procedure(written(tmp_path, GOOD.replace("en: Trial", "en: Try"))).digest
    assert first == again != other
    assert len(first) == 64
