"""Two engines and everything that may happen between them: messages that come twice or late,
processes that die at any point, people who are first on either side. I8 holds over both stores
after each step; at the end every handover is accepted, refused or escalated, and both sides agree.

And a seeded bug for each thing that could go wrong, which the same checks find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from consumers.interlink import receiving
from consumers.interlink.agreement import faults
from engine.core.acts import handover
from engine.core.acts.handover import above_of, not_taken
from schemas import commands as c
from schemas import events as e
from schemas.rejection import Rejected
from tests.core.walker import Pick
from tests.interlink.law import DESK, DESK_HEAD, RECEIVER
from tests.interlink.test_protocol import REASON, abroad
from tests.interlink.world import POINTS, World

STEPS = 70
TROUBLE = ("work",) * 10 + (
    *("offer", *["onward"] * 9, "answer", "answer", "recall", "later", "long after"),
    *("expire", "crash", "crash", "crash", "down", "up", "up", "up", "zombie", "stop", "refuse"),
    *("suspend", "lost"),
)


class Walk:
    """A world in which anything may happen next."""

    def __init__(self, folder: Path, pick: Pick) -> None:
        self.world = World(folder)
        self.world.broker.again = lambda: bool(pick((False, False, True)))
        self.pick = pick
        self.codes: list[str] = []
        self.seen: dict[str, int] = {}

    def step(self) -> None:
        what = self.pick(TROUBLE)
        self.seen[what] = self.seen.get(what, 0) + 1
        getattr(self, what.replace(" ", "_"))()
        found = faults(self.world.stores)
        assert found == [], f"after {what}: {found}"

    # --- the processes and the broker ---

    def work(self) -> None:
        """Each worker of one side, or of both, has a turn or none."""
        for side in self.pick((self.world.sides, self.world.sides[:1], self.world.sides[1:])):
            for which in self.pick(((0, 1, 2), (2, 1, 0), (0,), (1,), (2, 2, 0, 0))):
                side.work(which)

    def crash(self) -> None:
        """The next process that comes to this point dies there."""
        self.pick(self.world.sides).crash_at = (self.pick(POINTS), self.pick((0, 1)))

    def down(self) -> None:
        self.world.broker.down = True

    def up(self) -> None:
        self.world.broker.down = False

    def zombie(self) -> None:
        """A worker that was thought dead says once more what was said at any time."""
        for topic, message in list(self.world.broker.sent):
            if self.pick((True, False, False, False)):
                self.world.broker.put(topic, message)

    def lost(self) -> None:
        """The broker comes up empty."""
        if self.pick((True, False, False)):
            self.world.broker.lose()
            self.world.broker.born += 1
            for side in self.world.sides:
                for each in side.workers:
                    each.close()

    # --- people ---

    def offer(self) -> None:
        if len(self.codes) < 4:
            self.codes.append(self.world.offer())

    def onward(self) -> None:
        """Somebody on either side does what he sensibly would."""
        side = self.pick((self.world.province, *[self.world.ministry] * 3))
        streams = [each for each in side.streams() if side.dossier(each).status == "open"]
        if streams:
            code = self.pick(streams)
            command = side.next_of(code)
            if command is not None:
                side.give(code, command)

    def answer(self) -> None:
        """The ministry takes a leg, or does not."""
        side = self.world.ministry
        streams = [each for each in side.streams() if side.dossier(each).status == "open"]
        if streams:
            how: c.Command = self.pick(
                (c.Accept(actor=RECEIVER), c.RefuseHandover(actor=RECEIVER, reason=REASON))
            )
            self.world.ministry.give(self.pick(streams), how)

    def recall(self) -> None:
        if self.codes:
            recall = c.RecallHandover(actor=DESK, leg="opinion")
            self.world.province.give(self.pick(self.codes), recall)

    def refuse(self) -> None:
        """Whoever has the leg at the ministry refuses it."""
        for code in self.world.ministry.streams()[: self.pick((0, 0, 1))]:
            dossier = self.world.ministry.dossier(code)
            if dossier.root.holder is not None and dossier.status == "open":
                actor = dossier.root.holder.officer
                self.world.ministry.give(code, c.Refuse(actor=actor, reason=REASON))

    def stop(self) -> None:
        if self.codes and self.pick((True, False, False)):
            stop = c.Stop(actor=DESK_HEAD, ground="court order", reason=REASON)
            self.world.province.give(self.pick(self.codes), stop)

    def suspend(self) -> None:
        if self.codes:
            code = self.pick(self.codes)
            if self.world.province.dossier(code).status == "suspended":
                self.world.province.give(code, c.Resume(actor=DESK_HEAD))
            else:
                suspend = c.Suspend(actor=DESK_HEAD, ground="inspection")
                self.world.province.give(code, suspend)

    def later(self) -> None:
        self.world.later(minutes=self.pick((5, 20, 60)))

    def long_after(self) -> None:
        self.world.later(hours=self.pick((1, 4, 8, 30)))

    def expire(self) -> None:
        self.world.expire()

    # --- the end ---

    def quiesce(self) -> None:
        """Faults stop, time passes, everybody hears everything."""
        self.world.broker.down = False
        self.world.broker.again = lambda: False
        for side in self.world.sides:
            side.crash_at = None
        self.world.deliver()
        self.world.later(days=4)
        self.world.expire()
        self.world.deliver()
        self.world.agree(settled=True)
        for code in self.codes:
            for leg in self.world.province.dossier(code).open_legs():
                assert leg.transit is None or leg.transit.house is None, f"{code}: never answered"


def walk(folder: Path, pick: Pick, steps: int = STEPS) -> Walk:
    made = Walk(folder, pick)
    try:
        made.offer()
        for _ in range(steps):
            made.step()
        made.quiesce()
    finally:
        made.world.close()
    return made


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 2**32))
def test_whatever_happens_both_sides_agree_in_the_end(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    walk(tmp_path_factory.mktemp("walk"), Random(seed).choice)


def test_the_walks_come_to_everything(tmp_path: Path) -> None:
    """Over a few walks each kind of trouble happens, and each answer is given."""
    answers: set[str] = set()
    for seed in range(4):
        folder = tmp_path / str(seed)
        folder.mkdir()
        made = walk(folder, Random(seed).choice)
        answers |= answers_of(folder)
        assert set(made.seen) <= set(TROUBLE)
    assert answers >= {"accepted", "recalled", "expired", "rejected"}


def answers_of(folder: Path) -> set[str]:
    from engine.store import open_log
    from tests.interlink.law import PROVINCE

    log = open_log(f"sqlite:///{folder / PROVINCE}")
    events = [each.event() for name in log.streams() for each in log.read_stream(name)]
    log.close()
    answered = {each.answer for each in events if isinstance(each, e.AnsweredElsewhere)}
    returned = {each.outcome for each in events if isinstance(each, e.LegReturned)}
    return answered | {f"returned {outcome}" for outcome in returned}


# --- seeded bugs ------------------------------------------------------------------------------


@contextmanager
def replaced(where: Any, name: str, by: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, name, by)
        yield


def takes_back_on_its_own(draft: Any, path: str, transit: Any, why: str, up: Any = None) -> None:
    """The province takes a leg back without asking whether it was accepted."""
    if why == "expired":
        not_taken(draft, path, e.HandoverExpired, escalated_to=above_of(draft, transit))
    else:
        not_taken(draft, path, e.HandoverRecalled)


def forgets_refusals(self: Any, id_: bytes, stream: str, rejected: Rejected) -> Rejected:
    """The ministry says that an offer is refused, and does not remember it."""
    return rejected


BUGS: dict[str, Callable[[], Any]] = {
    "takes back on its own": lambda: replaced(handover, "_ask", takes_back_on_its_own),
    "any receipt is an acceptance": lambda: replaced(
        receiving, "take_receipt", takes_any_receipt_for_an_acceptance
    ),
}


def takes_any_receipt_for_an_acceptance(
    runtime: Any, own: str, house: str, letter: Any
) -> list[Any]:
    from consumers.interlink.answering import give

    command = c.AnswerElsewhere(
        actor="system",
        leg=letter.leg,
        house=house,
        handover=letter.handover,
        answer="accepted",
        agency="monre",
        officer=RECEIVER,
    )
    return [give(runtime, letter.code, command, f"{house}{letter.code}{letter.handover}")]


FOUND = ("which cannot both be", "it may still arrive there", "still in transit")
"""How the checker names two holders, or a leg that may get a second one."""


@pytest.mark.parametrize("bug", BUGS)
def test_a_seeded_bug_is_found(bug: str, tmp_path: Path) -> None:
    with BUGS[bug]():
        for seed in range(10):
            folder = tmp_path / str(seed)
            folder.mkdir()
            try:
                walk(folder, Random(seed).choice)
            except AssertionError as error:
                said = str(error)
                break
        else:
            pytest.fail(f"no walk found that it {bug}")
    assert any(words in said for words in FOUND), said


def test_taken_back_without_asking_is_found_by_the_checker(tmp_path: Path) -> None:
    """Accepted there, taken back here: two holders, in so many words."""
    world = World(tmp_path)
    code = world.offer()
    world.deliver()
    world.done(world.ministry.give(abroad(code), c.Accept(actor=RECEIVER)))
    world.later(days=3)
    with replaced(handover, "_ask", takes_back_on_its_own):
        world.done(world.province.give(code, c.ExpireHandover(actor="system", leg="opinion")))
    (fault,) = faults(world.stores)
    assert "back here and accepted at" in fault
    world.close()


def test_a_refusal_that_was_not_remembered_is_found(world: World) -> None:
    code = world.offer()
    world.province.tell()
    (offer,) = world.broker.everything()
    world.broker.lose()
    world.done(world.province.give(code, c.RecallHandover(actor=DESK, leg="opinion")))
    with replaced(receiving.Receiver, "_never", forgets_refusals):
        for _ in range(9):
            for side in world.sides:
                for which in range(3):
                    side.work(which)
    (fault,) = faults(world.stores)
    assert "it may still arrive there" in fault
    world.broker.put(f"{world.ministry.house}.handover.inbox.v1", offer)
    while world.ministry.work(1):
        pass
    (fault,) = faults(world.stores)
    assert "back here and waiting at" in fault


def test_a_dossier_that_nobody_offered_is_found(tmp_path: Path) -> None:
    world = World(tmp_path)
    code = world.offer()
    world.deliver()
    stores = {**world.stores}
    other = World(tmp_path_of(tmp_path))
    stores[world.province.house] = other.stores[world.province.house]
    assert [f"{abroad(code)}" in fault for fault in faults(stores)] == [True]
    world.close()
    other.close()


def tmp_path_of(folder: Path) -> Path:
    made = folder / "other"
    made.mkdir()
    return made
