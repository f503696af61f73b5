"""Forms 01 to 05, and the refusal on the merits: what the citizen is given in writing.

What was seen of the circulars' layouts are titles and numbers, and of form 01, 02, 03 and 04 the
usual fields and sentences as offices print them. The wording of form 05's body is ours (check), and
so is all of the refusal's: that it goes back with the papers and says why, what law it rests on and
where to complain is how such letters are written (check).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from app.forms.content import (
    Block,
    Items,
    Line,
    Notes,
    Paragraph,
    Signature,
    Table,
    Words,
)
from app.forms.past import Past
from app.forms.wording import Voice
from engine.core.derivation import ground_text
from schemas import events as e
from schemas.commands import WITHDRAWAL
from schemas.envelope import from_micros

PAPER_ROWS = 3
"""Empty rows of papers where the event names none."""


def receipt(past: Past) -> tuple[Block, ...]:
    """Form 01. An interlinked dossier's has two dates: the whole's and the receiving unit's."""
    v = past.voice
    event = past.moment[1]
    assert isinstance(event, e.DossierReceived)
    started = past.beside(e.ClockStarted)
    unit = event.unit_appointment
    return (
        Line(v("Bộ phận tiếp nhận và trả kết quả", "Desk"), past.name(past.desk)),
        Line(v("Tiếp nhận hồ sơ của", "Received from"), past.particular("name")),
        *_contact(past),
        _asked(past),
        Paragraph(v("1. Thành phần hồ sơ nộp gồm:", "1. Papers handed in:"), indent=False),
        _papers(past, event.papers),
        Line(v("2. Số lượng hồ sơ (bộ)", "2. Sets"), None),
        Line(
            v("3. Thời gian giải quyết hồ sơ theo quy định", "3. Limit by regulation"),
            v.limit(started.limit) if started else None,
        ),
        Line(v("4. Thời gian nhận hồ sơ", "4. Received at"), v.moment(past.at)),
        Line(
            v("5. Thời gian trả kết quả giải quyết hồ sơ", "5. Result to be returned at"),
            v.moment(event.appointment),
            strong=True,
        ),
        *([_unit_date(v, unit)] if unit else []),
        Line(v("6. Đăng ký nhận kết quả tại", "6. Result to be collected at"), None),
        Line(v("7. Phí, lệ phí (nếu có)", "7. Fees, if any"), _fees(past)),
        Paragraph(
            v(
                "Vào Sổ theo dõi hồ sơ, Quyển số: …………… Số thứ tự: ……………",
                "Entered in the register, book, number",
            ),
            indent=False,
        ),
        Notes(
            v("Ghi chú:", "Notes:"),
            (
                v(
                    "Giấy này được lập thành 2 liên: một liên giao cho người nộp hồ sơ, một liên"
                    " chuyển kèm theo Phiếu kiểm soát quá trình giải quyết hồ sơ và được lưu tại"
                    " nơi tiếp nhận.",
                    "In two copies: one for who handed it in, one goes with the control sheet.",
                ),
                v(
                    "Quét mã QR và nhập mã tra cứu (được giao riêng) để xem tình trạng giải quyết.",
                    "Scan the QR code and type the access code (given apart) to see where it is.",
                ),
            ),
        ),
    )


def _unit_date(v: Voice, unit: datetime) -> Line:
    return Line(
        v("Riêng phần việc của đơn vị tiếp nhận", "The receiving unit's own part"),
        v.moment(unit),
        indent=True,
    )


def supplement(past: Past) -> tuple[Block, ...]:
    """Form 02: which papers, why, by when, and what it does to the clock."""
    v = past.voice
    event = past.moment[1]
    assert isinstance(event, e.SupplementRequested)
    stopped = past.beside(e.ClockStopped)
    items = tuple(past.paper(each) for each in event.papers)
    return (
        Line(v("Cơ quan yêu cầu", "Agency that asks"), past.name(past.moment[0].agency)),
        Line(v("Hồ sơ của Ông/Bà", "Dossier of"), past.particular("name")),
        *_contact(past),
        _asked(past),
        *_handed_in(past),
        Paragraph(
            v(
                "Yêu cầu Ông/Bà hoàn thiện hồ sơ gồm những nội dung như sau:",
                "You are asked to complete the dossier with:",
            )
        ),
        Items(items, blank=0 if items else PAPER_ROWS),
        Line(v("Lý do", "Reason"), _words(past.reason)),
        Line(v("Lần yêu cầu bổ sung", "Request number"), Words(str(event.ordinal))),
        Line(
            v("Thời hạn nộp bổ sung", "To be handed in by"),
            v.moment(event.answer_by) if event.answer_by else None,
        ),
        *([_clock(v, restarts=stopped.restarts)] if stopped else []),
        *([_counts(v)] if event.counts_as_overdue else []),
        _ask_us(v),
    )


