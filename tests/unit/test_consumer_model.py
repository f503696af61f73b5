"""A consumer and everything that a broker may do to it, as Hypothesis thinks of it.

An in-memory topic of two partitions gets a relay's messages: in order, again, some of them never,
some of them forged. Two members of a group read it in batches of any size; partitions go to and
fro between them, and a member that does not know it yet reads on. After every step each dossier's
rows are the fold of its first events, as many as are recorded; in the end, with the log in reach,
of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace
from sqlalchemy import create_engine, select
from sqlalchemy.pool import StaticPool

from consumers import checkpoints, parking, tables
from consumers.changes import Changes
from consumers.checkpoints import Fenced, followed
from consumers.fold import Fold
from consumers.guard import Standing
from consumers.home import OwnHome
from consumers.kafka_transport import event_of
from consumers.subscription import Subscription
from consumers.transport import Delivery, Refused, Rewound
from consumers.view import View
from consumers.views import custody, register, status
from schemas.cloudevents import BadMessage, Message, to_message
from schemas.envelope import Recorded
from tests.streams import appends, walks
from tests.views_check import _wanted

VIEWS: list[View] = [status.VIEW, custody.VIEW, register.VIEW]
GROUP = "model"
EVENTS = [event for each in appends(walks(3, seed=5), spread=3) for event in each]
STREAMS = {name: [each for each in EVENTS if each.stream == name] for name in {
    each.stream for each in EVENTS}}  # fmt: skip
PARTITION = {name: number % 2 for number, name in enumerate(sorted(STREAMS))}


class Topic:
    """Messages by partition, and who holds which."""

    def __init__(self) -> None:
        self.messages: dict[int, list[Message]] = {0: [], 1: []}
        self.identity = "1"


class MemberOf:
    """A member's transport: it reads what it believes to hold until it is told otherwise."""

    exact = False
    topic = "memory"

    def __init__(self, topic: Topic) -> None:
        self.of = topic
        self.held: set[int] = set()
        self.told = False

    def partitions(self) -> Sequence[int]:
        return (0, 1)

    def identity(self) -> str:
        return self.of.identity

    def moved(self) -> bool:
        told, self.told = self.told, False
        return told

    def read(self, cursors: Mapping[int, int], limit: int) -> list[Delivery | Refused]:
        found: list[Delivery | Refused] = []
        for partition in sorted(self.held):
            start = cursors[partition]
            if start > len(self.of.messages[partition]):
                raise Rewound
            for offset, message in enumerate(self.of.messages[partition][start:], start):
                if len(found) == limit:
                    return found
                try:
                    event = event_of(message)
                except BadMessage as bad:
                    found.append(Refused(partition, offset + 1, message, str(bad)))
                else:
                    found.append(Delivery(partition, offset + 1, event, message))
        return found


class Archive:
    """The log, when it is in reach."""

    def __init__(self) -> None:
        self.in_reach = False

    def read_stream(
        self, stream: str, *, after: int = 0, until: int | None = None
    ) -> list[Recorded]:
        return STREAMS[stream][after:until] if self.in_reach else []


