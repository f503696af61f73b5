"""The inbox: what an officer finds there, what filters it, and many tasks done at once."""

from __future__ import annotations

import re

import pytest

from app.desk.context import Desk
from app.web.tasks import PAGE, filters
from engine.runtime import Call, Done
from schemas.commands import Receive
from schemas.events import HandoverOffered
from tests.desk.conftest import As
from tests.web.conftest import Officer
from tests.web.reading import Page
from tests.web.test_whole_life import MORTGAGE, RECEIVER, received

SPECIALIST = "ub-land.specialist-1"


def seen(desk: Desk, code: str) -> str:
    """What a page asks for so that it knows all of a dossier."""
    return f"{code}@{desk.house.runtime.latest(code).version}"


def tasks(page: Page) -> list[str]:
    """The codes on it, in order."""
    return [code for code in re.findall(r'data-row href="/dossiers/([^"?]+)', page.html)]


def many(desk: Desk, count: int) -> list[str]:
    """So many dossiers that the receiver has just received, through the runtime."""
    house, found = desk.house, []
    for _ in range(count):
        command = Receive(actor=RECEIVER, procedure=MORTGAGE, agency="ub-desk")
        answer = house.runtime.handle(
            Call(command, house.runtime.new_id(), at=house.now, now=house.now)
        )
        assert isinstance(answer, Done)
        found.append(answer.code)
    desk.feeder.nudge()
    return found


def test_a_received_dossier_is_there_with_its_verb(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk)
    page = at_desk(RECEIVER).get(f"/inbox?after={seen(desk, code)}")
    assert tasks(page) == [code]
    assert page.links["Forward"] == f"/dossiers/{code}"
    assert "Due soon" in page.text


def test_words_say_what_colours_do(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk)
    page = at_desk(RECEIVER, "vi").get(f"/inbox?after={seen(desk, code)}")
    for word in ("Quá hạn", "Sắp đến hạn", "Còn hạn"):
        assert word in page.text


def test_filters_stay_in_the_address_and_narrow(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk)
    other = received(at_desk, "lt-02-land-change-no-tax")
    browser = at_desk(RECEIVER)
    browser.get(f"/inbox?after={seen(desk, other)}")
    assert tasks(browser.get(f"/inbox?procedure={MORTGAGE}")) == [code]
    assert tasks(browser.get("/inbox?act=forward&whose=mine")) in ([code, other], [other, code])
    assert tasks(browser.get("/inbox?act=accept")) == []
    assert tasks(browser.get("/inbox?whose=anyone")) == []
    assert tasks(browser.get("/inbox?urgency=overdue")) == []
    assert tasks(browser.get("/inbox?q=the+chap")) == [code]
    assert tasks(browser.get(f"/inbox?q={other[-6:]}")) == [other]
    page = browser.get(f"/inbox?procedure={MORTGAGE}&whose=mine")
    assert "whose=mine" in page.links["All"]


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=99999999", "urgency=%27", "whose=x"])
def test_nonsense_in_the_address_does_no_harm(at_desk: Officer, query: str) -> None:
    at_desk(RECEIVER).get(f"/inbox?{query}")


def test_filters_are_written_as_they_are_read() -> None:
    asked = {"procedure": "x&y", "act": "forward", "whose": "mine", "urgency": "soon", "q": "a b"}
    made = filters(asked)
    assert made.address() == "?procedure=x%26y&act=forward&whose=mine&urgency=soon&q=a+b"
    assert filters({}).address() == "?"


def test_pages_hold_no_more_than_is_looked_through(desk: Desk, at_desk: Officer) -> None:
    codes = many(desk, PAGE + 2)
    browser = at_desk(RECEIVER)
    first = browser.get(f"/inbox?after={seen(desk, codes[-1])}")
    second = browser.get(first.links["Next"])
    assert len(tasks(first)) == PAGE
    assert sorted(tasks(first) + tasks(second)) == sorted(codes)
    assert "Page 2 of 2" in second.text


