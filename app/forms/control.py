"""Form 06, the control sheet: every time the dossier went from one hand to another, and how the
part that ended there stood against its limit.

Each row is a handover as the events tell of it: who gave, who took, when each, and whether the
giver's step was early, on time or overdue. Pauses of the clock and offers that were not taken are
rows too, also those in which it ended, so that the sheet accounts for all of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from app.forms.content import Block, Line, Paragraph, Table, Words
from app.forms.past import Past
from app.forms.wording import Voice
from app.settings import Lang
from app.times import local
from app.web.words import ROLES, actor_words, role_words
from engine.core import clock
from engine.core.derivation import ground_text
from engine.core.dossier import WHOLE, Dossier, Stop, parent_of
from engine.core.evolve import evolve
from schemas import events as e
from schemas.envelope import Recorded, from_micros
from workflows.model import DONE

Cell = tuple[Words, ...]
Row = tuple[Cell, ...]

VERDICTS = {
    "early": ("Trước hạn", "early"),
    "on time": ("Đúng hạn", "on time"),
    "overdue": ("Quá hạn", "overdue"),
}
NOT_TAKEN: dict[type[e.HandoverNotTaken], tuple[str, str]] = {
    e.HandoverRefused: ("Bên nhận từ chối, hồ sơ trở lại bên giao", "refused, back to the giver"),
    e.HandoverRecalled: ("Bên giao thu hồi", "recalled by the giver"),
    e.HandoverExpired: ("Quá hạn tiếp nhận, hồ sơ trở lại bên giao", "not answered in time"),
}
ENDED_BEFORE = (
    "Kết thúc khi bên nhận chưa tiếp nhận, hồ sơ trở lại bên giao",
    "over before it was taken, back to the giver",
)


def control_sheet(past: Past) -> tuple[Block, ...]:
    """Form 06 as of the events so far."""
    v = past.voice
    assert past.received is not None, "nothing is handed over before the receipt"
    at, received = past.received
    name = past.particular("name")
    sheet = _Sheet(past)
    return (
        Line(v("Nội dung yêu cầu giải quyết", "Asked for"), past.asked_for),
        Line(v("Người nộp hồ sơ", "Handed in by"), name),
        Line(v("Thời gian nhận hồ sơ", "Received at"), v.moment(at)),
        Line(v("Thời gian hẹn trả kết quả", "Result promised at"), v.moment(received.appointment)),
        Line(v("Cơ quan tiếp nhận", "Received by"), past.name(received.agency)),
        Table(
            columns=(
                (v("TÊN CƠ QUAN", "Agency"), 34),
                (v("THỜI GIAN GIAO, NHẬN HỒ SƠ", "Given and taken at"), 28),
                (v("KẾT QUẢ GIẢI QUYẾT (trước hạn/đúng hạn/quá hạn)", "Result"), 17),
                (v("GHI CHÚ", "Remarks"), 21),
            ),
            rows=tuple(sheet.rows()),
        ),
        Paragraph(
            v(
                "Kết quả của mỗi dòng so với thời hạn của bước do bên giao thực hiện.",
                "Each result is against the limit of the giver's own step.",
            ),
            indent=False,
        ),
    )


class _Offer:
    """A handover on its way: who gave it, when, and how the giver stood."""

    def __init__(self, event: e.HandoverOffered, at: datetime, verdict: str | None) -> None:
        self.event = event
        self.at = at
        self.verdict = verdict


class _Sheet:
    """Folds the events and makes a row of each that moves the dossier or stops its clock."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._v: Voice = past.voice
        self._dossier = Dossier(past.code)
        self._offers: dict[str, _Offer] = {}
        self._dues: dict[str, datetime | None] = {}
        """By leg, when its step was due before the command: an act ends the step first, and the
        offer to the next follows it."""
        self._handlers: dict[type[e.Event], Callable[..., Iterator[Row]]] = {
            e.DossierReceived: self._received,
            e.DossierArrived: self._arrived,
            e.HandoverAccepted: self._accepted,
            e.HandoverRefused: self._not_taken,
            e.HandoverRecalled: self._not_taken,
            e.HandoverExpired: self._not_taken,
            e.StepAssigned: self._assigned,
            e.ClockResumed: self._resumed,
            e.DossierResumed: self._resumed,
            e.ResultReturned: self._returned,
            e.DossierStopped: self._over,
            e.DossierRefused: self._over,
            e.LegResulted: self._resulted,
            e.LegRefused: self._leg_refused,
            e.DossierReopened: self._reopened,
        }

    def rows(self) -> Iterator[Row]:
        command = b""
        for record, event in self._past.events:
            at = from_micros(record.occurred_at)
            if record.command_id != command:
                command = record.command_id
                self._dues = {path: leg.step_due for path, leg in self._dossier.legs.items()}
            if isinstance(event, e.HandoverOffered):
                due = self._dues.get(event.leg)
                self._offers[event.leg] = _Offer(event, at, self._verdict(at, due))
            handler = self._handler(event)
            if handler is not None:
                yield from handler(event, record, at)
            self._dossier = evolve(self._dossier, event, at)
        yield from self._open()

    def _handler(self, event: e.Event) -> Callable[..., Iterator[Row]] | None:
        for type_ in type(event).__mro__:
            if type_ in self._handlers:
                return self._handlers[type_]
        return None

    def _verdict(self, at: datetime, due: datetime | None) -> str | None:
        if due is None or not self._dossier.calendar:
            return None
        return clock.verdict(self._past.law.calendar(self._dossier.calendar), at, due)

    # --- rows ---

    def _received(self, event: e.DossierReceived, record: Recorded, at: datetime) -> Iterator[Row]:
        giver = self._v("Người nộp hồ sơ", "who handed it in")
        yield self._row(giver, self._who(event.agency, event.officer), at, at, None, ())

    def _arrived(self, event: e.DossierArrived, record: Recorded, at: datetime) -> Iterator[Row]:
        """Nobody here has it yet: who takes it, or does not, is told by the offer that follows."""
        giver = self._who(event.from_agency, event.officer)
        remark = self._v(
            f"Chuyển đến từ hệ thống khác, mã hồ sơ ở đó: {event.code}",
            f"came from another system, its code there: {event.code}",
        )
        who, _, result, said = self._row(giver, None, at, None, None, (remark,))
        times = self._times(at, at, self._v("Giao", "given"), self._v("Đến", "arrived"))
        yield who, times, result, said

    def _accepted(self, event: e.HandoverAccepted, record: Recorded, at: datetime) -> Iterator[Row]:
        offer = self._offers.pop(event.leg, None)
        taker = self._who(event.agency, event.officer)
        if offer is not None:
            yield self._row(
                self._giver(offer), taker, offer.at, at, offer.verdict, self._leg(event.leg)
            )

    def _not_taken(
        self, event: e.HandoverNotTaken, record: Recorded, at: datetime
    ) -> Iterator[Row]:
        offer = self._offers.pop(event.leg, None)
        if offer is not None:
            remarks = (self._v(*NOT_TAKEN[type(event)]), *self._reason(event))
            yield self._came_back(offer, at, remarks)

    def _assigned(self, event: e.StepAssigned, record: Recorded, at: datetime) -> Iterator[Row]:
        giver = self._who(record.agency, event.from_officer)
        taker = self._who(record.agency, event.officer)
        remark = self._v("Phân công trong cơ quan", "assigned within the agency")
        yield self._row(giver, taker, at, at, None, (*self._leg(event.leg), remark))

    def _resumed(self, event: Any, record: Recorded, at: datetime) -> Iterator[Row]:
        path = getattr(event, "leg", "")
        whole = isinstance(event, e.DossierResumed)
        for stop in self._standing(path):
            if stop.leg == (WHOLE if whole else path):
                yield self._pause(path, stop, at)

    def _returned(self, event: e.ResultReturned, record: Recorded, at: datetime) -> Iterator[Row]:
        if event.to != DONE or event.leg:
            return
        ended = self._past_verdict()
        remark = self._v("Trả kết quả", "result returned")
        giver = self._who(record.agency, record.actor)
        taker = self._v("Người nộp hồ sơ", "who handed it in")
        begun = self._past.received
        if begun is not None and isinstance(begun[1], e.DossierArrived):
            # Who has it there by now is not known here.
            taker = self._past.name(begun[1].from_agency)
        yield self._row(giver, taker, at, at, ended, (remark,))

    def _over(self, event: e.Event, record: Recorded, at: datetime) -> Iterator[Row]:
        for path in sorted(self._dossier.legs):
            yield from self._cut_off(path, at)
        stopped = isinstance(event, e.DossierStopped)
        words = (
            ("Dừng giải quyết hồ sơ", "stopped") if stopped else ("Từ chối giải quyết", "refused")
        )
        who = self._who(record.agency, record.actor)
        yield self._row(who, None, at, None, self._past_verdict(), (self._v(*words),))

    def _resulted(self, event: e.LegResulted, record: Recorded, at: datetime) -> Iterator[Row]:
        """A part comes back to whoever holds what waits for it."""
        above = self._dossier.legs[parent_of(event.leg)].holder
        giver = self._who(record.agency, record.actor)
        taker = self._who(above.agency, above.officer) if above else None
        remark = self._v("Trả kết quả phối hợp", "its result given back")
        verdict = self._dossier.legs[event.leg].verdict
        yield self._row(giver, taker, at, at, verdict, (*self._leg(event.leg), remark))

    def _leg_refused(self, event: e.LegRefused, record: Recorded, at: datetime) -> Iterator[Row]:
        yield from self._cut_off(event.leg, at)
        verdict = self._dossier.legs[event.leg].verdict
        remark = self._v("Cơ quan phối hợp từ chối", "refused by this agency")
        who = self._who(record.agency, record.actor)
        yield self._row(who, None, at, None, verdict, (*self._leg(event.leg), remark))

    def _reopened(self, event: e.DossierReopened, record: Recorded, at: datetime) -> Iterator[Row]:
        remark = self._v("Mở lại hồ sơ", "reopened")
        who = self._who(event.agency, event.officer)
        yield self._row(None, who, None, at, None, (remark,))

    def _open(self) -> Iterator[Row]:
        """What is under way when the sheet is made: it has no end yet."""
        for path in sorted(self._dossier.legs):
            for stop in self._standing(path):
                yield self._pause(path, stop, None)
        for path, offer in self._offers.items():
            remark = self._v("Chờ bên nhận", "waits to be taken")
            yield self._row(
                self._giver(offer), self._asked(offer), offer.at, None, offer.verdict,
                (*self._leg(path), remark),
            )  # fmt: skip

    def _cut_off(self, path: str, at: datetime) -> Iterator[Row]:
        """What was under way in a leg when it ended: no event of its own tells that it is over."""
        for stop in self._standing(path):
            yield self._pause(path, stop, at)
        offer = self._offers.pop(path, None)
        if offer is not None:
            yield self._came_back(offer, at, (self._v(*ENDED_BEFORE),))

    def _standing(self, path: str) -> Iterator[Stop]:
        """The stops in which a leg stands still, those of the whole at its root."""
        leg = self._dossier.legs.get(path)
        for stop in leg.stops if leg and leg.open else ():
            if stop.until is None and (stop.leg == path or (stop.leg == WHOLE and not path)):
                yield stop

    def _came_back(self, offer: _Offer, at: datetime, remarks: tuple[Words, ...]) -> Row:
        """A handover that nobody took: to whom it was sent, and when it came back."""
        said = (*self._leg(offer.event.leg), *remarks)
        who, _, result, cell = self._row(self._giver(offer), None, offer.at, None, None, said)
        sent = _led(self._v("Gửi đến", "sent to"), self._asked(offer))
        back = self._v("Trở lại", "came back")
        times = self._times(offer.at, at, self._v("Giao", "given"), back)
        return ((*who, sent), times, result, cell)

    def _pause(self, path: str, stop: Stop, until: datetime | None) -> Row:
        ground = ground_text(stop.ground)
        remark = self._v(f"Tạm dừng: {ground.vi}", f"clock stopped: {ground.en}")
        nobody = (Words("–"),)
        return (
            nobody,
            self._times(stop.since, until, self._v("Từ", "from"), self._v("Đến", "to")),
            (Words(""),),
            (*self._leg(path), remark),
        )

    # --- cells ---

    def _past_verdict(self) -> str | None:
        """How the whole stood when its clock ended."""
        root = self._dossier.legs.get("")
        return root.verdict if root else None

    def _giver(self, offer: _Offer) -> Words:
        return self._who(offer.event.from_agency, offer.event.from_officer)

    def _asked(self, offer: _Offer) -> Words:
        event = offer.event
        return self._who(event.to_agency, event.to_officer or event.to_role)

    def _who(self, agency: str, officer: str) -> Words:
        """An agency and the post of its officer, or the role of whoever takes it there."""
        name = self._past.name(agency)
        gloss = f"{name.gloss} ({_post(officer, 'en')})" if name.gloss else ""
        return Words(f"{name.text} ({_post(officer, 'vi')})", gloss)

    def _leg(self, path: str) -> tuple[Words, ...]:
        """Which part of the dossier it is about; nothing for the main one."""
        if not path:
            return ()
        title = self._past.leg(path)
        return (self._v(f"Phần việc: {title.vi}", f"part: {title.en}"),)

    def _reason(self, event: e.Event) -> tuple[Words, ...]:
        reason = event.private.reason if event.private else None
        return (Words(f"“{reason}”"),) if reason else ()

    def _row(
        self,
        giver: Words | None,
        taker: Words | None,
        given: datetime | None,
        taken: datetime | None,
        verdict: str | None,
        remarks: tuple[Words, ...],
    ) -> Row:
        who = []
        if giver is not None:
            who.append(_led(self._v("Giao", "given by"), giver))
        if taker is not None:
            who.append(_led(self._v("Nhận", "taken by"), taker))
        result = (self._v(*VERDICTS[verdict]),) if verdict else (Words(""),)
        times = self._times(given, taken, self._v("Giao", "given"), self._v("Nhận", "taken"))
        return (tuple(who), times, result, remarks or (Words(""),))

    def _times(
        self, first: datetime | None, second: datetime | None, one: Words, two: Words
    ) -> Cell:
        blank = "……………………"
        cells = []
        for moment, label in ((first, one), (second, two)):
            said = _short(moment) if moment else blank
            cells.append(Words(f"{label.text}: {said}", label.gloss))
        return tuple(cells)


def _post(officer: str, lang: Lang) -> str:
    return role_words(officer, lang) if officer in ROLES else actor_words(officer, lang)


def _led(label: Words, words: Words) -> Words:
    gloss = f"{label.gloss} {words.gloss}".strip() if label.gloss else ""
    return Words(f"{label.text}: {words.text}", gloss)


def _short(at: datetime) -> str:
    """ "09:00, 01/03/2021": the long form would fill three lines of a cell."""
    return f"{local(at):%H:%M, %d/%m/%Y}"
