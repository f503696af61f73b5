"""The procedure's drawing with the way that a dossier walked marked in it.

Graphviz lays a version of a procedure out once; what a dossier did is written into a copy.
What a step's colour says, its words and its sign say too.
"""

from __future__ import annotations

import copy
from functools import lru_cache
from xml.etree import ElementTree as ET

from app.pictures import words
from app.pictures.svg import FONT, SPACE, add, clean, named, said
from app.pictures.walk import HERE, State, StepWalk, Walk
from app.pictures.words import Translate, translate
from app.settings import Lang
from app.web.days import span_words
from app.web.words import ROLES
from app.web.words import said as word
from engine.core.law import Law
from workflows import draw
from workflows.model import DONE, Procedure, Text

ROOM = 4
"""Lines that each step keeps free for what a dossier did there."""

LINE = 14.0
"""Height of such a line in the drawing."""

LOOKS: dict[State, tuple[str, str, str]] = {
    "ahead": ("", "white", "#64748b"),
    "done": ("✓", "#e3f1e7", "#005a30"),
    "at work": ("●", "#e8f1fa", "#1d70b8"),
    "in transit": ("➜", "#e8f1fa", "#1d70b8"),
    "back": ("↩", "#fdf0e3", "#b45309"),
    "paused": ("‖", "#fef3c7", "#92600a"),
    "waiting": ("…", "#e8f1fa", "#1d70b8"),
    "refused": ("✕", "#fbe9e7", "#b91c1c"),
    "stopped": ("✕", "#fbe9e7", "#b91c1c"),
    "not needed": ("–", "#f3f4f6", "#9ca3af"),
}
"""Sign, fill and line of a step by its state."""

WALKED = "#005a30"
LATE = "#b91c1c"
QUIET = "#4b5563"


def state_words(state: State, _: Translate) -> str:
    return {
        "ahead": _("still to come"),
        "done": _("done"),
        "at work": _("at work"),
        "in transit": _("handed over, not taken yet"),
        "back": _("handover came back"),
        "paused": _("the clock stands still"),
        "waiting": _("waits for other agencies"),
        "refused": _("refused here"),
        "stopped": _("stopped here"),
        "not needed": _("not passed"),
    }[state]


def walk_svg(walk: Walk, law: Law, lang: Lang, code: str) -> str:
    """The drawing with the walk in it. Raises DotMissing where Graphviz is not installed."""
    procedure = law.procedure(walk.procedure)
    functions = tuple(sorted(draw.functions_named(law.organisation).items(), key=_first))
    picture = copy.deepcopy(_blank(procedure, lang, functions))
    _ = translate(lang)
    title = _("The way of dossier %(code)s") % {"code": code}
    named(picture, "walk", title, description(walk, procedure, lang))
    steps = {_node(each.leg, each.step): each for each in walk.steps}
    gone = _edges(walk, procedure)
    for group in list(picture.iter("g")):
        what = group.get("class", "")
        key = group.attrib.pop("data-key", "")
        if what == "node" and key in steps:
            _mark_step(group, steps[key], lang)
        elif what == "edge" and key in gone:
            _mark_way(group)
    return said(picture)


def description(walk: Walk, procedure: Procedure, lang: Lang) -> str:
    """Where the dossier is, in one sentence for each leg."""
    _ = translate(lang)
    here = [each for each in walk.steps if each.state in HERE]
    if not here:
        return _("The dossier is no longer at any step.")
    return " ".join(
        f"{step_title(procedure, each, lang)}: {state_words(each.state, _)}"
        f"{f', {each.who}' if each.who else ''}."
        for each in here
    )


def step_title(procedure: Procedure, walked: StepWalk, lang: Lang) -> str:
    title = procedure.process_of(walked.leg).steps[walked.step].title
    return words.say(title, lang) if title else walked.step


def step_lines(walked: StepWalk, lang: Lang) -> list[str]:
    """What is written into a step, in at most ROOM lines."""
    _ = translate(lang)
    if walked.state == "ahead":
        return []
    sign = LOOKS[walked.state][0]
    first = f"{sign} {state_words(walked.state, _)}"
    if walked.ground:
        first = f"{sign} {_('stopped')}: {words.ground(walked.ground, lang)}"
    elif walked.state == "done" and walked.until is not None:
        first = f"{first}, {words.moment(walked.until, lang)}"
    lines = [first, word(ROLES, walked.who, lang) if walked.who in ROLES else walked.who]
    if walked.used is not None and walked.state != "not needed":
        late = f", {_('overdue')}" if walked.overdue else ""
        lines.append(
            _("used %(time)s") % {"time": span_words(lang, max(walked.used, 0), exact=False)} + late
        )
    elif walked.since is not None and walked.state in HERE:
        late = f", {_('overdue')}" if walked.overdue else ""
        lines.append(_("since %(time)s") % {"time": words.moment(walked.since, lang)} + late)
    if walked.came_back:
        lines.append(f"↩ {_('came back')}: {walked.came_back}")
    return [each for each in lines if each]


def _first(pair: tuple[str, Text]) -> str:
    return pair[0]


