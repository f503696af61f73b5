"""`lienthong relay`: the log -> Kafka."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import click

from app.output import line, note, progress, show
from app.running import Troubles, collect_seldom, until_stopped
from app.settings import Settings
from app.shell import command
from app.trouble import BadInput
from engine.ids import wall_clock
from schemas.envelope import SHARDS

if TYPE_CHECKING:
    from consumers.broker import Broker
    from consumers.relay import Relay, Relayed


@command("relay")
@click.option("--topics", type=click.Choice(["create"]), help="Makes the topics of the house that"
              " are missing, with their partitions and policies, and ends.")  # fmt: skip
@click.option("--replication", metavar="N", type=click.IntRange(1, 7), default=3,
              show_default=True, help="Copies of each partition, when topics are made; 1 for a"
              " lone broker.")  # fmt: skip
@click.option("--once", is_flag=True, help="Ends when everything in the log is published.")
def relay(settings: Settings, topics: str | None, replication: int, once: bool) -> None:
    """Publishes the events of the log to Kafka, each at least once and in order.

    Several may run on one PostgreSQL store: they share the shards, and take over those of one
    that dies.
    """
    broker = the_broker(settings)
    if topics == "create":
        _create(settings, broker, replication)
        return
    from app.house import open_house
    from consumers.ownership import ownership_of
    from consumers.relay import Relay, open_tables

    collect_seldom()
    with open_house(settings) as house:
        open_tables(house.log)
        worker = Relay(house.log, lambda: ownership_of(house.log), broker, settings.house)
        try:
            broker.check(worker.topic)
            if once:
                _once(settings, worker)
            else:
                _on_and_on(worker)
        finally:
            worker.close()


def the_broker(settings: Settings) -> Broker:
    """The broker that the settings name. Raises BadInput when they name none."""
    if not settings.kafka:
        raise BadInput("Which broker? Say --kafka HOST:PORT, or set LIENTHONG_KAFKA.")
    from consumers.broker import Broker

    return Broker(settings.kafka)


def _create(settings: Settings, broker: Broker, replication: int) -> None:
    from schemas.topics import topics_of

    wanted = topics_of(settings.house)
    made = broker.create(wanted, replication)

    def human() -> None:
        for topic in wanted:
            state = "made" if topic.name in made else "there already"
            line(f"{topic.name}, {topic.partitions} partitions: {state}", "ok")

    show(settings, {"made": made, "topics": [each.name for each in wanted]}, human)


def _once(settings: Settings, worker: Relay) -> None:
    owned = worker.renew()
    with progress("Publishing, events") as advance:
        events = worker.catch_up(advance)
        manifests = worker.account(wall_clock(), period=0)
    value = {"topic": worker.topic.name, "events": events, "manifests": manifests,
             "shards": len(owned)}  # fmt: skip
    left = SHARDS - len(owned)
    others = f"; {left} shards are another relay's" if left else ""
    show(settings, value, lambda: line(f"{events:,} events to {worker.topic.name}{others}."))


def _on_and_on(worker: Relay) -> None:
    troubles = Troubles()

    def told(round_: Relayed) -> None:
        troubles.tell(round_.trouble, f"It goes on, with {round_.owned} of {SHARDS} shards.")

    note(f"Publishing to {worker.topic.name}. Ctrl-C ends it.")
    with until_stopped() as stop:
        worker.run(stop.asked, stop.wait, monotonic, wall_clock, told)
