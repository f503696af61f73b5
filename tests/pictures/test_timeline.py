"""The timeline: who had a dossier when, with waiting, working and stopped time apart."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from app.pictures.markup import calendar_of
from app.pictures.svg import SPACE
from app.pictures.timeline import sums_words, timeline_svg
from app.pictures.turns import KINDS, Timeline, totals
from app.settings import Lang
from engine.core.clock import working_minutes
from tests.forms.lives import NAMES
from tests.pictures.lives import Then, after, version_of

GOLDEN = Path(__file__).parent / "golden"
RECEIVED = [each for each in NAMES if "refused-at" not in each]
LAND, TRANSFER = "lt-02-land-change-no-tax", "lt-09-land-transfer-2021"


def text(then: Then, lang: Lang = "vi", timeline: Timeline | None = None) -> str:
    calendar = calendar_of(then.law, then.dossier)
    return timeline_svg(timeline or then.timeline(), calendar, then.law, lang)


def drawn(then: Then, lang: Lang = "vi") -> ET.Element:
    return ET.fromstring(text(then, lang))


def having(picture: ET.Element, name: str) -> list[ET.Element]:
    """The elements that have a word in their class."""
    return [each for each in picture.iter() if name in (each.get("class") or "").split()]


def number(element: ET.Element, name: str) -> float:
    return float(element.attrib[name])


# --- the value ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECEIVED)
def test_the_spans_of_each_leg_follow_each_other_without_a_gap(name: str) -> None:
    then = after(name)
    for path, leg in then.dossier.legs.items():
        spans = [each for each in then.timeline().spans if each.leg == path]
        if not spans:
            continue
        gaps = [(a.until, b.since) for a, b in itertools.pairwise(spans) if a.until != b.since]
        # A dossier that was reopened lay with nobody in between.
        assert len(gaps) == (len(then.dossier.withdrawn_results) if not path else 0)
        assert spans[-1].until == leg.ended_at


def test_working_waiting_and_stopped_time_are_apart() -> None:
    version = version_of(LAND, "clock.resumed")
    kinds = [(each.agency, each.kind) for each in after(LAND, version).timeline().spans]
    assert kinds == [
        ("ub-desk", "work"),
        ("ub-land", "transit"),
        ("ub-land", "work"),
        ("ub-land", "stopped"),
        ("ub-land", "work"),
    ]


def test_who_waits_for_another_agency_and_a_result_that_lies_ready_are_apart() -> None:
    kinds = {each.kind for each in after(TRANSFER).timeline().spans}
    assert kinds == set(KINDS)
    ready = [each for each in after(TRANSFER).timeline().spans if each.kind == "ready"]
    assert [each.agency for each in ready] == ["ub-desk"]


@pytest.mark.parametrize("name", RECEIVED)
def test_the_working_time_of_the_main_legs_spans_is_that_of_the_whole(name: str) -> None:
    then = after(name)
    root = [each for each in then.timeline().spans if not each.leg]
    calendar = then.law.calendar(then.dossier.calendar)
    whole = sum(
        working_minutes(calendar, each.since, each.until) for each in root if each.until is not None
    )
    assert sum(each.minutes or 0 for each in root) == whole


@pytest.mark.parametrize("name", RECEIVED)
def test_the_totals_of_the_agencies_are_those_of_all_spans(name: str) -> None:
    timeline = after(name).timeline()
    found = totals(timeline)
    assert [each.agency for each in found] == list(
        dict.fromkeys(each.agency for each in timeline.spans)
    )
    of = {"work": ["work"], "waited": ["transit", "legs", "ready"], "stopped": ["stopped"]}
    for field, kinds in of.items():
        counted = sum(each.minutes or 0 for each in timeline.spans if each.kind in kinds)
        assert sum(getattr(each, field) for each in found) == counted


@pytest.mark.parametrize(("lang", "work"), [("vi", "xử lý "), ("en", "worked on ")])
def test_each_lane_says_how_long_it_was_worked_on_and_how_long_it_lay(
    lang: Lang, work: str
) -> None:
    then = after(LAND, version_of(LAND, "clock.stopped"), hours=30)
    (branch,) = [each for each in totals(then.timeline()) if each.agency == "ub-land"]
    assert branch.work
    assert branch.waited
    assert branch.stopped
    told = [sums_words(each, lang) for each in totals(then.timeline())]
    assert told[1].startswith(work)
    assert ["".join(each.itertext()) for each in having(drawn(then, lang), "sums")] == told


def test_what_lasts_is_counted_up_to_now() -> None:
    version = version_of(LAND, "handover.accepted")
    now, later = (after(LAND, version, days=each).timeline() for each in (0, 3))
    assert now.spans[-1].until is None
    assert (now.spans[-1].minutes, later.spans[-1].minutes) == (0, 3 * 480)
    assert later.now is not None
    assert after(LAND).timeline().now is None


# --- the picture ----------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_each_agency_has_a_lane_each_span_a_bar_and_each_event_a_mark(
    name: str, lang: Lang
) -> None:
    then = after(name)
    picture, timeline = drawn(then, lang), then.timeline()
    lanes = [each.get("data-agency") for each in having(picture, "lane")]
    assert set(lanes) == {each.agency for each in (*timeline.spans, *timeline.marks)}
    assert len(lanes) == len(set(lanes))
    for kind in KINDS:
        expected = sum(each.kind == kind for each in timeline.spans)
        assert len(having(picture, f"span-{kind}")) == expected
    assert len(having(picture, "mark")) == len(timeline.marks)


@pytest.mark.parametrize("name", RECEIVED)
def test_nothing_covers_anything_else_of_its_lane(name: str) -> None:
    for lane in having(drawn(after(name)), "lane"):
        bars = [
            (number(r, "x"), number(r, "y"), number(r, "x") + number(r, "width"))
            for r in lane.iter(f"{{{SPACE}}}rect")
        ]
        marks = [
            (number(c, "cx") - 8.5, number(c, "cy"), number(c, "cx") + 8.5)
            for c in lane.iter(f"{{{SPACE}}}circle")
        ]
        for things in (bars, marks):
            for row in {y for _, y, _ in things}:
                ends = sorted((begin, end) for begin, y, end in things if y == row)
                assert all(a[1] <= b[0] + 0.2 for a, b in itertools.pairwise(ends))


def test_the_appointment_and_now_are_lines_with_words() -> None:
    then = after(LAND, version_of(LAND, "handover.accepted"), days=1)
    picture = drawn(then)
    (deadline,) = having(picture, "deadline")
    (now,) = having(picture, "now")
    assert "".join(deadline.itertext()).startswith("hẹn trả 10/03")
    assert "".join(now.itertext()).startswith("hiện tại 02/03")
    assert number(now[0], "x1") < number(deadline[0], "x1")


def test_an_appointment_that_moved_is_shown_with_the_first_one() -> None:
    lines = ["".join(each.itertext()) for each in having(drawn(after(TRANSFER)), "deadline")]
    assert lines == ["hẹn trả ban đầu 16/04", "hẹn trả 05/05"]


def test_days_off_are_shaded_and_say_why() -> None:
    why = [each[0].text for each in having(drawn(after(TRANSFER)), "off-day")]
    assert why.count("Thứ bảy, Chủ nhật") >= 4
    assert any("Hùng" in (each or "") for each in why)


def test_a_long_wait_stays_readable_and_a_day_shows_hours() -> None:
    version = version_of(LAND, "handover.accepted")
    year = drawn(after(LAND, version, days=360))
    dates = [each for each in having(year, "dates")[0].iter(f"{{{SPACE}}}text")]
    at = [number(each, "x") for each in dates]
    assert min(b - a for a, b in itertools.pairwise(at)) >= 50
    day = drawn(after("2.000908", 4))
    assert "12:00" in "".join(having(day, "dates")[0].itertext())


def test_hostile_text_stays_text() -> None:
    then = after(LAND)
    bad = '"><script>alert(1)</script>\x0b'
    timeline = then.timeline()
    spans = tuple(replace(each, who=bad, agency=bad) for each in timeline.spans)
    made = text(then, "en", replace(timeline, spans=spans, code=bad))
    assert "<script" not in made
    names = [each.text for each in having(ET.fromstring(made), "lane-name")]
    assert bad.replace("\x0b", "") in names


def test_nothing_in_it_needs_a_loose_content_policy() -> None:
    picture = drawn(after(TRANSFER))
    names = [name for each in picture.iter() for name in each.attrib]
    assert not [name for name in names if name == "style" or name[:2] == "on"]
    used = {each.get("fill") for each in picture.iter()} & {"url(#lanes-transit)"}
    ids = {each.get("id") for each in picture.iter()}
    assert used
    assert {"lanes-transit", "lanes-stopped", "lanes-title", "lanes-description"} <= ids


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_picture_of_a_dossier_is_the_one_that_was_looked_at(lang: Lang) -> None:
    then = after(LAND, version_of(LAND, "clock.stopped"), hours=30)
    golden = GOLDEN / f"timeline-{lang}.svg"
    assert text(then, lang) == golden.read_text(encoding="utf-8")


def test_a_time_outside_the_calendar_is_drawn_without_days_off() -> None:
    then = after(LAND, version_of(LAND, "handover.accepted"))
    far = then._replace(later=timedelta(days=3650))
    assert having(drawn(far), "lane")
    assert far.timeline().spans[-1].minutes is None
