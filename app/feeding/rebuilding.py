"""A rebuild of views, each from what feeds it or from what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from app.commands.relay import the_broker
from app.feeding.reading import Reading
from app.settings import Settings
from app.trouble import BadInput
from consumers import checkpoints
from consumers.home import alone
from consumers.kafka_past import FollowedPast
from consumers.rebuild import rebuild
from consumers.subscription import LIVE
from consumers.view import View


def rebuild_fed(
    settings: Settings,
    reading: Reading,
    views: list[View],
    origin: str | None,
    progress: Callable[[int], None],
) -> int:
    """How many events were read. `origin`: `kafka`, `log`, or None for what feeds the views.
    Raises BadInput, and what `rebuild` raises."""
    with reading.home.engine.connect() as connection:
        known = checkpoints.views(connection)
    events = 0
    by_feed: dict[str, list[View]] = {}
    for view in views:
        feed = known[view.name].subscription if view.name in known else LIVE
        by_feed.setdefault(feed, []).append(view)
    for feed, of_feed in sorted(by_feed.items()):
        if feed == LIVE:
            events += _from_log(reading, of_feed, origin, progress)
        else:
            events += _of_group(settings, reading, feed, of_feed, origin, progress)
    return events


def _from_log(
    reading: Reading, views: list[View], origin: str | None, progress: Callable[[int], None]
) -> int:
    names = ", ".join(view.name for view in views)
    if origin == "kafka":
        raise BadInput(f"{names}: fed from the store; `lienthong consume` feeds views from Kafka.")
    if reading.log is None:
        raise BadInput(f"{names}: fed from a store; say which, --database URL.")
    with alone(reading.home):
        return rebuild(reading.home, reading.log, views, progress)


def _of_group(
    settings: Settings,
    reading: Reading,
    group: str,
    views: list[View],
    origin: str | None,
    progress: Callable[[int], None],
) -> int:
    broker = the_broker(settings)
    with alone(reading.home), closing(reading.past(broker, group)()) as past:
        if origin != "log":
            return rebuild(reading.home, past, views, progress)
        if reading.log is None:
            raise BadInput("No store is in reach: say which, --database URL.")
        return rebuild(reading.home, FollowedPast(reading.log, past), views, progress)
