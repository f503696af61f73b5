"""What a form sent: each field once, those with boxes as lists."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import FormData

from app.trouble import BadInput
from schemas.sentence import Sentence

LONGEST = 20_000
"""Characters of one field: a reason is a page, not a book."""

FRAME = frozenset({
    "form_token", "act", "leg", "command_id", "version", "confirm", "promised", "shown",
})  # fmt: skip
"""Fields that are about the form, not about the act."""


async def _sent(request: Request) -> FormData:
    # In the event loop, because the body comes as it comes; whoever uses it works in a thread.
    return await request.form()


Sent = Annotated[FormData, Depends(_sent)]


def typed(form: FormData, lists: Collection[str] = ("papers",)) -> dict[str, Any]:
    """What somebody filled in; of a list of boxes that was shown, what is ticked, be it none."""
    found: dict[str, Any] = {}
    for name in form:
        if name in FRAME:
            continue
        values = [each[:LONGEST] for each in form.getlist(name) if isinstance(each, str)]
        if name in lists:
            found[name] = values
        elif values:
            found[name] = values[-1]
    for shown in form.getlist("shown"):
        if isinstance(shown, str) and shown in lists:
            found.setdefault(shown, [])
    return found


def word(form: FormData, name: str) -> str:
    """One field of the frame, "" when it is not there."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def version_of(form: FormData) -> int:
    """Of the dossier, as the officer saw it. Raises BadInput."""
    text = word(form, "version")
    if not text.isdecimal() or len(text) > 9:
        raise BadInput(Sentence("version is no number"))
    return int(text)
