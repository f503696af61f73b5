"""The pictures as parts of a page: each in a frame that scrolls, with the same facts in a table.

{{ walked(house, dossier, records, lang) }}
{{ lanes(house, dossier, records, lang) }}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from app.pictures import words
from app.pictures.drawing import state_words, step_title, walk_svg
from app.pictures.timeline import kind_words, timeline_svg, who_words
from app.pictures.turns import Span, Timeline, Total, timeline_of, totals
from app.pictures.walk import HERE, StepWalk, Walk, walk_of
from app.pictures.words import Translate, translate
from app.settings import Lang
from app.web.days import span_words
from app.web.names import Names
from app.web.rendering import environment
from app.web.words import EVENTS, ROLES, actor_words
from app.web.words import said as word
from engine.core.calendar import Calendar
from engine.core.explain import limit_text
from workflows.draw import DotMissing

if TYPE_CHECKING:
    from app.house import House
    from engine.core.dossier import Dossier
    from engine.core.law import Law
    from schemas.envelope import Recorded


def walked(house: House, dossier: Dossier, records: Sequence[Recorded], lang: Lang) -> Markup:
    """The procedure's drawing with the way this dossier walked, and the steps as a table. Where
    Graphviz is not installed the table stands alone. Nothing for what was not received."""
    walk = walk_of(dossier, records, house.law, house.now)
    if walk is None:
        return Markup()
    try:
        drawing = Markup(walk_svg(walk, house.law, lang, dossier.stream))
    except DotMissing:
        drawing = Markup()
    return _part("pictures/walked.html", lang, drawing=drawing,
                 steps=[_step(each, walk, house.law, lang) for each in walk.steps])  # fmt: skip


def lanes(house: House, dossier: Dossier, records: Sequence[Recorded], lang: Lang) -> Markup:
    """The timeline of agencies and its table. Nothing where nothing has happened."""
    if not records:
        return Markup()
    calendar = calendar_of(house.law, dossier)
    timeline = timeline_of(dossier, records, calendar, house.now)
    _, names = translate(lang), Names(house.law, house.law.procedure(dossier.procedure), lang)
    return _part(
        "pictures/lanes.html",
        lang,
        drawing=Markup(timeline_svg(timeline, calendar, house.law, lang)),
        spans=[_span(each, names, lang, _) for each in timeline.spans],
        marks=_marks(timeline, house.law, lang),
        totals=[_total(each, names, lang) for each in totals(timeline)],
    )


def calendar_of(law: Law, dossier: Dossier) -> Calendar | None:
    """The calendar that the dossier is pinned to, if it is to one."""
    return law.calendar(dossier.calendar) if dossier.calendar else None


def _part(template: str, lang: Lang, **shows: object) -> Markup:
    return Markup(environment(lang).get_template(template).render({"lang": lang, **shows}))


def _step(step: StepWalk, walk: Walk, law: Law, lang: Lang) -> dict[str, object]:
    procedure = law.procedure(walk.procedure)
    state = state_words(step.state, translate(lang))
    if step.ground:
        state = f"{state}: {words.ground(step.ground, lang)}"
    return {
        "title": step_title(procedure, step, lang),
        "depth": step.leg.count("/") + 1 if step.leg else 0,
        "state": state,
        "here": step.state in HERE,
        "agency": words.agency(law, step.agency, lang) if step.agency else "",
        "who": word(ROLES, step.who, lang) if step.who in ROLES else step.who,
        "since": step.since,
        "until": step.until,
        "limit": limit_text(step.limit, lang) if step.limit else "",
        "used": span_words(lang, max(step.used, 0)) if step.used is not None else "",
        "overdue": step.overdue,
        "came_back": step.came_back,
    }


def _span(span: Span, names: Names, lang: Lang, _: Translate) -> dict[str, object]:
    kind = kind_words(span.kind, _)
    return {
        "agency": names.agency(span.agency),
        "part": names.leg(span.leg),
        "who": who_words(span, lang),
        "kind": f"{kind} ({words.ground(span.ground, lang)})" if span.ground else kind,
        "since": span.since,
        "until": span.until,
        "time": span_words(lang, span.minutes) if span.minutes is not None else "",
    }


def _total(total: Total, names: Names, lang: Lang) -> dict[str, str]:
    times = {"work": total.work, "waited": total.waited, "stopped": total.stopped}
    said = {name: span_words(lang, minutes) if minutes else "–" for name, minutes in times.items()}
    return {"agency": names.agency(total.agency), **said}


def _marks(timeline: Timeline, law: Law, lang: Lang) -> list[dict[str, object]]:
    return [
        {
            "number": each.number,
            "what": word(EVENTS, each.type, lang),
            "at": each.at,
            "agency": words.agency(law, each.agency, lang),
            "actor": actor_words(each.actor, lang),
        }
        for each in timeline.marks
    ]
