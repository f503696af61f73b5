"""An agency has ended: who took over from it finds its dossiers and goes on with them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from app.access.principal import Principal
from app.access.relation import awaits
from app.acts.possible import asked_of
from app.api.resources.reports import units_for
from app.desk.context import Desk
from app.house import House
from app.settings import Settings
from app.web.pages.board import Filters, _agencies
from app.web.summary import acts_for
from engine.core.dossier import Holder
from engine.runtime import Call, Done
from schemas import commands as c
from tests.core import walker
from tests.desk.conftest import As
from tests.web.conftest import Officer
from tests.web.test_inbox import seen, tasks
from workflows.machine import PAUSED

BEFORE = datetime(2025, 6, 23, 2, 0, tzinfo=UTC)
LAST_MINUTE = datetime(2025, 6, 30, 16, 59, tzinfo=UTC)
"""23:59 in Việt Nam."""
AFTER = datetime(2025, 7, 1, 2, 0, tzinfo=UTC)

WARD, WARD_DESK = "ub-quang-trung", "ub-quang-trung-desk"
HEIR, HEIR_DESK = "w-uong-bi", "w-uong-bi-desk"
HEAD = f"{HEIR_DESK}.head-1"
RECEIVER = f"{HEIR_DESK}.receiver-1"
SPECIALIST = f"{HEIR}.specialist-2"
NAMED = "ub-construction.specialist-1"
COUNTER = "lt-10-building-permit"
TAXED = "lt-01-land-transfer-tax"
MORTGAGE = "lt-03-mortgage-registration"
REISSUE = "lt-12-birth-certificate-reissue"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, now=BEFORE)


def on(house: House, now: datetime) -> None:
    house.settings = replace(house.settings, now=now)


def done(desk: Desk, command: c.Command, code: str = "") -> str:
    house = desk.house
    call = Call(command, house.runtime.new_id(), code, house.now, now=house.now)
    answer = house.runtime.handle(call)
    assert isinstance(answer, Done), answer
    desk.feeder.nudge()
    return answer.code


@pytest.fixture
def held(desk: Desk) -> str:
    """Received a week before the districts ended."""
    receive = c.Receive(actor="ub-desk.receiver-1", procedure=MORTGAGE, agency="ub-desk")
    return done(desk, receive)


@pytest.fixture
def online(desk: Desk) -> str:
    """Handed in online at a ward's desk the day before that was merged."""
    on(desk.house, LAST_MINUTE)
    return done(desk, c.Register(actor="citizen", procedure=REISSUE, agency=WARD_DESK))


def test_the_successor_takes_over_what_it_finds_in_its_inbox(
    desk: Desk, at_desk: Officer, held: str
) -> None:
    on(desk.house, LAST_MINUTE)
    browser = at_desk(HEAD)
    browser.get(f"/dossiers/{held}", 404)
    on(desk.house, AFTER)
    assert tasks(browser.get(f"/inbox?after={seen(desk, held)}")) == [held]
    assert tasks(browser.get("/inbox/ub-desk?whose=all")) == [held]
    assert tasks(browser.get("/inbox?act=transfer")) == [held]
    assert tasks(browser.get("/inbox?act=forward")) == []
    for listed in ("/inbox", "/inbox/ub-desk?whose=all"):
        row = browser.get(listed).html.partition("data-row href")[2]
        assert "Transfer the competence" in row, listed
    dossier = desk.house.runtime.latest(held).dossier
    assert acts_for(desk.house, dossier, HEAD, None).first == ("transfer", "")
    form = browser.get(f"/dossiers/{held}/acts/transfer").form("/acts/transfer")
    taken = browser.submit(form, to_agency=HEIR_DESK, legal_basis="NQ 1679")
    assert "Done" in taken.text
    transit = desk.house.runtime.latest(held).dossier.root.transit
    assert transit is not None
    assert transit.to_agency == HEIR_DESK


@pytest.fixture
def offered(desk: Desk) -> str:
    """Offered, on the last day, to an office that ended with it."""
    on(desk.house, datetime(2025, 6, 30, 9, 0, tzinfo=UTC))
    receive = c.Receive(actor="ub-desk.receiver-1", procedure=COUNTER, agency="ub-desk")
    code = done(desk, receive)
    done(desk, c.Forward(actor="ub-desk.receiver-1", to_officer=NAMED), code)
    return code


