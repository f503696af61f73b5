"""A form whose dossier was closed meanwhile: its word is asked for again, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from app.access.forgery import FIELD
from app.citizen.online import Online
from app.uploads.bounded import text_of
from app.uploads.store import Handed
from app.web.citizen import browser
from app.web.citizen.form import KEPT, REMOVE, Wrong, _
from app.web.rendering import page

GO = "go"


def word_again(
    request: Request,
    online: Online,
    code: str,
    sent: FormData,
    files: Sequence[Handed] = (),
    wrong: Sequence[Wrong] = (),
) -> Response:
    """Asks for the word, with all that was sent along. It shows nothing of the dossier but its
    code. `files`: those that came, and stay; `wrong`: what is the matter with others: then the form
    comes back first, instead of going off without them."""
    told = [each._replace(field="files") for each in wrong]
    if text_of(sent, browser.WORD):
        no = _("The code and the access code do not belong together")
        told.insert(0, Wrong(browser.WORD, no))
    ours = (FIELD, KEPT, REMOVE, browser.WORD)
    fields = [
        (name, value)
        for name, value in sent.multi_items()
        if isinstance(value, str) and name not in ours
    ]
    if wrong or REMOVE in sent:
        fields = [each for each in fields if each[0] != GO]
    shows = {
        "code": code,
        "fields": fields,
        "files": [(each.name, online.stage_note(each)) for each in files],
        "errors": told,
        "wrong": {each.field: each for each in reversed(told)},
    }
    answer = page(request, "citizen/again.html", 422 if told else 200, **shows)
    return browser.private(answer)
