"""A deadline with its reasons: what was counted, what was not and why, and the date.

`engine.core.clock.derive` makes a `Derivation`; it keeps only where each count began and
ended. The days are listed when somebody asks, so that the hot path pays for none of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Literal

import msgspec

from engine.core.calendar import DAY, Calendar, Reason, local_minute
from workflows.model import Limit, Text, Unit

StartRule = Literal["day-after", "moment", "same-day"]
"""From when a limit in working days counts.

`day-after`: from the day after receipt, whole days, to the end of office hours. `moment`: from
the moment itself, in working minutes. `same-day`: the day of receipt is the first day.
"""


def rule_for(rule: StartRule, unit: Unit) -> StartRule:
    """The rule that really applies to a limit in that unit.

    Hours always count from the moment; calendar days and months always from the day after
    (Civil Code 2015, art. 147(2)); only working days leave the choice.
    """
    if unit is Unit.WORKING_DAY:
        return rule
    return "moment" if unit is Unit.WORKING_HOUR else "day-after"


class Pause(msgspec.Struct, frozen=True):
    """The clock stopped on a ground. `until=None`: it is still stopped.

    `shift`: where days count, that of the stop does and those after it, up to and including
    that of the resumption, do not; where minutes count, exactly those between do not.
    `restart`: the whole limit begins anew at the resumption, as at a receipt.
    `evidence`: the id of the paper that stopped it, never free text about a person.
    """

    ground: str
    evidence: str
    since: datetime
    until: datetime | None = None
    rule: Literal["shift", "restart"] = "shift"


class Extension(msgspec.Struct, frozen=True):
    """Time added at the end of the limit, once."""

    limit: Limit
    legal_basis: str


class Stretch(msgspec.Struct, frozen=True):
    """One limit counted out, in local minutes.

    Days are counted from the day after `begin`'s day, minutes from `begin`. `last`: where
    the count ended; `end`: the same, or the end of office hours of the next working day when
    `last` is on a day off. Both None while the clock is stopped.
    """

    limit: Limit
    rule: StartRule
    begin: int
    last: int | None
    end: int | None


class Counted(msgspec.Struct, frozen=True):
    """A day that counts: whole, or the minutes of it in `spans` (from, to; minutes of the day)."""

    day: date
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def minutes(self) -> int | None:
        return sum(end - begin for begin, end in self.spans) if self.spans else None


class NotCounted(msgspec.Struct, frozen=True):
    """A day that does not count, and why."""

    day: date
    reason: Reason


Entry = Counted | NotCounted

GROUNDS = {
    "supplement": Text("chờ bổ sung hồ sơ", "awaiting supplement"),
    "financial duty": Text("chờ thực hiện nghĩa vụ tài chính", "awaiting the financial duty"),
    "posting": Text("niêm yết công khai", "public posting"),
    "suspension": Text("tạm dừng giải quyết", "handling suspended"),
    "elsewhere": Text("hồ sơ đang ở bước khác hoặc cơ quan khác", "with another step or agency"),
}

_RESTARTED = Text(
    "Thời hạn tính lại từ đầu sau khi bổ sung",
    "The limit began anew after the supplement",
)
_MOVED = Text(
    "Thời hạn kết thúc vào ngày nghỉ nên chuyển sang ngày làm việc này",
    "The limit ended on a day off and moved to this working day",
)
_HELD = Text(
    "Thời hạn tạm dừng đúng vào ngày cuối nên hạn chuyển sang ngày này",
    "The clock was stopped during the last day, so the deadline moved to this day",
)
_LATE = Text(
    "Nhận sau giờ chốt nên tính từ ngày làm việc tiếp theo",
    "Received after the cut-off, so counting begins on the next working day",
)
_AFTER_HOURS = Text("Đã hết giờ làm việc", "Office hours were over")


def ground_text(ground: str) -> Text:
    """The ground in words; one that is not known here is shown as it stands."""
    return GROUNDS.get(ground.replace("-", " ")) or Text(ground, ground)


class Derivation(msgspec.Struct, frozen=True):
    """Why a deadline is what it is. `due` is None while the clock is stopped.

    `rule` and `start` as they applied; `source`: where the limit comes from; `pauses` in order
    of time. `begin`: the local minute from which counting (last) began, after the
    cut-off or a restart; `horizon`: up to where days are listed.
    """

    calendar: Calendar
    limit: Limit
    source: str
    rule: StartRule
    start: datetime
    cutoff: str | None
    pauses: tuple[Pause, ...]
    extension: Extension | None
    begin: int
    restarted: bool
    stretches: tuple[Stretch, ...]
    horizon: int
    due: datetime | None

    @property
    def calendar_version(self) -> str:
        return self.calendar.version

    @property
    def supplement_rule(self) -> Literal["shift", "restart"]:
        """`restart` when a pause made the limit begin anew."""
        return "restart" if self.restarted else "shift"

    @property
    def counted(self) -> list[Counted]:
        """Each day that counts, in order."""
        return [entry for entry in self.days() if isinstance(entry, Counted)]

    @property
    def not_counted(self) -> list[NotCounted]:
        """Each day that does not count, in order, with its reason."""
        return [entry for entry in self.days() if isinstance(entry, NotCounted)]

    def days(self) -> list[Entry]:
        """Every day from the first that could count to the due day, each exactly once."""
        entries: dict[date, Entry] = {}
        for entry in self._entries():
            before = entries.get(entry.day)
            if not isinstance(before, Counted):
                entries[entry.day] = entry
            elif isinstance(entry, Counted):
                entries[entry.day] = Counted(entry.day, before.spans + entry.spans)
        return list(entries.values())

    def _entries(self) -> Iterator[Entry]:
        yield from self._unused()
        for number, stretch in enumerate(self.stretches):
            if stretch.rule == "moment":
                yield from self._minutes(stretch, first=number == 0)
            else:
                yield from self._days(stretch)
        yield from self._tail()

    def _unused(self) -> Iterator[NotCounted]:
        """Days between the receipt and where counting began: cut-off, or a restart."""
        whole = self.stretches[0].rule != "moment"
        start = local_minute(self.start) // DAY + (self.rule == "day-after")
        kind = Reason("restart", _RESTARTED) if self.restarted else Reason("cutoff", _LATE)
        for day in range(start, self.begin // DAY + whole):
            yield self._not(day, self._off(day) or kind)

    def _days(self, stretch: Stretch) -> Iterator[Entry]:
        begin, last = stretch.begin // DAY, self._upto(stretch.last) // DAY
        skips = stretch.rule != "day-after" or stretch.limit.unit is Unit.WORKING_DAY
        for day in range(begin + 1, last + 1):
            reason = (self._off(day) if skips else None) or self._paused_day(day)
            yield self._not(day, reason) if reason else Counted(date.fromordinal(day))
        for day in range(last + 1, self._upto(stretch.end) // DAY + 1):
            yield self._not(day, self._off(day) or Reason("moved", _MOVED))

    def _minutes(self, stretch: Stretch, *, first: bool) -> Iterator[Entry]:
        begin, end = stretch.begin, self._upto(stretch.end)
        for day in range(begin // DAY, end // DAY + 1):
            if off := self._off(day):
                yield self._not(day, off)
                continue
            zero = day * DAY
            office = [(zero + opens, zero + closes) for opens, closes in self.calendar.spans]
            open_to = [(max(a, begin), min(b, end)) for a, b in office if a < end and b > begin]
            spans = tuple((a - zero, b - zero) for a, b in self._running(open_to))
            if spans:
                yield Counted(date.fromordinal(day), spans)
            elif pause := self._pause_in(open_to):
                yield self._not(day, pause)
            elif first:
                yield self._not(day, Reason("after hours", _AFTER_HOURS))

    def _tail(self) -> Iterator[NotCounted]:
        """Days after the count ran out in a pause, up to the due day."""
        end = self.stretches[-1].end
        if end is None:
            return
        for day in range(end // DAY + 1, self.horizon // DAY + 1):
            reason = self._off(day) or self._paused_day(day) or Reason("moved", _HELD)
            yield self._not(day, reason)

    def _upto(self, minute: int | None) -> int:
        return self.horizon if minute is None else minute

    def _off(self, day: int) -> Reason | None:
        return None if self.calendar.works(day) else self.calendar.reasons[day]

    def _not(self, day: int, reason: Reason) -> NotCounted:
        return NotCounted(date.fromordinal(day), reason)

    def _paused_day(self, day: int) -> Reason | None:
        """Whole days: the day of the stop counts, the day of the resumption does not."""
        for since, until, pause in self._stops():
            if since // DAY < day <= until // DAY:
                return _pause_reason(pause)
        return None

    def _pause_in(self, spans: list[tuple[int, int]]) -> Reason | None:
        for since, until, pause in self._stops():
            if any(since < b and until > a for a, b in spans):
                return _pause_reason(pause)
        return None

    def _running(self, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """What is left of the spans when the pauses are cut out."""
        for since, until, _ in self._stops():
            cut = []
            for a, b in spans:
                cut += [(a, min(b, since)), (max(a, until), b)]
            spans = [(a, b) for a, b in cut if a < b]
        return sorted(set(spans))

    def _stops(self) -> Iterator[tuple[int, int, Pause]]:
        for pause in self.pauses:
            if pause.until is None:
                yield local_minute(pause.since), self.horizon + 1, pause
            elif pause.rule == "shift":  # a restart that has ended takes nothing out afterwards
                yield local_minute(pause.since), local_minute(pause.until), pause


def _pause_reason(pause: Pause) -> Reason:
    text = ground_text(pause.ground)
    return Reason(
        "pause", Text(f"Tạm dừng: {text.vi}", f"Stopped: {text.en}"), source=pause.evidence
    )
