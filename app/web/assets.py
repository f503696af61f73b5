"""Style, script and pictures, served from here: no page asks another host for anything."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

FOLDER = Path(__file__).parent / "static"
ASSETS = "/assets"
KEPT = "public, max-age=31536000, immutable"


class _Kept(StaticFiles):
    """Every address has the content's digest in it, so a browser asks once."""

    def file_response(self, *args: Any, **words: Any) -> Response:
        answer = super().file_response(*args, **words)
        answer.headers["Cache-Control"] = KEPT
        return answer


def assets() -> ASGIApp:
    """Compressed, which the pages are not: they hold secrets beside what others may have sent, and
    the length of what is compressed together gives secrets away (BREACH)."""
    return GZipMiddleware(_Kept(directory=FOLDER), minimum_size=1_000)


@cache
def asset(name: str) -> str:
    """The address of a file of `static/`; it changes with the content, so that it may be kept."""
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:10]
    return f"{ASSETS}/{name}?{digest}"
