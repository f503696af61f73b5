"""What stands on the forms: what the events said then, and nothing that came after."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import pytest
from msgspec.structs import replace

from app.forms.circulars import edition_on
from app.forms.content import Block, FormContent, Items, Line, Notes, Paragraph, Table, Words
from app.forms.form import NoSuchForm, form_of, printable
from app.forms.wording import day_text, place_of
from app.web.words import FACTS
from schemas import commands as c
from schemas import events as e
from schemas.envelope import Recorded
from tests.core.test_remote import arrival
from tests.forms.lives import APPLICANT, NAMES, history, law, received_on, utc, with_applicant
from tests.golden.lives import Life
from tests.golden.remote_lives import RemoteLife
from tests.interlink.law import MINISTRY, RECEIVER


def words(blocks: Iterable[Block]) -> list[Words]:
    """Every text of the blocks, in their order."""
    found: list[Words] = []
    for block in blocks:
        match block:
            case Line():
                found += [block.label, *([block.value] if block.value else [])]
            case Paragraph():
                found.append(block.words)
            case Items():
                found += block.items
            case Table():
                found += [each for each, _ in block.columns]
                found += [each for row in block.rows for cell in row for each in cell]
            case Notes():
                found += [block.title, *block.items]
    return found


def text(form: FormContent) -> str:
    return "\n".join(each.text for each in words(form.blocks))


def value(form: FormContent, label: str) -> str | None:
    """What stands behind a label; None where it is left to be written."""
    (line,) = [b for b in form.blocks if isinstance(b, Line) and b.label.text == label]
    return line.value.text if line.value else None


def rows(form: FormContent) -> list[list[str]]:
    (table,) = [block for block in form.blocks if isinstance(block, Table)]
    return [["\n".join(each.text for each in cell) for cell in row] for row in table.rows]


def events(name: str, *types: type[e.Event]) -> list[Recorded]:
    return [each for each in history(name) if isinstance(each.event(), types)]


# --- which forms a dossier has --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("lt-01-land-transfer-tax", ["01", "06"]),
        ("lt-02-land-change-no-tax", ["01", "02", "02", "06"]),
        ("lt-05-split-merge-plot", ["01", "05", "06"]),
        ("lt-09-land-transfer-2021", ["01", "04", "06"]),
        ("lt-12-refused-at-receipt", ["03"]),
        ("lt-07-project-land-list", ["01", "06", "refused"]),
        ("lt-15-death-group", ["01", "06", "refused"]),
    ],
)
def test_a_dossier_has_the_forms_that_were_given(name: str, kinds: list[str]) -> None:
    assert [each.kind for each in printable(history(name), law())] == kinds


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("lt-01-land-transfer-tax", "02", "no supplement was asked for"),
        ("lt-01-land-transfer-tax", "03", "it was not refused at the desk"),
        ("lt-01-land-transfer-tax", "04", "nobody apologised"),
        ("lt-01-land-transfer-tax", "05", "it was not stopped"),
        ("lt-01-land-transfer-tax", "refused", "it was not refused after its receipt"),
        ("lt-12-refused-at-receipt", "refused", "it was not refused after its receipt"),
        ("lt-12-refused-at-receipt", "01", "never received"),
        ("lt-12-refused-at-receipt", "06", "never received"),
        ("lt-01-land-transfer-tax", "07", "There is no form '07'"),
        ("t-ministry-answered", "01", "never received here"),
    ],
)
def test_a_form_of_what_did_not_happen_is_refused(name: str, kind: str, why: str) -> None:
    with pytest.raises(NoSuchForm, match=re.escape(why)):
        form_of(kind, history(name), law())


def test_each_request_for_papers_has_its_form_and_the_newest_comes_unasked() -> None:
    name = "lt-02-land-change-no-tax"
    first, second = (each.version for each in events(name, e.SupplementRequested))
    forms = [form_of("02", history(name), law(), version=each) for each in (first, second)]
    assert [value(each, "Lần yêu cầu bổ sung") for each in forms] == ["1", "2"]
    assert form_of("02", history(name), law()) == forms[1]
    assert "Đơn đề nghị" in text(forms[0])
    assert "quá một lần" not in text(forms[0])
    assert "Đơn đề nghị" not in text(forms[1])
    assert "quá một lần" in text(forms[1])


def test_a_version_at_which_no_such_form_was_given_is_told_with_those_that_were() -> None:
    with pytest.raises(NoSuchForm, match="of version 3; it has 6, 10"):
        form_of("02", history("lt-02-land-change-no-tax"), law(), version=3)


# --- the same for ever ----------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_form_printed_years_later_is_the_one_that_was_given(name: str) -> None:
    records = history(name)
    for each in printable(records, law()):
        command = next(r.command_id for r in records if r.version == each.version)
        then = [r for r in records if r.version <= each.version or r.command_id == command]
        assert form_of(each.kind, then, law()) == form_of(
            each.kind, records, law(), version=each.version
        )


@pytest.mark.parametrize("name", ["lt-06-lost-certificate-branch", "lt-09-land-transfer-2021"])
def test_a_control_sheet_as_of_a_version_is_the_one_printed_then(name: str) -> None:
    records = history(name)
    for record in records:
        then = form_of("06", records[: record.version], law())
        command = [each for each in records if each.command_id == record.command_id]
        if record == command[-1]:
            assert form_of("06", records, law(), version=record.version) == then


@pytest.mark.parametrize("name", NAMES)
def test_the_reading_aid_adds_to_a_form_and_changes_nothing(name: str) -> None:
    for each in printable(history(name), law()):
        vi = form_of(each.kind, history(name), law(), "vi", each.version)
        en = form_of(each.kind, history(name), law(), "en", each.version)
        assert text(en) == text(vi)
        assert not any(each.gloss for each in words(vi.blocks))
        assert any(each.gloss for each in words(en.blocks))


# --- what they say --------------------------------------------------------------------------


def test_an_interlinked_dossiers_receipt_has_two_dates() -> None:
    form = form_of("01", with_applicant(), law())
    whole = value(form, "5. Thời gian trả kết quả giải quyết hồ sơ")
    unit = value(form, "Riêng phần việc của đơn vị tiếp nhận")
    assert whole == "17 giờ 00 phút, ngày 16 tháng 4 năm 2021"
    assert unit == "17 giờ 00 phút, ngày 06 tháng 4 năm 2021"


def test_a_single_dossiers_receipt_has_one_date() -> None:
    form = form_of("01", with_applicant("lt-10-building-permit"), law())
    assert "Riêng phần việc" not in text(form)


def test_who_handed_it_in_stands_on_the_receipt() -> None:
    form = form_of("01", with_applicant(), law())
    assert value(form, "Tiếp nhận hồ sơ của") == APPLICANT["name"]
    assert value(form, "Địa chỉ") == APPLICANT["address"]
    assert value(form, "Số điện thoại") == APPLICANT["phone"]
    assert [each.name for each in form.signatures] == [APPLICANT["name"], "ub-desk.receiver-1"]
    assert ["1", "Đơn đề nghị", "", ""] in rows(form)


def test_where_particulars_were_destroyed_there_are_lines_to_write_on() -> None:
    records = [replace(each, private=None) for each in with_applicant()]
    form = form_of("01", records, law())
    assert [value(form, each) for each in ("Tiếp nhận hồ sơ của", "Địa chỉ")] == [None, None]
    assert APPLICANT["name"] not in repr(form)


def test_an_online_applicants_particulars_come_from_the_registration() -> None:
    form = form_of("03", history("lt-12-refused-at-receipt"), law())
    assert value(form, "Lý do") == "Hồ sơ chưa đủ điều kiện"
    assert value(form, "Căn cứ pháp lý") == "Nghị định 61/2018/NĐ-CP"


def test_an_apology_has_the_old_date_and_the_new() -> None:
    form = form_of("04", history("lt-09-land-transfer-2021"), law())
    assert value(form, "Thời gian hẹn trả kết quả") == "17 giờ 00 phút, ngày 26 tháng 4 năm 2021"
    new = value(form, "Thời gian hẹn lại ngày trả kết quả")
    assert new == "17 giờ 00 phút, ngày 05 tháng 5 năm 2021"
    assert value(form, "Thời gian đề nghị gia hạn") == "5 ngày làm việc"


def test_a_stop_at_the_citizens_wish_says_so() -> None:
    form = form_of("05", history("lt-05-split-merge-plot"), law())
    assert value(form, "Căn cứ dừng") == "theo đề nghị rút hồ sơ của người nộp"
    asked = value(form, "Thời gian đề nghị rút hồ sơ")
    assert asked == "07 giờ 45 phút, ngày 02 tháng 3 năm 2021"


def test_a_refusal_on_the_merits_says_why_on_what_law_and_where_to_complain() -> None:
    form = form_of("refused", history("lt-07-project-land-list"), law())
    assert form.title.text == "Thông báo từ chối giải quyết hồ sơ"
    assert (form.number, form.circular) == ("", "")
    assert value(form, "Lý do") == "Hồ sơ chưa đủ điều kiện"
    assert value(form, "Căn cứ pháp lý") == "Nghị định 61/2018/NĐ-CP"
    assert f"khiếu nại đến {form.agency.text} hoặc khởi kiện" in text(form)
    assert "được trả lại kèm theo thông báo này" in text(form)


def test_a_refusal_in_a_leg_names_the_leg_and_comes_from_who_refused() -> None:
    form = form_of("refused", history("lt-15-death-group"), law())
    assert form.agency.text == "Ủy ban nhân dân phường Quang Trung"
    assert value(form, "Phần việc bị từ chối") == "Đăng ký khai tử"
    assert value(form, "Lý do") == "Hồ sơ chưa đủ điều kiện"


def test_papers_that_did_not_come_in_time_are_the_reason_of_a_refusal() -> None:
    form = form_of("refused", history("t-counter-unanswered"), law())
    assert "hết thời hạn bổ sung" in (value(form, "Lý do") or "")


def test_a_leg_of_another_house_is_refused_to_that_house_and_by_no_letter() -> None:
    life = RemoteLife(MINISTRY, "qn-centre-210301-0101@quang-ninh.4", 103)
    life.at.later(minutes=20)
    for command in (arrival(), c.Accept(actor=RECEIVER), c.Refuse(actor=RECEIVER, reason="Không")):
        life.give(command)
    assert "dossier.refused" in [each.type for each in life.records]
    assert [each.kind for each in printable(life.records, life.at.law)] == ["06"]


def test_a_refusal_gives_back_papers_but_no_files() -> None:
    def refused(channel: str) -> FormContent:
        life = Life("lt-10-building-permit", 79)
        life.give(replace(life.form, papers=("application",), channel=channel))
        life.give(c.Refuse(actor=life.form.actor, reason="Đất đang tranh chấp"))
        return form_of("refused", life.records, law())

    assert "Đơn đề nghị" in text(refused("direct"))
    assert "được trả lại" not in text(refused("online"))


@pytest.mark.parametrize(
    ("day", "circular", "numbers", "apology"),
    [
        (utc(2025, 9, 12), "01/2018/TT-VPCP ngày 23/11/2018", ["01", "", "05"], "Phiếu xin lỗi"),
        (utc(2025, 9, 15), "03/2025/TT-VPCP ngày 15/09/2025", ["01", "05", "06"], "Văn bản xin"),
    ],
)
def test_the_day_of_receipt_says_which_circular(
    day: datetime, circular: str, numbers: list[str], apology: str
) -> None:
    records = received_on(day)
    assert [each.number for each in printable(records, law())] == numbers
    form = form_of("01", records, law())
    assert form.circular == circular
    stop = form_of("05", records, law())
    assert (stop.circular == "") == (numbers[1] == "")
    assert value(stop, "Lý do") == "Theo quyết định của tòa"
    assert edition_on(day.date()).forms["04"][1].vi.startswith(apology)


def test_days_and_months_are_written_as_decree_30_has_it() -> None:
    assert day_text(utc(2026, 2, 9)) == "ngày 09 tháng 02 năm 2026"
    assert day_text(utc(2026, 11, 19)) == "ngày 19 tháng 11 năm 2026"


@pytest.mark.parametrize(
    ("agency", "place"),
    [
        ("ub-desk", "Uông Bí"),
        ("w-uong-bi-desk", "Uông Bí"),
        ("w-vang-danh", "Vàng Danh"),
        ("qn-centre", "Quảng Ninh"),
        ("nowhere", ""),
    ],
)
def test_a_document_is_dated_where_its_agency_is(agency: str, place: str) -> None:
    assert place_of(law().organisation, agency) == place


def test_a_group_says_what_of_it_was_chosen() -> None:
    chosen = "(chọn: "
    form = form_of("01", history("lt-15-death-group"), law())
    (received,) = events("lt-15-death-group", e.DossierReceived)
    facts = received.event().facts
    assert facts
    asked = value(form, "Nội dung yêu cầu giải quyết")
    wanted = [FACTS[name].vi for name, said in facts.items() if said == "chosen"]
    assert asked.endswith(f"{chosen}{', '.join(wanted)})")
    sheet = form_of("06", history("lt-15-death-group"), law())
    assert value(sheet, "Nội dung yêu cầu giải quyết") == asked
    other = form_of("01", history("lt-03-mortgage-registration"), law())
    assert chosen not in value(other, "Nội dung yêu cầu giải quyết")
