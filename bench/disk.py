"""Bytes a dossier of twelve commands takes, views and timers included: `python -m bench disk`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.lives import Life, the_law, twelve
from bench.servers import fresh_database, sqlite_url
from consumers.alerts import sweep
from consumers.rebuild import open_views
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views import all_views
from engine.core.law import Law
from engine.ids import Ids, wall_clock
from engine.runtime import Call, Done, Runtime
from engine.store import Log, open_log
from tests.servers import real_postgres

DOSSIERS = 4_000
ABREAST = 250


def run(dossiers: int = DOSSIERS) -> list[dict[str, Any]]:
    """KiB a dossier: of the log alone, and with every view and its timers."""
    law = the_law()
    life = twelve(law)
    with ExitStack() as stack:
        stores = {
            "sqlite": stack.enter_context(sqlite_url()),
            "postgresql": stack.enter_context(fresh_database(stack.enter_context(real_postgres()))),
        }
        return [_measure(store, url, law, life, dossiers) for store, url in stores.items()]


def _measure(store: str, url: str, law: Law, life: Life, dossiers: int) -> dict[str, Any]:
    log = open_log(url)
    open_views(log, log, all_views())
    empty = _bytes(log)
    runtime = Runtime(log, law, wall_clock, Ids(wall_clock))
    for _ in range(dossiers // ABREAST):
        codes = [""] * ABREAST
        for command, at in life:
            calls = [Call(command, runtime.new_id(), code, at) for code in codes]
            codes = [each.code for each in runtime.handle_many(calls) if isinstance(each, Done)]
    events = _bytes(log) - empty
    Subscription(log, LogTransport(log), all_views()).catch_up()
    sweep(log, wall_clock(), lambda due, *_: due)
    whole = _bytes(log) - empty
    log.close()
    return {
        "store": store,
        "commands": len(life),
        "log, KiB a dossier": round(events / dossiers / 1024, 2),
        "with views and timers, KiB": round(whole / dossiers / 1024, 2),
    }


def _bytes(log: Log) -> int:
    """What the store takes on the disk once its garbage is gone."""
    autocommit = log.engine.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection:
        if log.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return Path(str(log.engine.url.database)).stat().st_size
        connection.exec_driver_sql("VACUUM")
        size: int = connection.scalar(sa.text("SELECT pg_database_size(current_database())"))
        return size
