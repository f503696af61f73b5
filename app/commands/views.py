"""`lienthong views` and `lienthong rebuild`: the read models."""

from __future__ import annotations

from time import monotonic

import click

from app.chosen import chosen
from app.output import Cell, line, progress, show, table
from app.settings import Settings
from app.shell import Group, command

views = Group(name="views", help="The read models, which can be thrown away and made again.")


@command("list")
@click.option("--as-is", is_flag=True, help="Without bringing them up to the log before.")
def list_(settings: Settings, as_is: bool) -> None:
    """Each view, its version and how far it is behind what feeds it."""
    from app.commands.lag import behind
    from app.house import open_house
    from app.reading import Reading
    from consumers import checkpoints
    from consumers.lag import whole
    from consumers.parking import waiting
    from consumers.tables import own_are_there
    from engine.store.errors import in_plain_words

    with open_house(settings) as house:
        if not as_is:
            house.refresh()
        found, parked = [], []
        with in_plain_words(house.name):
            if own_are_there(house.home.engine):
                found = behind(settings, Reading(settings, house.home, house), relays=False)
                with house.home.engine.connect() as connection:
                    views = checkpoints.views(connection)
                    names = sorted({info.subscription for info in views.values()})
                    parked = [each for name in names for each in waiting(connection, name)]
    value = [
        {
            "view": each.name,
            "version": each.version,
            "fed_from": each.source,
            "behind": None if parts is None else whole(parts)[0],
            "seconds": None if parts is None else whole(parts)[1],
            "parked": len(parked),
        }
        for each, parts in found
    ]

    def human() -> None:
        rows = []
        for each, parts in found:
            late, seconds = whole(parts) if parts is not None else ("?", 0.0)
            behind_ = Cell(late, "warning" if late else "ok")
            rows.append((Cell(each.name, "bold"), each.version, behind_, f"{seconds:.1f}"))
        headers = ["view", "version", "behind", "seconds"]
        table(headers, rows, right=headers[1:], nothing="No view has been made yet.")
        for waits in parked[:10]:
            line(f"parked: {waits.dossier}, event {waits.version}: {waits.reason}", "problem")

    show(settings, value, human)


@command("rebuild")
@click.argument("name", metavar="VIEW")
@click.option("--from", "origin", type=click.Choice(["kafka", "log"]), help="What it is built"
              " from; else what feeds it.")  # fmt: skip
def rebuild(settings: Settings, name: str, origin: str | None) -> None:
    """Makes a view anew beside the old one, then switches. VIEW may be `all`."""
    from app.reading import open_reading
    from app.rebuilding import rebuild_fed
    from engine.store.errors import in_plain_words

    views = chosen([name])
    with open_reading(settings) as reading:
        if reading.house is not None:
            reading.house.refresh()
        begun = monotonic()
        with progress("Rebuilding, events read") as advance, in_plain_words(settings.database):
            events = rebuild_fed(settings, reading, views, origin, advance)
    seconds = monotonic() - begun
    value = {"views": [each.name for each in views], "events": events, "seconds": seconds}
    names = ", ".join(each.name for each in views)
    show(
        settings,
        value,
        lambda: click.echo(f"Rebuilt {names} from {events:,} events in {seconds:.1f} s."),
    )


views.add_command(list_)
