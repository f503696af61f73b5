"""Style, script and pictures, served from here: no page asks another host for anything."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

FOLDER = Path(__file__).parent / "static"
ASSETS = "/assets"
KEPT = "public, max-age=31536000, immutable"


class _Kept(StaticFiles):
    """What is asked for by its digest a browser asks once; under any other address the content
    may be another tomorrow, or on the next server while they are being renewed."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        asked = scope["query_string"].decode("latin-1")
        named = asked == _digest(Path(full_path).name)
        answer.headers["Cache-Control"] = KEPT if named else "no-cache"
        return answer


def assets() -> ASGIApp:
    """Compressed, which the pages are not: they hold secrets beside what others may have sent, and
    the length of what is compressed together gives secrets away (BREACH)."""
    return GZipMiddleware(_Kept(directory=FOLDER), minimum_size=1_000)


def asset(name: str) -> str:
    """The address of a file of `static/`; it changes with the content, so that it may be kept."""
    return f"{ASSETS}/{name}?{_digest(name)}"


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:10]
