"""The whole year of Uông Bí on SQLite, views and alerts included: `python -m bench year`."""

from __future__ import annotations

import os
import resource
from contextlib import redirect_stdout
from typing import Any

from app.demo import run_demo
from app.settings import Settings
from bench.servers import sqlite_url


def run(scale: int = 1) -> list[dict[str, Any]]:
    """Minutes, events a second, memory; `scale` K plays one in K dossiers."""
    with sqlite_url() as url, open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        shown = run_demo(Settings(database=url, json=True), scale=scale)
    played = shown.played
    own = resource.getrusage(resource.RUSAGE_SELF)
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return [
        {
            "dossiers": played.dossiers,
            "events": played.events,
            "minutes": round(played.seconds / 60, 2),
            "events/s": round(played.rate),
            "CPU s, office": round(own.ru_utime + own.ru_stime),
            "CPU s, views": round(others.ru_utime + others.ru_stime),
            "MB, office": own.ru_maxrss // 1024,
            "MB, views": others.ru_maxrss // 1024,
        }
    ]
