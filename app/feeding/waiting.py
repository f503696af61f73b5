"""What is parked in a house: events that wait, messages that were refused, and who can retry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.trouble import BadInput

if TYPE_CHECKING:
    from app.feeding.reading import Reading
    from consumers.dead_letters import Letter
    from consumers.parking import Parked
    from consumers.subscription import Subscription


def waiting(reading: Reading, group: str | None = None) -> list[tuple[str, Parked]]:
    """(subscription, event) of every event that waits or was dropped; of one consumer's."""
    from consumers.parking import listed, subscriptions
    from consumers.tables import own_are_there

    if not own_are_there(reading.home.engine):
        return []
    with reading.home.engine.connect() as connection:
        names = [each for each in subscriptions(connection) if group in (None, each)]
        return [(name, each) for name in names for each in listed(connection, name)]


def refused(reading: Reading, group: str | None = None) -> list[tuple[str, Letter]]:
    """(subscription, message) of every message that was refused; of one consumer's."""
    from consumers.dead_letters import listed
    from consumers.tables import own_are_there

    if not own_are_there(reading.home.engine):
        return []
    with reading.home.engine.connect() as connection:
        return listed(connection, group, refused=True)


def subscription(reading: Reading, name: str) -> Subscription:
    """The one of that name, reading nothing."""
    from consumers import checkpoints
    from consumers.subscription import LIVE, Subscription
    from consumers.transport import NoTransport
    from consumers.views import all_views

    with reading.home.engine.connect() as connection:
        fed = checkpoints.fed(connection, name)
        partitions = sorted(checkpoints.cursors(connection, name))
        source = checkpoints.source_of(connection, name)
    views = [view for view in all_views() if fed.get(view.name) == view.version]
    if len(views) != len(fed):
        raise BadInput(f"{name} feeds views by another version of this program: use that one.")
    topic = source[0] if source else "log"
    still = NoTransport(topic, partitions, exact=name == LIVE)
    return Subscription(reading.home, still, views, name=name, source=reading.log)
