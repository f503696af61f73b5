"""Codes of dossiers: agency, day, and a number that starts anew each day.

The code is opaque to everything else, so that another generator may stand beside this one.
"""

from __future__ import annotations

from datetime import datetime

from engine.core.calendar import local_day


def code_prefix(agency: str, at: datetime) -> str:
    """What the codes that an agency gives on the local day of `at` begin with."""
    return f"{agency}-{local_day(at):%y%m%d}-"


def code(prefix: str, number: int) -> str:
    """`XXXX` of the published form; a fifth digit where one day needs it."""
    return f"{prefix}{number:04d}"