@lru_cache(maxsize=256)
def _blank(procedure: Procedure, lang: Lang, functions: tuple[tuple[str, Text], ...]) -> ET.Element:
    """The layout of a procedure version, without anything of a dossier: never changed."""
    made = ET.fromstring(draw.draw(procedure, lang, None, dict(functions), ROOM))
    for each in made.iter():
        each.tag = each.tag.removeprefix(f"{{{SPACE}}}")
        for name in [name for name in each.attrib if name.startswith("{")]:
            del each.attrib[name]
        # Ids would meet those of another picture in the same page.
        each.attrib.pop("id", None)
    _unwrap(made)
    width, height = made.attrib.pop("width"), made.attrib.pop("height")
    made.set("xmlns", SPACE)
    made.set("width", width.removesuffix("pt"))
    made.set("height", height.removesuffix("pt"))
    made.set("class", "picture picture-walk")
    made.set("font-family", FONT)
    for group in made.iter("g"):
        title = group.find("title")
        if title is not None:
            group.set("data-key", title.text or "")
            group.remove(title)
    return made


def _unwrap(parent: ET.Element) -> None:
    """Graphviz puts what has a tooltip into links that lead nowhere; their content stays."""
    for child in list(parent):
        _unwrap(child)
        if child.tag == "a":
            at = list(parent).index(child)
            parent.remove(child)
            for offset, inner in enumerate(list(child)):
                parent.insert(at + offset, inner)
        elif child.get("stroke") == "transparent":
            child.set("stroke", "none")


def _node(path: str, step: str) -> str:
    """The name that the drawing gives a step's node."""
    return f"{path}|{step}"


def _edges(walk: Walk, procedure: Procedure) -> set[str]:
    """The names of the arrows that were walked."""
    found = {f"start->{_node('', procedure.process.start)}"}
    for path, step, to in walk.ways:
        here = procedure.process_of(path).steps.get(step)
        if here is None:
            continue
        leaves = f"{path}|{step}|join" if here.legs else _node(path, step)
        if to == DONE and path:
            above, opener = _opener(procedure, path)
            found.add(f"{leaves}->{above}|{opener}|join")
        else:
            found.add(f"{leaves}->{_node(path, to)}")
    for path in walk.opened:
        above, opener = _opener(procedure, path)
        start = procedure.process_of(path).start
        found.add(f"{_node(above, opener)}->{_node(path, start)}")
    return found


def _opener(procedure: Procedure, path: str) -> tuple[str, str]:
    """The leg above and its step that opens this leg."""
    above, _, name = path.rpartition("/")
    for step in procedure.process_of(above).steps.values():
        if any(leg.name == name for leg in step.legs):
            return above, step.name
    raise KeyError(path)


def _mark_step(group: ET.Element, walked: StepWalk, lang: Lang) -> None:
    box = group.find("path")
    if box is None:
        return
    _, fill, line = LOOKS[walked.state]
    group.set("class", f"node step step-{walked.state.replace(' ', '-')}")
    group.set("data-step", clean(f"{walked.leg}|{walked.step}"))
    late = walked.overdue and walked.state in HERE
    if walked.state != "ahead":
        box.set("fill", fill)
        box.set("stroke", LATE if late else line)
    if walked.state in HERE:
        box.set("stroke-width", "3")
    if walked.state in ("in transit", "not needed"):
        box.set("stroke-dasharray", "6,3" if walked.state == "in transit" else "2,3")
    left, right, bottom = _frame(box)
    lines = step_lines(walked, lang)
    first = bottom - 7 - LINE * (ROOM - 1)
    for place, text in enumerate(lines):
        add(
            group, "text", text, class_="walked", x=(left + right) / 2, y=first + place * LINE,
            text_anchor="middle", font_size=9.5, font_weight="bold" if place == 0 else "normal",
            fill=LATE if late and place > 1 else "#1f2937" if place == 0 else QUIET,
        )  # fmt: skip
    if walked.used is not None and walked.allowed:
        _bar(group, walked, left, right, bottom)


def _bar(group: ET.Element, walked: StepWalk, left: float, right: float, bottom: float) -> None:
    """How much of the limit is used, at the foot of the step; it is in its words, too."""
    assert walked.allowed is not None
    assert walked.used is not None
    whole = right - left - 24
    part = min(max(walked.used, 0) / walked.allowed, 1.0)
    y = bottom - 4
    add(group, "rect", class_="limit", x=left + 12, y=y, width=whole, height=2.5, rx=1.2,
        fill="#cbd5e1")  # fmt: skip
    add(group, "rect", class_="used", x=left + 12, y=y, width=max(whole * part, 1.5), height=2.5,
        rx=1.2, fill=LATE if walked.overdue else WALKED)  # fmt: skip


def _frame(box: ET.Element) -> tuple[float, float, float]:
    """Left, right and bottom of the rounded box that a path draws."""
    numbers = [
        tuple(map(float, pair.split(",")))
        for pair in box.get("d", "").replace("M", " ").replace("C", " ").split()
    ]
    across, down = [each[0] for each in numbers], [each[1] for each in numbers]
    return min(across), max(across), max(down)


def _mark_way(group: ET.Element) -> None:
    group.set("class", "edge walked")
    for each in group:
        if each.tag in ("path", "polygon"):
            each.set("stroke", WALKED)
            each.set("stroke-width", "2.6")
        if each.tag == "polygon":
            each.set("fill", WALKED)
