"""`lienthong doctor`: whether everything this needs is there and sound."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from app.law import definitions, standing
from app.output import Cell, show, table
from app.settings import Settings
from app.shell import command
from app.times import local
from app.trouble import BROKEN, as_trouble

if TYPE_CHECKING:
    from sqlalchemy import URL

    from engine.store import Log

OK, WARNING, PROBLEM = "ok", "warning", "problem"
LITTLE_SPACE = 200 * 1024 * 1024


class Finding(msgspec.Struct, frozen=True):
    """`state`: ok, warning or problem; `advice`: what to do when it is not ok."""

    check: str
    state: str
    found: str
    advice: str = ""


@command("doctor")
def doctor(settings: Settings) -> None:
    """Checks the store, the definitions, the calendars, the time zone data and the tools.

    Each line says what was found and what to do; exit status 3 when something is broken.
    """
    checks: list[Callable[[Settings], Iterator[Finding]]] = [
        _store, _procedures, _calendars, _zone, _graphviz, _clock, _broker,
    ]  # fmt: skip
    found: list[Finding] = []
    for check in checks:
        try:
            found += check(settings)
        except Exception as error:
            name = check.__name__.strip("_")
            found.append(Finding(name, PROBLEM, as_trouble(error).message))

    def human() -> None:
        rows = [
            (Cell(each.check, "bold"), Cell(each.state, each.state), each.found, each.advice)
            for each in found
        ]
        table(["check", "", "found", "what to do"], rows, whole=["check", ""])

    ok = not any(each.state == PROBLEM for each in found)
    show(settings, {"ok": ok, "checks": found}, human)
    if not ok:
        click.get_current_context().exit(BROKEN)


def _store(settings: Settings) -> Iterator[Finding]:
    from engine.store import StoreMissing

    try:
        with _opened(settings) as log:
            yield Finding("store", OK, f"{log.engine.url.render_as_string(hide_password=True)}")
            yield from _inside(log)
            yield from _registered(log)
            yield from _space(log.engine.url)
    except StoreMissing as missing:
        yield Finding("store", WARNING, str(missing), "lienthong receive, submit and demo make one")


@contextmanager
def _opened(settings: Settings) -> Iterator[Log]:
    from engine.store import open_log

    log = open_log(settings.database, create=False)
    try:
        yield log
    finally:
        log.close()


def _inside(log: Log) -> Iterator[Finding]:
    from engine.store.errors import StoreError, in_plain_words

    name = log.engine.url.render_as_string(hide_password=True)
    lite = log.engine.dialect.name == "sqlite"
    with in_plain_words(name), log.engine.connect() as connection:
        if lite:
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
            state = OK if mode == "wal" else WARNING
            advice = "" if state == OK else "the file system may not allow WAL; use a local disk"
            yield Finding("journal", state, f"journal mode {mode}", advice)
            sound = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
            advice = "" if sound == "ok" else "restore the file from a backup"
            yield Finding(
                "pages", OK if sound == "ok" else PROBLEM, f"quick check: {sound}", advice
            )
        else:
            version = connection.exec_driver_sql("SHOW server_version").scalar_one()
            yield Finding("server", OK, f"PostgreSQL {version}")
    try:
        with log.begin():
            pass
        yield Finding("writable", OK, "the store can be written to")
    except StoreError as error:
        yield Finding("writable", PROBLEM, str(error), "check the permissions of file and folder")


def _registered(log: Log) -> Iterator[Finding]:
    """The definitions in the store; the events are for `verify`, which takes longer."""
    from app.law import registry

    wrong = registry.faults(log)
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        yield Finding("registered", PROBLEM, f"{wrong[0]}{more}",
                      "restore the store from a backup; lienthong verify lists all")  # fmt: skip
    else:
        yield Finding("registered", OK, "the store's definitions are what was registered")


def _space(address: URL) -> Iterator[Finding]:
    if address.get_backend_name() != "sqlite" or address.database is None:
        return
    free = shutil.disk_usage(Path(address.database).resolve().parent).free
    state = OK if free > LITTLE_SPACE else WARNING
    advice = "" if state == OK else "make room: the log only ever grows"
    yield Finding("disk", state, f"{free / 2**30:.1f} GiB free", advice)


def _procedures(settings: Settings) -> Iterator[Finding]:
    from workflows.load import check

    staff = definitions.organisation(settings)
    report = check([definitions.catalogue_folder(settings)], staff)
    count = f"{report.procedures} procedures, {len(list(staff.agencies()))} agencies"
    if report.errors:
        first = str(report.errors[0])
        yield Finding("definitions", PROBLEM, f"{len(report.errors)} errors; {first}",
                      "lienthong procedures check")  # fmt: skip
    elif report.warnings:
        yield Finding("definitions", OK, f"{count}, {len(report.warnings)} warnings",
                      "lienthong procedures check lists them")  # fmt: skip
    else:
        yield Finding("definitions", OK, count)


def _calendars(settings: Settings) -> Iterator[Finding]:
    from engine.store import StoreError

    today = local(settings.time()).date()
    try:
        known = standing.calendars(settings)
    except StoreError:
        # Said of the store itself, above.
        known = standing.calendars_of_files()
    source = next((each for each in known if each.known_on <= today), known[-1])
    covers = f"{source.version}, {source.first} to {source.last}"
    if not source.first <= today <= source.last:
        yield Finding("calendar", PROBLEM, f"{covers}: today, {today}, is outside",
                      "add a version on the desk, as an administrator")  # fmt: skip
    elif today > source.announced_to:
        yield Finding("calendar", WARNING, f"{covers}; announced to {source.announced_to}",
                      "days off after that may still move: add the new schedule")  # fmt: skip
    else:
        yield Finding("calendar", OK, f"{covers}; announced to {source.announced_to}")


def _zone(settings: Settings) -> Iterator[Finding]:
    offset = local(datetime(2021, 1, 1, tzinfo=UTC)).utcoffset()
    hours = offset.total_seconds() / 3600 if offset is not None else 0
    state = OK if hours == 7 else PROBLEM
    advice = "" if state == OK else "the time zone data is wrong: pip install -U tzdata"
    yield Finding("time zone", state, f"Asia/Ho_Chi_Minh is UTC{hours:+.0f}", advice)


def _graphviz(settings: Settings) -> Iterator[Finding]:
    where = shutil.which("dot")
    if where is None:
        yield Finding("graphviz", WARNING, "dot is not installed",
                      "only drawing needs it: apt-get install graphviz")  # fmt: skip
    else:
        yield Finding("graphviz", OK, "dot is installed")


def _clock(settings: Settings) -> Iterator[Finding]:
    """A clock that is behind what the program was built with, or behind the store, is wrong."""
    from engine.store import StoreError

    now = datetime.now(UTC)
    shown = f"{local(now):%Y-%m-%d %H:%M}"
    if now.year < 2025:
        yield Finding("clock", PROBLEM, f"{shown} is in the past", "set the machine's clock")
        return
    newest = None
    try:
        with _opened(settings) as log:
            newest = _newest(log)
    except StoreError:
        pass  # the store's own check has told
    if newest is not None and newest > now:
        yield Finding("clock", WARNING, f"{shown}; the store's last event was recorded later",
                      "set the machine's clock")  # fmt: skip
    else:
        yield Finding("clock", OK, shown)


def _newest(log: Log) -> datetime | None:
    """When the last event of any shard was recorded."""
    from schemas.envelope import from_micros

    seen = [
        record.recorded_at
        for shard, head in log.heads().items()
        if head
        for record in log.read_shard(shard, after=head - 1, limit=1)
    ]
    return from_micros(max(seen)) if seen else None


def _broker(settings: Settings) -> Iterator[Finding]:
    if not settings.kafka:
        yield Finding("broker", OK, "none is needed: views are fed by the log itself")
        return
    from consumers.broker import Broker, BrokerError, WrongTopic
    from schemas.topics import topics_of

    broker, found = Broker(settings.kafka), 0
    topics = topics_of(settings.house)
    try:
        for topic in topics:
            try:
                broker.check(topic)
                found += 1
            except WrongTopic as wrong:
                yield Finding("topic", WARNING, str(wrong))
    except BrokerError as error:
        yield Finding("broker", PROBLEM, str(error), "start it, or correct --kafka")
        return
    house = f"{found} of the {len(topics)} topics of {settings.house} are there"
    yield Finding("broker", OK, f"{settings.kafka}; {house}")
