"""What goes wrong is said in the reader's language: on the page of an error, beside a field."""

from __future__ import annotations

import ast
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

import app.web.pages
from app.acts.fields import Wrong, act_named, make
from app.times import parse_span
from app.web.spoken import spoken
from schemas.sentence import Sentence
from tests.web.conftest import Officer
from tests.web.reading import Browser, Page
from tests.web.test_whole_life import RECEIVER, received

ENGLISH = re.compile(
    r"(?<![-\w])(the|is|are|was|there|this|that|with|which|must|may|cannot|write|needs?|only)"
    r"(?![-\w])",
    re.IGNORECASE,
)
"""Words without which hardly an English sentence is made, and that are none in Vietnamese."""

ONLY_ENGLISH = "Chi tiết chỉ có bằng tiếng Anh"
"""What stands above a text that nobody has put into Vietnamese."""

NOWHERE = "0" * 64
"""The digest of nothing that was uploaded."""

STRANGER = ""

ASKED: list[tuple[str, str]] = [
    (STRANGER, "/no/such/page"),
    (STRANGER, "/sign-in/with-provider"),
    (STRANGER, "/apply?q={long}"),
    (RECEIVER, "/no/such/page"),
    (RECEIVER, "/dossiers/no-such"),
    (RECEIVER, "/dossiers/no-such/why"),
    (RECEIVER, "/dossiers/no-such/papers"),
    (RECEIVER, "/dossiers/no-such/acts/forward"),
    (RECEIVER, "/dossiers/{code}/acts/dance"),
    (RECEIVER, "/dossiers/{code}/acts/forward?leg=nowhere"),
    (RECEIVER, "/dossiers/{code}?after=x"),
    (RECEIVER, "/inbox/no-such"),
    (RECEIVER, "/receive?procedure=no-such"),
    (RECEIVER, "/receive?dossier=no-such"),
    (RECEIVER, "/receive?dossier={code}"),
    (RECEIVER, "/admin/procedures"),
    ("monitor", "/receive"),
    ("monitor", "/board/dossiers?agency=no-such"),
    ("monitor", "/alerts?since=x&until=31/02/2021"),
    ("monitor", "/reports?period=x&as_known=x"),
    ("monitor", "/reports?from=31/12/2021&to=1/1/2021"),
    ("monitor", "/reports?period=2021&agency=no-such"),
    ("monitor", "/search?q={long}"),
    ("auditor", "/search?since=x"),
    ("auditor", "/search/export?format=x"),
    ("auditor", "/dossiers/{code}/audit?version=x"),
    ("auditor", "/dossiers/{code}/audit?at=x&known={long}"),
    ("auditor", "/dossiers/{code}/audit/history?format=x"),
    ("auditor", "/dossiers/no-such/audit"),
    ("auditor", "/compare?one=no-such&other={code}"),
    ("administrator", "/admin/procedures/no-such/1"),
    ("administrator", f"/admin/procedures/drafts/{NOWHERE}"),
    ("administrator", "/admin/parked/event?group=x&dossier=x&version=1"),
    ("administrator", "/sign-in/with-provider"),
]
"""Who asks for what there is not, or in words that are none."""

