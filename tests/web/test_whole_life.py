"""A dossier's whole life through the pages alone, without JavaScript: forms and links."""

from __future__ import annotations

from typing import Any

from app.desk.context import Desk
from engine.core.dossier import Dossier
from tests.web.conftest import Officer
from tests.web.reading import Page

RECEIVER = "ub-desk.receiver-1"
MORTGAGE = "lt-03-mortgage-registration"


def received(at_desk: Officer, procedure: str = MORTGAGE, **given: Any) -> str:
    """The code of a dossier that the receiver has just received."""
    browser = at_desk(RECEIVER)
    form = browser.get(f"/receive?procedure={procedure}").form("/receive")
    asked = browser.submit(form, **given)
    done = browser.submit(asked.form("/receive"), button=("confirm", "yes"))
    return done.links["On to the dossier"].rpartition("/")[2]


def whose_turn(desk: Desk, dossier: Dossier) -> str:
    """The officer who may go on in the first open leg that somebody may work on."""
    staff = desk.house.law.organisation
    for leg in sorted(dossier.open_legs(), key=lambda leg: -len(leg.path)):
        if leg.transit is not None:
            return staff.officers_in(leg.transit.to_agency, leg.transit.to_role)[0].id
        assert leg.holder is not None
        if leg.mode in ("", "back"):
            return leg.holder.officer
    raise AssertionError("nobody may go on")


def go_on(desk: Desk, at_desk: Officer, code: str) -> Page:
    """The next officer opens the dossier and presses the one button."""
    officer = whose_turn(desk, desk.house.runtime.latest(code).dossier)
    browser = at_desk(officer)
    page = browser.get(f"/dossiers/{code}")
    form = next(each for each in page.forms if "/acts/" in each.action)
    return browser.submit(form)


def test_a_dossier_from_receipt_to_return(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk, papers=["application"])
    for _ in range(20):
        if desk.house.runtime.latest(code).dossier.status == "ended":
            break
        assert "Done" in go_on(desk, at_desk, code).text
    dossier = desk.house.runtime.latest(code).dossier
    assert dossier.outcome == "done"
    page = at_desk(RECEIVER).get(f"/dossiers/{code}")
    assert "Result returned" in page.text
    assert "Nothing: the dossier has ended." in page.text


def test_the_receipt_promises_before_anything_is_done(desk: Desk, at_desk: Officer) -> None:
    browser = at_desk(RECEIVER)
    form = browser.get(f"/receive?procedure={MORTGAGE}").form("/receive")
    filled: dict[str, Any] = {"applicant.name": "Nguyễn Văn A", "papers": ["application"]}
    asked = browser.submit(form, **filled)
    assert "The result is due on" in asked.text
    assert desk.house.log.streams("ub-desk-210331") == []
    again = asked.form("/receive")
    assert ("applicant.name", "Nguyễn Văn A") in again.sends
    assert ("papers", "application") in again.sends
    done = browser.submit(again, button=("confirm", "yes"))
    assert "The dossier is received" in done.text
    assert done.links["Print the copy to keep"].endswith("/forms/01.pdf")


def test_a_handover_is_one_press_on_the_dossier(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    page = browser.get(f"/dossiers/{code}")
    assert "autofocus" in page.html.partition('data-key="d"')[2][:60]
    browser.submit(page.form("/acts/forward"))
    transit = desk.house.runtime.latest(code).dossier.root.transit
    assert transit is not None
    assert transit.to_agency == "ub-land"


def test_who_gets_it_and_by_when_is_told_before(at_desk: Officer) -> None:
    code = received(at_desk)
    text = at_desk(RECEIVER).get(f"/dossiers/{code}").text
    assert "Land registration branch of Uông Bí city" in text
    assert "To be accepted by" in text


def test_a_recipient_is_chosen_among_those_who_may(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    form = browser.get(f"/dossiers/{code}").form("/acts/forward")
    browser.submit(form, to_officer="ub-land.specialist-2")
    transit = desk.house.runtime.latest(code).dossier.root.transit
    assert transit is not None
    assert transit.to_officer == "ub-land.specialist-2"
    assert "What to do next" in at_desk("ub-land.specialist-2").get(f"/dossiers/{code}").text
    other = at_desk("ub-land.specialist-1").get(f"/dossiers/{code}")
    assert "addressed to ub-land.specialist-2" in other.text


def test_papers_are_checked_off_when_they_arrive(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk, papers=["application"])
    browser = at_desk(RECEIVER)
    browser.submit(browser.get(f"/dossiers/{code}").form("/acts/forward"))
    taker = at_desk("ub-land.specialist-1")
    form = taker.get(f"/dossiers/{code}").form("/acts/accept")
    assert ("papers", "application") in form.sends
    taker.submit(form, papers=[])
    accepted = desk.house.log.read_stream(code)[-1].event()
    assert getattr(accepted, "papers", None) == ()


def test_a_refused_handover_needs_its_reason_and_keeps_what_was_written(
    desk: Desk, at_desk: Officer
) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    browser.submit(browser.get(f"/dossiers/{code}").form("/acts/forward"))
    taker = at_desk("ub-land.specialist-1")
    form = taker.get(f"/dossiers/{code}/acts/refuse-handover").form("/acts/refuse-handover")
    wrong = taker.submit(form, status=422, note="ghi chú", reason=" ")
    assert "Something is missing or wrong" in wrong.text
    again = wrong.form("/acts/refuse-handover")
    assert ("note", "ghi chú") in again.sends
    taker.submit(again, reason="thiếu đơn")
    assert desk.house.runtime.latest(code).dossier.root.mode == "back"
    assert "Handover came back" in browser.get(f"/dossiers/{code}").text