class Consumers(RuleBasedStateMachine):
    sent = Bundle("sent")

    @initialize(held=st.sampled_from([0, 1]))
    def begin(self, held: int) -> None:
        engine = create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        self.engine = engine
        self.home = OwnHome(engine)
        tables.open_own(self.home)
        with self.home.begin() as connection:
            for view in VIEWS:
                names = {each.name: each.name for each in view.tables}
                tables.create(connection, view, names)
        self.topic = Topic()
        self.archive = Archive()
        self.next = dict.fromkeys(STREAMS, 0)
        self.members = [MemberOf(self.topic), MemberOf(self.topic)]
        self.members[held].held = {0}
        self.members[1 - held].held = {1}
        self.feeds = [self.feed(member) for member in self.members]

    def feed(self, member: MemberOf) -> Subscription:
        return Subscription(
            self.home,
            member,
            VIEWS,
            name=GROUP,
            source=self.archive,
        )

    # --- what is sent ---

    @rule(target=sent, which=st.integers(0, len(STREAMS) - 1), count=st.integers(1, 4))
    def relay(self, which: int, count: int) -> list[Recorded]:
        name = sorted(STREAMS)[which]
        events = STREAMS[name][self.next[name] : self.next[name] + count]
        self.next[name] += len(events)
        self.send(events)
        return events

    @rule(which=st.integers(0, len(STREAMS) - 1), count=st.integers(1, 2))
    def leave_out(self, which: int, count: int) -> None:
        """The relay never does; whoever deletes records of a topic does. But for the last: no
        reader of events can tell that it misses what nothing follows; manifests tell."""
        name = sorted(STREAMS)[which]
        last = len(STREAMS[name]) - 1
        self.next[name] = max(min(self.next[name] + count, last), self.next[name])

    @rule(events=sent)
    def send_again(self, events: list[Recorded]) -> None:
        self.send(events)

    @rule(events=sent)
    def send_in_disorder(self, events: list[Recorded]) -> None:
        self.send(list(reversed(events)))

    @rule(events=sent, how=st.sampled_from(["payload", "previous", "version", "type", "null"]))
    def forge(self, events: list[Recorded], how: str) -> None:
        for event in events[:1]:
            message = to_message(event, "house")
            if how == "payload":
                message = replace(message, value=b"{}")
            elif how == "null":
                message = replace(message, value=None)
            else:
                changed = {
                    "previous": {"previous": b"\x01" * 32},
                    "version": {"version": event.version + 3},
                    "type": {"previous": b"\x02" * 32, "type": "dossier.teleported"},
                }[how]
                forged = replace(event, **changed)  # type: ignore[arg-type]
                message = to_message(replace(forged, hash=forged.expected_hash()), "house")
            self.topic.messages[PARTITION[event.stream]].append(message)

    def send(self, events: Sequence[Recorded]) -> None:
        for event in events:
            self.topic.messages[PARTITION[event.stream]].append(to_message(event, "house"))

    # --- what happens to those who read ---

    @rule(who=st.integers(0, 1), batch=st.integers(1, 12))
    def step(self, who: int, batch: int) -> None:
        self.feeds[who].batch = batch
        try:
            self.feeds[who].step()
        except Fenced:
            self.feeds[who].load()

    @rule(partition=st.integers(0, 1), to=st.integers(0, 1), told=st.booleans())
    def rebalance(self, partition: int, to: int, told: bool) -> None:
        """`told`: the one who lost it knows; else he is a zombie until he learns of it."""
        self.members[to].held.add(partition)
        self.members[to].told = True
        if told:
            self.members[1 - to].held.discard(partition)
            self.members[1 - to].told = True

    @rule(who=st.integers(0, 1))
    def killed_and_started(self, who: int) -> None:
        held = self.members[who].held
        self.members[who] = MemberOf(self.topic)
        self.members[who].held = held
        self.feeds[who] = self.feed(self.members[who])

    @rule()
    def topic_made_anew(self) -> None:
        self.topic.messages = {0: [], 1: []}
        self.topic.identity += "1"
        for name, events in STREAMS.items():
            self.send(events[: self.next[name]])
        for member in self.members:
            member.told = True

    @rule(reach=st.booleans())
    def log_in_reach(self, reach: bool) -> None:
        self.archive.in_reach = reach

    @precondition(lambda self: self.archive.in_reach)
    @rule(who=st.integers(0, 1))
    def mend(self, who: int) -> None:
        for dossier in list(self.feeds[who].standing):
            self.feeds[who].retry(dossier)

    # --- what has to be so ---

    @invariant()
    def rows_are_the_fold(self) -> None:
        if not hasattr(self, "home"):
            return
        with self.home.engine.connect() as connection:
            versions = {row.dossier: row for row in connection.execute(select(followed))}
            changes, fold = Changes(), Fold(VIEWS)
            for name, row in versions.items():
                assert row.hash == STREAMS[name][row.version - 1].hash
                for event in STREAMS[name][: row.version]:
                    fold.add(event, changes)
            for view in VIEWS:
                for table in view.tables:
                    key = [column.name for column in table.primary_key]
                    rows = {
                        tuple(row[each] for each in key): dict(row)
                        for row in connection.execute(select(table)).mappings()
                    }
                    assert rows == _wanted(changes, table, set())

    def teardown(self) -> None:
        if not hasattr(self, "home"):
            return
        self.archive.in_reach = True
        for name, events in STREAMS.items():
            self.send(events[self.next[name] :])
            self.next[name] = len(events)
        feed = self.feeds[0]
        self.members[0].held, self.members[0].told = {0, 1}, True
        for _ in range(500):
            try:
                if feed.step() == 0 and feed.step() == 0:
                    break
            except Fenced:
                feed.load()
        for dossier in list(feed.standing):
            feed.retry(dossier)
        self.rows_are_the_fold()
        with self.home.engine.connect() as connection:
            done = {row.dossier: row.version for row in connection.execute(select(followed))}
            waits = [each for each in parking.listed(connection, GROUP)]
            cursors = checkpoints.cursors(connection, GROUP)
        assert done == {name: len(events) for name, events in STREAMS.items()}
        # What still waits claims versions that no dossier has come to.
        assert all(each.version > len(STREAMS[each.dossier]) for each in waits)
        assert cursors == {part: len(them) for part, them in self.topic.messages.items()}
        self.engine.dispose()


TestConsumers = Consumers.TestCase
TestConsumers.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def _bites() -> None:
    """Raises what the model finds, as it finds it: the same walks each time, so that whether a
    seeded bug is met is nobody's luck; the seed is one that meets them soon."""

    @seed(4)
    class Seeded(Consumers):
        pass

    once = settings(
        max_examples=200,
        stateful_step_count=30,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(Seeded, settings=once)


def test_it_bites_when_the_chain_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_version(event: Recorded, standing: Standing) -> bool:
        return event.version == standing.version + 1

    monkeypatch.setattr("consumers.subscription.follows", by_version)
    _bites()


def test_it_bites_when_what_waits_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.parking.add", lambda *arguments: None)
    monkeypatch.setattr(Archive, "read_stream", lambda *arguments, **words: [])
    _bites()