def test_a_page_that_has_become_empty_is_not_the_end_of_all_work(
    desk: Desk, at_desk: Officer
) -> None:
    codes = many(desk, PAGE)
    browser = at_desk(RECEIVER, "vi")
    browser.get(f"/inbox?after={seen(desk, codes[-1])}")
    page = browser.get("/inbox?page=2")
    assert tasks(page) == []
    assert "Không còn việc nào" not in page.text
    assert len(tasks(browser.get(page.links["Xem trang cuối"]))) == PAGE
    assert "Xem trang cuối" not in browser.get("/inbox?q=nowhere&page=2").links


def test_the_list_alone_is_asked_for_again_and_says_nothing_when_nothing_is_new(
    desk: Desk, at_desk: Officer
) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    page = browser.get(f"/inbox?after={seen(desk, code)}")
    poll = re.search(r'hx-get="([^"]+)"', page.html)
    assert poll is not None
    address = poll[1].replace("&amp;", "&")
    assert browser.client.get(address).status_code == 204
    (other,) = many(desk, 1)
    browser.get(f"/inbox?after={seen(desk, other)}")
    again = browser.client.get(address)
    assert again.status_code == 200
    assert other in again.text
    assert "<html" not in again.text


def test_many_are_forwarded_at_once_and_no_repetition_counts(desk: Desk, at_desk: Officer) -> None:
    codes = many(desk, 3)
    browser = at_desk(RECEIVER)
    page = browser.get(f"/inbox?after={seen(desk, codes[-1])}")
    form = page.form("/bulk")
    boxes = re.findall(r'name="task" value="([^"]+)"', page.html)
    assert len(boxes) == 3
    assert "3 dossiers done" in browser.submit(form, button=("act", "forward"), task=boxes).text
    versions = [desk.house.runtime.latest(code).version for code in codes]
    again = browser.submit(form, button=("act", "forward"), task=boxes)
    assert again.text.count("was done before") == 3
    assert [desk.house.runtime.latest(code).version for code in codes] == versions


def offered(desk: Desk, code: str) -> list[HandoverOffered]:
    events = (each.event() for each in desk.house.log.read_stream(code))
    return [each for each in events if isinstance(each, HandoverOffered)]


def test_the_papers_go_along_when_many_are_forwarded(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk, papers=["application"])
    browser = at_desk(RECEIVER)
    form = browser.get(f"/inbox?after={seen(desk, code)}").form("/bulk")
    task = [f"{seen(desk, code)}"]
    assert "1 dossier done" in browser.submit(form, button=("act", "forward"), task=task).text
    assert [each.papers for each in offered(desk, code)] == [("application",)]
    again = browser.submit(form, button=("act", "forward"), task=task)
    assert "was done before" in again.text
    taker = at_desk(SPECIALIST).get(f"/dossiers/{code}").form("/acts/accept")
    assert ("papers", "application") in taker.sends


def test_a_leg_gets_what_the_procedure_says_also_when_it_is_offered_again(
    desk: Desk, at_desk: Officer
) -> None:
    browser = at_desk("ub-quang-trung-desk.receiver-1")
    form = browser.get("/receive?procedure=lt-15-death-group").form("/receive")
    asked = browser.submit(form, **{"fact.residence": "chosen"})
    done = browser.submit(asked.form("/receive"), button=("confirm", "yes"))
    code = done.links["On to the dossier"].rpartition("/")[2]
    form = browser.get(f"/inbox?after={seen(desk, code)}").form("/bulk")
    browser.submit(form, button=("act", "forward"), task=[seen(desk, code)])
    (first,) = offered(desk, code)
    assert (first.leg, first.papers) == ("death", ("declaration",))
    back = "/acts/recall-handover"
    browser.submit(browser.get(f"/dossiers/{code}{back}?leg={first.leg}").form(back))
    page = browser.get(f"/dossiers/{code}?leg={first.leg}")
    ticked = [value for name, value in page.form("/acts/forward").sends if name == "papers"]
    assert tuple(ticked) == first.papers
    task = [f"{seen(desk, code)}|{first.leg}"]
    browser.submit(form, button=("act", "forward"), task=task)
    assert [each.papers for each in offered(desk, code)] == [first.papers] * 2


