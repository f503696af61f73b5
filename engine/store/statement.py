"""A statement of SQLAlchemy, compiled once and run on the driver's own cursor."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.store.rows import Row


class Statement:
    """SQLAlchemy's own execution costs some 60 us a call and a third of the reading speed."""

    def __init__(self, clause: sa.ClauseElement, dialect: sa.Dialect) -> None:
        compiled: Any = clause.compile(dialect=dialect)
        self.text = str(compiled)
        self._names: list[str] | None = compiled.positiontup
        self._fixed: dict[str, Any] = compiled.params

    def rows(self, cursor: Any, **values: object) -> list[Row]:
        known = {**self._fixed, **values}
        given = known if self._names is None else [known[name] for name in self._names]
        found: list[Row] = cursor.execute(self.text, given).fetchall()
        return found
