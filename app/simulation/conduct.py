"""What people do next with a dossier, and when: drawn, never decided here.

The engine answers each command; from the state that it gives, the next one is planned.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from app.simulation.arrivals import Arrival
from app.simulation.case import Aside, Case, Place, Plan
from app.simulation.chance import Chance
from app.simulation.scenario import Scenario
from app.simulation.staff import Staff
from app.simulation.words import Words
from app.simulation.worktime import DAY_TICKS, OfficeHours, moment_of, tick_of
from consumers.alerts import HANDOVER_NOT_ACCEPTED, alert_id
from engine.core.calendar import DAY, local_minute
from engine.core.clock import add_working
from engine.core.dossier import Dossier, LegState
from engine.core.law import Law
from schemas import commands as c
from schemas.envelope import to_micros
from workflows.machine import AT_WORK, BACK, LEGS, OFFERED, PAUSED
from workflows.model import Leg, Limit, Procedure, Step, Unit

SYSTEM = "system"


class Conduct:
    """How officers and citizens behave, by the scenario.

    `window`: ticks from one sweep of timers to the next; only after a sweep does the system
    see that an offer was not answered.
    """

    def __init__(
        self, scenario: Scenario, law: Law, staff: Staff, chance: Chance, window: int
    ) -> None:
        self.law = law
        self.staff = staff
        self.chance = chance
        self.hours = OfficeHours(law)
        self.window = window
        self.words = Words(chance)
        self.rates = scenario.conduct.accidents
        self.waits = scenario.conduct.waits
        self.ways_back = scenario.conduct.returned_by
        self.minds = scenario.conduct.minds_the_date
        self.unlimited = _minutes(scenario.conduct.without_a_limit)
        self._gives_up: Limit = scenario.conduct.waits.gives_up_after

    # --- the first act ---

    def opening(self, arrival: Arrival, case: Case) -> c.Opening:
        """How the dossier comes in: handed in at a desk, or by an online form."""
        day = date.fromordinal(arrival.tick // DAY_TICKS)
        procedure = self.law.in_force(arrival.procedure, None, day)
        words: dict[str, Any] = {
            "actor": self.staff.pick(arrival.desk, _receiver(procedure), arrival.tick),
            "procedure": procedure.id,
            "agency": arrival.desk,
            "facts": self._facts(procedure, arrival.desk, day),
            "papers": tuple(paper.id for paper in procedure.papers_in),
            "applicant": self.words.applicant(case.number),
        }
        online = arrival.online and procedure.taken_online
        return c.Register(**words) if online else c.Receive(**words)

    def _facts(self, procedure: Procedure, desk: str, day: date) -> dict[str, str]:
        outline = self.law.outline(procedure.key)
        facts: dict[str, str] = {}
        if "commune" in outline.facts and procedure.desk == "district-one-stop":
            area = self.staff.organisation.agency(desk).parent
            communes = [
                agency.id
                for agency in self.staff.organisation.on(day)
                if agency.function == "commune" and agency.parent == area
            ]
            facts["commune"] = self.chance.one_of(communes)
        chosen = [leg.when for leg in outline.legs.values() if leg.when]
        if chosen:
            first = self.chance.below(len(chosen))
            for at in range(1 + self.chance.below(len(chosen))):
                facts |= chosen[(first + at) % len(chosen)]
        return facts

    def received(self, case: Case, dossier: Dossier, now: int) -> None:
        """What is in store for a dossier that was just received."""
        procedure = self.law.procedure(dossier.procedure)
        minutes = _minutes(procedure.limit)
        case.received = True
        case.watched = self.chance.happens("watched", self.minds)
        middle = max(3, round(minutes * (0.02 + 0.2 * self.chance.share())))
        if self.chance.happens("withdrawn", self.rates.withdrawn):
            case.aside = Aside(self._in(now, middle), "withdraw")
        elif minutes >= 5 * 480 and self.chance.happens("suspended", self.rates.suspended):
            case.aside = Aside(self._in(now, middle), "suspend")

    # --- every later act ---

    def plan(self, case: Case, dossier: Dossier, now: int) -> None:
        """Plans what is not planned yet. A leg that was not moved keeps its plan."""
        if dossier.status in ("ended", "suspended"):
            case.plans = {}
            if dossier.status == "ended":
                case.aside = None
            return
        if dossier.status == "registered":
            case.plans = {"": self._online(case, dossier, now)}
            return
        plans: dict[str, Plan] = {}
        for leg in dossier.open_legs():
            place = _place(leg)
            known = case.plans.get(leg.path)
            if known is not None and known.place == place:
                plans[leg.path] = known
            elif leg.mode != LEGS:
                plans[leg.path] = self._in_leg(case, dossier, leg, place, now)
        case.plans = plans

    def perform(
        self, case: Case, dossier: Dossier, plan: Plan | Aside
    ) -> tuple[c.Command, bytes | None] | None:
        """The command of a plan that is due; None when it has come to nothing."""
        if isinstance(plan, Plan):
            return plan.command, plan.command_id
        case.aside = None
        command = self._aside(case, dossier, plan)
        return None if command is None else (command, None)

    def _online(self, case: Case, dossier: Dossier, now: int) -> Plan:
        tick = self._in(now, self.chance.minutes(self.waits.answers_online))
        procedure = self.law.procedure(dossier.procedure)
        actor = self.staff.pick(dossier.agency, _receiver(procedure), tick)
        if self.chance.happens("refused at receipt", self.rates.refused_at_receipt):
            command: c.Command = c.RefuseReceipt(actor=actor, reason=self.words.incomplete())
        else:
            command = c.Receive(actor=actor, procedure=procedure.id, agency=dossier.agency)
        return Plan(("", "registered", None), tick, command)

    def _in_leg(self, case: Case, dossier: Dossier, leg: LegState, place: Place, now: int) -> Plan:
        if leg.mode == OFFERED:
            return self._offered(case, dossier, leg, place, now)
        assert leg.holder is not None, "nobody but a handover on its way has no holder"
        if leg.mode == AT_WORK:
            return self._work(case, dossier, leg, place, now)
        if leg.mode == BACK:
            tick = self._in(now, self.chance.minutes(self.waits.offers_again))
            return Plan(
                place,
                tick,
                self._by_heir(leg, tick) or c.Forward(actor=leg.holder.officer, leg=leg.path),
            )
        if leg.mode == PAUSED:
            return self._paused(case, dossier, leg, place, now)
        return self._supplement(case, dossier, leg, place, now)

    # --- handovers ---

    def _offered(self, case: Case, dossier: Dossier, leg: LegState, place: Place, now: int) -> Plan:
        transit = leg.transit
        assert transit is not None
        actor = transit.to_officer or self.staff.pick(transit.to_agency, transit.to_role, now)
        wait = self.staff.pace(transit.to_role).takes_over
        tick = self._in(now, round(self.chance.minutes(wait) * self.staff.factors[actor]))
        tick = self._minding(case, dossier, now, tick)
        expires = tick_of(transit.expires)
        if tick >= expires:
            swept = (expires // self.window + 1) * self.window
            id_ = alert_id(
                dossier.stream, leg.path, HANDOVER_NOT_ACCEPTED, to_micros(transit.expires)
            )
            return Plan(place, swept, c.ExpireHandover(actor=SYSTEM, leg=leg.path), id_)
        if self.chance.happens("handover recalled", self.rates.handover_recalled):
            sender = transit.sender.officer
            return Plan(place, tick, c.RecallHandover(actor=sender, leg=leg.path))
        if self.chance.happens("handover refused", self.rates.handover_refused):
            reason = self.words.not_ours()
            refusal = c.RefuseHandover(actor=actor, leg=leg.path, reason=reason)
            return Plan(place, tick, refusal)
        return Plan(place, tick, c.Accept(actor=actor, leg=leg.path))

    def _by_heir(self, leg: LegState, tick: int) -> c.Command | None:
        """The caseload of an officer who has left goes to his colleague."""
        assert leg.holder is not None
        heir = self.staff.heir(leg.holder.officer, tick)
        if heir is None:
            return None
        reason = self.words.leaves()
        return c.Assign(actor=leg.holder.officer, leg=leg.path, officer=heir, reason=reason)

    # --- work ---

    def _work(self, case: Case, dossier: Dossier, leg: LegState, place: Place, now: int) -> Plan:
        assert leg.holder is not None
        officer = leg.holder.officer
        outline = self.law.outline(dossier.procedure)
        step = outline.processes[leg.path].steps[leg.step]
        assert step.by is not None
        passed_on = self._by_heir(leg, now)
        if passed_on is not None:
            return Plan(place, self._in(now, 5 + self.chance.below(40)), passed_on)
        pace = self.staff.pace(step.by.role)
        limit = _minutes(step.limit) if step.limit else self.unlimited
        share = pace.typical * self.chance.factor(pace.spread) * self.staff.factors[officer]
        tick = self._in(now, round(limit * share))
        trouble = self._trouble(case, dossier, leg, step, outline.legs.get(leg.path))
        if trouble is not None:
            return Plan(place, tick, trouble)
        tick = self._minding(case, dossier, now, tick)
        return Plan(place, tick, self._act(case, dossier, leg, step, officer))

    def _act(
        self, case: Case, dossier: Dossier, leg: LegState, step: Step, officer: str
    ) -> c.Command:
        words: dict[str, Any] = {"actor": officer, "leg": leg.path}
        facts = {name: value for name, value in step.then[0].when.items() if name != "outcome"}
        if facts:
            words["facts"] = facts
        if step.act == "number":
            words["number"] = self.words.document(case.number, "SO")
        elif step.act in ("sign", "issue"):
            words["document"] = self.words.document(case.number, "KQ")
        elif step.act == "return":
            words["channel"] = self.chance.weighted(self.ways_back)
            words["evidence"] = self.words.document(case.number, "GN")
        return c.COMMANDS[step.act](**words)

    def _trouble(
        self, case: Case, dossier: Dossier, leg: LegState, step: Step, definition: Leg | None
    ) -> c.Command | None:
        """What comes instead of the act that the step asks for, if something does."""
        assert leg.holder is not None
        officer, rates = leg.holder.officer, self.rates
        if definition is not None:
            return self._refusal_of_leg(dossier, leg, definition, officer)
        if step.act != "appraise":
            return None
        again = dossier.supplements == 1 and case.asked_again
        if again or (
            dossier.supplements == 0
            and self.chance.happens("supplement asked", rates.supplement_asked)
        ):
            share = rates.supplement_asked_again
            case.asked_again = not again and self.chance.happens("asked again", share)
            asks: dict[str, Any] = {"actor": officer, "reason": self.words.incomplete()}
            return c.AskSupplement(papers=dossier.papers[:1], counts_as_overdue=again, **asks)
        if self.chance.happens("refused on merits", rates.refused_on_merits):
            return c.Refuse(actor=officer, reason=self.words.not_possible())
        return None

    def _refusal_of_leg(
        self, dossier: Dossier, leg: LegState, definition: Leg, officer: str
    ) -> c.Command | None:
        if leg.step != definition.process.start:
            return None
        group = self.law.procedure(dossier.procedure).kind == "group"
        if definition.gate:
            refused = self.chance.happens("gate", self.rates.gate_refused)
        else:
            share = self.rates.part_of_group_refused
            refused = group and self.chance.happens("part", share)
        if not refused:
            return None
        return c.Refuse(actor=officer, leg=leg.path, reason=self.words.not_possible())

    # --- waiting for somebody ---

    def _paused(self, case: Case, dossier: Dossier, leg: LegState, place: Place, now: int) -> Plan:
        step = self.law.outline(dossier.procedure).processes[leg.path].steps[leg.step]
        pause = step.pause
        assert pause is not None
        wait = self.waits.pays
        begins = now
        if pause.ground == "posting":
            wait = self.waits.closes_posting
            if pause.lasts is not None:
                calendar = self.law.calendar(dossier.calendar)
                begins = tick_of(add_working(calendar, moment_of(now), pause.lasts)) + 60
        tick = self._in(begins, self.chance.minutes(wait))
        who = pause.resumed_by
        agency = leg.agency
        if who.at is not None:
            day = date.fromordinal(tick // DAY_TICKS)
            agency = self.staff.organisation.resolve(who.at, agency, day, dossier.facts)
        actor = self.staff.pick(agency, who.role, tick)
        paper = self.words.document(case.number, "CT")
        if pause.ground == "financial-duty":
            return Plan(place, tick, c.ConfirmPayment(actor=actor, leg=leg.path, receipt=paper))
        if pause.ground == "posting":
            return Plan(place, tick, c.EndPosting(actor=actor, leg=leg.path, minutes=paper))
        return Plan(place, tick, c.Resume(actor=actor, leg=leg.path, evidence=paper))

    def _supplement(
        self, case: Case, dossier: Dossier, leg: LegState, place: Place, now: int
    ) -> Plan:
        if self.chance.happens("unanswered", self.rates.supplement_unanswered):
            return self._unanswered(dossier, leg, place, now)
        tick = self._in(now, self.chance.minutes(self.waits.supplies))
        procedure = self.law.procedure(dossier.procedure)
        desk = self.staff.pick(dossier.agency, _receiver(procedure), tick)
        return Plan(place, tick, c.Supply(actor=desk, leg=leg.path, papers=dossier.papers[:1]))

    def _unanswered(self, dossier: Dossier, leg: LegState, place: Place, now: int) -> Plan:
        """The papers never come: the time given for them is over, or the officer gives up."""
        assert leg.holder is not None
        officer = leg.holder.officer
        limit = self.law.procedure(dossier.procedure).supplement.answer_within
        calendar = self.law.calendar(dossier.calendar)
        until = tick_of(add_working(calendar, moment_of(now), limit or self._gives_up))
        tick = self._in(until, 60)
        if limit is not None:
            return Plan(place, tick, c.ExpireSupplement(actor=officer, leg=leg.path))
        reason = self.words.unanswered()
        return Plan(place, tick, c.Refuse(actor=officer, leg=leg.path, reason=reason))

    # --- the whole dossier ---

    def _aside(self, case: Case, dossier: Dossier, aside: Aside) -> c.Command | None:
        if dossier.status not in ("open", "suspended") or dossier.root.verdict is not None:
            return None
        root, now = dossier.root, aside.tick
        moving = any(leg.transit is not None for leg in dossier.open_legs())
        if root.holder is None or (moving and aside.kind == "suspend"):
            case.aside = Aside(self._in(now, 45), aside.kind)
            return None
        officer = root.holder.officer
        decider = self.staff.decider(self.law, dossier, now)
        if aside.kind == "withdraw":
            wait = self.chance.minutes(self.waits.decides_withdrawal)
            case.aside = Aside(self._in(now, wait), "stop")
            role = _receiver(self.law.procedure(dossier.procedure))
            desk = self.staff.pick(dossier.agency, role, now)
            return c.AskWithdrawal(actor=desk, reason=self.words.withdraws())
        if aside.kind == "stop":
            return c.Stop(actor=decider, ground="withdrawal")
        if aside.kind == "suspend":
            wait = self.chance.minutes(self.waits.suspension)
            case.aside = Aside(self._in(now, wait), "resume")
            return c.Suspend(actor=decider, ground="dispute", reason=self.words.dispute())
        if aside.kind == "resume":
            return c.Resume(actor=decider, evidence=self.words.document(case.number, "TL"))
        late = root.due is not None and now // DAY_TICKS >= local_minute(root.due) // DAY
        if late or not root.running or root.extension is not None:
            return None
        return c.Extend(
            actor=officer,
            by="5 working days",
            legal_basis="Nghị định 61/2018/NĐ-CP",
            reason=self.words.sorry(),
        )

    def _minding(self, case: Case, dossier: Dossier, now: int, tick: int) -> int:
        """Who sees that it would be late hurries, or apologises in time; some do neither."""
        root = dossier.root
        if root.due is None or root.verdict is not None or not root.running:
            return tick
        day = local_minute(root.due) // DAY
        calendar = self.hours.calendar(now)
        closing = calendar.closing(day) * 60
        if tick < closing or now >= closing:
            return tick
        if case.apologises is None:
            longer = _minutes(self.law.procedure(dossier.procedure).limit) >= 3 * 480
            case.apologises = (
                longer
                and now // DAY_TICKS < day
                and self.chance.happens("apologised", self.rates.apologised)
            )
            if case.apologises and case.aside is None:
                case.aside = Aside(self._in(now, 3 + self.chance.below(20)), "extend")
        if case.apologises or not case.watched:
            return tick
        begin = max(now, (day * DAY + calendar.opens) * 60)
        left = self.hours.between(begin, closing)
        return self._in(begin, 2 + self.chance.below(left - 2)) if left > 2 else tick

    def _in(self, tick: int, minutes: int) -> int:
        return self.hours.later(tick, minutes, self.chance.below(60))


def _place(leg: LegState) -> Place:
    who = leg.transit.handover if leg.transit else leg.holder and leg.holder.officer
    return (leg.step, leg.mode, who)


def _receiver(procedure: Procedure) -> str:
    first = procedure.process.steps[procedure.process.start].by
    return first.role if first else procedure.returned_by.role


@lru_cache(maxsize=256)
def _minutes(limit: Limit) -> int:
    """Working minutes; a month counts as 22 working days."""
    each = {Unit.WORKING_HOUR: 60, Unit.MONTH: 22 * 480}.get(limit.unit, 480)
    return int(limit.amount * each)
