"""A derivation in words: what an officer would tell a citizen about the deadline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise, starmap
from typing import Literal

from engine.core.calendar import DAY, local_day, local_minute
from engine.core.derivation import Counted, Derivation, NotCounted, Pause, ground_text
from workflows.model import Limit, Text, Unit

Lang = Literal["vi", "en"]

_WEEKDAYS = Text(
    "thứ hai,thứ ba,thứ tư,thứ năm,thứ sáu,thứ bảy,chủ nhật",
    "Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday",
)
_UNITS = {
    Unit.WORKING_HOUR: "giờ làm việc",
    Unit.WORKING_DAY: "ngày làm việc",
    Unit.CALENDAR_DAY: "ngày",
    Unit.MONTH: "tháng",
}
_STARTS = {
    "day-after": Text(
        "tính từ ngày tiếp theo của ngày nhận, đến hết giờ làm việc của ngày cuối",
        "counted from the day after receipt to the end of office hours of the last day",
    ),
    "moment": Text(
        "tính theo giờ làm việc, ngay từ lúc nhận",
        "counted in office hours from the moment of receipt",
    ),
    "same-day": Text(
        "ngày nhận là ngày đầu tiên, đến hết giờ làm việc của ngày cuối",
        "the day of receipt is the first day, to the end of office hours of the last day",
    ),
}


def explain(derivation: Derivation, lang: Lang = "vi") -> list[str]:
    """The derivation, a sentence a line; the deadline comes last."""
    return [_in(line, lang) for line in _lines(derivation, lang)]


def limit_text(limit: Limit, lang: Lang = "vi") -> str:
    """ "34 ngày làm việc", "0,5 ngày làm việc", "trong ngày"; in English as `str(limit)`."""
    if lang == "en":
        return str(limit)
    if limit.same_day:
        return "trong ngày"
    return f"{_number(limit.amount).replace('.', ',')} {_UNITS[limit.unit]}"


def _lines(derivation: Derivation, lang: Lang) -> Iterator[Text]:
    limit = limit_text(derivation.limit, lang)
    source = derivation.source
    vi, en = (f" (nguồn: {source})", f" (source: {source})") if source else ("", "")
    yield Text(f"Thời hạn: {limit}{vi}.", f"Limit: {limit}{en}.")
    start = _moment(derivation.start, lang)
    rule = _STARTS[derivation.rule]
    yield Text(f"Nhận lúc {start}; {rule.vi}.", f"Received {start}; {rule.en}.")
    if derivation.cutoff and derivation.rule == "same-day":
        yield Text(
            f"Nhận sau {derivation.cutoff} thì tính từ ngày làm việc tiếp theo.",
            f"What is received after {derivation.cutoff} counts from the next working day.",
        )
    yield from _pauses(derivation.pauses, lang)
    if derivation.extension:
        more = limit_text(derivation.extension.limit, lang)
        basis = derivation.extension.legal_basis
        yield _both(f"Gia hạn thêm {more}", f"Extended by {more}", basis)
    yield from _counted(derivation, lang)
    yield from _not_counted(derivation.not_counted, lang)
    yield from _calendar(derivation, lang)
    yield _due(derivation, lang)


def _due(derivation: Derivation, lang: Lang) -> Text:
    if derivation.due is None:
        return Text(
            "Đang tạm dừng tính thời hạn: chưa có hạn, sẽ tính tiếp khi hồ sơ được xử lý trở lại.",
            "The clock is stopped: there is no due date until it is resumed.",
        )
    due = _moment(derivation.due, lang)
    return Text(f"Hạn: {due}.", f"Due: {due}.")


def _pauses(pauses: Iterable[Pause], lang: Lang) -> Iterator[Text]:
    for pause in pauses:
        ground = ground_text(pause.ground)
        since = _moment(pause.since, lang)
        vi, en = f"Tạm dừng tính thời hạn ({ground.vi})", f"The clock stopped ({ground.en})"
        if pause.until is None:
            vi, en = f"{vi}, từ {since} đến nay", f"{en}, from {since} until now"
        else:
            until = _moment(pause.until, lang)
            vi, en = f"{vi}, từ {since} đến {until}", f"{en}, from {since} to {until}"
        if pause.rule == "restart":
            vi = f"{vi}; khi tiếp tục thì tính lại toàn bộ thời hạn"
            en = f"{en}; on resumption the whole limit begins anew"
        yield _both(vi, en, pause.evidence)


def _counted(derivation: Derivation, lang: Lang) -> Iterator[Text]:
    counted = derivation.counted
    if whole := [entry.day for entry in counted if not entry.spans]:
        days, count = _ranges(whole, lang), len(whole)
        yield Text(f"Tính {count} ngày: {days}.", f"Counted, {_plural(count)}: {days}.")
    for entry in counted:
        if entry.spans:
            day, spans = _day(entry.day, lang), ", ".join(starmap(_span, entry.spans))
            hours = _number(Decimal(entry.minutes or 0) / 60)
            yield Text(
                f"Tính {day}: {spans} ({hours.replace('.', ',')} giờ).",
                f"Counted, {day}: {spans} ({hours} hours).",
            )
    yield from _worked_instead(derivation, counted, lang)


def _worked_instead(derivation: Derivation, counted: list[Counted], lang: Lang) -> Iterator[Text]:
    for entry in counted:
        reason = derivation.calendar.worked_instead.get(entry.day.toordinal())
        if reason:
            day = _day(entry.day, lang)
            yield _both(
                f"Trong đó {day}: {_lower(reason.text.vi)}",
                f"Among them {day}: {_lower(reason.text.en)}",
                reason.source,
            )


def _not_counted(entries: list[NotCounted], lang: Lang) -> Iterator[Text]:
    groups: dict[tuple[str, str, str], list[date]] = {}
    for entry in entries:
        reason = entry.reason
        weekend = reason.kind == "weekend"
        key = (
            ("Thứ bảy, chủ nhật", "Weekends", "")
            if weekend
            else (reason.text.vi, reason.text.en, reason.source)
        )
        groups.setdefault(key, []).append(entry.day)
    for (vi, en, source), days in groups.items():
        listed, count = _ranges(days, lang), len(days)
        yield _both(
            f"Không tính {count} ngày – {vi}: {listed}",
            f"Not counted, {_plural(count)} – {en}: {listed}",
            source,
        )


def _calendar(derivation: Derivation, lang: Lang) -> Iterator[Text]:
    source = derivation.calendar.source
    known = _date(source.known_on, lang)
    yield Text(
        f"Theo lịch làm việc {source.version}, như đã biết ngày {known}.",
        f"By the working calendar {source.version}, as known on {known}.",
    )
    if derivation.due and local_day(derivation.due) > source.announced_to:
        until = _date(source.announced_to, lang)
        yield Text(
            f"Lịch nghỉ sau {until} chưa được công bố trong phiên bản này, hạn có thể thay đổi.",
            f"This version knows no published schedule after {until}; the date may change.",
        )


def _both(vi: str, en: str, source: str) -> Text:
    """Both sentences with their ground in brackets."""
    if not source:
        return Text(f"{vi}.", f"{en}.")
    return Text(f"{vi} (căn cứ: {source}).", f"{en} (ground: {source}).")


def _in(text: Text, lang: Lang) -> str:
    return text.vi if lang == "vi" else text.en


def _plural(days: int) -> str:
    return f"{days} day" + ("" if days == 1 else "s")


def _number(amount: Decimal) -> str:
    return f"{round(amount, 2).normalize():f}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _span(begin: int, end: int) -> str:
    return f"{_clock(begin)}–{_clock(end)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _day(day: date, lang: Lang) -> str:
    name = _in(_WEEKDAYS, lang).split(",")[day.weekday()]
    return f"{name} {_date(day, lang)}"


def _date(day: date, lang: Lang) -> str:
    return f"{day:%d/%m/%Y}" if lang == "vi" else day.isoformat()


def _moment(moment: datetime, lang: Lang) -> str:
    minute = local_minute(moment) % DAY
    return f"{_clock(minute)} {_day(local_day(moment), lang)}"


def _ranges(days: list[date], lang: Lang) -> str:
    """Days that follow each other drawn together: "05/01/2026–09/01/2026, 12/01/2026"."""
    groups = [days[:1]]
    for before, day in pairwise(days):
        if day - before > timedelta(days=1):
            groups.append([])
        groups[-1].append(day)
    return ", ".join(
        "–".join(_date(day, lang) for day in dict.fromkeys((group[0], group[-1])))
        for group in groups
        if group
    )
