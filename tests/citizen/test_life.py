"""The whole life of a dossier that a citizen hands in online, page by page."""

from __future__ import annotations

import re
from typing import Any

from app.citizen.facts import Facts
from app.house import House
from engine.core.decide import possible_acts
from engine.runtime import Call, Done
from schemas import commands as c
from schemas import events as e
from tests.citizen.conftest import DESK, PROCEDURE, Citizen
from tests.citizen.files import JPEG, PDF
from tests.core import walker
from tests.desk.conftest import As

RECEIVER = "ub-desk.receiver-1"


def handle(house: House, command: c.Command, code: str) -> Done:
    call = Call(command, house.runtime.new_id(), code, house.now, now=house.now)
    answer = house.runtime.handle(call)
    assert isinstance(answer, Done), answer
    return answer


def received(citizen: Citizen) -> tuple[str, str]:
    code, word = citizen.applied()
    handle(citizen.house, c.Receive(actor=RECEIVER, procedure=PROCEDURE, agency=DESK), code)
    return code, word


def onward(house: House, code: str) -> None:
    """The next officer does what is next."""
    dossier = house.runtime.current(code).dossier
    handle(house, next(walker.sensible(dossier, house.law, house.now)), code)


def finish(house: House, code: str) -> None:
    while house.runtime.current(code).dossier.status != "ended":
        onward(house, code)


def events(house: House, code: str) -> list[e.Event]:
    return [record.event() for record in house.log.read_stream(code)]


def of(house: House, code: str, cls: type[Any]) -> Any:
    """The last event of that type."""
    return [each for each in events(house, code) if isinstance(each, cls)][-1]


def test_from_the_form_to_the_complaint(citizen: Citizen) -> None:
    house = citizen.house
    code, word = citizen.applied()
    registered, attached = of(house, code, e.DossierRegistered), of(house, code, e.PapersAttached)
    assert registered.papers == ("application",)
    assert registered.private.applicant == {
        "name": "Nguyễn Thị Bưởi",
        "id": "022190001234",
        "phone": "0912345678",
        "address": "Số 5, phường Quang Trung, Uông Bí",
    }
    assert registered.private.note == "Nhà ở góc phố"
    assert attached.papers[0].media_type == "application/pdf"
    assert attached.private.files == {attached.papers[0].digest: "Đơn.pdf"}
    (first, *_) = house.log.read_stream(code)
    assert (first.actor, first.agency) == ("citizen", DESK)

    # The desk has not looked at it yet.
    page = citizen.follow(citizen.look_up(code, word)).text
    assert "Mới đăng ký" in page
    assert "Đơn.pdf" in page

    handle(house, c.Receive(actor=RECEIVER, procedure=PROCEDURE, agency=DESK), code)
    page = citizen.get("/look-up/dossier").text
    assert "Được tiếp nhận" in page
    assert "Thời hạn: 15 ngày làm việc" in page

    # It goes to another agency, which asks for papers.
    handle(house, c.Forward(actor=RECEIVER, papers=("application",)), code)
    offered = of(house, code, e.HandoverOffered)
    assert offered.digests == {"application": (attached.papers[0].digest,)}
    page = citizen.get("/look-up/dossier").text
    assert "Phòng Quản lý đô thị" in page
    onward(house, code)
    officer = house.runtime.current(code).dossier.root.holder
    assert officer is not None
    handle(house, c.AskSupplement(actor=officer.officer, papers=("application",),
                                  reason="Đơn thiếu chữ ký"), code)  # fmt: skip
    page = citizen.get("/look-up/dossier").text
    assert "Đơn thiếu chữ ký" in page
    assert officer.officer not in page
    fields = {"command": citizen.hidden("command")[0], "leg": "", "go": "submit"}
    photo = [("paper.application", ("ảnh đơn.jpg", JPEG))]
    page = citizen.follow(citizen.post("/look-up/supplement", fields, photo)).text
    assert "Đang xử lý" in page
    assert "ảnh đơn.jpg" in page
    assert house.runtime.current(code).dossier.root.running

    finish(house, code)
    page = citizen.get("/look-up/dossier").text
    assert "Đã trả kết quả" in page
    for holder in {record.actor for record in house.log.read_stream(code)} - {"citizen"}:
        assert holder not in page


