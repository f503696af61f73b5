"""Brings a store to this program's format. The only user of Alembic.

Imported only when there is something to migrate: opening a store has to be quick.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"


def migrate(connection: sa.Connection) -> None:
    """Runs the missing migrations in the caller's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def as_sql(dialect: str) -> str:
    """The migrations as SQL text, to be read and linted."""
    text = StringIO()
    config = _config(text)
    config.set_main_option("sqlalchemy.url", f"{dialect}://")
    command.upgrade(config, "head", sql=True)
    return text.getvalue()


def _config(output: StringIO | None = None) -> Config:
    config = Config(output_buffer=output, stdout=output or StringIO())
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config