def _clock(v: Voice, *, restarts: bool) -> Paragraph:
    if restarts:
        return Paragraph(
            v(
                "Thời gian chờ bổ sung không tính vào thời hạn giải quyết; khi nhận đủ hồ sơ,"
                " thời hạn được tính lại từ đầu.",
                "The clock stands still while we wait, and begins anew when all is here.",
            )
        )
    return Paragraph(
        v(
            "Thời gian chờ bổ sung không tính vào thời hạn giải quyết; khi nhận đủ hồ sơ, thời hạn"
            " được tính tiếp và ngày hẹn trả kết quả lùi lại tương ứng.",
            "The clock stands still while we wait; the appointment moves by as much.",
        )
    )


def _counts(v: Voice) -> Paragraph:
    return Paragraph(
        v(
            "Hồ sơ được yêu cầu bổ sung quá một lần nên được tính là giải quyết quá hạn.",
            "Asked more than once, so the dossier counts as overdue.",
        )
    )


def refusal(past: Past) -> tuple[Block, ...]:
    """Form 03: not received, and why."""
    v = past.voice
    event = past.moment[1]
    assert isinstance(event, e.DossierRefusedAtReceipt)
    return (
        Line(v("Bộ phận tiếp nhận và trả kết quả", "Desk"), past.name(past.desk)),
        Line(v("Tiếp nhận hồ sơ của", "Received from"), past.particular("name")),
        *_contact(past),
        _asked(past),
        Paragraph(
            v(
                "Qua xem xét, nơi tiếp nhận hồ sơ thông báo không tiếp nhận, giải quyết hồ sơ này"
                " với lý do cụ thể như sau:",
                "After examining it, the desk does not receive this dossier, because:",
            )
        ),
        Line(v("Lý do", "Reason"), _words(past.reason)),
        Line(v("Căn cứ pháp lý", "Legal ground"), _words(event.legal_basis)),
        Paragraph(v("Xin thông báo để Ông/Bà được biết và thực hiện.", "For your information.")),
        _ask_us(v),
    )


def apology(past: Past) -> tuple[Block, ...]:
    """Form 04: the old date, why it cannot be kept, the new one."""
    v = past.voice
    event = past.moment[1]
    assert isinstance(event, e.ApologyIssued)
    extended = past.beside(e.ClockExtended)
    return (
        Line(v("Kính gửi", "To"), past.particular("name"), strong=True),
        *_contact(past),
        _asked(past),
        *_handed_in(past),
        Line(
            v("Thời gian hẹn trả kết quả", "Result was promised at"),
            v.moment(event.old_due),
        ),
        Paragraph(
            v(
                "Đến nay, hồ sơ của Ông/Bà chưa thể giải quyết xong theo thời gian ghi trên Giấy"
                " tiếp nhận hồ sơ và hẹn trả kết quả.",
                "Your dossier cannot be finished by the date on the receipt.",
            )
        ),
        Line(v("Lý do", "Reason"), _words(past.reason)),
        Line(
            v("Thời gian đề nghị gia hạn", "More time asked for"),
            v.limit(extended.by) if extended else None,
        ),
        Line(
            v("Căn cứ pháp lý", "Legal ground"),
            _words(extended.legal_basis) if extended else None,
        ),
        Line(
            v("Thời gian hẹn lại ngày trả kết quả", "New appointment for the result"),
            v.moment(event.new_due),
            strong=True,
        ),
        Paragraph(
            v(
                "Chúng tôi trân trọng gửi lời xin lỗi đến Ông/Bà vì sự chậm trễ này và mong nhận"
                " được sự thông cảm.",
                "We apologise for the delay and ask for your understanding.",
            )
        ),
    )


def stop(past: Past) -> tuple[Block, ...]:
    """Form 05: handling has ended for good, on which ground, since when."""
    v = past.voice
    event = past.moment[1]
    assert isinstance(event, e.DossierStopped)
    asked = past.last(e.WithdrawalAsked)
    return (
        Line(v("Kính gửi", "To"), past.particular("name"), strong=True),
        *_contact(past),
        _asked(past),
        *_handed_in(past),
        Paragraph(
            v(
                f"Nay thông báo dừng giải quyết hồ sơ nêu trên kể từ {v.moment(past.at).text}.",
                f"The dossier is no longer handled since {v.moment(past.at).gloss}.",
            )
        ),
        *_ground(v, event.ground, asked[0].occurred_at if asked else None),
        Line(v("Lý do", "Reason"), _words(past.reason)),
        Line(v("Căn cứ pháp lý", "Legal ground"), _words(event.legal_basis)),
        _ask_us(v),
    )


def _ground(v: Voice, ground: str, asked: int | None) -> Iterator[Block]:
    label = v("Căn cứ dừng", "Ground")
    if ground != WITHDRAWAL:
        yield Line(label, v.text(ground_text(ground)))
        return
    yield Line(label, v("theo đề nghị rút hồ sơ của người nộp", "withdrawn by who handed it in"))
    if asked is not None:
        yield Line(v("Thời gian đề nghị rút hồ sơ", "Asked for at"), v.moment(from_micros(asked)))