def test_when_it_is_over_it_is_rated_once_complained_about_and_answered(citizen: Citizen) -> None:
    house = citizen.house
    code, word = received(citizen)
    finish(house, code)
    citizen.follow(citizen.look_up(code, word))
    citizen.get("/look-up/rate")
    command = citizen.hidden("command")[0]
    rating = {"command": command, "mark.time": "4", "mark.officers": "5", "note": "Nhanh"}
    assert "/look-up/rate" not in citizen.follow(citizen.post("/look-up/rate", rating)).text
    assert of(house, code, e.RatingGiven).marks == {"officers": 5, "time": 4}
    assert citizen.get("/look-up/rate").headers["location"] == "/look-up/dossier"
    citizen.get("/look-up/complain")
    complaint = {"command": citizen.hidden("command")[0], "ground": "fee", "words": "Thu thêm"}
    page = citizen.follow(citizen.post("/look-up/complain", complaint)).text
    assert "Thu thêm" in page
    assert of(house, code, e.ComplaintFiled).ground == "fee"
    answer = c.AnswerComplaint(actor="ub-desk.head-1", complaint=1, reference="15/UBND-VP",
                               reason="Đã hoàn lại tiền")  # fmt: skip
    handle(house, answer, code)
    page = citizen.get("/look-up/dossier").text
    assert "15/UBND-VP" in page
    assert "Đã hoàn lại tiền" in page


def test_a_result_is_there_when_it_was_returned_and_not_while_it_is_a_draft(
    citizen: Citizen, as_: As
) -> None:
    house = citizen.house
    code, word = received(citizen)
    draft = {"command": hidden(as_(RECEIVER).get(f"/dossiers/{code}/papers").text), "leg": ""}
    sent = as_(RECEIVER).post(
        f"/dossiers/{code}/papers", data=draft, files=[("paper.permit", ("giấy phép.jpg", JPEG))]
    )
    assert sent.status_code == 303, sent.text
    (permit,) = (each for each in house.dossier(code).dossier.attached if each.paper == "permit")
    citizen.follow(citizen.look_up(code, word))
    assert "Đơn.pdf" in citizen.page
    assert "giấy phép.jpg" not in citizen.page
    assert citizen.get(f"/look-up/papers/{permit.digest}").status_code == 404
    finish(house, code)
    page = citizen.get("/look-up/dossier").text
    assert "giấy phép.jpg" in page[page.index("Kết quả của bạn") : page.index("Tệp bạn đã nộp")]
    assert "giấy phép.jpg" not in page[page.index("Tệp bạn đã nộp") :]
    assert citizen.get(f"/look-up/papers/{permit.digest}").content == JPEG


