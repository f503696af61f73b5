"""What people get wrong on the form, and what somebody hostile tries with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from app.citizen.online import Online
from app.uploads import bounded
from app.uploads.store import Uploads
from schemas import commands as c
from schemas import events as e
from tests.citizen.conftest import DESK, PROCEDURE, TYPED, Citizen
from tests.citizen.files import DOCX, JPEG, PDF, PNG
from tests.citizen.test_life import RECEIVER, events, handle, of, received

DAY = date(2021, 3, 31)
SCRIPT = "<script>alert(1)</script>"


def opened(citizen: Citizen) -> int:
    return len(citizen.house.log.streams("", limit=1000))


# --- mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "123"),
        ("id", ""),
        ("id", "12345"),
        ("id", "02219000123x"),
        ("phone", "113"),
        ("email", "ten@"),
        ("address", " "),
        ("note", "x" * 2001),
    ],
)
def test_a_mistake_is_told_at_the_top_and_at_its_field(
    citizen: Citizen, field: str, typed: str
) -> None:
    fields = citizen.begin() | {field: typed}
    answer = citizen.review(fields, ("application", "Đơn.pdf", PDF))
    assert answer.status_code == 422
    assert [name for name, _ in citizen.errors] == [field]
    assert f'id="{field}-error"' in answer.text
    assert "<title>Lỗi:" in answer.text.replace("<title>\n", "<title>").replace("  ", "")


def test_nothing_typed_and_no_file_is_lost_on_a_mistake(citizen: Citizen) -> None:
    fields = citizen.begin() | {"id": "1"}
    citizen.review(fields, ("application", "Đơn.pdf", PDF), ("application", "ảnh.png", PNG))
    for name in ("name", "phone", "address", "note"):
        assert TYPED[name] in citizen.page
    assert "Đơn.pdf" in citizen.page
    assert len(citizen.hidden("kept")) == 2
    # The files are not sent again.
    fields = fields | {"id": TYPED["id"], "kept": citizen.hidden("kept")}
    assert citizen.review(fields).status_code == 200
    citizen.follow(citizen.submit(fields))
    code, _ = citizen.confirmed()
    assert len(of(citizen.house, code, e.PapersAttached).papers) == 2


def test_every_mistake_is_told_at_once_in_the_order_of_the_page(citizen: Citizen) -> None:
    citizen.review({"desk": DESK, "command": citizen.begin()["command"]})
    assert [name for name, _ in citizen.errors] == [
        "name", "id", "phone", "address", "paper.application",
    ]  # fmt: skip


def test_without_a_file_it_is_not_handed_in(citizen: Citizen) -> None:
    citizen.review(citizen.begin())
    assert citizen.errors[0][0] == "paper.application"


def test_a_file_is_taken_away_again(citizen: Citizen) -> None:
    fields = citizen.begin()
    parts = [("paper.application", ("a.pdf", PDF)), ("paper.application", ("b.png", PNG))]
    citizen.post(f"/apply/{PROCEDURE}", {**fields, "go": "add"}, parts)
    gone, _ = citizen.hidden("kept")
    citizen.post(f"/apply/{PROCEDURE}", {**fields, "kept": citizen.hidden("kept"), "remove": gone})
    assert len(citizen.hidden("kept")) == 1
    assert "a.pdf" not in citizen.page
    assert citizen.errors == []


def test_back_from_the_review_everything_is_there(citizen: Citizen) -> None:
    fields = citizen.begin()
    citizen.review(fields, ("application", "Đơn.pdf", PDF))
    kept = {**fields, "kept": citizen.hidden("kept"), "go": "change"}
    assert citizen.post(f"/apply/{PROCEDURE}", kept).status_code == 200
    assert TYPED["address"] in citizen.page
    assert "Đơn.pdf" in citizen.page


def test_what_may_be_chosen_is_asked_and_nothing_chosen_is_told(citizen: Citizen) -> None:
    """A group, at a desk of a commune; and a procedure in which the commune has to be named."""
    group = "lt-15-death-group"
    citizen.get(f"/apply/{group}?desk=ub-quang-trung-desk")
    fields = {**TYPED, "desk": "ub-quang-trung-desk", "command": citizen.hidden("command")[0],
              "procedure": group}  # fmt: skip
    paper = citizen.house.law.in_force(group, None, DAY).papers_in[0].id
    citizen.review(fields, (paper, "a.pdf", PDF))
    assert citizen.errors[0][0] == "fact.residence"
    fields |= {"fact.social-affairs": "chosen", "kept": citizen.hidden("kept")}
    assert citizen.review(fields).status_code == 200
    citizen.follow(citizen.submit(fields))
    code, _ = citizen.confirmed()
    facts = of(citizen.house, code, e.DossierRegistered).facts
    assert facts == {"residence": "no", "social-affairs": "chosen", "social-insurance": "no"}

    lost = "lt-06-lost-certificate-branch"
    fields = citizen.begin(lost) | {"procedure": lost}
    paper = citizen.house.law.in_force(lost, None, DAY).papers_in[0].id
    citizen.review(fields | {"fact.commune": "atlantis"}, (paper, "a.pdf", PDF))
    assert citizen.errors[0][0] == "fact.commune"
    fields |= {"fact.commune": "ub-quang-trung", "kept": citizen.hidden("kept")}
    assert citizen.review(fields).status_code == 200


def test_what_no_desk_takes_is_not_there(citizen: Citizen) -> None:
    assert citizen.get("/apply/no-such-procedure").status_code == 404
    assert citizen.get("/apply/lt-14-birth-group").status_code == 404  # not in force in 2021
    assert "lt-14-birth-group" not in citizen.get("/apply").text
    assert citizen.get(f"/apply/{PROCEDURE}").status_code == 200
    assert "selected" not in citizen.page.partition('name="desk"')[2].partition("</select>")[0]
    for desk in ("", "ub-tax"):
        assert citizen.get(f"/apply/{PROCEDURE}?desk={desk}").status_code == 422
        assert citizen.errors == [("desk", "Chọn nơi tiếp nhận")]
    assert citizen.hidden("command") == []  # the desk is asked for again
    found = citizen.get("/apply?q=giấy phép").text
    assert PROCEDURE in found
    assert "lt-12-birth" not in found
    for words in ("giay phep", "xay dung giay phep"):
        assert PROCEDURE in citizen.get(f"/apply?q={words}").text


# --- hostility --------------------------------------------------------------------------------


def test_script_in_what_is_typed_is_only_text(citizen: Citizen) -> None:
    fields = citizen.begin() | {"note": SCRIPT, "name": f'"{SCRIPT}', "id": SCRIPT}
    page = citizen.review(fields, ("application", f"{SCRIPT}.pdf", PDF)).text
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    fields = citizen.begin() | {"note": SCRIPT}
    citizen.review(fields, ("application", f"{SCRIPT}.pdf", PDF))
    assert SCRIPT not in citizen.page
    citizen.follow(citizen.submit(fields))
    page = citizen.follow(citizen.look_up(*citizen.confirmed())).text
    assert SCRIPT not in page


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"<html>" + SCRIPT.encode()),
        ("a.html", PDF),
        ("a.png", PDF),
        ("a.exe", b"MZ" + bytes(100)),
        ("a.pdf", b""),
        ("../../../etc/cron.d/a", b"* * * * * root id"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(
    citizen: Citizen, name: str, content: bytes
) -> None:
    citizen.review(citizen.begin(), ("application", name, content))
    assert [field for field, _ in citizen.errors] == ["paper.application"]
    assert citizen.hidden("kept") == []


def test_files_are_at_most_ten_megabytes_and_thirty_together(citizen: Citizen) -> None:
    def padded(size: int, mark: bytes) -> bytes:
        return PDF[:9] + mark * (size - len(PDF)) + PDF[9:]

    megabyte = 1024 * 1024
    citizen.review(citizen.begin(), ("application", "a.pdf", padded(10 * megabyte + 1, b"x")))
    assert "lớn hơn 10 MB" in citizen.errors[0][1]
    fields = citizen.begin()
    for mark in (b"a", b"b", b"c"):
        part = [("paper.application", (f"{mark.decode()}.pdf", padded(9 * megabyte, mark)))]
        kept = {**fields, "kept": citizen.hidden("kept"), "go": "add"}
        citizen.post(f"/apply/{PROCEDURE}", kept, part)
        assert citizen.errors == []
    part = [("paper.application", ("d.pdf", padded(4 * megabyte, b"d")))]
    citizen.post(
        f"/apply/{PROCEDURE}", {**fields, "kept": citizen.hidden("kept"), "go": "add"}, part
    )
    assert "30 MB" in citizen.errors[0][1]
    assert len(citizen.hidden("kept")) == 3


def test_a_body_is_read_no_further_than_it_may_be_long(
    citizen: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "MOST_BODY", 100_000)
    fields = citizen.begin()
    answer = citizen.review(fields, ("application", "a.pdf", bytes(200_000)))
    assert answer.status_code == 413
    sent = 0

    def endless() -> Any:
        nonlocal sent
        head = (
            b'--x\r\nContent-Disposition: form-data; name="paper.application"; filename="a"\r\n\r\n'
        )
        yield head
        for _ in range(100):
            sent += 10_000
            yield bytes(10_000)

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = citizen.browser.post(f"/apply/{PROCEDURE}", content=endless(), headers=headers)
    assert answer.status_code == 413


def test_a_form_with_too_many_parts_is_refused(citizen: Citizen) -> None:
    fields = citizen.begin()
    many = [("paper.application", (f"{n}.pdf", PDF)) for n in range(bounded.MOST_FILES + 1)]
    answer = citizen.post(f"/apply/{PROCEDURE}", {**fields, "go": "add"}, many)
    assert answer.status_code == 413
    assert f"Mỗi lần chỉ gửi được tối đa {bounded.MOST_FILES} tệp" in answer.text


def test_a_file_of_somebody_else_is_not_attached_by_its_hash(citizen: Citizen) -> None:
    """A note of a file is signed: who knows a hash has not got the file."""
    citizen.applied()
    digest = hashlib.sha256(PDF).hexdigest()
    forged = [digest, f"application.{digest}", "WyJhcHBsaWNhdGlvbiJd.aaaa.bbbb"]
    citizen.review(citizen.begin() | {"kept": forged})
    assert citizen.errors[0][0] == "paper.application"


def test_a_note_is_of_one_paper(citizen: Citizen, online: Online) -> None:
    """A file that was staged for a paper that this procedure does not ask for is not taken."""
    fields = citizen.begin()
    citizen.post(f"/apply/{PROCEDURE}", {**fields, "go": "add"}, [("paper.other", ("a.pdf", PDF))])
    assert citizen.hidden("kept") == []


@pytest.mark.parametrize("command", ["", "x", "ImZvcmdlZCI.aaaa.bbbb"])
def test_a_command_id_that_the_desk_did_not_give_is_refused(citizen: Citizen, command: str) -> None:
    """Else somebody else's could be tried, and its answer read."""
    before = opened(citizen)
    fields = citizen.begin() | {"command": command}
    assert citizen.review(fields, ("application", "a.pdf", PDF)).status_code == 422
    assert opened(citizen) == before
    # It comes back as it was, with an id of the desk's own.
    assert TYPED["address"] in citizen.page
    again = citizen.begin() | {"command": citizen.hidden("command")[0]}
    assert citizen.review(again, ("application", "a.pdf", PDF)).status_code == 200


