"""Views that a group feeds from Kafka: made, taken over from another feed, brought up to date.

Before the group's members read anything. The old rows stay readable meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from consumers import checkpoints, tables
from consumers.home import Home, alone
from consumers.kafka_past import KafkaPast
from consumers.kafka_transport import KafkaTransport
from consumers.rebuild import Progress, make_tables, prepare, rebuild, switch
from consumers.subscription import Source, Subscription
from consumers.transport import Transport
from consumers.view import View

BATCH = 5_000
"""Messages handled at once while nobody looks at the rows."""

PATIENCE = 100
"""So often nothing may come before the end of the topic counts as out of reach."""

OpenTransport = Callable[[], KafkaTransport]
"""A transport of all partitions; who opens it closes it."""


class OtherViews(Exception):
    """A group feeds all of its views or none: its cursors are theirs together."""


class Unfinished(Exception):
    """The topic says that it has more than it gives."""


def open_fed(
    home: Home,
    views: Iterable[View],
    name: str,
    transport: OpenTransport,
    past: Callable[[], KafkaPast],
    source: Source | None = None,
    progress: Progress | None = None,
) -> list[View]:
    """Makes these views the ones that the group `name` feeds; those that had to be built.

    Raises OtherViews, BrokerError, WrongTopic, Unfinished.
    """
    views = list(views)
    make_tables(home, name, ())
    with alone(home):
        with home.engine.connect() as connection:
            fed = checkpoints.fed(connection, name)
        others = sorted(fed.keys() - {view.name for view in views})
        if others:
            raise OtherViews(f"The group {name} feeds {', '.join(others)} too")
        stale = [view for view in views if fed.get(view.name) != view.version]
        if stale and fed:
            with_past = past()
            try:
                rebuild(home, with_past, stale, progress)
            finally:
                with_past.close()
        elif stale:
            _take_over(home, views, name, transport, source, progress)
        return stale


def _take_over(
    home: Home,
    views: list[View],
    name: str,
    transport: OpenTransport,
    source: Source | None,
    progress: Progress | None,
) -> None:
    generation, names = prepare(home, views)
    with home.begin() as connection:
        checkpoints.forget(connection, name)
    opened = transport()
    try:
        feed = Subscription(home, opened, views, name=name, batch=BATCH, names=names, source=source)
        until_ends(feed, opened, progress)
    finally:
        opened.close()
    for view in views:
        with home.begin() as connection:
            tables.index(connection, view, names, generation)
    with home.begin() as connection:
        switch(connection, views, names, generation, name)


def until_ends(feed: Subscription, transport: Transport, progress: Progress | None = None) -> int:
    """Handles what is there now; how many messages. Raises Unfinished."""
    ends = transport.ends()
    total, patience = 0, PATIENCE
    while any(feed.cursors[partition] < end for partition, end in ends.items()):
        count = feed.step()
        total += count
        patience = PATIENCE if count else patience - 1
        if patience == 0:
            raise Unfinished(f"Nothing gives the rest of {transport.topic}: try again.")
        if progress is not None and count:
            progress(count)
    return total