SENT: list[tuple[str, str, dict[str, Any]]] = [
    (STRANGER, "/look-up", {"code": "x", "word": "y"}),
    (STRANGER, "/sign-in", {"name": "x", "password": "y"}),
    (STRANGER, "/language", {}),
    (RECEIVER, "/inbox/ub-desk/bulk", {"act": "dance", "batch": "x"}),
    (RECEIVER, "/inbox/ub-desk/bulk", {"act": "dance", "batch": "0" * 32}),
    (RECEIVER, "/receive", {"procedure": "no-such"}),
    (RECEIVER, "/receive", {"procedure": "lt-01-land-transfer-tax", "appointment": "x"}),
    (RECEIVER, "/receive", {"procedure": "lt-01-land-transfer-tax", "command_id": "x"}),
    (RECEIVER, "/dossiers/{code}/acts/forward", {"version": "x"}),
    (RECEIVER, "/dossiers/{code}/acts/forward", {"version": "2", "command_id": "x"}),
    (RECEIVER, "/dossiers/{code}/acts/forward", {"version": "2", "papers_to": "x"}),
    (RECEIVER, "/dossiers/{code}/acts/refuse", {"version": "2"}),
    (RECEIVER, "/dossiers/{code}/acts/extend", {"version": "2", "by.amount": "x"}),
    (RECEIVER, "/dossiers/{code}/acts/confirm-payment", {"version": "2", "amount": "ten"}),
    (RECEIVER, "/dossiers/{code}/acts/ask-supplement", {"counts_as_overdue": "perhaps"}),
    ("monitor", "/receive/{code}/word", {}),
    ("monitor", "/alerts/answers", {"note": "x" * 9_000}),
    ("monitor", "/board/saved", {}),
    ("administrator", "/admin/views/rebuild", {"view": "no-such"}),
    ("administrator", f"/admin/procedures/drafts/{NOWHERE}/activate", {}),
    ("administrator", "/admin/procedures", {}),
    ("administrator", "/admin/parked/retry", {"group": "x", "dossier": "x"}),
    ("administrator", "/admin/parked/forget", {"group": "x", "place": "x"}),
]


def in_vietnamese(page: Page) -> None:
    """Fails when a sentence of the page is English; a code is none."""
    assert '<html lang="vi"' in page.html
    assert ONLY_ENGLISH not in page.text
    for line in page.text.splitlines():
        assert not ENGLISH.search(line), line


@pytest.mark.parametrize(("who", "address"), ASKED)
def test_what_there_is_not(at_desk: Officer, client: TestClient, who: str, address: str) -> None:
    code = received(at_desk)
    browser = at_desk(who, "vi") if who else Browser(client, "vi")
    page = Page(browser.client.get(address.format(code=code, long="x" * 500)))
    assert page.status < 500
    in_vietnamese(page)


@pytest.mark.parametrize(("who", "address", "form"), SENT)
def test_what_cannot_be_done_so(
    at_desk: Officer, client: TestClient, who: str, address: str, form: dict[str, Any]
) -> None:
    code = received(at_desk)
    browser = at_desk(who, "vi") if who else Browser(client, "vi")
    page = Page(browser.client.post(address.format(code=code), data=form))
    assert 400 <= page.status < 500
    in_vietnamese(page)


def test_what_an_act_would_mean(at_desk: Officer) -> None:
    address = f"/dossiers/{received(at_desk)}/acts/confirm-payment/meaning"
    form = {"version": "2", "amount": "mười"}
    said = Page(at_desk(RECEIVER, "vi").client.post(address, data=form)).text
    assert "Số tiền (đồng): “mười” không phải là số nguyên" in said
    said = Page(at_desk(RECEIVER, "en").client.post(address, data=form)).text
    assert "Amount (đồng): 'mười' is not a whole number" in said


