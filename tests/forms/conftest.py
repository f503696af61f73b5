"""Forms are made of the golden histories: real lives, whose bytes never change."""

from __future__ import annotations

from tests.desk.conftest import app, as_, client, desk, doors, house, prepared_desk, settings

__all__ = ["app", "as_", "client", "desk", "doors", "house", "prepared_desk", "settings"]
