"""`lienthong lag`: how far the views are behind what feeds them, and the relay behind the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.commands.relay import the_broker
from app.output import Cell, show, table
from app.settings import Settings
from app.shell import command
from app.trouble import BadInput

if TYPE_CHECKING:
    from app.feeding.reading import Reading
    from consumers.lag import Behind, Follower


@command("lag")
@click.option("--partitions", is_flag=True, help="Each partition or shard on a line of its own.")
def lag(settings: Settings, partitions: bool) -> None:
    """How far each view and the relay are behind: in events, and in seconds between the first
    event that is missing and the last."""
    from app.feeding.reading import open_reading
    from consumers.lag import whole

    with open_reading(settings) as reading:
        found = [(each, parts or []) for each, parts in behind(settings, reading)]
    value = [
        {
            "name": each.name,
            "subscription": each.subscription,
            "source": each.source,
            "version": each.version,
            "events": whole(parts)[0],
            "seconds": whole(parts)[1],
            "partitions": parts,
        }
        for each, parts in found
    ]

    def human() -> None:
        rows = []
        for each, parts in found:
            events, seconds = whole(parts)
            rows.append((each.name, each.source, "", _count(events), f"{seconds:.1f}"))
            for part in parts if partitions else ():
                count, late = _count(part.events), f"{part.seconds:.1f}"
                rows.append(("", "", str(part.partition), count, late))
        headers = ["name", "follows", "partition", "behind", "seconds"]
        if not partitions:
            rows = [(*row[:2], *row[3:]) for row in rows]  # type: ignore[misc]
            headers.remove("partition")
        table(headers, rows, right=headers[2:], nothing="Nothing follows this store yet.")

    show(settings, value, human)


def behind(
    settings: Settings, reading: Reading, *, relays: bool = True
) -> list[tuple[Follower, list[Behind] | None]]:
    """Each view and relay, and how far its partitions are behind. Raises BadInput where that
    would need a broker or a store that nobody named; without `relays` it says None then."""
    from consumers.lag import followers
    from consumers.tables import own_are_there

    homes = [reading.home]
    if relays and reading.log is not None and reading.log is not reading.home:
        homes.append(reading.log)
    who = [each for home in homes if own_are_there(home.engine) for each in followers(home)]
    who = [each for each in who if relays or each.version is not None]
    once: dict[str, list[Behind] | None] = {}
    found = []
    for each in who:
        if each.subscription not in once:
            once[each.subscription] = _behind(settings, reading, each, relays)
        found.append((each, once[each.subscription]))
    return found


def _behind(
    settings: Settings, reading: Reading, each: Follower, must: bool
) -> list[Behind] | None:
    from consumers.lag import KafkaEnds, LogEnds

    if each.source != "log":
        if not must and not settings.kafka:
            return None
        return KafkaEnds(the_broker(settings), each.source).behind(each.cursors)
    if reading.log is None:
        raise BadInput(f"{each.name} follows a store: say which, --database URL.")
    return LogEnds(reading.log).behind(each.cursors)


def _count(events: int) -> Cell:
    return Cell(f"{events:,}", "warning" if events else "ok")
