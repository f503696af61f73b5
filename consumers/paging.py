"""Pages of a query by where the one before ended: what is added meanwhile moves nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, false, or_


class Ended(NamedTuple):
    """A column of the order and the value of the last row in it. Ascending, with None last,
    unless `descending`, in which there is no None."""

    column: Any
    value: Any
    descending: bool = False


def beyond(*order: Ended) -> ColumnElement[bool]:
    """Holds for the rows that follow, in the order of these columns."""
    later: ColumnElement[bool] = false()
    for column, value, descending in reversed(order):
        if descending:
            later = or_(column < value, and_(column == value, later))
        elif value is None:
            later = and_(column.is_(None), later)
        else:
            later = or_(column > value, column.is_(None), and_(column == value, later))
    return later
