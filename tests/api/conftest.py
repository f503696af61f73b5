"""The API over the desk of fifty dossiers; see `tests/desk/conftest.py`."""

from __future__ import annotations

from tests.acceptance.conftest import _nothing_from_outside
from tests.desk.conftest import (
    As,
    app,
    as_,
    client,
    desk,
    doors,
    house,
    prepared_desk,
    settings,
)

__all__ = [
    "As",
    "_nothing_from_outside",
    "app",
    "as_",
    "client",
    "desk",
    "doors",
    "house",
    "prepared_desk",
    "settings",
]