def test_the_successor_accepts_what_was_offered_to_an_agency_that_ended(
    desk: Desk, at_desk: Officer, offered: str
) -> None:
    on(desk.house, AFTER)
    at = f"/inbox?after={seen(desk, offered)}&q={offered}"
    assert tasks(at_desk(f"{HEIR}.clerk-1").get(at)) == [], "the offer is for another role"
    browser = at_desk(SPECIALIST)
    assert tasks(browser.get(f"{at}&act=accept")) == [offered]
    form = browser.get(f"/dossiers/{offered}/acts/accept").form("/acts/accept")
    assert "Done" in browser.submit(form).text
    assert desk.house.runtime.latest(offered).dossier.root.holder == Holder(HEIR, SPECIALIST)


def test_who_may_answer_an_offer_is_told_of_the_successor(desk: Desk, offered: str) -> None:
    house = desk.house
    on(house, AFTER)
    may, _ = asked_of(house, house.runtime.latest(offered).dossier, house.now, None)
    who = next(who for act, _, who in may if act == "accept")
    assert who == [f"{HEIR}.specialist-{each}" for each in (1, 2, 3)]


def test_who_may_end_a_pause_is_told_of_the_successor(desk: Desk) -> None:
    """The tax office that a payment is proven to has ended while it was waited for."""
    house = desk.house
    code = done(desk, c.Receive(actor="ub-desk.receiver-1", procedure=TAXED, agency="ub-desk"))
    while True:
        dossier = house.runtime.latest(code).dossier
        if any(leg.mode == PAUSED for leg in dossier.open_legs()):
            break
        done(desk, next(walker.sensible(dossier, house.law, house.now)), code)
    on(house, AFTER)
    may, _ = asked_of(house, dossier, house.now, None)
    (who,) = {tuple(who) for act, _, who in may if act == "confirm-payment"}
    assert who == tuple(f"r2-tax.tax-officer-{each}" for each in (1, 2, 3))


def test_it_will_come_to_the_successor_of_whom_it_would_have_come_to(desk: Desk) -> None:
    """Seen from its desk, which is no more, all new wards are equally near."""
    house, receiver = desk.house, f"{WARD_DESK}.receiver-1"
    code = done(desk, c.Receive(actor=receiver, procedure=REISSUE, agency=WARD_DESK))
    on(house, AFTER)
    assert HEIR in awaits(house.runtime.latest(code).dossier, house.law, house.today)


def test_what_stood_under_one_that_is_no_more_is_its_own_successors(desk: Desk) -> None:
    """The city is the ward's now; the land office under it went to another."""
    on(desk.house, AFTER)
    watcher = Principal("w", "monitor", None, HEIR)
    mine = desk.access.agencies(watcher)
    assert mine is not None
    assert {"ub", "ub-desk", WARD, WARD_DESK} <= mine
    assert "ub-land" not in mine
    assert "ub-land" in (desk.access.agencies(Principal("r", "monitor", None, "r2-land")) or ())
    for found in (_agencies(desk, watcher, Filters(agency="ub")), units_for(desk, watcher, "ub")):
        assert found is not None
        assert found <= mine


def test_it_answers_a_complaint_about_what_had_ended_before(
    desk: Desk, at_desk: Officer, online: str
) -> None:
    why = {"legal_basis": "Nghị định 61/2018/NĐ-CP", "reason": "thiếu đơn"}
    done(desk, c.RefuseReceipt(actor=f"{WARD_DESK}.receiver-1", **why), online)
    on(desk.house, AFTER)
    done(desk, c.Complain(actor="citizen", ground="late", reason="quá lâu"), online)
    browser = at_desk(HEAD)
    form = browser.get(f"/dossiers/{online}/acts/answer-complaint").form("/acts/answer-complaint")
    browser.submit(form, complaint="1", reference="12/TB", reason="xin lỗi")
    assert desk.house.runtime.latest(online).dossier.unanswered == ()


def test_it_receives_what_was_handed_in_online_before(
    desk: Desk, at_desk: Officer, online: str
) -> None:
    on(desk.house, AFTER)
    browser = at_desk(RECEIVER)
    assert tasks(browser.get(f"/inbox?after={seen(desk, online)}&act=receive")) == [online]
    asked = browser.submit(browser.get(f"/receive?dossier={online}").form("/receive"))
    assert "received" in browser.submit(asked.form("/receive"), button=("confirm", "yes")).text
    assert desk.house.runtime.latest(online).dossier.root.agency == HEIR_DESK


def test_a_program_is_told_the_same(desk: Desk, as_: As, held: str) -> None:
    on(desk.house, AFTER)
    inbox = f"/api/v1/inbox/{HEIR_DESK}"
    for asked in ({}, {"officer": HEAD}):
        answer = as_(HEAD).get(inbox, params={"after": seen(desk, held), **asked})
        found = [(each["code"], each["officer"]) for each in answer.json()]
        assert found == [(held, "ub-desk.receiver-1")]
