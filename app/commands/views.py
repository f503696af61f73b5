"""`lienthong views` and `lienthong rebuild`: the read models."""

from __future__ import annotations

from time import monotonic

import click

from app.output import Cell, line, progress, show, table
from app.settings import Settings
from app.shell import Group, command
from app.trouble import BadInput, did_you_mean

views = Group(name="views", help="The read models, which can be thrown away and made again.")


@command("list")
@click.option("--as-is", is_flag=True, help="Without bringing them up to the log before.")
def list_(settings: Settings, as_is: bool) -> None:
    """Each view, its version and how far it is behind the log."""
    from sqlalchemy import inspect

    from app.house import open_house
    from consumers.checkpoints import catalogue
    from consumers.lag import lag
    from consumers.parking import listed
    from consumers.subscription import LIVE
    from engine.store.errors import in_plain_words

    with open_house(settings) as house:
        if not as_is:
            house.refresh()
        found, parked = [], []
        with in_plain_words(house.name), house.log.engine.connect() as connection:
            if inspect(connection).has_table(catalogue.name):
                found = lag(house.log, house.log)
                parked = [each for each in listed(connection, LIVE) if not each.dropped]
    value = [
        {
            "view": each.view,
            "version": each.version,
            "behind": sum(each.behind.values()),
            "seconds": each.seconds,
            "parked": len(parked),
        }
        for each in found
    ]

    def human() -> None:
        rows = [
            (
                Cell(each.view, "bold"),
                each.version,
                Cell(behind := sum(each.behind.values()), "warning" if behind else "ok"),
                f"{each.seconds:.1f}",
            )
            for each in found
        ]
        headers = ["view", "version", "behind", "seconds"]
        table(headers, rows, right=headers[1:], nothing="No view has been made yet.")
        for each in parked[:10]:
            line(f"parked: {each.dossier}, event {each.version}: {each.reason}", "problem")

    show(settings, value, human)


@command("rebuild")
@click.argument("name", metavar="VIEW")
def rebuild(settings: Settings, name: str) -> None:
    """Makes a view anew beside the old one, then switches. VIEW may be `all`."""
    from app.house import open_house
    from consumers.rebuild import rebuild as build
    from consumers.views import all_views
    from engine.store.errors import in_plain_words

    known = {each.name: each for each in all_views()}
    if name != "all" and name not in known:
        listed = did_you_mean(name, known) or f"; there are: {', '.join(known)}, all"
        raise BadInput(f"There is no view {name!r}{listed}")
    chosen = list(known.values()) if name == "all" else [known[name]]
    with open_house(settings) as house:
        house.refresh()
        begun = monotonic()
        with progress("Rebuilding, events read") as advance, in_plain_words(house.name):
            events = build(house.log, house.log, chosen, advance)
    seconds = monotonic() - begun
    value = {"views": [each.name for each in chosen], "events": events, "seconds": seconds}
    names = ", ".join(each.name for each in chosen)
    show(
        settings,
        value,
        lambda: click.echo(f"Rebuilt {names} from {events:,} events in {seconds:.1f} s."),
    )


views.add_command(list_)
