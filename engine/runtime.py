"""Load, fold, decide, append: the only place that supplies the time, the ids and the store.

Commands that callers in several threads hand over at the same time are decided and committed
together: whoever comes first leads, the others wait for their answers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from threading import Event, Lock

import msgspec
from msgspec.structs import asdict

from engine.codes import code as code_of
from engine.codes import code_prefix
from engine.core.decide import SYSTEM, acting_for, decide
from engine.core.dossier import Dossier
from engine.core.evolve import evolve
from engine.core.law import Law, Laws
from engine.core.rules import rejection
from engine.fingerprint import fingerprint, is_of
from engine.ids import Clock, Ids
from engine.kept import Kept
from engine.store.errors import StoreError
from engine.store.log import Append, Log, Outcome, Repeated, Stored
from schemas.commands import Command, Opening
from schemas.envelope import GENESIS, Origin, Recorded, from_micros, seal, to_micros
from schemas.rejection import Rejected

ATTEMPTS = 8
"""How often a command is decided anew after somebody else was first."""

AHEAD = timedelta(minutes=5)
"""How far the clock of whoever says when something happened may be before ours."""

BATCH = 256
"""The most commands that one commit takes from waiting callers."""

GATHER = 0.00005
"""Seconds for each of those just answered that a leader who takes over waits for them: busy
callers come again at once, and share its commit. A caller alone never waits."""


class Call(msgspec.Struct, frozen=True, gc=False):
    """A command for one dossier. `code`: "" lets the engine give a new dossier its code.

    `at`: when it happened, if not now. A call repeated with its `command_id` gets the first
    answer. `now`: what the caller takes for now, if its time is made up; else `at` may not be
    later than the runtime's clock. `expected`: the version of the dossier on which alone it is
    meant to be done.
    """

    command: Command
    command_id: bytes
    code: str = ""
    at: datetime | None = None
    correlation: bytes | None = None
    now: datetime | None = None
    expected: int | None = None


class Stale(Rejected, frozen=True):
    """The dossier is no longer, or not yet, at the version that the call expected. This is not
    remembered as the answer: the same command may be sent again, expecting another version."""


class Done(msgspec.Struct, frozen=True, gc=False):
    """The command had its effect: these events. `repeated`: it was answered so before."""

    code: str
    version: int
    events: tuple[Recorded, ...]
    repeated: bool = False


Answer = Done | Rejected


class Folded(msgspec.Struct, frozen=True, gc=False):
    """A stream folded up to `version`, and which command gave its versions from where."""

    dossier: Dossier
    version: int = 0
    hash: bytes = GENESIS
    commands: dict[bytes, int] = {}


class Busy(Exception):
    """Others were first each time; the dossier is written to too often just now."""


def fold(records: Iterable[Recorded], start: Folded) -> Folded:
    """The stream after these records, which follow `start`."""
    dossier, version, digest = start.dossier, start.version, start.hash
    commands = dict(start.commands)
    for record in records:
        dossier = evolve(dossier, record.event(), from_micros(record.occurred_at))
        version, digest = record.version, record.hash
        commands.setdefault(record.command_id, version)
    return Folded(dossier, version, digest, commands)


def _answered(found: Answer | BaseException) -> Answer:
    if isinstance(found, BaseException):
        raise found
    return found


class _Ticket:
    """A call whose caller waits; `gate` opens when it is answered or when it has to lead."""

    __slots__ = ("answer", "call", "gate")

    def __init__(self, call: Call) -> None:
        self.call = call
        self.answer: Answer | BaseException | None = None
        self.gate = Lock()
        self.gate.acquire()


class Runtime:
    """Handles commands on one log. Any number of threads may call it; several runtimes, in
    several processes, may work on the same PostgreSQL log. Each command is decided by one law,
    the newest of `laws`."""

    def __init__(
        self, log: Log, laws: Laws, clock: Clock, ids: Ids, *, cache: int = 20_000
    ) -> None:
        self.log = log
        self._laws = laws
        self._clock = clock
        self._ids = ids
        self._cache: Kept[Folded] = Kept(cache)
        self._numbers: dict[str, int] = {}
        self._waiting: deque[_Ticket] = deque()
        self._led = False
        self._expected = 1
        self._gathered = Event()
        self._turn = Lock()
        self._work = Lock()

    def new_id(self) -> bytes:
        return self._ids()

    def now(self) -> datetime:
        return self._clock()

    @property
    def law(self) -> Law:
        """By which the next command is decided."""
        return self._laws.newest

    def renewed(self) -> Law:
        """The law as it is now, for what cannot be taken back. Raises StoreError."""
        return self._laws.renewed()

    def handle(self, call: Call) -> Answer:
        """The answer to one command, durable when it returns. Raises StoreError, Busy."""
        ticket = _Ticket(call)
        with self._turn:
            self._waiting.append(ticket)
            lead = not self._led
            self._led = True
            if len(self._waiting) >= self._expected:
                self._gathered.set()
        if not lead:
            ticket.gate.acquire()
        if ticket.answer is None:
            self._lead()
        assert ticket.answer is not None
        return _answered(ticket.answer)

    def _lead(self) -> None:
        """Answers who waits, self included, then lets the first of those who came since lead."""
        if self._expected > 1:
            self._gathered.wait(GATHER * self._expected)
        with self._turn:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]
        try:
            answers = self.handle_each([ticket.call for ticket in batch])
            for ticket, answer in zip(batch, answers, strict=True):
                ticket.answer = answer
        except BaseException as error:
            for ticket in batch:
                ticket.answer = error
        with self._turn:
            heir = self._waiting[0] if self._waiting else None
            self._led = heir is not None
            self._expected = min(len(batch) + len(self._waiting), BATCH)
            self._gathered.clear()
        for ticket in batch:
            ticket.gate.release()
        if heir is not None:
            heir.gate.release()

    def handle_many(self, calls: Sequence[Call]) -> list[Answer]:
        """The answers to many commands, in their order, made durable by one commit. Raises as
        `handle`, when all others are answered."""
        return [_answered(each) for each in self.handle_each(calls)]

    def handle_each(self, calls: Sequence[Call]) -> list[Answer | Exception]:
        """The same, with what deciding one command raised in the place of its answer: it is not
        the fault of the others. Raises StoreError, Busy, which are of all."""
        with self._work:
            answers: dict[int, Answer | Exception] = {}
            pending = list(enumerate(calls))
            for _ in range(ATTEMPTS):
                pending = self._attempt(pending, answers)
                if not pending:
                    return [answers[index] for index in range(len(calls))]
            raise Busy(f"{len(pending)} commands found their dossiers changed {ATTEMPTS} times")

    def load(self, code: str, *, until: int | None = None) -> Folded:
        """The stream folded, from the log. A dossier that does not exist has version 0."""
        return fold(self.log.read_stream(code, until=until), Folded(Dossier(code)))

    def known(self, code: str) -> Folded | None:
        """The stream as this runtime last knew it, if it did; the log is not asked."""
        return self._cache.get(code)

    def current(self, code: str) -> Folded:
        """The stream as this runtime last knew it, loaded when it did not. May be behind what
        others have written; the expected version then decides."""
        known = self.known(code)
        if known is None:
            known = self.load(code)
            if known.version:
                self._cache.put(code, known)
        return known

    def latest(self, code: str) -> Folded:
        """The stream as the log has it now."""
        known = self.current(code)
        return self.current(code) if known.version and self._caught_up(known) else known

    def _caught_up(self, known: Folded) -> bool:
        """Whether others had written to a cached stream. No append will tell when a command is
        refused, so a refusal must not rest on what this runtime happened to know."""
        code = known.dossier.stream
        since = self.log.read_stream(code, after=known.version)
        if since:
            self._cache.put(code, fold(since, known))
        return bool(since)

    # --- one attempt: decide each, append all, keep who has to decide again ---

    def _attempt(
        self, pending: list[tuple[int, Call]], answers: dict[int, Answer | Exception]
    ) -> list[tuple[int, Call]]:
        drafts: dict[str, Folded] = {}
        appends: list[Append] = []
        waiting: list[tuple[int, Call, str, Rejected | None]] = []
        for index, call in pending:
            code = call.code or self._new_code(call)
            # A code of our own is taken to be new; if another took it, the append conflicts.
            known = self.current(code) if call.code else Folded(Dossier(code))
            folded = drafts.get(code, known)
            if call.command_id in folded.commands and code not in drafts:
                answers[index] = self._first_answer(call)
                continue
            outcome = self._outcome(call, code, folded, changed=code in drafts)
            if isinstance(outcome, Exception):
                answers[index] = outcome
                continue
            if isinstance(outcome, Rejected):
                waiting.append((index, call, code, outcome))
                continue
            append, drafts[code] = outcome
            appends.append(append)
            waiting.append((index, call, code, None))
        results = iter(self.log.append(appends) if appends else [])
        return self._settle(waiting, iter(appends), results, drafts, answers)

    def _outcome(
        self, call: Call, code: str, folded: Folded, *, changed: bool
    ) -> tuple[Append, Folded] | Rejected | Exception:
        """Also what deciding raised. `changed`: by a call of this attempt, so by nobody else."""
        try:
            law = self.law
            outcome = self._decide(call, code, folded, law)
            if isinstance(outcome, Rejected):
                # It is remembered, so it must not rest on what others have changed meanwhile.
                if moved := not changed and self._caught_up(folded):
                    folded = self.current(code)
                if moved or self._laws.renewed() is not law:
                    outcome = self._decide(call, code, folded, self.law)
            return outcome
        except StoreError:
            raise
        except Exception as error:
            return error

    def _settle(
        self,
        waiting: list[tuple[int, Call, str, Rejected | None]],
        appends: Iterable[Append],
        results: Iterable[Outcome],
        drafts: dict[str, Folded],
        answers: dict[int, Answer | Exception],
    ) -> list[tuple[int, Call]]:
        outcomes = iter(zip(appends, results, strict=True))
        stale: set[str] = set()
        again = []
        for index, call, code, rejected in waiting:
            if rejected is not None:
                if code in stale:
                    again.append((index, call))
                else:
                    answers[index] = self._rejected(call, code, rejected)
                continue
            append, result = next(outcomes)
            if isinstance(result, Stored):
                events = append.events
                answers[index] = Done(code, events[-1].version, events)
                continue
            stale.add(code)
            if isinstance(result, Repeated):
                answers[index] = self._first_answer(call)
            else:
                again.append((index, call))
        for code, folded in drafts.items():
            if code in stale:
                self._cache.forget(code)
                self._numbers.clear()
            else:
                self._cache.put(code, folded)
        return again

    def _decide(
        self, call: Call, code: str, folded: Folded, law: Law
    ) -> tuple[Append, Folded] | Rejected:
        if folded.version == 0 and not isinstance(call.command, Opening):
            return rejection("unknown-dossier", code=code)
        recorded_at = self._clock()
        now = call.at or recorded_at
        latest = max(recorded_at, call.now or recorded_at)
        if now > latest + AHEAD and call.command.actor != SYSTEM:
            return rejection("not-yet", at=now, now=latest)
        if call.expected not in (None, folded.version):
            return Stale(**asdict(rejection("stale", expected=call.expected, now=folded.version)))
        outcome = decide(folded.dossier, call.command, law, now, recorded=call.now or recorded_at)
        if isinstance(outcome, Rejected):
            return outcome
        origin = Origin(
            command_id=call.command_id,
            correlation=call.correlation or call.command_id,
            actor=call.command.actor,
            agency=acting_for(call.command.actor, outcome.dossier, law),
            occurred_at=to_micros(now),
            recorded_at=to_micros(recorded_at),
            on_behalf=call.command.on_behalf,
        )
        events = seal(
            code,
            outcome.events,
            origin,
            version=folded.version,
            previous=folded.hash,
            new_id=self._ids,
            fingerprint=fingerprint(call.command, call.command_id),
        )
        tip = events[-1]
        commands = {**folded.commands, call.command_id: folded.version + 1}
        return Append(tuple(events)), Folded(outcome.dossier, tip.version, tip.hash, commands)

    def _rejected(self, call: Call, code: str, rejected: Rejected) -> Answer:
        """Remembers the refusal outside of the dossier, or gives the answer of before."""
        if isinstance(rejected, Stale):
            return self._first_answer(call) if self.log.answer(call.command_id) else rejected
        fresh = self.log.reject(call.command_id, code, rejected, to_micros(self._clock()))
        return rejected if fresh else self._first_answer(call)

    def _first_answer(self, call: Call) -> Answer:
        """What the command was answered with; a refusal when its id was another command's."""
        known = self.log.answer(call.command_id)
        assert known is not None, "the store said that it had answered this command"
        if isinstance(known, Rejected):
            return known
        first = known[0]
        same = first.stream == call.code if call.code else first.version == 1
        if not same or not is_of(first, call.command):
            return rejection("command-id-reused", code=first.stream, actor=first.actor)
        return Done(first.stream, known[-1].version, tuple(known), repeated=True)

    def _new_code(self, call: Call) -> str:
        """The next code of an agency's day. Two runtimes that take the same one conflict, and
        the loser takes another."""
        assert isinstance(call.command, Opening), "only what opens a dossier may leave out its code"
        prefix = code_prefix(call.command.agency, call.at or self._clock())
        number = self._numbers.get(prefix)
        if number is None:
            last = self.log.last_code(prefix)
            number = int(last.removeprefix(prefix)) if last else 0
        self._numbers[prefix] = number + 1
        return code_of(prefix, number + 1)
