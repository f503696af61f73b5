"""A form with files, read no further than it may be long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.types import Message

from app.access.guard import LARGEST, LARGEST_UPLOAD, files_too_large
from app.desk.problems import Problem
from schemas.sentence import Sentence

MOST_BODY = LARGEST_UPLOAD
"""Bytes of a whole request: the files and what is typed beside them."""

MOST_FILES = 60
MOST_FIELDS = 300
MOST_TYPED = LARGEST
"""Bytes of one field, as many as of a form without files: a Vietnamese letter is sent as up to
nine, and whoever wrote too much is to be told so beside what he wrote."""

TOO_MANY, TOO_LONG = "Too many files", ("Part exceeded", "Field exceeded")
"""How the reader of forms begins to say so."""


def _too_large() -> Problem:
    return Problem(*files_too_large())


async def _form(request: Request) -> AsyncIterator[FormData]:
    """The fields and files of a form. Files lie in temporary files of the system's, which go
    with the request. Raises Problem before more was read than a form may have."""
    form = await _read(request)
    try:
        yield form
    finally:
        await form.close()


async def _read(request: Request) -> FormData:
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > MOST_BODY:
        raise _too_large()
    seen = 0
    receive = request.receive

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MOST_BODY:
            raise _too_large()
        return message

    # Whoever read the form before (the check of its token) has bounded it and keeps it there.
    before = getattr(request, "_form", None)
    if isinstance(before, FormData):
        return before
    bounded = Request(request.scope, counted)
    try:
        return await bounded.form(
            max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=MOST_TYPED
        )
    except HTTPException as error:
        if str(error.detail).startswith(TOO_MANY):
            said = Sentence("At most %(most)s files may be sent at once", most=MOST_FILES)
        elif str(error.detail).startswith(TOO_LONG):
            most = MOST_TYPED // 1_000_000
            said = Sentence("At most %(most)s MB may be sent at once", most=most)
        else:
            raise
        raise Problem(413, "too-large", "Too much at once", said) from None


BoundedForm = Annotated[FormData, Depends(_form)]
"""In the arguments of a route that takes files."""


def text_of(form: FormData, field: str) -> str:
    """What was typed in a field; "" for none, and for a file that came in its place."""
    value = form.get(field)
    return value.strip() if isinstance(value, str) else ""
