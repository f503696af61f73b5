"""What a dossier's page says agrees with what the lists say, wherever a dossier stands."""

from __future__ import annotations

import pytest

from app.desk.context import Desk
from app.web.meaning import meaning
from app.web.summary import Near, acts_for, leg_rows, state_of, step_limits
from app.web.tasks import soon_after
from consumers.views.inbox import inbox
from consumers.views.status import status
from schemas.envelope import from_micros, to_micros
from tests.web.conftest import Officer
from tests.web.test_whole_life import go_on, received
from workflows.machine import AT_WORK


def test_the_page_and_the_list_agree_on_state_and_holder(desk: Desk) -> None:
    house, compared = desk.house, 0
    for code in house.log.streams(limit=200):
        folded = house.runtime.latest(code)
        assert desk.feeder.wait(code, folded.version, 30), code
        with desk.reading() as connection:
            found = status(connection, code)
        assert found is not None
        if found.version != folded.version:
            continue  # A sweep let something expire meanwhile.
        compared += 1
        dossier = folded.dossier
        assert state_of(dossier) == found.state, code
        holder = leg_rows(house, dossier, "en")[0].holder if dossier.legs else None
        assert holder == (found.holder[1] if found.holder else None), code
    assert compared > 40


def test_the_page_and_the_inbox_agree_on_what_comes_next(desk: Desk) -> None:
    house, compared = desk.house, 0
    for agency in house.law.organisation.agencies():
        with desk.reading() as connection:
            tasks = inbox(connection, agency.id, act_of=house.act_of)
        for task in tasks:
            if task.officer is None:
                continue
            dossier = house.runtime.latest(task.code).dossier
            first = acts_for(house, dossier, task.officer, task.leg).first
            if first is not None and first[1] == task.leg:
                assert first == (task.act, task.leg), task.code
                compared += 1
    assert compared > 10


def test_the_page_and_the_inbox_agree_on_when_a_step_has_to_be_done(desk: Desk) -> None:
    house, urgencies = desk.house, set()
    soon = to_micros(soon_after(house))
    for agency in house.law.organisation.agencies():
        with desk.reading() as connection:
            tasks = inbox(connection, agency.id, act_of=house.act_of, remaining=house.remaining)
        for task in tasks:
            if task.mode != AT_WORK:
                continue
            dossier = house.runtime.latest(task.code).dossier
            found = step_limits(house, dossier).get(task.leg)
            if task.due is None:
                assert found is None, task.code
                continue
            near = "overdue" if task.due < to_micros(house.now) else ""
            near = near or ("soon" if task.due < soon else "ok")
            limit = Near(from_micros(task.due), near, task.remaining_working_minutes or 0)
            assert found == limit, task.code
            urgencies.add(near)
    assert urgencies == {"overdue", "ok"}


def test_papers_are_taken_while_the_whole_is_suspended_and_no_clock_is_said_to_run(
    desk: Desk, at_desk: Officer
) -> None:
    code = received(at_desk)
    page = f"/dossiers/{code}"
    head, receiver = at_desk("ub-desk.head-1"), at_desk("ub-desk.receiver-1")
    asks = receiver.get(f"{page}/acts/ask-supplement").form("/acts/ask-supplement")
    receiver.submit(asks, papers=["application"], reason="Thiếu bản sao")
    assert "The clock runs again." in receiver.get(page).text
    stops = head.get(f"{page}/acts/suspend").form("/acts/suspend")
    head.submit(stops, ground="inspection", legal_basis="QĐ 01")
    for who, act in ((receiver, "supply"), (head, "resume")):
        shown = who.get(page)
        assert shown.form(f"/acts/{act}")
        assert "The clock does not run yet: something else stops it too." in shown.text
        assert "The clock runs again." not in shown.text


def test_who_may_let_the_whole_go_on_is_asked_that_though_it_is_offered_to_others(
    desk: Desk, at_desk: Officer
) -> None:
    code = received(at_desk)
    go_on(desk, at_desk, code)
    head = at_desk("ub-desk.head-1")
    stops = head.get(f"/dossiers/{code}/acts/suspend").form("/acts/suspend")
    head.submit(stops, ground="inspection", legal_basis="QĐ 01")
    dossier = desk.house.runtime.latest(code).dossier
    assert dossier.root.transit is not None
    assert acts_for(desk.house, dossier, "ub-desk.head-1", None).first == ("resume", "")
    assert acts_for(desk.house, dossier, "ub-land.specialist-1", None).first == ("accept", "")


def test_a_trial_leaves_nothing_behind(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk)
    folded = desk.house.runtime.latest(code)
    told = meaning(desk.house, folded.dossier, "forward", "", "ub-desk.receiver-1", {}, "en")
    offer = told.of("offer")
    assert offer is not None
    assert offer.agency == "ub-land"
    again = desk.house.runtime.latest(code)
    assert (again.version, again.dossier) == (folded.version, folded.dossier)


@pytest.mark.parametrize(
    ("act", "rule"),
    [("sign", "act-not-possible"), ("accept", "no-handover"), ("resume", "not-suspended")],
)
def test_a_trial_tells_the_rule(desk: Desk, at_desk: Officer, act: str, rule: str) -> None:
    dossier = desk.house.runtime.latest(received(at_desk)).dossier
    told = meaning(desk.house, dossier, act, "", "ub-desk.receiver-1", {}, "en")
    assert told.refused is not None
    assert told.refused.rule == rule
