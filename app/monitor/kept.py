"""What people keep beside the views: sets of filters under a name, and what was said to alerts.

These tables are nobody's read model: a rebuild does not touch them. Answers to alerts are only
ever added to; triggers refuse anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from consumers.alerts import alerts_table
from consumers.append_only import only_added_to
from consumers.checkpoints import insert_missing
from consumers.home import Home, ensure

LONGEST_NAME = 60
LONGEST_NOTE = 1_000
MOST_SAVED = 30
"""Sets of filters that one account may keep."""
MOST_COUNTED = 10_000
"""A page that is read anew all day counts alerts no further, and says that there are more."""

metadata = sa.MetaData()

saved_table = sa.Table(
    "saved_boards",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("filters", sa.LargeBinary, nullable=False),
    sa.Column("saved_at", sa.BigInteger, nullable=False),
)

answers_table = sa.Table(
    "alert_answers",
    metadata,
    sa.Column("alert", sa.LargeBinary, primary_key=True),
    sa.Column("answered_at", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("officer", sa.Text),
    sa.Column("note", sa.Text, nullable=False),
)


only_added_to(answers_table, "answers to alerts are only added to")
# The page of alerts asks for the newest.
sa.event.listen(
    answers_table,
    "after_create",
    sa.DDL(  # type: ignore[no-untyped-call]
        "CREATE INDEX IF NOT EXISTS alerts_newest ON alerts (raised_at, due_at, id)"
    ),
)


class Saved(msgspec.Struct, frozen=True):
    """Filters that an account kept: name of a filter -> its value."""

    name: str
    filters: dict[str, str]


class Answer(msgspec.Struct, frozen=True):
    """What somebody said to an alert. `answered_at`: microseconds since 1970, UTC."""

    alert: bytes
    answered_at: int
    account: str
    officer: str | None
    note: str


def open_kept(home: Home) -> None:
    """Makes the tables unless they are there; the alerts' own have to be."""
    ensure(home, metadata)


# --- sets of filters ---


def saved(connection: sa.Connection, account: str) -> list[Saved]:
    """By name."""
    of = saved_table.c
    query = sa.select(of.name, of.filters).where(of.account == account).order_by(of.name)
    decode = msgspec.json.Decoder(dict[str, str]).decode
    return [Saved(name, decode(filters)) for name, filters in connection.execute(query)]


def save(home: Home, account: str, name: str, filters: Mapping[str, str], at: int) -> bool:
    """Keeps them under a name, in the place of what had it; False when there are too many."""
    row = {"filters": msgspec.json.encode(filters), "saved_at": at}
    with home.begin() as connection:
        kept = {each.name for each in saved(connection, account)}
        if name not in kept and len(kept) >= MOST_SAVED:
            return False
        of = saved_table.c
        connection.execute(saved_table.delete().where(of.account == account, of.name == name))
        connection.execute(saved_table.insert().values(account=account, name=name, **row))
    return True


def forget(home: Home, account: str, name: str) -> None:
    of = saved_table.c
    with home.begin() as connection:
        connection.execute(saved_table.delete().where(of.account == account, of.name == name))


# --- alerts and what was said to them ---


class Filter(msgspec.Struct, frozen=True):
    """Which alerts; `agencies`: only of these, None for all. `answered`: only those that were
    (or were not) answered. Raised in [since, until), microseconds since 1970."""

    agencies: frozenset[str] | None = None
    kind: str | None = None
    code: str | None = None
    answered: bool | None = None
    since: int | None = None
    until: int | None = None


class Listed(msgspec.Struct, frozen=True):
    """An alert as the list shows it. Moments are microseconds since 1970, UTC."""

    id: bytes
    code: str
    leg: str
    kind: str
    deadline: int
    raised_at: int
    agency: str | None
    answers: Sequence[Answer]


def list_alerts(
    connection: sa.Connection, by: Filter, *, limit: int = 50, offset: int = 0
) -> list[Listed]:
    """Those that nobody answered first, then the newest first."""
    found: list[sa.Row[tuple[object, ...]]] = []
    for answered in (False, True):
        if by.answered not in (None, answered) or len(found) >= limit:
            continue
        query = sa.select(alerts_table).where(*_conditions(by), _answered(answered))
        of = alerts_table.c
        query = query.order_by(of.raised_at.desc(), of.due_at.desc(), of.id.desc())
        rows = connection.execute(query.limit(limit - len(found)).offset(offset)).all()
        found += rows
        if by.answered is None and not answered and offset and len(found) < limit:
            # All of them: of those that are answered none may be on no page, or on two.
            offset = max(0, offset - count_alerts(connection, by, answered=False))
    answers = _answers(connection, [row.id for row in found])
    return [
        Listed(row.id, row.dossier, row.leg, row.kind, row.deadline, row.raised_at, row.agency,
               answers.get(row.id, []))
        for row in found
    ]  # fmt: skip


def count_alerts(
    connection: sa.Connection, by: Filter, *, answered: bool, most: int | None = None
) -> int:
    """How many there are; counted up to `most`, if it is given."""
    query = sa.select(alerts_table.c.id).where(*_conditions(by), _answered(answered)).limit(most)
    return connection.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def answer(home: Home, answers: Sequence[Answer]) -> None:
    """Adds them; one that is there already has no second effect."""
    with home.begin() as connection:
        rows = [msgspec.structs.asdict(each) for each in answers]
        insert_missing(connection, answers_table, rows)


def known(connection: sa.Connection, ids: Sequence[bytes]) -> dict[bytes, tuple[str, str | None]]:
    """Of the alerts that there are: dossier and agency."""
    of = alerts_table.c
    rows = connection.execute(sa.select(of.id, of.dossier, of.agency).where(of.id.in_(ids)))
    return {row.id: (row.dossier, row.agency) for row in rows}


def _conditions(by: Filter) -> list[sa.ColumnElement[bool]]:
    of = alerts_table.c
    found: list[sa.ColumnElement[bool]] = []
    if by.agencies is not None:
        found.append(of.agency.in_(sorted(by.agencies)))
    if by.kind is not None:
        found.append(of.kind == by.kind)
    if by.code is not None:
        found.append(of.dossier == by.code)
    if by.since is not None:
        found.append(of.raised_at >= by.since)
    if by.until is not None:
        found.append(of.raised_at < by.until)
    return found


def _answered(wanted: bool) -> sa.ColumnElement[bool]:
    there = sa.exists().where(answers_table.c.alert == alerts_table.c.id)
    return there if wanted else ~there


def _answers(connection: sa.Connection, ids: Sequence[bytes]) -> dict[bytes, list[Answer]]:
    query = sa.select(answers_table).where(answers_table.c.alert.in_(ids))
    found: dict[bytes, list[Answer]] = {}
    for row in connection.execute(query.order_by(answers_table.c.answered_at)):
        found.setdefault(row.alert, []).append(Answer(*row))
    return found
