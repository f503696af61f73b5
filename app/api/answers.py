"""Answers of the API: JSON made once by the codec, pages of lists with a link to the next."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from app.desk.problems import Problem
from schemas.codec import dumps, loads

JSON = "application/json"

LARGEST = 2**63 - 1
"""What a database has room for in a number."""

Cursor = Annotated[
    str | None,
    Query(
        description="Where to go on: the `Link` header of the page before has it. Opaque.",
        max_length=1000,
    ),
]
Limit = Annotated[int, Query(description="At most so many.", ge=1, le=1000)]
Key = tuple[str | int | None, ...]
"""Where an item stands in the order of its list."""

T = TypeVar("T")


def answered(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A value as JSON. Already shaped as the operation's model says: nothing checks it again."""
    return Response(dumps(value), status, headers, JSON)


def etag(version: int) -> str:
    """The version of a dossier as a validator."""
    return f'"{version}"'


def matches(tag: str, if_none_match: str) -> bool:
    """Whether a header If-None-Match names the validator, or any: compared weakly."""
    return if_none_match.strip() == "*" or tag in if_none_match


class Paging:
    """Which page of a list is asked for. It is made by a dependency; see `Pages`."""

    def __init__(self, request: Request, cursor: str | None, limit: int) -> None:
        self._request = request
        self._cursor = cursor
        self.limit = limit

    @property
    def look(self) -> int:
        """How many items to look for: one more than are shown, to know whether there are."""
        return self.limit + 1

    def after(self, *kinds: type | tuple[type, ...]) -> Any:
        """The key of the last item of the page before, a tuple of these kinds, or None. Raises
        Problem."""
        return key_of(self._cursor, *kinds)

    def answer(
        self, found: Sequence[T], key: Callable[[T], Key], plain: Callable[[T], Any]
    ) -> Response:
        """The page, and where the next begins: after the last item of this one, wherever that
        will stand by then, so that what is added meanwhile moves nothing. `found`: the items
        from where this page begins, at least `look` if there are as many."""
        headers = {}
        if len(found) > self.limit:
            cursor = cursor_of(key(found[self.limit - 1]))
            url = self._request.url.include_query_params(cursor=cursor)
            headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
        return answered([plain(each) for each in found[: self.limit]], headers=headers)


async def _paging(request: Request, cursor: Cursor = None, limit: Limit = 100) -> Paging:
    return Paging(request, cursor, limit)


Pages = Annotated[Paging, Depends(_paging)]


def cursor_of(key: Key) -> str:
    return urlsafe_b64encode(dumps(key)).decode().rstrip("=")


def key_of(cursor: str | None, *kinds: type | tuple[type, ...]) -> Key | None:
    """The key in a cursor, its parts of these kinds; None without a cursor. Raises Problem."""
    if cursor is None:
        return None
    try:
        key = tuple(loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))
    except (NoBase64, ValueError, TypeError):
        key = ()
    fits = len(key) == len(kinds) and all(
        isinstance(part, kind) and not isinstance(part, bool) and _storable(part)
        for part, kind in zip(key, kinds, strict=True)
    )
    if not fits:
        said = "Take the address of the Link header as it is"
        raise Problem(422, "bad-cursor", "No cursor of this list", said)
    return key


def _storable(part: Any) -> bool:
    if isinstance(part, int):
        return -LARGEST <= part <= LARGEST
    return not isinstance(part, str) or "\x00" not in part


def beyond(found: Sequence[T], key: Callable[[T], Key], after: Key | None) -> list[T]:
    """The items of a short list, kept in order by `key`, that follow `after`."""
    kept = sorted(found, key=key)
    return kept if after is None else [each for each in kept if key(each) > after]
