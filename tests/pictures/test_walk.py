"""The way a dossier walked: what became of each step, and how the drawing says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from app.pictures.drawing import LOOKS, step_lines, walk_svg
from app.pictures.svg import SPACE
from app.pictures.walk import HERE, State
from app.settings import Lang
from tests.forms.lives import NAMES
from tests.pictures.lives import Then, after, version_of
from workflows.machine import ORIGIN

RECEIVED = [each for each in NAMES if "refused-at" not in each]
LAND, MORTGAGE, TRANSFER = (
    "lt-02-land-change-no-tax",
    "lt-03-mortgage-registration",
    "lt-09-land-transfer-2021",
)


def drawn(then: Then, lang: Lang = "vi") -> ET.Element:
    return ET.fromstring(walk_svg(then.walk(), then.law, lang, then.dossier.stream))


def steps(picture: ET.Element) -> dict[str, ET.Element]:
    """The boxes of steps by "leg|step"."""
    groups = picture.iter(f"{{{SPACE}}}g")
    return {key: each for each in groups if (key := each.get("data-step"))}


def texts(group: ET.Element, of: str = "") -> list[str]:
    found = group.iter(f"{{{SPACE}}}text")
    return ["".join(each.itertext()) for each in found if not of or each.get("class") == of]


def walked_ways(picture: ET.Element) -> int:
    return sum(each.get("class") == "edge walked" for each in picture.iter(f"{{{SPACE}}}g"))


# --- the value ------------------------------------------------------------------------------


def test_steps_are_done_here_and_ahead() -> None:
    then = after(LAND, version_of(LAND, "handover.accepted"))
    states = [each.state for each in then.walk().steps]
    assert states == ["done", "at work", *["ahead"] * (len(states) - 2)]
    here = then.step("appraise")
    assert (here.agency, here.who) == ("ub-land", "ub-land.specialist-1")


@pytest.mark.parametrize(
    ("name", "type_", "leg", "step", "state"),
    [
        (LAND, "handover.offered", "", "appraise", "in transit"),
        (LAND, "clock.stopped", "", "appraise", "paused"),
        (MORTGAGE, "handover.refused", "", "receive", "back"),
        (TRANSFER, "leg.opened", "", "confirm", "waiting"),
        ("lt-07-project-land-list", "leg.refused", "decide", "sign", "refused"),
        ("lt-05-split-merge-plot", "dossier.stopped", "", "appraise", "stopped"),
        ("lt-05-split-merge-plot", "dossier.stopped", "", "return", "not needed"),
    ],
)
def test_where_it_stands_is_told_apart(
    name: str, type_: str, leg: str, step: str, state: State
) -> None:
    then = after(name, version_of(name, type_))
    assert then.step(step, leg).state == state


def test_what_came_back_is_counted() -> None:
    before = after(MORTGAGE, version_of(MORTGAGE, "handover.offered")).step("receive")
    assert (before.came_back, after(MORTGAGE).step("receive").came_back) == (0, 3)


@pytest.mark.parametrize("type_", ["handover.refused", "handover.recalled", "handover.expired"])
def test_a_step_whose_offer_came_to_nothing_is_still_to_come(type_: str) -> None:
    then = after(MORTGAGE, version_of(MORTGAGE, type_))
    assert then.step("appraise").state == "ahead"
    assert step_lines(then.step("appraise"), "vi") == []


def test_used_time_leaves_out_what_stopped_the_clock() -> None:
    asked, supplied = (version_of(LAND, each) for each in ("clock.stopped", "clock.resumed"))
    at = [after(LAND, each).step("appraise").used for each in (asked, supplied)]
    assert at[0] == at[1]
    assert after(LAND, asked, days=30).step("appraise").used == at[0]
    again = after(LAND, version_of(LAND, "clock.stopped", 1)).step("appraise").used
    assert again is not None
    assert at[0] is not None
    assert again > at[0]


def test_a_step_is_overdue_on_the_day_after_its_last_and_not_before() -> None:
    version = version_of(LAND, "handover.accepted", 1)
    late = [after(LAND, version, days=days).step("check").overdue for days in (0, 1, 2, 5)]
    assert late[0] is False
    assert late[-1] is True
    assert late == sorted(late)


@pytest.mark.parametrize("name", RECEIVED)
def test_at_each_version_the_walk_agrees_with_the_dossier(name: str) -> None:
    for record in after(name).records:
        then = after(name, record.version)
        if not then.dossier.legs:
            continue
        here = {(each.leg, each.step) for each in then.walk().steps if each.state in HERE}
        visited = {(leg.path, leg.step) for leg in then.dossier.open_legs()}
        assert here == {each for each in visited if each[1] != ORIGIN}


# --- the picture ----------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("name", RECEIVED)
def test_every_step_is_drawn_with_its_words_and_sign(name: str, lang: Lang) -> None:
    then = after(name)
    boxes = steps(drawn(then, lang))
    walk = then.walk()
    assert set(boxes) == {f"{each.leg}|{each.step}" for each in walk.steps}
    for each in walk.steps:
        lines = texts(boxes[f"{each.leg}|{each.step}"], "walked")
        assert lines == step_lines(each, lang)
        assert not lines or lines[0].startswith(LOOKS[each.state][0])


def test_each_way_that_was_gone_is_marked() -> None:
    version = version_of(LAND, "handover.accepted")
    assert walked_ways(drawn(after(LAND, version))) == 2
    for name in ("lt-09-land-transfer-2021", "lt-01-land-transfer-tax"):
        then = after(name)
        ways = len(then.walk().ways) + len(then.walk().opened) + 1
        assert walked_ways(drawn(then)) == ways


def test_where_it_is_has_a_thick_line_and_says_who_holds_it() -> None:
    then = after(LAND, version_of(LAND, "handover.accepted"))
    picture = drawn(then)
    thick = [
        key
        for key, each in steps(picture).items()
        if each.findall(f"{{{SPACE}}}path")[0].get("stroke-width") == "3"
    ]
    assert thick == ["|appraise"]
    assert "ub-land.specialist-1" in texts(steps(picture)["|appraise"])
    description = picture.findtext(f"{{{SPACE}}}desc") or ""
    assert "đang xử lý, ub-land.specialist-1" in description


def test_the_bar_is_as_long_as_what_was_used() -> None:
    then = after(LAND, version_of(LAND, "clock.stopped"))
    box = steps(drawn(then))["|appraise"]
    whole, part = (
        float(box.find(f"{{{SPACE}}}rect[@class='{each}']").get("width"))  # type: ignore[union-attr,arg-type]
        for each in ("limit", "used")
    )
    step = then.step("appraise")
    assert step.used is not None
    assert step.allowed is not None
    assert part / whole == pytest.approx(step.used / step.allowed, abs=0.01)


def test_hostile_text_stays_text() -> None:
    then = after(LAND, version_of(LAND, "handover.accepted"))
    walk = then.walk()
    bad = '</text><script>alert(1)</script>\x00&"'
    changed = [replace(each, who=bad) if each.state in HERE else each for each in walk.steps]
    made = walk_svg(replace(walk, steps=tuple(changed)), then.law, "en", bad)
    assert "<script" not in made
    found = texts(steps(ET.fromstring(made))["|appraise"])
    assert bad.replace("\x00", "") in found


def attributes(picture: ET.Element) -> Iterator[tuple[str, str]]:
    for each in picture.iter():
        yield from each.attrib.items()


def test_nothing_in_it_needs_a_loose_content_policy() -> None:
    picture = drawn(after(TRANSFER))
    assert {each.tag.rpartition("}")[2] for each in picture.iter()} <= {
        "svg", "title", "desc", "g", "path", "polygon", "polyline", "ellipse", "text", "rect",
    }  # fmt: skip
    assert not [name for name, _ in attributes(picture) if name == "style" or name[:2] == "on"]
    assert not [value for _, value in attributes(picture) if "url(" in value or "href" in value]


def test_its_layout_is_made_once_for_a_procedure(monkeypatch: pytest.MonkeyPatch) -> None:
    first = drawn(after(LAND, 5))
    monkeypatch.setattr("workflows.draw.render", None)
    second = drawn(after(LAND))
    assert set(steps(first)) == set(steps(second))
    assert texts(first, "walked") != texts(second, "walked")


def test_its_picture_in_both_languages_differs_in_words_only() -> None:
    then = after(LAND, version_of(LAND, "clock.stopped"))
    vi, en = (texts(steps(drawn(then, lang))["|appraise"], "walked") for lang in ("vi", "en"))
    assert vi == [
        "‖ tạm dừng: chờ bổ sung giấy tờ",
        "ub-land.specialist-1",
        "đã dùng 4 giờ 30 phút",
    ]
    assert en == ["‖ stopped: more papers asked for", "ub-land.specialist-1",
                  "used 4 hours 30 minutes"]  # fmt: skip
    assert not re.search("[ạđư]", " ".join(en))
