"""The lives of the golden dossiers: each procedure once, with what may happen on the way.

Only for writing files that are missing. What is written is never edited, whatever becomes of
this module.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from engine.codes import code, code_prefix
from engine.core.clock import add_working
from engine.core.dossier import Dossier
from engine.ids import Ids
from schemas import commands as c
from schemas.commands import Command
from schemas.envelope import GENESIS, Origin, Recorded, seal, to_micros
from tests.core import walker
from tests.core.scenario import Scenario, catalogue, procedure
from workflows.model import Limit

Incident = Callable[["Life"], None]
REASON = "Hồ sơ chưa đủ điều kiện"
BASIS = "Nghị định 61/2018/NĐ-CP"
PACE = Limit.parse("2.25 hours")


class Life:
    """A dossier that goes the straight way to its end, but for what happens on the way."""

    def __init__(self, id_: str, seed: int) -> None:
        self.at = Scenario()
        valid_from = procedure(id_).valid_from
        if valid_from > "2021-03-01":
            self.at.on(*map(int, valid_from.split("-")))
        self.form = walker.receipt(self.at.law, procedure(id_), self.at.now)
        prefix = code_prefix(self.form.agency, self.at.now)
        self.at.dossier = Dossier(stream=code(prefix, seed))
        self.ids = Ids(lambda: self.at.now, seed)
        self.records: list[Recorded] = []
        self.id = id_

    def give(self, command: Command) -> None:
        """Carries the command out and records its events with their envelopes."""
        now = self.at.now
        before = len(self.at.past)
        self.at.given(command)
        origin = Origin(
            command_id=self.ids(),
            correlation=self.ids(),
            actor=command.actor,
            agency=self._agency(command),
            occurred_at=to_micros(now),
            recorded_at=to_micros(now) + 1_500_000,
            on_behalf=command.on_behalf,
        )
        self.records += seal(
            self.at.dossier.stream,
            [event for event, _ in self.at.past[before:]],
            origin,
            version=len(self.records),
            previous=self.records[-1].hash if self.records else GENESIS,
            new_id=self.ids,
        )
        # Officers take their time, and act in office hours.
        calendar = self.at.law.calendar(self.at.dossier.calendar)
        self.at.now = add_working(calendar, now, PACE)

    def _agency(self, command: Command) -> str:
        if command.actor in ("system", "citizen"):
            return self.at.dossier.agency
        return catalogue().organisation.officer(command.actor).agency

    def next(self) -> Command:
        return next(walker.sensible(self.at.dossier, self.at.law, self.at.now))

    def until(self, step: str, leg: str = "", mode: str = "") -> None:
        """Goes on until that leg stands there."""
        for _ in range(100):
            found = self.at.dossier.legs.get(leg)
            if found and found.open and (found.step, found.mode) == (step, mode):
                return
            self.onward()
        raise AssertionError(f"{self.id} never comes to {step!r} in {leg!r}")

    def onward(self) -> None:
        command = self.next()
        if command.act == "end-posting":
            self.at.later(days=31)
        self.give(command)

    def holder(self, leg: str = "") -> str:
        holder = self.at.leg(leg).holder
        assert holder is not None
        return holder.officer

    def do(self, cls: type[Command], leg: str = "", **words: Any) -> None:
        """The holder of a leg does this."""
        self.give(cls(actor=self.holder(leg), leg=leg, **words))


def live(id_: str, seed: int, incident: Incident | None) -> Life:
    life = Life(id_, seed)
    if incident not in (registered_online, refused_at_receipt, by_the_citizen):
        life.give(life.form)
    if incident is not None:
        incident(life)
    while life.at.dossier.status != "ended":
        life.onward()
    return life


# --- what may happen on the way -----------------------------------------------------------


def registered_online(life: Life) -> None:
    form = walker.registration(life.at.law, procedure(life.id), life.at.now)
    life.give(form)


def refused_at_receipt(life: Life) -> None:
    registered_online(life)
    desk = life.at.dossier.agency
    refusal = c.RefuseReceipt(actor=f"{desk}.receiver-1", reason=REASON, legal_basis=BASIS)
    life.give(refusal)


def supplemented_twice(life: Life) -> None:
    life.until("appraise")
    life.do(c.AskSupplement, papers=("application",), reason=REASON)
    life.at.later(days=3)
    life.do(c.Supply, papers=("application",))
    life.do(c.AskSupplement, counts_as_overdue=True)
    life.at.later(days=2)
    life.do(c.Supply)


def handed_back(life: Life) -> None:
    """A handover refused, recalled and expired, each offered again."""
    life.do(c.Forward)
    to = life.at.leg().transit
    assert to is not None
    life.give(c.RefuseHandover(actor=f"{to.to_agency}.{to.to_role}-1", reason=REASON))
    life.do(c.Forward)
    life.give(c.RecallHandover(actor=to.sender.officer))
    life.do(c.Forward)
    life.at.later(days=3)
    life.give(c.ExpireHandover(actor="system"))


def suspended_and_extended(life: Life) -> None:
    life.until("check", leg="confirm")
    life.do(c.Extend, leg="confirm", by="2 working days", legal_basis=BASIS)
    life.give(c.Suspend(actor="ub-desk.head-1", ground="court-order", legal_basis="QĐ 01/2021"))
    life.at.later(days=6)
    life.give(c.Resume(actor="ub-desk.head-1", evidence="QĐ 02/2021"))
    life.until("complete")
    life.do(c.Extend, by="5 working days", legal_basis=BASIS, reason=REASON)


def transferred(life: Life) -> None:
    life.until("confirm", leg="commune", mode="offered")
    life.give(c.RecallHandover(actor="ub-land.head-1", leg="commune"))
    life.do(c.Transfer, leg="commune", to_agency="ub-nam-khe", why="recorded-wrongly")
    life.until("draft")
    life.do(c.Assign, officer="ub-land.specialist-2")


def leg_refused(life: Life) -> None:
    life.until("sign", leg="decide")
    life.do(c.Refuse, leg="decide", reason=REASON, legal_basis=BASIS)
    life.do(c.Refuse, reason=REASON, legal_basis=BASIS)


def partly_refused(life: Life) -> None:
    life.until("register", leg="residence")
    life.do(c.Refuse, leg="residence", reason=REASON)


def gate_refused(life: Life) -> None:
    life.until("sign", leg="death")
    life.do(c.Refuse, leg="death", reason=REASON)


def withdrawn(life: Life) -> None:
    life.until("appraise")
    life.give(c.AskWithdrawal(actor="ub-desk.receiver-1", reason="Đổi ý"))
    life.give(c.Stop(actor="ub-land.head-1"))


def reopened(life: Life) -> None:
    while life.at.dossier.status != "ended":
        life.onward()
    life.at.later(days=40)
    life.do(c.Reopen, step="receive", legal_basis="Bản án 01/2021/HC-ST", reason=REASON)


def unanswered(life: Life) -> None:
    life.until("appraise")
    life.do(c.AskSupplement, papers=("map",))
    life.at.later(days=6)
    life.do(c.ExpireSupplement)


def inspected(life: Life) -> None:
    life.until("appraise")
    life.do(c.Appraise, facts={"site": "needed"}, on_behalf="ub-environment.head-1")
    life.do(c.Verify)
    life.at.later(days=2)


def by_the_citizen(life: Life) -> None:
    """Registered and supplied online, with files; rated, complained about and answered."""
    form, (application, map_) = life.form, walker.FILES
    life.give(
        c.Register(
            actor="citizen",
            procedure=form.procedure,
            agency=form.agency,
            papers=("application",),
            attached=(application,),
            files={application.digest: "Đơn đề nghị.pdf"},
            applicant={"name": "Nguyễn Văn A"},
        )
    )
    life.onward()
    life.do(c.Forward, papers=("application",))
    life.until("appraise")
    life.do(c.AskSupplement, papers=("map",), reason=REASON)
    life.at.later(days=1)
    life.give(c.Supply(actor="citizen", papers=("map",), attached=(map_,)))
    life.do(c.Appraise)
    life.do(c.Complete, papers=("application", "map"))
    while life.at.dossier.status != "ended":
        life.onward()
    life.give(c.Rate(actor="citizen", marks={"time": 3, "officers": 5}, note="Nhanh"))
    life.give(c.Complain(actor="citizen", ground="fee", reason="Thu thêm lệ phí"))
    life.give(
        c.AnswerComplaint(
            actor="ub-desk.head-1", complaint=1, reference="15/UBND-VP", reason="Đã hoàn lại"
        )
    )


LIVES: dict[str, tuple[str, Incident | None]] = {
    "2.000908": ("2.000908", registered_online),
    "lt-01-land-transfer-tax": ("lt-01-land-transfer-tax", None),
    "lt-02-land-change-no-tax": ("lt-02-land-change-no-tax", supplemented_twice),
    "lt-03-mortgage-registration": ("lt-03-mortgage-registration", handed_back),
    "lt-04-lost-certificate-posting": ("lt-04-lost-certificate-posting", None),
    "lt-05-split-merge-plot": ("lt-05-split-merge-plot", withdrawn),
    "lt-06-lost-certificate-branch": ("lt-06-lost-certificate-branch", transferred),
    "lt-07-project-land-list": ("lt-07-project-land-list", leg_refused),
    "lt-08-provincial-land-allocation": ("lt-08-provincial-land-allocation", None),
    "lt-09-land-transfer-2021": ("lt-09-land-transfer-2021", suspended_and_extended),
    "lt-10-building-permit": ("lt-10-building-permit", None),
    "lt-11-household-business": ("lt-11-household-business", reopened),
    "lt-12-birth-certificate-reissue": ("lt-12-birth-certificate-reissue", None),
    "lt-12-refused-at-receipt": ("lt-12-birth-certificate-reissue", refused_at_receipt),
    "lt-14-birth-group": ("lt-14-birth-group", partly_refused),
    "lt-15-death-group": ("lt-15-death-group", gate_refused),
    "lt-16-social-allowance": ("lt-16-social-allowance", None),
    "t-counter-inspected": ("t-counter", inspected),
    "t-counter-unanswered": ("t-counter", unanswered),
    "t-opinions": ("t-opinions", None),
    "t-within": ("t-within", None),
    "t-counter-by-the-citizen": ("t-counter", by_the_citizen),
}
"""The name of each golden history: its procedure, and what happens on the way."""


def lives() -> dict[str, Life]:
    seeds = count(1)
    return {name: live(id_, next(seeds), what) for name, (id_, what) in LIVES.items()}
