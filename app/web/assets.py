"""Style, script and pictures, served from here: no page asks another host for anything."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "static"
ASSETS = "/assets"


def assets() -> StaticFiles:
    return StaticFiles(directory=FOLDER)


@cache
def asset(name: str) -> str:
    """The address of a file of `static/`; it changes with the content, so that it may be kept."""
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:10]
    return f"{ASSETS}/{name}?{digest}"