def test_one_that_is_refused_stops_no_other_and_says_why(desk: Desk, at_desk: Officer) -> None:
    good, changed = many(desk, 2)
    browser = at_desk(RECEIVER)
    page = browser.get(f"/inbox?after={seen(desk, changed)}")
    boxes = re.findall(r'name="task" value="([^"]+)"', page.html)
    browser.submit(browser.get(f"/dossiers/{changed}").form("/acts/forward"))
    done = browser.submit(page.form("/bulk"), button=("act", "forward"), task=boxes)
    assert "1 dossier done, 1 not" in " ".join(done.text.split("\n"))
    assert "look at what has changed" in done.text
    assert desk.house.runtime.latest(good).dossier.root.transit is not None


def test_many_are_accepted_at_once(desk: Desk, at_desk: Officer) -> None:
    codes = many(desk, 2)
    browser, taker = at_desk(RECEIVER), at_desk(SPECIALIST)
    for code in codes:
        browser.submit(browser.get(f"/dossiers/{code}").form("/acts/forward"))
    page = taker.get(f"/inbox?after={seen(desk, codes[-1])}&procedure={MORTGAGE}&whose=anyone")
    boxes = re.findall(r'name="task" value="([^"]+)"', page.html)
    assert len(boxes) >= 2
    taker.submit(page.form("/bulk"), button=("act", "accept"), task=boxes)
    for code in codes:
        holder = desk.house.runtime.latest(code).dossier.root.holder
        assert holder is not None
        assert holder.officer == SPECIALIST


def test_a_dossier_of_others_is_not_there_for_the_many_either(desk: Desk, at_desk: Officer) -> None:
    (code,) = many(desk, 1)
    stranger = at_desk("ub-tax.tax-officer-1")
    form = {"act": "forward", "batch": "01890a5d-ac96-774b-bcce-b302099a8057"}
    answer = stranger.client.post("/inbox/ub-tax/bulk", data={**form, "task": f"{code}@2"})
    assert f"There is no dossier {code}" in answer.text
    assert RECEIVER not in answer.text


def test_only_what_can_be_done_to_one_of_them_is_offered_for_many(
    desk: Desk, at_desk: Officer
) -> None:
    (code,) = many(desk, 1)
    browser = at_desk(RECEIVER)
    page = browser.get(f"/inbox?after={seen(desk, code)}")
    assert page.form("/bulk").buttons == [("act", "forward")]
    at_work = at_desk("ub-land.specialist-1").get("/inbox?act=appraise")
    form = at_work.form("/bulk")
    assert form.buttons == []
    assert "task" not in form.names


def test_only_acts_that_need_no_words_are_done_to_many(at_desk: Officer) -> None:
    form = {"act": "refuse", "batch": "01890a5d-ac96-774b-bcce-b302099a8057"}
    assert at_desk(RECEIVER).client.post("/inbox/ub-desk/bulk", data=form).status_code == 422
    wrong = {"act": "accept", "batch": "no"}
    assert at_desk(RECEIVER).client.post("/inbox/ub-desk/bulk", data=wrong).status_code == 422


def test_nobody_sees_the_inbox_of_an_agency_that_is_not_his(as_: As) -> None:
    assert as_(RECEIVER).get("/inbox/qn-environment").status_code in (403, 404)


def test_who_has_no_inbox_chooses_one(at_desk: Officer) -> None:
    page = at_desk("auditor").get("/inbox")
    assert "Whose inbox?" in page.text
    name = "One-stop centre of Uông Bí city"
    found = at_desk("auditor").get(page.links[name])
    assert name in found.text
    assert "Forward the chosen" not in found.text
