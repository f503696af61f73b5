"""The timeline of a dossier: a lane for each agency, a bar for each span, a mark for each event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar
from xml.etree import ElementTree as ET

from app.pictures import words
from app.pictures.svg import add, clean, root, said
from app.pictures.turns import KINDS, Kind, Mark, Span, Timeline, Total, totals
from app.pictures.words import Translate, translate
from app.settings import Lang
from app.times import local, written
from app.web.days import span_words
from app.web.words import EVENTS, ROLES, actor_words
from app.web.words import said as word
from engine.core.calendar import Calendar, CalendarError
from engine.core.law import Law

NARROWEST, WIDEST = 660.0, 860.0
"""Pixels for the days; a longer time is wider, so that a day keeps DAY_AT_LEAST."""
DAY_AT_LEAST, DAY_AT_MOST = 6.0, 520.0
LEFT, RIGHT = 12.0, 70.0
TOP = 64.0
NAME, SUMS, BAR, GAP, MARK = 20.0, 15.0, 20.0, 4.0, 20.0
TICK = 58.0
"""The least distance of two dates at the top."""
STEPS = (1, 2, 7, 14, 28, 56, 112, 364)

INK, QUIET, RULE = "#1f2937", "#4b5563", "#d5dde8"
FILLS: dict[Kind, tuple[str, str]] = {
    "work": ("#1d70b8", "#134b7b"),
    "transit": ("url(#lanes-transit)", "#92600a"),
    "stopped": ("url(#lanes-stopped)", "#6b7280"),
    "legs": ("#cfe2f3", "#1d70b8"),
    "ready": ("#cce2d8", "#005a30"),
}
"""Fill and line of a bar. Patterns tell them apart without colour."""


def kind_words(kind: Kind, _: Translate) -> str:
    return {
        "work": _("being worked on"),
        "transit": _("handed over, waits to be taken"),
        "stopped": _("the clock stands still"),
        "legs": _("waits for other agencies"),
        "ready": _("result ready"),
    }[kind]


T = TypeVar("T")


class _Lane(NamedTuple):
    """`rows`: bars that do not meet; `marks`: the same of marks."""

    agency: str
    rows: list[list[Span]]
    marks: list[list[Mark]]


def timeline_svg(timeline: Timeline, calendar: Calendar | None, law: Law, lang: Lang) -> str:
    """The whole picture."""
    return _Picture(timeline, calendar, law, lang).drawn()


def who_words(span: Span, lang: Lang) -> str:
    """Who holds it, or which role it waits for."""
    return word(ROLES, span.who, lang) if span.who in ROLES else span.who


def sums_words(total: Total, lang: Lang) -> str:
    """How long it was worked on at an agency, and how long it lay there."""
    _ = translate(lang)
    said = [
        words_ % {"time": span_words(lang, minutes)}
        for words_, minutes in (
            (_("worked on %(time)s"), total.work),
            (_("waited %(time)s"), total.waited),
            (_("stopped %(time)s"), total.stopped),
        )
        if minutes
    ]
    return " · ".join(said) or _("no working time")


class _Picture:
    def __init__(self, timeline: Timeline, calendar: Calendar | None, law: Law, lang: Lang) -> None:
        self._of = timeline
        self._calendar = calendar
        self._law = law
        self._lang: Lang = lang
        self._ = translate(lang)
        moments = [timeline.begin, timeline.end, *self._lines()]
        self._first = local(min(moments)).date()
        self._days = (local(max(moments)).date() - self._first).days + 1
        per_day = min(max(WIDEST / self._days, DAY_AT_LEAST), DAY_AT_MOST)
        self._per_day = max(per_day, NARROWEST / self._days)
        self._right = LEFT + self._days * self._per_day
        self._lanes = self._laid_out()
        self._totals = {each.agency: each for each in totals(timeline)}

    def _lines(self) -> list[datetime]:
        return [each for each in (self._of.promised, self._of.due, self._of.now) if each]

    def _x(self, at: datetime) -> float:
        there = local(at)
        day = (there.date() - self._first).days
        return LEFT + (day + (there.hour * 60 + there.minute) / 1440) * self._per_day

    # --- layout ---

    def _laid_out(self) -> list[_Lane]:
        """Lanes in the order in which the agencies come in."""
        agencies = dict.fromkeys(
            agency
            for _, agency in sorted(
                [(each.since, each.agency) for each in self._of.spans]
                + [(each.at, each.agency) for each in self._of.marks]
            )
        )
        return [
            _Lane(
                agency,
                _rows([s for s in self._of.spans if s.agency == agency], self._reach),
                _rows([m for m in self._of.marks if m.agency == agency], self._around),
            )
            for agency in agencies
        ]

    def _reach(self, span: Span) -> tuple[float, float]:
        begin = self._x(span.since)
        return begin, max(self._x(span.until or self._of.end), begin + 2)

    def _around(self, mark: Mark) -> tuple[float, float]:
        x = self._x(mark.at)
        return x - 9.5, x + 9.5

    @staticmethod
    def _height(lane: _Lane) -> float:
        sums = SUMS if lane.rows else 0.0
        return NAME + sums + len(lane.rows) * (BAR + GAP) + len(lane.marks) * MARK + 6

    # --- drawing ---

    def drawn(self) -> str:
        legend = 26.0 * (len(KINDS) + 1) / 2 + 20
        bottom = TOP + sum(map(self._height, self._lanes))
        picture = root(
            self._right + RIGHT, bottom + legend, "lanes",
            self._("Who had dossier %(code)s when") % {"code": self._of.code},
            self._description(),
        )  # fmt: skip
        _patterns(picture)
        self._off_days(picture, bottom)
        self._dates(picture, bottom)
        top = TOP
        for lane in self._lanes:
            self._lane(picture, lane, top)
            top += self._height(lane)
        self._deadlines(picture, bottom)
        self._legend(picture, bottom + 18)
        return said(picture)

    def _description(self) -> str:
        names = ", ".join(words.agency(self._law, each.agency, self._lang) for each in self._lanes)
        return self._("One lane for each agency: %(names)s. The table says the same.") % {
            "names": names
        }

    def _off_days(self, picture: ET.Element, bottom: float) -> None:
        group = add(picture, "g", class_="off")
        for begin, length, why in _off(self._calendar, self._first, self._days, self._lang):
            box = add(
                group, "rect", class_="off-day", x=LEFT + begin * self._per_day, y=TOP - 4,
                width=length * self._per_day, height=bottom - TOP + 4, fill="#eceff3",
            )  # fmt: skip
            add(box, "title", why)

    def _dates(self, picture: ET.Element, bottom: float) -> None:
        group = add(picture, "g", class_="dates", font_size=11, fill=QUIET)
        step = next((each for each in STEPS if each * self._per_day >= TICK), STEPS[-1])
        start = -self._first.weekday() % 7 if step >= 7 else 0
        for number in range(start, self._days + 1, step):
            x = LEFT + number * self._per_day
            day = self._first + timedelta(days=number)
            add(group, "line", x1=x, y1=TOP - 4, x2=x, y2=bottom, stroke=RULE)
            add(group, "text", words.day(day, self._lang), x=x + 3, y=TOP - 9)
        if self._per_day >= 240:
            for number in range(self._days):
                for hour in (8, 12, 16):
                    x = LEFT + (number + hour / 24) * self._per_day
                    add(group, "text", f"{hour}:00", x=x, y=TOP - 9, text_anchor="middle")

    def _lane(self, picture: ET.Element, lane: _Lane, top: float) -> None:
        name = words.agency(self._law, lane.agency, self._lang)
        group = add(picture, "g", class_="lane")
        group.set("data-agency", clean(lane.agency))
        add(group, "line", x1=LEFT, y1=top, x2=self._right + RIGHT - 8, y2=top, stroke="#9aa5b4")
        add(group, "text", name, class_="lane-name", x=LEFT, y=top + 15, font_size=12.5,
            font_weight="bold", fill=INK, stroke="#ffffff", stroke_width=3,
            paint_order="stroke")  # fmt: skip
        y = top + NAME
        if lane.rows:
            add(group, "text", sums_words(self._totals[lane.agency], self._lang), class_="sums",
                x=LEFT, y=y + 9, font_size=11, fill=QUIET, stroke="#ffffff", stroke_width=3,
                paint_order="stroke")  # fmt: skip
            y += SUMS
        for row in lane.rows:
            for span in row:
                self._bar(group, span, y)
            y += BAR + GAP
        for marks in lane.marks:
            for mark in marks:
                self._mark(group, mark, y + MARK / 2)
            y += MARK

    def _bar(self, group: ET.Element, span: Span, y: float) -> None:
        begin, end = self._reach(span)
        fill, line = FILLS[span.kind]
        made = add(group, "g", class_=f"span span-{span.kind}")
        add(made, "title", self._told(span))
        add(
            made, "rect", x=begin, y=y, width=end - begin, height=BAR, rx=2, fill=fill,
            stroke=line, stroke_width=0.8,
        )  # fmt: skip
        if span.until is None:
            add(
                made,
                "path",
                d=f"M{end:.1f},{y:.1f} l8,{BAR / 2:.1f} l-8,{BAR / 2:.1f} z",
                fill=line,
            )
        text = who_words(span, self._lang)
        if span.kind in ("work", "legs", "ready") and end - begin > 7 * len(text):
            colour = "#ffffff" if span.kind == "work" else INK
            add(made, "text", text, x=begin + 5, y=y + 14, font_size=11, fill=colour)

    def _told(self, span: Span) -> str:
        """A bar in words, for who points at it."""
        until = written(self._lang, span.until) if span.until else self._("now")
        said = f"{who_words(span, self._lang)}: {kind_words(span.kind, self._)}"
        if span.ground:
            said += f" ({words.ground(span.ground, self._lang)})"
        if span.minutes is not None:
            said += f", {span_words(self._lang, span.minutes)}"
        return f"{said}; {written(self._lang, span.since)} – {until}"

    def _mark(self, group: ET.Element, mark: Mark, y: float) -> None:
        made = add(group, "g", class_="mark")
        add(made, "title", f"{mark.number}. {word(EVENTS, mark.type, self._lang)},"
            f" {written(self._lang, mark.at)}, {actor_words(mark.actor, self._lang)}")  # fmt: skip
        x = self._x(mark.at)
        add(made, "circle", cx=x, cy=y, r=8.5, fill="#ffffff", stroke=INK, stroke_width=1.2)
        add(made, "text", str(mark.number), x=x, y=y + 3.5, font_size=10, text_anchor="middle",
            fill=INK)  # fmt: skip

    def _deadlines(self, picture: ET.Element, bottom: float) -> None:
        _ = self._
        moved = self._of.due not in (None, self._of.promised)
        lines = [
            (self._of.promised, _("first appointment") if moved else _("appointment"),
             "#b91c1c", "3,3" if moved else "7,3", 14.0),
            (self._of.due if moved else None, _("appointment"), "#b91c1c", "7,3", 30.0),
            (self._of.now, _("now"), "#1d70b8", "", 46.0),
        ]  # fmt: skip
        for at, text, colour, dashes, y in lines:
            if at is None:
                continue
            x = self._x(at)
            group = add(picture, "g", class_="deadline" if colour != "#1d70b8" else "now")
            line = add(group, "line", x1=x, y1=y - 8, x2=x, y2=bottom, stroke=colour,
                       stroke_width=1.6)  # fmt: skip
            if dashes:
                line.set("stroke-dasharray", dashes)
            after = x < (LEFT + self._right) * 0.7
            add(
                group, "text", f"{text} {words.day(at, self._lang)}", x=x + (4 if after else -4),
                y=y, text_anchor="start" if after else "end", font_size=11, font_weight="bold",
                fill=colour,
            )  # fmt: skip

    def _legend(self, picture: ET.Element, top: float) -> None:
        group = add(picture, "g", class_="legend", font_size=11.5, fill=INK)
        for place, kind in enumerate(KINDS):
            x, y = LEFT + place % 2 * 320, top + place // 2 * 24
            fill, line = FILLS[kind]
            add(group, "rect", x=x, y=y, width=34, height=14, rx=2, fill=fill, stroke=line,
                stroke_width=0.8)  # fmt: skip
            add(group, "text", kind_words(kind, self._), x=x + 42, y=y + 11.5)
        x, y = LEFT + 320, top + len(KINDS) // 2 * 24
        add(group, "rect", x=x, y=y, width=34, height=14, fill="#eceff3", stroke=RULE)
        add(group, "text", self._("no working day"), x=x + 42, y=y + 11.5)


def _rows(things: Sequence[T], reach: Callable[[T], tuple[float, float]]) -> list[list[T]]:
    """Things in as few rows as they need not to meet, each in the first that has room."""
    rows: list[list[T]] = []
    ends: list[float] = []
    for thing in things:
        begin, end = reach(thing)
        for at, upto in enumerate(ends):
            if begin >= upto - 0.05:
                rows[at].append(thing)
                ends[at] = end
                break
        else:
            rows.append([thing])
            ends.append(end)
    return rows


def _off(
    calendar: Calendar | None, first: date, days: int, lang: Lang
) -> Iterator[tuple[int, int, str]]:
    """Days off as (number of the first, how many, why); none where the calendar does not reach."""
    if calendar is None:
        return
    run: tuple[int, int, str] | None = None
    for number in range(days):
        try:
            why = calendar.reason_off(first + timedelta(days=number))
        except CalendarError:
            break
        if why is None:
            if run:
                yield run
            run = None
            continue
        text = words.say(why.text, lang)
        run = (run[0], run[1] + 1, _joined(run[2], text)) if run else (number, 1, text)
    if run:
        yield run


def _joined(before: str, text: str) -> str:
    return before if text in before.split(", ") else f"{before}, {text}"


def _patterns(picture: ET.Element) -> None:
    defs = add(picture, "defs")
    waits = add(defs, "pattern", id="lanes-transit", width=7, height=7,
                patternUnits="userSpaceOnUse", patternTransform="rotate(45)")  # fmt: skip
    add(waits, "rect", width=7, height=7, fill="#fef3c7")
    add(waits, "rect", width=2.4, height=7, fill="#b45309")
    stops = add(defs, "pattern", id="lanes-stopped", width=6, height=6,
                patternUnits="userSpaceOnUse")  # fmt: skip
    add(stops, "rect", width=6, height=6, fill="#ffffff")
    add(stops, "circle", cx=3, cy=3, r=1.3, fill="#6b7280")
