"""Pictures are made of the golden histories; their routes are met as a browser meets them."""

from __future__ import annotations

from tests.desk.conftest import app, as_, client, desk, doors, house, prepared_desk, settings

__all__ = ["app", "as_", "client", "desk", "doors", "house", "prepared_desk", "settings"]
