"""The pages meet the tests as they meet a browser; see `tests/desk/conftest.py`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

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
from tests.web.reading import Browser

__all__ = ["app", "as_", "client", "desk", "doors", "house", "prepared_desk", "settings"]

Officer = Callable[..., Browser]


@pytest.fixture
def at_desk(as_: As) -> Officer:
    """`at_desk("ub-desk.receiver-1")` is that officer's browser; English unless said."""

    def made(name: str, lang: str = "en", **more: str) -> Browser:
        return Browser(as_(name, **more), lang)

    return made