def refused(past: Past) -> tuple[Block, ...]:
    """The letter by which a dossier that had been received is refused: why, and where to turn."""
    v = past.voice
    event = past.moment[1]
    assert isinstance(event, e.DossierRefused)
    agency = past.name(past.moment[0].agency)
    reason = _words(past.reason)
    if reason is None and past.beside(e.SupplementExpired):
        reason = v(
            "Đã hết thời hạn bổ sung, hoàn thiện hồ sơ mà không nhận được hồ sơ bổ sung.",
            "The papers that were asked for did not come in time.",
        )
    return (
        Line(v("Kính gửi", "To"), past.particular("name"), strong=True),
        *_contact(past),
        _asked(past),
        *_handed_in(past),
        Paragraph(
            v(
                f"Sau khi xem xét, thẩm định, {agency.text} thông báo từ chối giải quyết hồ sơ nêu"
                f" trên kể từ {v.moment(past.at).text}.",
                f"After examining it, the agency refuses it as of {v.moment(past.at).gloss}.",
            )
        ),
        *([Line(v("Phần việc bị từ chối", "Refused in"), v.text(past.leg(event.leg)))]
          if event.leg else []),
        Line(v("Lý do", "Reason"), reason),
        Line(v("Căn cứ pháp lý", "Legal ground"), _words(event.legal_basis)),
        *_given_back(past),
        Paragraph(
            v(
                f"Nếu không đồng ý, Ông/Bà có quyền khiếu nại đến {agency.text} hoặc khởi kiện vụ"
                " án hành chính tại Tòa án theo quy định của pháp luật về khiếu nại và tố tụng"
                " hành chính.",
                "You may complain to the agency, or go to the administrative court, as the law on"
                " complaints and on administrative procedure says.",
            )
        ),
        _ask_us(v),
    )  # fmt: skip


def _given_back(past: Past) -> Iterator[Block]:
    """The papers that go back with the letter. What came as files needs no giving back."""
    if past.received is None or past.received[1].channel == "online":
        return
    papers = past.received[1].papers + tuple(
        each for _, event in past.events if isinstance(event, e.SupplementReceived)
        for each in event.papers
    )  # fmt: skip
    yield Paragraph(
        past.voice(
            "Hồ sơ đã nộp được trả lại kèm theo thông báo này, gồm:",
            "The papers that were handed in go back with this letter:",
        )
    )
    items = tuple(past.paper(each) for each in dict.fromkeys(papers))
    yield Items(items, blank=0 if items else PAPER_ROWS)


# --- what several have in common ----------------------------------------------------------


def _words(text: str | None) -> Words | None:
    return Words(text.strip()) if text and text.strip() else None


def _contact(past: Past) -> Iterator[Line]:
    v = past.voice
    yield Line(v("Địa chỉ", "Address"), past.particular("address"))
    yield Line(v("Số điện thoại", "Telephone"), past.particular("phone", "telephone"))
    email = past.particular("email")
    if email is not None:
        yield Line(Words("Email"), email)


def _asked(past: Past) -> Line:
    return Line(past.voice("Nội dung yêu cầu giải quyết", "Asked for"), past.asked_for)


def _handed_in(past: Past) -> Iterator[Line]:
    """When it was received, on what is written later."""
    if past.received is not None:
        label = past.voice("Thời gian nhận hồ sơ", "Received at")
        yield Line(label, past.voice.moment(past.received[0]))


def _papers(past: Past, papers: tuple[str, ...]) -> Table:
    v = past.voice
    empty = Words("")
    named = [past.paper(each) for each in papers] or [empty] * PAPER_ROWS
    return Table(
        columns=(
            (v("STT", "No."), 8),
            (v("Tên giấy tờ", "Paper"), 52),
            (v("Loại giấy tờ (bản chính, bản sao)", "Original or copy"), 25),
            (v("Số lượng", "Number"), 15),
        ),
        rows=tuple(
            ((Words(str(number)),), (paper,), (empty,), (empty,))
            for number, paper in enumerate(named, 1)
        ),
    )


def _fees(past: Past) -> Words | None:
    """Fees that the procedure gives amounts for. They are of the version pinned at receipt."""
    fees = past.procedure.fees if past.procedure else ()
    known = [(fee.title, fee.amount) for fee in fees if fee.amount is not None]
    if not known:
        return None
    vi = "; ".join(f"{title.vi}: {amount:,} đồng".replace(",", ".") for title, amount in known)
    en = "; ".join(f"{title.en}: {amount:,} VND" for title, amount in known)
    return past.voice(vi, en)


def _ask_us(v: Voice) -> Paragraph:
    return Paragraph(
        v(
            "Nếu có vướng mắc, Ông/Bà liên hệ với ……………………………, số điện thoại ……………………… để được"
            " hướng dẫn.",
            "Questions: contact and telephone as written here.",
        )
    )


def both_sign(past: Past, officer: str) -> tuple[Signature, ...]:
    """Who handed it in and who received it."""
    v = past.voice
    how = v("(Ký và ghi rõ họ tên)", "(signature and full name)")
    name = past.particular("name")
    return (
        Signature(v("NGƯỜI NỘP HỒ SƠ", "Who hands it in"), how, name.text if name else ""),
        Signature(v("NGƯỜI TIẾP NHẬN HỒ SƠ", "Who receives it"), how, officer),
    )
