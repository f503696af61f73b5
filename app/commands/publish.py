"""`lienthong publish`: snapshots and alerts -> Kafka."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from app.commands.relay import the_broker
from app.output import line, note, progress, show
from app.running import Stop, Troubles, until_stopped
from app.settings import Settings
from app.shell import command

if TYPE_CHECKING:
    from app.house import House

IDLE = 0.1
"""Seconds between two looks when there is nothing new."""

PATIENCE = 5.0
"""Seconds between two attempts while Kafka cannot be reached."""


@command("publish")
@click.option("--once", is_flag=True, help="Ends when everything is published.")
def publish(settings: Settings, once: bool) -> None:
    """Publishes where each dossier is (compacted) and the alerts that were raised.

    One of a house is enough; it follows the views, which `consume` or any query keeps up to date.
    """
    from app.house import open_house
    from consumers.publish import AlertPublisher, StatusPublisher

    broker = the_broker(settings)
    with open_house(settings) as house:
        house.refresh()
        snapshots = StatusPublisher(house.log, house.home, broker, settings.house)
        alerts = AlertPublisher(house.home, broker, settings.house)
        try:
            for topic in (snapshots.topic, alerts.topic):
                broker.check(topic)
            if once:
                _once(settings, snapshots.step, alerts.step)
            else:
                with until_stopped() as stop:
                    note(f"Publishing to {snapshots.topic.name} and {alerts.topic.name}.")
                    _on_and_on(house, stop, lambda: snapshots.step() + alerts.step())
        finally:
            snapshots.close()
            alerts.close()


def _once(settings: Settings, snapshots: Callable[[], int], alerts: Callable[[], int]) -> None:
    value = {"snapshots": 0, "alerts": 0}
    with progress("Publishing, messages") as advance:
        for name, step in (("snapshots", snapshots), ("alerts", alerts)):
            while count := step():
                value[name] += count
                advance(count)
    show(
        settings,
        value,
        lambda: line(f"{value['snapshots']:,} snapshots and {value['alerts']:,} alerts."),
    )


def _on_and_on(house: House, stop: Stop, step: Callable[[], int]) -> None:
    from consumers.broker import BrokerError
    from consumers.checkpoints import Fenced

    troubles = Troubles()
    while not stop.asked():
        try:
            house.refresh()
            if step() == 0:
                stop.wait(IDLE)
        except (BrokerError, Fenced) as error:
            troubles.tell(str(error))
            stop.wait(PATIENCE)
        else:
            troubles.tell("")
