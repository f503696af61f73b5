"""The webhooks and what waits to be sent to them, in the database of the alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)

from consumers.alerts import Alert, alert_of, alerts_table, open_alerts
from consumers.checkpoints import insert_missing
from consumers.home import Home, are_there, ensure

WAITING, DEAD = "waiting", "dead"

metadata = MetaData()

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("kinds", Text, nullable=False),
    Column("agency", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
)
deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("webhook", Text, primary_key=True),
    Column("alert", LargeBinary, primary_key=True),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("outcome", Text),
)
Index("webhook_deliveries_next_at", deliveries.c.state, deliveries.c.next_at)

HANDED = "hooked"
marked = alerts_table.to_metadata(MetaData())
marked.append_column(Column(HANDED, SmallInteger, nullable=False))
"""The alerts, with a column that says of each whether it was handed to the webhooks. A cursor would
not do: sweeps that run at the same time commit in another order than the moments they raise at."""

AT_ONCE = 500

Oversees = Callable[[str, str], bool]
"""(agency, other) -> whether the other is the agency itself or stands under it."""


class Webhook(msgspec.Struct, frozen=True):
    """`kinds`: of alerts, all of them when empty; `agency`: only its alerts, and those of the
    agencies under it; `created_at`: microseconds since 1970."""

    id: str
    url: str
    secret: str
    kinds: tuple[str, ...]
    agency: str | None
    created_at: int
    created_by: str

    def wants(self, alert: Alert, oversees: Oversees) -> bool:
        if self.kinds and alert.kind not in self.kinds:
            return False
        if self.agency is None:
            return True
        return alert.agency is not None and oversees(self.agency, alert.agency)


class Delivery(msgspec.Struct, frozen=True):
    """One alert that waits to be sent, or is dead. `outcome`: of the last attempt."""

    webhook: str
    alert: Alert
    state: str
    attempts: int
    next_at: int
    outcome: str | None


def are_kept(home: Home) -> bool:
    """Whether anybody ever registered a webhook."""
    return are_there(home.engine, metadata)


def open_webhooks(home: Home) -> None:
    """Makes the tables unless they are there. From now on alerts are handed out; those raised
    before count as handed out."""
    open_alerts(home)
    ensure(home, metadata)
    if HANDED in {each["name"] for each in inspect(home.engine).get_columns("alerts")}:
        return
    with home.begin() as connection:
        there = {each["name"] for each in inspect(connection).get_columns("alerts")}
        if HANDED not in there:
            added = "ALTER TABLE alerts ADD COLUMN hooked SMALLINT NOT NULL DEFAULT 0"
            connection.exec_driver_sql(added)
            connection.exec_driver_sql("UPDATE alerts SET hooked = 1")
            index = "CREATE INDEX alerts_to_hand_out ON alerts (due_at) WHERE hooked = 0"
            connection.exec_driver_sql(index)


def add(home: Home, webhook: Webhook) -> Webhook:
    """What is there by its id: this one, or one that was there before."""
    open_webhooks(home)
    values = msgspec.structs.asdict(webhook) | {"kinds": ",".join(webhook.kinds)}
    with home.begin() as connection:
        insert_missing(connection, webhooks, [values])
        (there,) = listed(connection, webhook.id)
    return there


def remove(home: Home, id_: str) -> bool:
    """With all that waits for it; whether there was one."""
    with home.begin() as connection:
        connection.execute(delete(deliveries).where(deliveries.c.webhook == id_))
        return bool(connection.execute(delete(webhooks).where(webhooks.c.id == id_)).rowcount)


def listed(connection: Connection, id_: str | None = None) -> list[Webhook]:
    """By id, or the one."""
    query = select(webhooks).order_by(webhooks.c.id)
    if id_ is not None:
        query = query.where(webhooks.c.id == id_)
    return [_webhook(row) for row in connection.execute(query)]


def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """(webhook, state) -> how many deliveries."""
    of = deliveries.c
    query = select(of.webhook, of.state, func.count()).group_by(of.webhook, of.state)
    return {(id_, state): count for id_, state, count in connection.execute(query)}


def waiting_at(
    connection: Connection, id_: str, state: str | None, after: bytes | None, limit: int
) -> list[Delivery]:
    """What is to be sent to a webhook, by alert."""
    query = _joined().where(deliveries.c.webhook == id_).order_by(deliveries.c.alert).limit(limit)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    if after is not None:
        query = query.where(deliveries.c.alert > after)
    return [_delivery(row) for row in connection.execute(query)]


def hand_out(home: Home, at: int, oversees: Oversees) -> int:
    """Lets every alert that is new wait for the webhooks that want it; how many were new."""
    with home.begin() as connection:
        query = (
            select(marked)
            .where(marked.c.hooked == 0)
            .order_by(marked.c.due_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        found = [alert_of(row) for row in connection.execute(query)]
        if not found:
            return 0
        known = listed(connection)
        rows = [
            {
                "webhook": each.id,
                "alert": alert.id,
                "state": WAITING,
                "attempts": 0,
                "next_at": at,
            }
            for alert in found
            for each in known
            if each.wants(alert, oversees)
        ]
        if rows:
            connection.execute(insert(deliveries), rows)
        ids = [each.id for each in found]
        connection.execute(update(marked).where(marked.c.id.in_(ids)).values(hooked=1))
    return len(found)


def claim(home: Home, at: int, until: int, busy: Iterable[str], limit: int) -> list[Delivery]:
    """What is due at `at`, the oldest first, of webhooks that are not `busy`; it is nobody else's
    `until` then."""
    of = deliveries.c
    with home.begin() as connection:
        query = (
            select(of.webhook, of.alert)
            .where(of.state == WAITING, of.next_at <= at, of.webhook.not_in(list(busy)))
            # Of those that waited for the same moment, first what was tried least: one that makes
            # the receiver hang would else be tried before the others for ever.
            .order_by(of.next_at, of.attempts)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        keys = connection.execute(query).all()
        found = []
        for key in keys:
            mine = of.webhook == key.webhook, of.alert == key.alert
            connection.execute(update(deliveries).where(*mine).values(next_at=until))
            found += [_delivery(row) for row in connection.execute(_joined().where(*mine))]
    return found


def delivered(home: Home, found: Delivery) -> None:
    with home.begin() as connection:
        connection.execute(delete(deliveries).where(*_key(found)))


def failed(home: Home, found: Delivery, state: str, next_at: int, outcome: str) -> None:
    values = {
        "state": state,
        "attempts": found.attempts + 1,
        "next_at": next_at,
        "outcome": outcome,
    }
    with home.begin() as connection:
        connection.execute(update(deliveries).where(*_key(found)).values(values))


def give_back(home: Home, found: Sequence[Delivery], next_at: int) -> None:
    """They were claimed and not tried."""
    with home.begin() as connection:
        for each in found:
            connection.execute(update(deliveries).where(*_key(each)).values(next_at=next_at))


def revive(home: Home, id_: str, at: int) -> int:
    """Lets what is dead be tried again from the beginning; how much that is."""
    dead = deliveries.c.webhook == id_, deliveries.c.state == DEAD
    values = {"state": WAITING, "attempts": 0, "next_at": at}
    with home.begin() as connection:
        return connection.execute(update(deliveries).where(*dead).values(values)).rowcount


def _joined() -> Any:
    columns = [column.label(f"_{column.name}") for column in deliveries.c]
    joined = select(*columns, alerts_table)
    return joined.join(alerts_table, alerts_table.c.id == deliveries.c.alert)


def _key(found: Delivery) -> tuple[Any, Any]:
    return deliveries.c.webhook == found.webhook, deliveries.c.alert == found.alert.id


def _webhook(row: Any) -> Webhook:
    values = dict(row._mapping)
    return Webhook(**values | {"kinds": tuple(values["kinds"].split(",")) if row.kinds else ()})


def _delivery(row: Any) -> Delivery:
    return Delivery(
        webhook=row._webhook,
        alert=alert_of(row),
        state=row._state,
        attempts=row._attempts,
        next_at=row._next_at,
        outcome=row._outcome,
    )