def hidden(page: str) -> str:
    """The command's id of a form."""
    found = re.search(r'name="command" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_handing_in_twice_makes_one_dossier_and_the_same_confirmation(citizen: Citizen) -> None:
    fields = citizen.begin()
    citizen.review(fields, ("application", "Đơn.pdf", PDF))
    kept = {**fields, "kept": citizen.hidden("kept"), "go": "submit"}
    before = len(citizen.house.log.streams("", limit=1000))
    citizen.follow(citizen.post(f"/apply/{PROCEDURE}", kept))
    first = citizen.confirmed()
    citizen.follow(citizen.post(f"/apply/{PROCEDURE}", kept))
    assert citizen.confirmed() == first
    assert len(citizen.house.log.streams("", limit=1000)) == before + 1


def test_who_changes_something_after_the_answer_was_lost_gets_his_word_all_the_same(
    citizen: Citizen,
) -> None:
    fields = citizen.begin()
    citizen.review(fields, ("application", "Đơn.pdf", PDF))
    fields |= {"kept": citizen.hidden("kept"), "go": "submit"}
    citizen.follow(citizen.post(f"/apply/{PROCEDURE}", fields))
    code, word = citizen.confirmed()
    assert "không có trong hồ sơ" not in citizen.page
    # As if that answer had not come: he goes back and corrects a letter.
    citizen.follow(citizen.post(f"/apply/{PROCEDURE}", fields | {"phone": "0912345679"}))
    assert citizen.confirmed() == (code, word)
    assert "không có trong hồ sơ" in citizen.page
    registered = of(citizen.house, code, e.DossierRegistered)
    assert registered.private.applicant["phone"] == "0912345678"


def test_a_word_that_is_void_is_not_shown_again(citizen: Citizen) -> None:
    fields = citizen.begin()
    citizen.review(fields, ("application", "Đơn.pdf", PDF))
    fields |= {"kept": citizen.hidden("kept"), "go": "submit"}
    citizen.follow(citizen.post(f"/apply/{PROCEDURE}", fields))
    code, word = citizen.confirmed()
    Facts(citizen.house.log).issue(code, citizen.house.real_now)
    citizen.follow(citizen.post(f"/apply/{PROCEDURE}", fields))
    assert code in citizen.page
    assert word not in citizen.page
    assert "mã tra cứu khác" in citizen.page


def test_the_command_of_another_act_opens_no_dossier(citizen: Citizen, as_: As) -> None:
    """An officer's form is good for no word of the dossier that he has acted on."""
    code, _ = received(citizen)
    page = as_(RECEIVER).get(f"/dossiers/{code}/papers").text
    used = hidden(page)
    files = [("paper.permit", ("a.jpg", JPEG))]
    as_(RECEIVER).post(f"/dossiers/{code}/papers", data={"command": used, "leg": ""}, files=files)
    fields = citizen.begin() | {"command": used}
    citizen.review(fields, ("application", "Đơn.pdf", PDF))
    assert citizen.submit(fields).status_code == 409
    # And it can be handed in now, by an id of its own.
    fields |= {"command": citizen.hidden("command")[0], "kept": citizen.hidden("kept")}
    assert citizen.review(fields).status_code == 200
    citizen.follow(citizen.submit(fields))
    assert citizen.confirmed()[0] != code


def test_a_complaint_that_was_changed_after_its_answer_was_lost_can_be_sent(
    citizen: Citizen,
) -> None:
    code, word = received(citizen)
    finish(citizen.house, code)
    citizen.follow(citizen.look_up(code, word))
    citizen.get("/look-up/complain")
    first = {"command": citizen.hidden("command")[0], "ground": "late", "words": "Chậm"}
    assert citizen.post("/look-up/complain", first).status_code == 303
    changed = first | {"words": "Chậm quá"}
    assert citizen.post("/look-up/complain", changed).status_code == 422
    assert "đã đến nơi" in citizen.errors[0][1]
    changed["command"] = citizen.hidden("command")[0]
    assert citizen.post("/look-up/complain", changed).status_code == 303
    said = [each for each in events(citizen.house, code) if isinstance(each, e.ComplaintFiled)]
    assert [each.private and each.private.reason for each in said] == ["Chậm", "Chậm quá"]


def test_a_supplement_a_rating_and_a_complaint_sent_twice_are_one(citizen: Citizen) -> None:
    house = citizen.house
    code, word = received(citizen)
    citizen.follow(citizen.look_up(code, word))
    handle(house, c.AskSupplement(actor=RECEIVER, papers=("application",)), code)
    citizen.get("/look-up/dossier")
    fields = {"command": citizen.hidden("command")[0], "leg": "", "go": "submit"}
    for _ in range(2):
        answer = citizen.post(
            "/look-up/supplement", fields, [("paper.application", ("a.pdf", PDF))]
        )
        assert answer.headers["location"] == "/look-up/dossier"
    finish(house, code)
    citizen.get("/look-up/rate")
    rating = {"command": citizen.hidden("command")[0], "mark.time": "1"}
    citizen.get("/look-up/complain")
    complaint = {"command": citizen.hidden("command")[0], "ground": "late", "words": "Chậm"}
    for _ in range(2):
        assert citizen.post("/look-up/rate", rating).status_code == 303
        assert citizen.post("/look-up/complain", complaint).status_code == 303
    kinds = [type(each) for each in events(house, code)]
    for cls in (e.SupplementReceived, e.RatingGiven, e.ComplaintFiled):
        assert kinds.count(cls) == 1


def test_a_second_rating_is_told_to_be_too_many(citizen: Citizen) -> None:
    code, word = received(citizen)
    finish(citizen.house, code)
    citizen.follow(citizen.look_up(code, word))
    citizen.get("/look-up/rate")
    one = citizen.hidden("command")[0]
    citizen.get("/look-up/rate")
    other = citizen.hidden("command")[0]
    assert citizen.post("/look-up/rate", {"command": one, "mark.time": "5"}).status_code == 303
    assert citizen.post("/look-up/rate", {"command": other, "mark.time": "1"}).status_code == 422
    assert "đã được đánh giá" in citizen.errors[0][1]


def test_the_desk_gives_a_new_word_and_the_old_one_is_void(citizen: Citizen) -> None:
    code, old = citizen.applied()
    new = Facts(citizen.house.log).issue(code, citizen.house.real_now)
    assert citizen.look_up(code, old).status_code == 422
    assert citizen.look_up(code, new.lower().replace("-", " ")).status_code == 303


def test_possible_acts_and_pages_agree_that_nothing_is_rated_before_the_end(
    citizen: Citizen,
) -> None:
    code, word = received(citizen)
    citizen.follow(citizen.look_up(code, word))
    assert "/look-up/rate" not in citizen.page
    assert citizen.get("/look-up/rate").headers["location"] == "/look-up/dossier"
    dossier = citizen.house.runtime.current(code).dossier
    acts = possible_acts(dossier, citizen.house.law, citizen.house.now, "citizen")
    assert [each.act for each in acts if each.rejected is None] == []
