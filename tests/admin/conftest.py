"""On the store and the clients of tests/desk; nothing moves by itself here."""

from __future__ import annotations

from tests.desk.conftest import app, as_, doors, house, prepared_desk, settings
from tests.monitor.conftest import client, desk

__all__ = ["app", "as_", "client", "desk", "doors", "house", "prepared_desk", "settings"]
