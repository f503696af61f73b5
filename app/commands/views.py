"""`lienthong views` and `lienthong rebuild`: the read models."""

from __future__ import annotations

from time import monotonic

import click

from app.feeding.chosen import chosen
from app.output import Cell, line, progress, show, table
from app.settings import Settings
from app.shell import Group, command

views = Group(name="views", help="The read models, which can be thrown away and made again.")


@command("list")
@click.option("--as-is", is_flag=True, help="Without bringing them up to the log before.")
def list_(settings: Settings, as_is: bool) -> None:
    """Each view, its version and how far it is behind what feeds it."""
    from app.feeding.lagging import view_rows
    from app.house import open_house

    with open_house(settings) as house:
        if not as_is:
            house.refresh()
        value, parked = view_rows(settings, house)

    def human() -> None:
        rows = []
        for each in value:
            late = "?" if each["behind"] is None else each["behind"]
            behind = Cell(late, "warning" if late else "ok")
            rows.append(
                (Cell(each["view"], "bold"), each["version"], behind, f"{each['seconds'] or 0:.1f}")
            )
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
    from app.feeding.reading import open_reading
    from app.feeding.rebuilding import rebuild_fed
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
