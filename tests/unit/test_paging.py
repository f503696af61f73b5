"""Pages of a query: together they are the whole, whatever its order and its gaps."""

from __future__ import annotations

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from consumers.paging import Ended, beyond

ROWS = sa.Table(
    "rows", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.Text, nullable=False)
)
FEW = st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 3)), st.sampled_from("xyz")))


def pages(rows: list[tuple[int | None, str]], size: int, descending: bool) -> list[sa.Row]:
    engine = sa.create_engine("sqlite://")
    found: list[sa.Row] = []
    a, b = ROWS.c.a, ROWS.c.b
    order = (a.desc(), b) if descending else (a.is_(None), a, b)
    with engine.begin() as connection:
        ROWS.create(connection)
        if rows:
            connection.execute(ROWS.insert(), [{"a": x, "b": y} for x, y in rows])
        while True:
            query = sa.select(ROWS).order_by(*order).limit(size)
            if found:
                last = found[-1]
                query = query.where(beyond(Ended(a, last.a, descending), Ended(b, last.b)))
            page = connection.execute(query).all()
            found += page
            if len(page) < size:
                return found


@given(FEW.map(lambda rows: sorted(set(rows), key=str)), st.integers(1, 4))
def test_none_comes_last_and_nothing_is_lost(rows: list[tuple[int | None, str]], size: int) -> None:
    expected = sorted(rows, key=lambda row: (row[0] is None, row[0] or 0, row[1]))
    assert [tuple(row) for row in pages(rows, size, False)] == expected


@given(FEW.map(lambda rows: sorted({row for row in rows if row[0] is not None})), st.integers(1, 4))
def test_a_column_may_descend(rows: list[tuple[int | None, str]], size: int) -> None:
    expected = sorted(rows, key=lambda row: (-(row[0] or 0), row[1]))
    assert [tuple(row) for row in pages(rows, size, True)] == expected
