"""On the store and the clients of tests/desk."""

from __future__ import annotations

from tests.desk.conftest import app, as_, client, desk, doors, house, prepared_desk, settings

__all__ = ["app", "as_", "client", "desk", "doors", "house", "prepared_desk", "settings"]
