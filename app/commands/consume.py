"""`lienthong consume`: Kafka -> the views."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import click

from app.commands.relay import the_broker
from app.feeding.chosen import chosen
from app.output import line, note, progress, show
from app.running import Troubles, collect_seldom, until_stopped
from app.settings import Settings
from app.shell import command
from app.trouble import BadInput, Broken

if TYPE_CHECKING:
    from app.feeding.reading import Reading
    from consumers.broker import Broker
    from consumers.feeding import Fed, Feed
    from consumers.kafka_transport import KafkaTransport
    from consumers.subscription import Subscription
    from consumers.view import View


@command("consume")
@click.argument("names", metavar="VIEW...", nargs=-1, required=True)
@click.option("--once", is_flag=True, help="Ends when everything in the topic is in the views.")
@click.option("--group", metavar="NAME", help="The consumers that share the work; else"
              " HOUSE.views.")  # fmt: skip
@click.option("--instance", metavar="NAME", help="This consumer's lasting name: one that comes"
              " back under it within ten seconds gets its partitions back.")  # fmt: skip
def consume(
    settings: Settings, names: tuple[str, ...], once: bool, group: str | None, instance: str | None
) -> None:
    """Feeds views from Kafka, each event with its effect once; VIEW may be `all`.

    Several may run: those of one group share the partitions of the topic. Whoever feeds the
    timers raises the alerts too, and lets handovers expire where it reaches the store.
    """
    views = chosen(names)
    group = _name(group or f"{settings.house}.views", "--group")
    if instance is not None:
        _name(instance, "--instance")
    broker = the_broker(settings)
    from consumers.subscription import NotFed
    from consumers.taking_over import OtherViews, Unfinished

    collect_seldom()
    try:
        with _consumer(settings, broker, views, group) as consumer:
            if once:
                _once(settings, consumer)
            else:
                _on_and_on(consumer, instance)
    except OtherViews as error:
        raise BadInput(f"{error}: name all of its views, or another --group.") from error
    except (NotFed, Unfinished) as error:
        raise Broken(str(error)) from error


class Consumer:
    """What is needed to feed some views from the events of the house."""

    def __init__(self, reading: Reading, broker: Broker, views: list[View], group: str) -> None:
        from app.feeding.reading import NEEDED
        from consumers.complete import Complete
        from consumers.dead_letters import Post
        from schemas.topics import dead_letter_topic, events_topic

        house = reading.settings.house
        self.reading = reading
        self.broker = broker
        self.views = views
        self.group = group
        self.topic = events_topic(house)
        self.built = 0
        self.complete = Complete(reading.home, reading.log, broker, self.topic.name, NEEDED)
        self.post = Post(reading.home, broker, group, dead_letter_topic(house))
        broker.check(self.topic)

    def make(self) -> None:
        """The tables of the views, brought up to the end of the topic where they were missing;
        `built` is how many messages that took."""
        from consumers.taking_over import open_fed

        home, log = self.reading.home, self.reading.log
        past = self.reading.past(self.broker, self.group)
        with progress("Building views, events read") as advance:

            def count(messages: int) -> None:
                self.built += messages
                advance(messages)

            open_fed(home, self.views, self.group, self.of_all, past, log, count)

    def of_all(self) -> KafkaTransport:
        return self._transport(lambda: self.broker.reader(self.topic.name))

    def subscription(self, transport: KafkaTransport) -> Subscription:
        from consumers.feeding import BATCH
        from consumers.subscription import Subscription

        try:
            return Subscription(
                self.reading.home,
                transport,
                self.views,
                name=self.group,
                batch=BATCH,
                source=self.reading.log,
                fed=True,
            )
        except BaseException:
            transport.close()
            raise

    def feed(self, instance: str | None) -> Feed:
        """As one of the group."""
        from consumers.feeding import Feed

        def subscribe() -> tuple[Subscription, KafkaTransport]:
            topic = self.topic.name
            member = self._transport(lambda: self.broker.member(topic, self.group, instance))
            return self.subscription(member), member

        return Feed(subscribe, self.post, self.sweep())

    def sweep(self) -> Callable[[], None] | None:
        """Raises what is due; None unless the timers are fed here."""
        if "timers" not in {view.name for view in self.views}:
            return None

        def sweep() -> None:
            moment = self.complete.up_to(self.reading.now)
            if moment is not None:
                self.reading.sweep(moment)

        return sweep

    def _transport(self, reader: Callable[[], object]) -> KafkaTransport:
        from consumers.kafka_transport import KafkaTransport

        return KafkaTransport(self.broker, self.topic.name, reader())  # type: ignore[arg-type]


@contextmanager
def _consumer(
    settings: Settings, broker: Broker, views: list[View], group: str
) -> Iterator[Consumer]:
    from app.feeding.reading import open_reading

    with open_reading(settings) as reading:
        consumer = Consumer(reading, broker, views, group)
        try:
            consumer.make()
            yield consumer
        finally:
            consumer.complete.close()
            consumer.post.close()


def _name(name: str, option: str) -> str:
    """Raises BadInput for a name that Kafka does not take."""
    if re.fullmatch(r"[A-Za-z0-9._-]{1,200}", name) is None or name == "live":
        raise BadInput(f"{option} {name!r}: letters, digits, dots, hyphens and underscores only.")
    return name


def _once(settings: Settings, consumer: Consumer) -> None:
    from consumers.checkpoints import Fenced
    from consumers.taking_over import until_ends

    transport = consumer.of_all()
    feed, events = consumer.subscription(transport), consumer.built
    try:
        with progress("Consuming, events") as advance:
            while True:
                try:
                    events += until_ends(feed, transport, advance)
                    break
                except Fenced:
                    # Another consumer of the group was first with that batch.
                    feed.load()
        sweep = consumer.sweep()
        if sweep is not None:
            sweep()
        consumer.post.publish()
    finally:
        transport.close()
    standing = len(feed.standing)
    value = {
        "group": consumer.group,
        "topic": consumer.topic.name,
        "views": [view.name for view in consumer.views],
        "messages": events,
        "waiting_dossiers": standing,
    }
    waits = f"; {standing} dossiers wait: see `lienthong parked list`" if standing else ""
    show(settings, value, lambda: line(f"{events:,} messages from {consumer.topic.name}{waits}."))


def _on_and_on(consumer: Consumer, instance: str | None) -> None:
    troubles, unsent = Troubles(), ""

    def told(fed: Fed) -> None:
        nonlocal unsent
        troubles.tell(fed.trouble)
        if fed.letters and fed.letters != unsent:
            note(f"{fed.letters} What was refused waits in the database until then.")
        unsent = fed.letters

    names = ", ".join(view.name for view in consumer.views)
    note(f"Feeding {names} from {consumer.topic.name} as {consumer.group}. Ctrl-C ends it.")
    feed = consumer.feed(instance)
    try:
        with until_stopped() as stop:
            feed.run(stop.asked, stop.wait, monotonic, told)
    finally:
        feed.close()
