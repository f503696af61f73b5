"""A template and what it shows made into an answer, in the language of who asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    select_autoescape,
)
from markupsafe import Markup

from app.access.needs import who_asks
from app.reporting.feedback_words import ASPECTS, COMPLAINTS
from app.settings import Lang
from app.times import written
from app.uploads.kinds import MOST_TOGETHER
from app.web.assets import asset
from app.web.days import day_words, span_words, value_words
from app.web.menu import menu
from app.web.sentences import sentence
from app.web.spoken import spoken
from app.web.switch import chosen, keep, switched
from app.web.texts import translations
from app.web.words import WORDS, Said, actor_words, limit_words, said

if TYPE_CHECKING:
    from app.desk.context import Desk

TEMPLATES = Path(__file__).parent / "templates"


def page(request: Request, template: str, status: int = 200, **shows: Any) -> HTMLResponse:
    """A page. Every template has `_` (translates), `lang`, `who`, `here` (the path asked for),
    `address` (with its query), `posted` (whether it answers a form), `agency_name` (of an agency's
    id) and `token` (what a form must send back, against forged requests) beside `shows`.

    One with a form sets `switch` for the switch of language: the form's id, where it goes, `told`
    (as `app.web.switch` has it) and what Enter in a field presses, if that has a name."""
    answer = HTMLResponse(rendered(request, template, **shows), status)
    lang = switched(request)
    if lang is not None:
        keep(request, answer, lang)
    return answer


def rendered(request: Request, template: str, **shows: Any) -> str:
    """The text of a page or of a part of one."""
    lang = language(request)
    desk: Desk = request.app.state.desk
    query = f"?{request.url.query}" if request.url.query else ""
    words = {
        "lang": lang,
        "who": who_asks(request),
        "here": request.url.path,
        "address": request.url.path + query,
        "posted": request.method == "POST",
        "token": getattr(request.state, "form_token", ""),
        "agency_name": agency_names(desk, lang),
        **shows,
    }
    return environment(lang).get_template(template).render(words)


def language(request: Request) -> Lang:
    """The one that was switched to, else the house's."""
    lang: Lang = request.app.state.desk.settings.lang
    return chosen(request) or lang


def agency_names(desk: Desk, lang: Lang) -> Callable[[str | None], str]:
    """What people call an agency, by its id; an id that is none is shown as it is."""

    def name(id_: str | None) -> str:
        try:
            text = desk.house.law.organisation.agency(id_ or "").name
        except KeyError:
            return id_ or ""
        return text.vi if lang == "vi" else text.en

    return name


def _unbroken(lang: Lang, moment: datetime | int | None) -> Markup:
    """The same, never broken over two lines."""
    return Markup('<span class="desk-nowrap">{}</span>').format(written(lang, moment))


def _said(words: Mapping[str, Said], lang: Lang, key: str | None) -> str:
    return said(words, key, lang)


@cache
def environment(lang: Lang) -> Environment:
    """Templates of ours and, below "govuk_frontend_jinja/", the components. Filters put the
    engine's words into the language: `"sign" | act`, `type | event`, `role`, `state`, `fact`, ….
    """
    made = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(TEMPLATES),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=select_autoescape(),
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.install_gettext_translations(translations(lang), newstyle=True)  # type: ignore[attr-defined]
    made.globals["asset"] = asset
    made.globals["menu"] = menu
    made.globals["most_together"] = MOST_TOGETHER
    made.filters["shown"] = partial(written, lang)
    made.filters["moment"] = partial(_unbroken, lang)
    made.filters["sentence"] = lambda refused, *of: sentence(
        refused.rule, refused.message, lang, *of
    )
    made.filters["actor"] = lambda actor: actor_words(actor, lang)
    made.filters["spoken"] = lambda text: spoken(text, lang)
    made.filters["span"] = partial(span_words, lang)
    made.filters["day"] = lambda day: day_words(day, lang)
    made.filters["value"] = lambda value: value_words(value, lang)
    made.filters["limit"] = lambda limit: limit_words(str(limit), lang)
    for name, words in {**WORDS, "aspect": ASPECTS, "complaint_ground": COMPLAINTS}.items():
        made.filters[name] = partial(_said, words, lang)
    return made
