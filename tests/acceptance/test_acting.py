"""`receive`, `register`, `act`, `acts`, `reassign`: a dossier on its way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.acts.fields import make
from schemas.commands import Receive
from tests.acceptance.conftest import DESK, LAND, MORNING, RECEIVER, SPECIALIST, Lienthong
from tests.core.scenario import catalogue

Received = tuple[Lienthong, str]
UUID = "01890a5d-ac96-774b-bcce-b302099a8057"
NEW = ("--procedure", LAND, "--agency", DESK, "--as", RECEIVER, "--at", MORNING)


def forward(run: Lienthong, code: str, at: str = "2021-03-03T09:30+07:00", **more: str) -> None:
    fields = [word for name, value in more.items() for word in ("--field", f"{name}={value}")]
    run("act", code, "forward", "--as", RECEIVER, "--at", at, *fields)


def test_receive_prints_code_and_both_appointments(fresh: Lienthong) -> None:
    receipt = fresh("receive", *NEW, "--field", "name=Nguyễn Văn An").out
    assert "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ" in receipt
    assert "Mã hồ sơ                     ub-desk-210303-0001\n" in receipt
    assert "Hẹn trả kết quả              2021-03-22 17:00\n" in receipt
    assert "Đơn vị tiếp nhận xong trước  2021-03-22 17:00\n" in receipt
    assert "RECEIPT AND APPOINTMENT" in fresh("receive", *NEW, "--lang", "en").out


@pytest.mark.parametrize(
    ("at", "outside"),
    [("2021-03-03 22:00", True), ("2021-03-07 09:00", True), ("2021-03-03 09:00", False)],
)
def test_a_receipt_outside_office_hours_says_so(fresh: Lienthong, at: str, outside: bool) -> None:
    receipt = fresh("receive", *NEW[:-1], at, "--lang", "en").out
    assert ("Received outside office hours.\n" in receipt) is outside


def test_what_was_recorded_late_says_so(fresh: Lienthong) -> None:
    code = fresh("receive", *NEW, "--json").json["code"]
    assert "(recorded 20" in fresh("history", code).out


def test_no_color_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.text import Text

    from app.output import console

    monkeypatch.setenv("FORCE_COLOR", "1")
    for value, plain in (("1", True), ("", False)):
        monkeypatch.setenv("NO_COLOR", value)
        out = console()
        with out.capture() as captured:
            out.print(Text("a", "bold"), Text("b", "dim"), Text("c", "red"))
        assert ("\x1b" not in captured.get()) is plain


def test_receive_as_json(fresh: Lienthong) -> None:
    value = fresh("receive", *NEW, "--json").json
    assert value["code"] == "ub-desk-210303-0001"
    assert value["appointment"] == "2021-03-22T17:00:00+07:00"
    assert value["events"] == ["dossier.received", "clock.started"]
    assert fresh("receive", *NEW, "--json").json["code"] == "ub-desk-210303-0002"


def test_the_same_command_id_gets_the_first_answer(fresh: Lienthong) -> None:
    first = fresh("receive", *NEW, "--command-id", UUID, "--json").json
    second = fresh("receive", *NEW, "--command-id", UUID, "--json").json
    assert second == {**first, "repeated": True}
    assert len(fresh("status", "--agency", DESK, "--json").json) == 1


def test_a_repeated_act_means_what_it_meant(fresh: Lienthong) -> None:
    """Afterwards the dossier is elsewhere: neither the leg nor `refuse` may be read anew."""
    code = fresh("receive", *NEW, "--json").json["code"]
    ids = {"forward": UUID, "refuse": UUID.replace("0189", "0190")}
    acts = {
        "forward": ("--as", RECEIVER, "--at", "2021-03-03 09:30"),
        "refuse": ("--as", SPECIALIST, "--at", "2021-03-03 10:00", "--field", "reason=thiếu"),
    }
    for act, words in acts.items():
        first = fresh("act", code, act, *words, "--command-id", ids[act], "--json").json
        again = fresh("act", code, act, *words, "--command-id", ids[act], "--json").json
        assert again == {**first, "repeated": True}
        late = [word for word in words if word not in ("--at", words[3])]
        assert fresh("act", code, act, *late, "--command-id", ids[act], "--json").json == again


def test_a_command_id_is_of_one_act(fresh: Lienthong) -> None:
    code = fresh("receive", *NEW, "--json").json["code"]
    again = ("--as", RECEIVER, "--at", "2021-03-03 09:30", "--command-id", UUID)
    fresh("act", code, "forward", *again)
    events = fresh("history", code, "--json").json
    for other in (("refuse", "--field", "reason=r"), ("forward", "--field", "papers=id-card")):
        said = fresh("act", code, *other, *again, code=1)
        assert said.err.startswith("command-id-reused: ")
    assert fresh("history", code, "--json").json == events


def test_what_has_not_happened_cannot_be_recorded(fresh: Lienthong) -> None:
    later = (*NEW[:-1], "2098-12-30 08:00")
    assert fresh("receive", *later, code=1).err.startswith("not-yet: 2098-12-30 08:00 is later")
    row = {"act": "receive", "as": RECEIVER, "procedure": LAND, "agency": DESK, "at": later[-1]}
    file = Path("later.jsonl")
    file.write_text(json.dumps(row))
    assert fresh("submit", file, "--json", code=1).json["refused"][0]["rule"] == "not-yet"
    made_up = fresh("receive", *NEW[:-2], "--now", later[-1], code=1).err
    assert made_up.startswith("unknown-officer"), "time itself has nothing against it"


def test_the_applicant_is_kept_apart_from_the_payload(fresh: Lienthong) -> None:
    code = fresh("receive", *NEW, "--field", "name=Nguyễn Văn An", "--json").json["code"]
    history = fresh("history", code, "--json").out
    assert "Nguyễn Văn An" not in history
    event = fresh("history", code, "--private", "--json").json[0]
    assert event["private"]["applicant"] == {"name": "Nguyễn Văn An"}
    assert "private" in event["payload"], "the digest of it stays"


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("residense=chosen", "residence"),
        ("social_afairs=chosen", "social-affairs"),
        ("chanel=post", "channel"),
        ("papres=declaration", "papers"),
        ("dosier=#1", "dossier"),
    ],
)
def test_a_misspelt_field_is_no_particular_of_the_applicant(
    fresh: Lienthong, field: str, meant: str
) -> None:
    desk = ("--agency", "ub-quang-trung-desk", "--as", "ub-quang-trung-desk.receiver-1")
    new = ("receive", "--procedure", "lt-15-death-group", *desk, "--at", MORNING)
    chosen = ("--field", "social_affairs=chosen")
    name = field.partition("=")[0]
    told = fresh(*new, *chosen, "--field", field, code=2).err
    assert told.startswith(f"--field {name}: there is no such field; did you mean {meant!r}?")
    assert f"applicant.{name}" in told
    apart = fresh(*new, *chosen, "--field", f"applicant.{field}", "--json").json
    assert apart["applicant"] == [name]
    (event, _) = fresh("history", apart["code"], "--json").json
    assert event["payload"]["facts"] == {"social-affairs": "chosen"}


def test_what_is_kept_of_the_applicant_is_shown_by_name(fresh: Lienthong) -> None:
    given = ("--field", "số điện thoại=0912", "--field", "name=Nguyễn Văn An")
    receipt = fresh("receive", *NEW, *given).out
    assert "Thông tin người nộp          name, số điện thoại\n" in receipt
    assert "0912" not in receipt
    said_apart = fresh("receive", *NEW, "--field", "agency=ub-desk", code=2).err
    assert said_apart.startswith("--field agency: is no field here, it is said apart;")


PARTICULARS = (
    "name", "full_name", "id", "id_number", "birthday", "date_of_birth", "gender", "phone",
    "mobile", "email", "address", "street", "ward", "hamlet", "tax_code", "company",
    "representative", "remark", "person", "parent", "mother", "father", "deceased", "child",
    "họ tên", "ho_ten", "cccd", "cmnd", "địa chỉ", "dia_chi", "điện thoại", "sdt", "ngày sinh",
    "chủ hồ sơ", "đối tượng", "plot", "map_sheet", "area", "certificate", "bank_account",
)  # fmt: skip


def test_no_usual_particular_looks_like_a_field_of_any_procedure() -> None:
    law = catalogue()
    facts = {fact for each in law.procedures() for fact in law.outline(each.key).facts}
    opening = {"actor": RECEIVER, "procedure": LAND, "agency": DESK}
    made = make("receive", dict.fromkeys(PARTICULARS, "x"), facts, **opening)
    assert isinstance(made, Receive)
    assert made.applicant == dict.fromkeys(PARTICULARS, "x")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--procedure", "lt-01-land-transfr-tax"], "did you mean 'lt-01-land-transfer-tax'?"),
        (["--agency", "ub-dsk"], "did you mean 'ub-desk'?"),
        (["--as", "ub-desk.reciever-1"], "did you mean 'ub-desk.receiver-1'?"),
        (["--at", "soon"], "'soon' is no moment"),
        (["--field", "name"], "write name=value"),
        (["--field", "appointment=soon"], "--field appointment: 'soon' is no moment"),
        (["--field", "channel=a", "--field", "channel=b"], "given twice"),
        (["--command-id", "7"], "'7' is no UUID"),
    ],
)
def test_receive_says_what_is_wrong_with_the_input(
    fresh: Lienthong, words: list[str], told: str
) -> None:
    assert told in fresh("receive", *NEW, *words, code=2).err


def test_receive_is_refused_by_a_rule(fresh: Lienthong) -> None:
    words = ("receive", *NEW, "--as", "ub-desk.head-1")
    assert fresh(*words, code=1).err.startswith("wrong-role: ")
    said = fresh(*words, "--json", code=1)
    assert said.out == ""
    refusal = json.loads(said.err)
    assert set(refusal) == {"rule", "message", "legal_basis"}
    assert refusal["rule"] == "wrong-role"


def test_a_dossier_registered_online_is_received_under_its_code(fresh: Lienthong) -> None:
    said = fresh("register", *NEW, "--json").json
    assert said["appointment"] is None
    assert "ĐĂNG KÝ HỒ SƠ TRỰC TUYẾN" in fresh("register", *NEW).out
    later = (*NEW, "--at", "2021-03-03T10:00+07:00", "--dossier", said["code"])
    received = fresh("receive", *later, "--json").json
    assert received["code"] == said["code"]
    assert received["appointment"] == "2021-03-22T17:00:00+07:00"
    assert fresh("status", said["code"], "--json").json["state"] == "received"
    assert "no dossier" in fresh("receive", *later[:-1], "ub-desk-1", code=2).err


def test_act_tells_version_and_events(received: Received) -> None:
    run, code = received
    said = run("act", code, "forward", "--as", RECEIVER, "--at", "2021-03-03 09:30", "--json")
    assert (said.json["code"], said.json["version"]) == (code, 4)
    assert said.json["events"] == ["step.completed", "handover.offered"]


def test_act_refused_names_rule_and_ground(received: Received) -> None:
    run, code = received
    words = ("act", code, "sign", "--as", RECEIVER, "--at", "2021-03-03 09:30")
    assert run(*words, code=1).err.startswith("act-not-possible: 'sign' is not possible")
    assert json.loads(run(*words, "--json", code=1).err)["rule"] == "act-not-possible"
    assert len(run("history", code, "--json").json) == 2, "a refusal leaves no trace"
    asked = ("ask-supplement", "--as", RECEIVER, "--field", "reason=thiếu bản sao")
    run("act", code, *asked, "--at", "2021-03-03 09:40")
    run("act", code, "supply", "--as", RECEIVER, "--at", "2021-03-03 09:50")
    again = run("act", code, *asked, "--at", "2021-03-03 10:00", "--json", code=1)
    assert json.loads(again.err)["rule"] == "second-supplement"
    assert json.loads(again.err)["legal_basis"] == "Nghị định 61/2018/NĐ-CP"
    run("act", code, *asked, "--at", "2021-03-03 10:00", "--field", "counts_as_overdue=có")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{code}", "forwrd", "--as", RECEIVER], "did you mean 'forward'?"),
        (["{code}", "forward", "--as", "ub-desk.reciever-1"], "did you mean 'ub-desk.receiver-1'"),
        (["ub-desk-210303-0002", "forward", "--as", RECEIVER], "mean 'ub-desk-210303-0001'?"),
        (["{code}", "receive", "--as", RECEIVER], "use lienthong receive"),
        (["{code}", "forward", "--as", RECEIVER, "--field", "reson=x"], "did you mean 'reason'?"),
        (["{code}", "number", "--as", RECEIVER], "--field number: is missing: number needs it"),
        (["{code}", "extend", "--as", RECEIVER], "--field legal_basis: is missing"),
        (["{code}", "confirm-payment", "--as", RECEIVER, "--field", "receipt=1", "--field",
          "amount=hai"], "'hai' is not a whole number"),
        (["{code}", "forward"], "--as"),
    ],
)  # fmt: skip
def test_act_says_what_is_wrong_with_the_input(
    received: Received, words: list[str], told: str
) -> None:
    run, code = received
    assert told in run("act", *(word.format(code=code) for word in words), code=2).err


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("refuse",), "reason"),
        (("refuse", "--field", "reason= "), "reason"),
        (("refuse-handover",), "reason"),
        (("refuse-receipt",), "reason"),
        (("stop", "--field", "ground=dispute"), "reason"),
        (("suspend",), "ground"),
        (("suspend", "--field", "ground="), "ground"),
        (("reopen", "--field", "step=receive"), "legal_basis"),
        (("transfer",), "to_agency"),
    ],
)
def test_what_an_act_needs_and_lacks_is_wrong_input(
    received: Received, words: tuple[str, ...], field: str
) -> None:
    """A missing reason is told as any missing field is: exit status 2, whatever the rules say."""
    run, code = received
    told = run("act", code, *words, "--as", RECEIVER, code=2).err
    assert told.startswith(f"--field {field}: is missing: {words[0]} needs it")
    assert len(run("history", code, "--json").json) == 2


def test_refuse_of_a_leg_in_transit_means_its_handover(received: Received) -> None:
    run, code = received
    forward(run, code)
    words = ("act", code, "refuse", "--as", SPECIALIST, "--field", "reason=thiếu hợp đồng")
    said = run(*words, "--at", "2021-03-03 10:00", "--json").json
    assert (said["act"], said["events"]) == ("refuse-handover", ["handover.refused"])
    forward(run, code, "2021-03-03 10:30")
    words = ("act", code, "recall", "--as", RECEIVER, "--at", "2021-03-03 10:40", "--json")
    assert run(*words).json["events"] == ["handover.recalled"]


def test_the_leg_is_found_by_who_acts(office: Lienthong) -> None:
    """Without --leg the only leg in which the officer may do it is meant."""
    listed = office("status", "--agency", DESK, "--json").json
    waiting = [
        (each["code"], leg["leg"])
        for each in listed
        for leg in office("status", each["code"], "--json").json["legs"]
        if leg["state"] == "in-transit"
    ]
    assert waiting, "the sample has a leg that waits to be accepted"
    code, leg = waiting[0]
    offered = office("history", code, "--json").json[-1]["occurred_at"]
    acts = office("acts", code, "--now", offered, "--json").json["possible"]
    accept = next(each for each in acts if (each["act"], each["leg"]) == ("accept", leg))
    officer = accept["who"][0].partition("…")[0]
    words = ("act", code, "accept", "--as", officer, "--json")
    # Long after its time it is neither offered as possible nor taken.
    late = office("acts", code, "--now", "2021-06-01 08:00", "--json").json
    assert ("accept", leg) not in {(each["act"], each["leg"]) for each in late["possible"]}
    assert office(*words, "--at", offered).json["leg"] == leg


def test_acts_tell_what_is_possible_and_why_the_rest_is_not(received: Received) -> None:
    run, code = received
    value = run("acts", code, "--as", RECEIVER, "--now", "2021-03-03 09:30", "--json").json
    possible = {(each["act"], each["leg"]) for each in value["possible"]}
    assert {("forward", ""), ("ask-supplement", ""), ("assign", "")} <= possible
    impossible = {each["act"]: each for each in value["impossible"]}
    assert set(impossible["sign"]) == {"act", "leg", "rule", "message"}
    assert impossible["accept"]["rule"] == "no-handover"
    assert not {act for act, _ in possible} & set(impossible)
    other = run("acts", code, "--as", SPECIALIST, "--now", "2021-03-03 09:30", "--json").json
    rules = {each["act"]: each["rule"] for each in other["impossible"]}
    assert rules["forward"] == "wrong-agency"


def test_acts_without_an_officer_say_who_may(received: Received) -> None:
    run, code = received
    forward(run, code)
    shown = run("acts", code, "--now", "2021-03-03 10:00").out
    assert "accept           (root)  ub-land.specialist-1…4\n" in shown
    assert "recall-handover  (root)  ub-desk.receiver-1, ub-desk.head-1…2\n" in shown
    later = run("acts", code)
    assert "ub-desk is no more: this is as of 2021-03-03 09:30" in later.err
    assert "ub-land.specialist-1…4" in later.out


def test_reassign_moves_a_caseload_and_names_what_could_not_move(received: Received) -> None:
    run, code = received
    second = run("receive", *NEW, "--json").json["code"]
    forward(run, second)
    run("act", second, "accept", "--as", SPECIALIST, "--at", "2021-03-03 10:00")
    third = run("receive", *NEW, "--json").json["code"]
    words = ("--from", RECEIVER, "--to", "ub-desk.receiver-2", "--at", "2021-03-03 11:00")
    value = run("reassign", *words, "--as", "ub-desk.head-1", "--json").json
    assert [each["code"] for each in value["moved"]] == [code, third]
    assert value["not_moved"] == []
    assert run("status", code, "--json").json["holder"]["officer"] == "ub-desk.receiver-2"
    words = ("--from", SPECIALIST, "--to", "ub-land.clerk-1", "--as", "ub-land.head-1")
    said = run("reassign", *words, "--at", "2021-03-03 12:00", code=1)
    assert "0 of 1 moved" in said.out
    assert "wrong-role" in said.out
    assert run("reassign", "--from", "nobody", *words[2:], code=2).err


def refused_legs(run: Lienthong) -> str:
    """A group whose two parallel legs both came back to the desk."""
    place = "ub-quang-trung"
    desk = f"{place}-desk.receiver-1"
    said = run("receive", "--procedure", "lt-14-birth-group", "--agency", f"{place}-desk",
               "--as", desk, "--at", "2024-07-03 08:00", "--json").json  # fmt: skip
    code = said["code"]
    steps = [
        ("forward", desk, "08:10"),
        ("accept", f"{place}.justice-officer-1", "08:20"),
        ("appraise", f"{place}.justice-officer-1", "08:30"),
        ("accept", f"{place}.chairman-1", "08:40"),
        ("sign", f"{place}.chairman-1", "08:50"),
    ]
    for act, officer, time in steps:
        run("act", code, act, "--as", officer, "--at", f"2024-07-03 {time}")
    for leg in run("status", code, "--json").json["legs"]:
        if leg["in_transit_to"]:
            officer = {"residence": "police-officer-1", "health-insurance": "insurance-officer-1"}
            words = ("--as", f"{leg['in_transit_to']}.{officer[leg['leg']]}", "--leg", leg["leg"])
            run("act", code, "refuse", *words, "--at", "2024-07-03 09:00", "--field", "reason=x")
    return str(code)


def test_an_act_that_is_possible_in_several_legs_asks_which(fresh: Lienthong) -> None:
    code = refused_legs(fresh)
    legs = {leg["leg"]: leg for leg in fresh("status", code, "--json").json["legs"]}
    officer = legs["residence"]["holder"]["officer"]
    words = ("act", code, "forward", "--as", officer, "--at", "2024-07-03 09:10")
    told = fresh(*words, code=2).err
    assert told.startswith("forward is possible in several legs; say which with --leg:")
    assert "'residence'" in told
    assert "'health-insurance'" in told
    said = fresh(*words, "--leg", "residence", "--json").json
    assert (said["leg"], said["events"]) == ("residence", ["step.completed", "handover.offered"])
    wrong = (*words[:2], "sign", *words[3:])
    refusal = fresh(*wrong, code=1).err
    assert refusal.startswith("waiting-for-legs"), "told of the leg that the officer holds"
