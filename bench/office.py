"""A store as an office has it after years: copies of the fifty sample dossiers, which the engine
decided once, each under a code of its own: of those that ended, and one in twenty of any, cut short
at some command, which is still under way."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from app.cli import cli
from app.house import House
from consumers.rebuild import open_views
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from engine.store import Append, Log
from schemas.envelope import GENESIS, Origin, Recorded, seal
from schemas.events import Event

SAMPLES = Path(__file__).parent.parent / "app" / "samples" / "fifty-dossiers.jsonl"

OPEN = 20
"""One in so many is still under way."""

BATCH = 250
"""Dossiers that are appended in one commit."""


class Command(NamedTuple):
    """The events that one command caused, and from where it came."""

    origin: Origin
    events: list[Event]


def submit_samples(url: str) -> None:
    """The fifty dossiers, through the command line, so that the engine decides about them."""
    done = CliRunner().invoke(cli, ["submit", str(SAMPLES), "--database", url])
    if done.exit_code != 0:
        raise RuntimeError(done.output)


def fill(house: House, dossiers: int, seed: int = 1) -> None:
    """Appends so many copies and brings the views up to them."""
    chance, ids = random.Random(seed), _ids()
    codes = house.log.streams(limit=100)
    lives = [_commands(house.log, code) for code in codes]
    ended = [life for life in lives if house.runtime.latest(life[0]).dossier.status == "ended"]
    batch: list[Append] = []
    for number in range(dossiers):
        code, commands = ended[number % len(ended)]
        if number % OPEN == 0:
            code, commands = lives[number // OPEN % len(lives)]
            commands = commands[: chance.randint(1, max(1, len(commands) - 1))]
        stem = code.rpartition("-")[0]
        batch += _copy(f"{stem}-{number + 1000:06d}", commands, ids)
        if number % BATCH == BATCH - 1 or number == dossiers - 1:
            house.log.append(batch)
            batch = []
    views = house.fed_from_log()
    open_views(house.home, house.log, views)
    Subscription(house.home, LogTransport(house.log), views).catch_up()


def _commands(log: Log, code: str) -> tuple[str, list[Command]]:
    found = []
    for _, records in groupby(log.read_stream(code), key=lambda each: each.command_id):
        same = list(records)
        found.append(Command(_origin(same[0]), [each.event() for each in same]))
    return code, found


def _origin(record: Recorded) -> Origin:
    return Origin(
        record.command_id,
        record.correlation,
        record.actor,
        record.agency,
        record.occurred_at,
        record.recorded_at,
        record.on_behalf,
    )


def _copy(code: str, commands: list[Command], ids: Iterator[bytes]) -> Iterator[Append]:
    version, previous = 0, GENESIS
    for origin, events in commands:
        id_ = hashlib.sha256(code.encode() + origin.command_id).digest()[:16]
        own = Origin(id_, id_, origin.actor, origin.agency, origin.occurred_at, origin.recorded_at)
        sealed = seal(
            code, events, own, version=version, previous=previous, new_id=lambda: next(ids)
        )
        version, previous = sealed[-1].version, sealed[-1].hash
        yield Append(tuple(sealed))


def _ids() -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        yield number.to_bytes(16)
