"""Made-up dossiers, the same for the same seed: for tests and benches of what reads the log.

The events follow each other as the engine would append them; the engine itself is not
asked, so that a million of them are made in seconds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from engine.core.dossier import upward
from schemas import events as e
from schemas.envelope import GENESIS, SHARDS, Origin, Recorded, seal, shard_of

START = datetime(2021, 1, 4, 1, 0, tzinfo=UTC)
DESK, OFFICE, COMMUNE, TAX, MINISTRY = "ub.desk", "ub.land", "ub.commune", "ub.tax", "ministry"
DAY = timedelta(days=1)


class Walk:
    """One dossier on its way. `commands` holds the events of each command and their origin."""

    def __init__(self, stream: str, at: datetime, rng: random.Random) -> None:
        self.stream = stream
        self.at = at
        self.rng = rng
        self.commands: list[tuple[Origin, list[e.Event]]] = []
        self.holder = {"": (DESK, f"{DESK}.receiver")}
        self.step_due: datetime | None = None
        self.handovers = 0

    def by(self, actor: tuple[str, str], *events: e.Event) -> None:
        """One command, some hours after the last."""
        self.at += timedelta(minutes=self.rng.randrange(5, 900))
        micros = int(self.at.timestamp() * 1e6)
        number = len(self.commands)
        command_id = f"{self.stream}/{number}".encode()[-16:].rjust(16, b"0")
        origin = Origin(command_id, command_id, actor[1], actor[0], micros, micros)
        self.commands.append((origin, list(events)))

    def receive(self, days: int, legs: bool) -> None:
        agency, officer = self.holder[""]
        due = self.at + days * DAY
        received = e.DossierReceived(
            procedure="1.012783",
            procedure_version="2024-08-01",
            calendar="2025",
            agency=agency,
            officer=officer,
            channel=self.rng.choice(["direct", "online", "post"]),
            step="receive",
            step_due=self.at + DAY,
            appointment=due,
            unit_appointment=self.at + 3 * DAY if legs else None,
            papers=("application", "certificate"),
        )
        started = e.ClockStarted(limit=f"{days} working days", rule="day-after", due=due)
        self.by((agency, officer), received, started)

    def end_step(
        self, leg: str, event: Callable[..., e.StepEnded], to: str, **more: object
    ) -> e.Event:
        due = None if to in ("done", "refused") else self.at + 2 * DAY
        return event(leg=leg, step="work", to=to, due=due, **more)

    def offer(self, leg: str, to_agency: str, step: str) -> e.Event:
        self.handovers += 1
        sender = self.holder[leg]
        return e.HandoverOffered(
            leg=leg,
            handover=self.handovers,
            from_agency=sender[0],
            from_officer=sender[1],
            to_agency=to_agency,
            to_role="specialist",
            step=step,
            back="work",
            due=self.at + 3 * DAY,
            expires=self.at + DAY,
        )

    def accept(self, leg: str, agency: str, step: str) -> None:
        officer = f"{agency}.officer-{self.rng.randrange(1, 9)}"
        self.holder[leg] = (agency, officer)
        self.by(
            self.holder[leg],
            e.HandoverAccepted(
                leg=leg, handover=self.handovers, step=step, agency=agency, officer=officer
            ),
        )

    def pass_on(self, leg: str, to_agency: str, step: str) -> None:
        """A step ends and the leg changes hands."""
        actor = self.holder[leg]
        self.by(
            actor,
            self.end_step(leg, e.StepCompleted, step, act="forward"),
            self.offer(leg, to_agency, step),
        )
        if self.rng.random() < 0.05:
            back = e.HandoverRefused(
                leg=leg, handover=self.handovers, step="work", agency=actor[0], officer=actor[1]
            )
            self.by((to_agency, f"{to_agency}.head"), back)
            self.by(actor, self.offer(leg, to_agency, step))
        self.accept(leg, to_agency, step)

    def pause(self, leg: str, ground: str) -> None:
        actor = self.holder[leg]
        asked: list[e.Event] = [e.ClockStopped(leg=leg, step="work", ground=ground)]
        if ground == "supplement":
            request = e.SupplementRequested(
                leg=leg, step="work", ordinal=1, answer_by=self.at + 20 * DAY
            )
            asked.insert(0, request)
        self.by(actor, *asked)
        self.at += 3 * DAY
        came: list[e.Event] = []
        if ground == "supplement":
            came.append(e.SupplementReceived(leg=leg, step="work"))
        paths = tuple(upward(leg))
        came.append(
            e.ClockResumed(
                leg=leg,
                step="work",
                ground=ground,
                dues={path: self.at + 20 * DAY for path in paths},
                step_dues={leg: self.at + 2 * DAY},
                running=paths,
            )
        )
        self.by(actor, *came)

    def open_leg(self, leg: str, agency: str) -> None:
        above = leg.rpartition("/")[0]
        self.holder[leg] = self.holder[above]
        self.by(
            self.holder[above],
            self.end_step(above, e.AppraisalRecorded, "await", outcome="accepted"),
            e.LegOpened(leg=leg, agency=agency, step="check", opened_by="await"),
            e.ClockStarted(
                leg=leg, limit="5 working days", rule="day-after", due=self.at + 7 * DAY
            ),
            self.offer(leg, agency, "check"),
        )
        self.accept(leg, agency, "check")

    def end_leg(self, leg: str) -> None:
        above = leg.rpartition("/")[0]
        self.by(
            self.holder[leg],
            self.end_step(leg, e.SignatureRecorded, "done", document="d"),
            e.ClockEnded(leg=leg, due=self.at, verdict="on time"),
            e.LegResulted(leg=leg),
            e.StepCompleted(leg=above, step="await", act="join", to="complete", due=self.at + DAY),
        )

    def finish(self) -> None:
        actor = self.holder[""]
        self.by(
            actor,
            self.end_step("", e.SignatureRecorded, "return", document="d"),
            e.ClockEnded(due=self.at, verdict=self.rng.choice(["early", "on time", "overdue"])),
            e.ResultReady(),
            self.offer("", DESK, "return"),
        )
        self.accept("", DESK, "return")
        self.by(
            self.holder[""],
            e.ResultReturned(step="return", to="done", channel="desk", evidence="signed"),
        )


def single(walk: Walk) -> None:
    walk.receive(7, legs=False)
    walk.pass_on("", OFFICE, "appraise")
    if walk.rng.random() < 0.15:
        walk.pause("", "supplement")
    walk.by(walk.holder[""], walk.end_step("", e.AppraisalRecorded, "sign", outcome="accepted"))
    if walk.rng.random() < 0.03:
        walk.by(walk.holder[""], e.WithdrawalAsked())
        walk.by(
            walk.holder[""],
            e.ClockEnded(due=walk.at, verdict="on time"),
            e.DossierStopped(ground="withdrawal"),
        )
        return
    walk.finish()


def three_level(walk: Walk) -> None:
    walk.receive(34, legs=True)
    walk.pass_on("", OFFICE, "appraise")
    walk.open_leg("confirm", COMMUNE)
    if walk.rng.random() < 0.3:
        walk.open_leg("confirm/verify", MINISTRY)
        walk.end_leg("confirm/verify")
    walk.end_leg("confirm")
    if walk.rng.random() < 0.1:
        walk.by(walk.holder[""], e.DossierSuspended(ground="lawsuit"))
        walk.at += 10 * DAY
        due, step_due = walk.at + 20 * DAY, walk.at + DAY
        walk.by(
            walk.holder[""],
            e.DossierResumed(dues={"": due}, step_dues={"": step_due}, running=("",)),
        )
    walk.open_leg("tax", TAX)
    walk.pause("tax", "financial-duty")
    walk.end_leg("tax")
    walk.finish()


def walks(
    count: int, seed: int = 1, three: float = 0.3, prefix: str = "000.00.01.H22-210104"
) -> Iterator[Walk]:
    """`count` dossiers, a share `three` of which are 3-level, received one after another."""
    rng = random.Random(seed)
    for number in range(count):
        at = START + timedelta(minutes=number)
        walk = Walk(f"{prefix}-{number:06d}", at, random.Random(rng.random()))
        (three_level if rng.random() < three else single)(walk)
        yield walk


def cut(count: int, seed: int = 3) -> Iterator[list[Recorded]]:
    """As `appends`, of dossiers that are left lying somewhere on their way."""
    rng = random.Random(seed)
    made = []
    for walk in walks(count, seed):
        del walk.commands[rng.randrange(1, len(walk.commands)) :]
        made.append(walk)
    return appends(made, spread=10)


def appends(walks: Iterable[Walk], spread: int = 64) -> Iterator[list[Recorded]]:
    """The events of each command, sealed, with `spread` dossiers under way at a time."""
    count = 0

    def new_id() -> bytes:
        nonlocal count
        count += 1
        return count.to_bytes(16)

    def of(walk: Walk) -> Iterator[list[Recorded]]:
        version, previous = 0, GENESIS
        for origin, events in walk.commands:
            sealed = seal(
                walk.stream, events, origin, version=version, previous=previous, new_id=new_id
            )
            version, previous = sealed[-1].version, sealed[-1].hash
            yield sealed

    source = iter(walks)
    open_ = [of(walk) for _, walk in zip(range(spread), source, strict=False)]
    while open_:
        for each in list(open_):
            sealed = next(each, None)
            if sealed is not None:
                yield sealed
                continue
            open_.remove(each)
            following = next(source, None)
            if following is not None:
                open_.append(of(following))


class MemoryLog:
    """As much of a `Log` as readers need, in memory. Positions have gaps, as real ones do."""

    def __init__(self, batches: Iterable[Sequence[Recorded]] = ()) -> None:
        self.shards: dict[int, list[Recorded]] = {shard: [] for shard in range(SHARDS)}
        self._position = 0
        for batch in batches:
            self.add(batch)

    def add(self, events: Iterable[Recorded]) -> None:
        from msgspec.structs import replace

        for event in events:
            self._position += 2
            shard = shard_of(event.stream)
            self.shards[shard].append(replace(event, position=self._position))

    def read_shard(
        self, shard: int, *, after: int = 0, limit: int = 1000, previous: bool = False
    ) -> list[Recorded]:
        from bisect import bisect_right

        events = self.shards[shard]
        start = bisect_right(events, after, key=lambda event: event.position)
        return events[start : start + limit]

    def read_shards(self, cursors: Mapping[int, int], *, limit: int = 1000) -> list[Recorded]:
        found = [
            event
            for shard, after in cursors.items()
            for event in self.read_shard(shard, after=after, limit=limit)
        ]
        return sorted(found, key=lambda event: event.position)[:limit]

    def heads(self) -> dict[int, int]:
        return {
            shard: events[-1].position if events else 0 for shard, events in self.shards.items()
        }
