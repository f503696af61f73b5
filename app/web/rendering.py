"""A template and what it shows made into an answer, in the language of who asks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

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

from app.access.needs import who_asks
from app.settings import Lang
from app.times import shown
from app.web.assets import asset
from app.web.menu import menu
from app.web.texts import translations

TEMPLATES = Path(__file__).parent / "templates"
COOKIE = "lang"


def page(request: Request, template: str, status: int = 200, **shows: Any) -> HTMLResponse:
    """A page. Every template has `_` (translates), `lang`, `who`, `here` (the address asked
    for) and `token` (what a form must send back, against forged requests) beside `shows`."""
    lang = language(request)
    words = {
        "lang": lang,
        "who": who_asks(request),
        "here": request.url.path,
        "token": getattr(request.state, "form_token", ""),
        **shows,
    }
    return HTMLResponse(environment(lang).get_template(template).render(words), status)


def language(request: Request) -> Lang:
    """The one that was switched to, else the house's."""
    chosen = request.cookies.get(COOKIE)
    lang: Lang = request.app.state.desk.settings.lang
    return {"vi": "vi", "en": "en"}.get(chosen or "", lang)  # type: ignore[return-value]


@cache
def environment(lang: Lang) -> Environment:
    """Templates of ours and, below "govuk_frontend_jinja/", the components."""
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
    )
    made.install_gettext_translations(translations(lang), newstyle=True)  # type: ignore[attr-defined]
    made.globals["asset"] = asset
    made.globals["menu"] = menu
    made.filters["shown"] = shown
    return made