def test_a_file_swept_since_is_asked_for_again(citizen: Citizen, uploads: Uploads) -> None:
    fields = citizen.begin()
    citizen.review(fields, ("application", "a.pdf", PDF))
    assert uploads.sweep(datetime.now(UTC) + timedelta(days=1)) == 1
    before = opened(citizen)
    assert citizen.submit(fields).status_code == 422
    assert "a.pdf" in citizen.errors[0][1]
    assert opened(citizen) == before


def test_what_a_rule_refuses_is_told_and_nothing_is_lost(
    citizen: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(register: Callable[..., Any]) -> Callable[..., Any]:
        return lambda online, command, *rest: register(
            online, c.Register(actor="citizen", procedure=PROCEDURE, agency="ub-tax"), *rest
        )

    monkeypatch.setattr(Online, "act", too_late(Online.act))
    fields = citizen.begin()
    citizen.review(fields, ("application", "a.pdf", PDF))
    assert citizen.submit(fields).status_code == 409
    assert "ub-tax" in citizen.errors[0][1]
    assert TYPED["address"] in citizen.page


# --- who may read the files -------------------------------------------------------------------


def test_a_file_is_saved_and_never_shown(citizen: Citizen, as_: Callable[..., TestClient]) -> None:
    code, _ = received(citizen)
    digest = of(citizen.house, code, e.PapersAttached).papers[0].digest
    answer = as_(RECEIVER).get(f"/dossiers/{code}/papers/{digest}")
    assert answer.content == PDF
    headers = answer.headers
    assert headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert "Đơn" not in headers["content-disposition"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == "application/pdf"
    assert "sandbox" in headers["content-security-policy"]
    assert "no-store" in headers["cache-control"]


def test_a_file_is_for_who_may_read_the_dossier(
    citizen: Citizen, as_: Callable[..., TestClient], app: FastAPI
) -> None:
    code, _ = received(citizen)
    digest = of(citizen.house, code, e.PapersAttached).papers[0].digest
    path = f"/dossiers/{code}/papers/{digest}"
    assert as_("ub-tax.clerk-1").get(path).status_code in (403, 404)
    assert TestClient(app, follow_redirects=False).get(path).status_code in (303, 401)
    other = next(each for each in citizen.house.log.streams("ub-desk", limit=5) if each != code)
    # The file of one dossier is none of another's, whoever asks.
    assert as_(RECEIVER).get(f"/dossiers/{other}/papers/{digest}").status_code == 404
    citizen.follow(citizen.look_up(*citizen.applied()))
    assert citizen.get(f"/look-up/papers/{'0' * 64}").status_code == 404
    for hostile, status in (("..%2f..%2fetc%2fpasswd", 404), ("0" * 63, 404), ("%00", 422)):
        assert as_(RECEIVER).get(f"/dossiers/{code}/papers/{hostile}").status_code == status


def test_an_altered_file_is_told_as_such(
    citizen: Citizen, as_: Callable[..., TestClient], online: Online
) -> None:
    code, _ = received(citizen)
    digest = of(citizen.house, code, e.PapersAttached).papers[0].digest
    folder = online.desk.settings.database.removeprefix("sqlite:///").replace(".db", ".papers")
    with open(f"{folder}/kept/{digest[:2]}/{digest}", "ab") as file:
        file.write(b"more")
    answer = as_(RECEIVER).get(f"/dossiers/{code}/papers/{digest}")
    assert answer.status_code == 503
    assert PDF not in answer.content


def test_an_officer_adds_a_scan_once(citizen: Citizen, as_: Callable[..., TestClient]) -> None:
    code, _ = received(citizen)
    officer = as_(RECEIVER)
    page = Citizen(officer, citizen.house)
    page.get(f"/dossiers/{code}/papers")
    assert "Đơn.pdf" in page.page
    fields = {"command": page.hidden("command")[0], "leg": ""}
    for _ in range(2):
        answer: Response = page.post(f"/dossiers/{code}/papers", fields,
                                     [("paper.permit", ("quét.jpg", JPEG))])  # fmt: skip
        assert answer.status_code == 303, answer.text
    added = [each for each in events(citizen.house, code) if isinstance(each, e.PapersAttached)]
    assert [each.papers[0].paper for each in added] == ["application", "permit"]
    page.get(f"/dossiers/{code}/papers")
    assert "quét.jpg" in page.page
    page.post(f"/dossiers/{code}/papers", {"command": page.hidden("command")[0], "leg": ""})
    assert page.errors != []
    refused = as_("ub-tax.clerk-1").post(f"/dossiers/{code}/papers", data=fields)
    assert refused.status_code in (403, 404)


def test_a_supplement_is_of_what_was_asked_for(citizen: Citizen) -> None:
    code, word = received(citizen)
    citizen.follow(citizen.look_up(code, word))
    ask = c.AskSupplement(actor=RECEIVER, papers=("Giấy ủy quyền", "application"), reason="Thiếu")
    handle(citizen.house, ask, code)
    citizen.get("/look-up/dossier")
    fields = {"command": citizen.hidden("command")[0], "leg": "", "go": "submit"}
    parts = [("paper.application", ("a.docx", DOCX)), ("paper.other", ("b.pdf", PDF))]
    citizen.post("/look-up/supplement", fields, parts)
    assert citizen.errors == [("paper.Giấy ủy quyền", "Đính kèm: Giấy ủy quyền")]
    kept = {**fields, "kept": citizen.hidden("kept")}
    assert len(citizen.hidden("kept")) == 1
    answer = citizen.post("/look-up/supplement", kept, [("paper.Giấy ủy quyền", ("c.png", PNG))])
    citizen.follow(answer)
    attached = of(citizen.house, code, e.PapersAttached).papers
    assert {each.paper for each in attached} == {"application", "Giấy ủy quyền"}
    assert "c.png" in citizen.page


def test_a_form_that_is_printed_names_nobody_beyond_the_desk(citizen: Citizen) -> None:
    from app.forms.form import form_of
    from app.web.pages.look_up import without_officers

    house = citizen.house
    code, word = received(citizen)
    handle(house, c.Forward(actor=RECEIVER), code)
    transit = house.runtime.current(code).dossier.root.transit
    assert transit is not None
    officer = f"{transit.to_agency}.{transit.to_role}-1"
    handle(house, c.Accept(actor=officer), code)
    handle(house, c.AskSupplement(actor=officer, papers=("application",), reason="Thiếu"), code)
    content = form_of("02", house.log.read_stream(code), house.law)
    assert officer in repr(content)
    assert officer not in repr(without_officers(content))
    citizen.follow(citizen.look_up(code, word))
    assert "/look-up/forms/02.pdf" in citizen.page
    answer = citizen.get("/look-up/forms/02.pdf")
    assert answer.content.startswith(b"%PDF-")
    assert citizen.get("/look-up/forms/06.pdf").status_code == 404