WRONG: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    (
        "confirm-payment",
        {"amount": "ten", "colour": "red"},
        {
            "amount": "“ten” không phải là số nguyên",
            "colour": "việc “xác nhận đã nộp tiền” không có mục này; có các mục: on_behalf, "
            "reason, note, receipt, amount",
            "receipt": "chưa điền; việc “xác nhận đã nộp tiền” cần có mục này",
        },
    ),
    ("refuse", {}, {"reason": "chưa điền; việc “từ chối giải quyết” cần nêu bằng văn bản"}),
    (
        "ask-supplement",
        {"counts_as_overdue": "perhaps", "note": None, "reason": 1.5},
        {
            "counts_as_overdue": "“perhaps” không phải là có hay không",
            "note": "“None” không phải là văn bản",
            "reason": "1.5: số có phần thập phân phải ghi dưới dạng văn bản",
        },
    ),
    (
        "receive",
        {"applicant.": "x", "file": "x", "agency": "x", "procedure": "x", "appointment": "mai"},
        {
            "applicant.": "hãy ghi tên thông tin sau “applicant.”",
            "file": "không có mục này; có phải là “files” không? (thông tin của người nộp hồ sơ "
            "ghi là applicant.file)",
            "agency": "không phải là mục ở đây mà được nêu riêng; thông tin của người nộp hồ sơ "
            "ghi là applicant.agency",
            "procedure": "không phải là mục ở đây mà được nêu riêng; thông tin của người nộp hồ "
            "sơ ghi là applicant.procedure",
            "appointment": "“mai” không phải là ngày giờ; hãy ghi ngày (04/03/2021 hoặc "
            "2021-03-04), ngày giờ Việt Nam (04/03/2021 08:30 hoặc 2021-03-04 08:30), hoặc theo "
            "ISO 8601 có múi giờ (2021-03-04T08:30+07:00)",
        },
    ),
]
"""Act, its fields, and what is said of each that is wrong."""


@pytest.mark.parametrize(("act", "given", "said"), WRONG)
def test_wrong_fields(act: str, given: dict[str, Any], said: dict[str, str]) -> None:
    with pytest.raises(Wrong) as told:
        make(act, given, (), actor="a.b-1")
    assert {name: spoken(each, "vi") for name, each in told.value.problems} == said
    for _, each in told.value.problems:
        assert spoken(each, "en") == each


def test_an_act_and_a_length_of_time_that_there_are_not() -> None:
    with pytest.raises(Wrong) as told:
        act_named("forwrad")
    assert spoken(told.value.problems[0][1], "vi") == (
        "không có việc “forwrad”; có phải là “forward” không?"
    )
    with pytest.raises(ValueError, match="3d, 12h") as error:
        parse_span("x")
    assert spoken(error.value.args[0], "vi").startswith("“x” không phải là khoảng thời gian")


def test_what_stands_in_a_blank_is_said_too() -> None:
    whole = Sentence("%(act)s has no such field%(known)s", act="forward",
                     known=Sentence("; did you mean %(near)r?", near="note"))  # fmt: skip
    assert whole == "forward has no such field; did you mean 'note'?"
    assert spoken(whole, "en") == whole
    assert spoken(whole, "vi") == ("việc “chuyển tiếp” không có mục này; có phải là “note” không?")


def test_a_copy_knows_it_too() -> None:
    whole = Sentence("%(text)r is no share: write it in percent, such as 2.5 %%", text="x")
    copied = deepcopy(whole)
    assert copied == whole == "'x' is no share: write it in percent, such as 2.5 %"
    assert spoken(copied, "vi") == "“x” không phải là tỷ lệ: hãy ghi theo phần trăm, như 2.5 %"


def test_a_text_of_another_program_stays_as_it_is() -> None:
    assert spoken("50% of %(x)s", "vi") == "50% of %(x)s"


def bare(file: Path) -> list[int]:
    """The lines of a module where an error is raised with a text that cannot be translated."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = {"BadInput": 0, "NotThere": 0, "Problem": 3}.get(node.func.id, len(node.args))
            if any(isinstance(each, ast.Constant | ast.JoinedStr) for each in node.args[place:]):
                found.append(node.lineno)
    return found


def test_no_page_raises_what_cannot_be_translated() -> None:
    pages = sorted(Path(app.web.pages.__file__).parent.glob("*.py"))
    assert {each.name for each in pages if bare(each)} == set()


def test_a_bare_text_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "page.py"
    file.write_text(
        'NotThere("No")\nNotThere(f"No {x}")\nNotThere(Sentence("No"))\n'
        'Problem(422, "code", "Title", "Detail")\nProblem(422, "code", "Title", said)\n'
    )
    assert bare(file) == [1, 2, 4]
