"""`lienthong interlink`: legs handed to the engines of other houses, and taken from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from app.commands.relay import the_broker
from app.output import line, note, show
from app.running import Troubles, until_stopped
from app.settings import Settings
from app.shell import command
from app.trouble import BadInput

if TYPE_CHECKING:
    from app.house import House
    from consumers.interlink.worker import Interlink, Moved
    from engine.store import Log


@command("interlink")
@click.option("--peers", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              metavar="FILE", help="Which other houses there are, in TOML: their agencies, and"
              " the procedures taken from them; else LIENTHONG_PEERS, else what the store was"
              " told last.")  # fmt: skip
@click.option("--once", is_flag=True, help="Ends when there is nothing more to say or to hear.")
@click.option("--again", is_flag=True, help="From the beginning: says what is open once more, and"
              " reads everything once more. It does no harm.")  # fmt: skip
def interlink(settings: Settings, peers: Path | None, once: bool, again: bool) -> None:
    """Hands legs over to the engines of other houses, and takes theirs, through Kafka.

    What came and what became of it stays in the store; each message has its effect once,
    however often it comes.
    """
    settings = replace(settings, peers=peers or settings.peers)
    broker = the_broker(settings)
    from app.house import open_house
    from app.law.peers import peers as known
    from consumers.interlink.worker import Interlink
    from engine.ids import Ids, wall_clock
    from engine.runtime import Runtime

    with open_house(settings, write=True) as house:
        others = known(house.log, settings)
        if not others.houses:
            raise BadInput("Which other houses? Say --peers FILE, or set LIENTHONG_PEERS.")
        # What is wrong with the file is told before anybody is asked for anything.
        house.learn()
        at = house.happened(None)
        clock = wall_clock if at is None else lambda: at
        runtime = Runtime(house.log, house.in_force, clock, Ids(clock))
        worker = Interlink(runtime, broker, settings.house, others)
        try:
            if again:
                worker.again()
            if once:
                _once(settings, house.log, worker)
            else:
                _on_and_on(house, worker)
        finally:
            worker.close()


def _once(settings: Settings, log: Log, worker: Interlink) -> None:
    from consumers.interlink.tables import handled

    moved = worker.catch_up()
    last = handled(log, moved.messages) if moved.messages else []
    value = {
        "events": moved.events,
        "messages": [
            {
                "from": each.house, "code": each.code, "type": each.type,
                "verdict": each.verdict, "rule": each.rule, "why": each.why,
            }
            for each in reversed(last)
        ],
    }  # fmt: skip

    def human() -> None:
        line(f"{moved.events:,} events looked through, {moved.messages:,} messages taken.")
        for each in reversed(last):
            why = f": {each.rule}: {each.why}" if each.rule else ""
            what = f"{each.type or 'message'} of {each.house or '?'}"
            line(f"  {what} ({each.code}) {each.verdict}{why}")

    show(settings, value, human)


def _on_and_on(house: House, worker: Interlink) -> None:
    from app.desk.learner import Learner

    troubles = Troubles()

    def told(moved: Moved) -> None:
        troubles.tell(moved.trouble)

    note(f"Handing legs over for {house.settings.house}. Ctrl-C ends it.")
    learner = Learner(house)
    learner.start()
    with until_stopped() as stop:
        worker.run(stop.asked, stop.wait, told)
    learner.stop()
