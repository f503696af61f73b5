"""Every stay in a step ends with its leg, and those of a life before are not lost."""

from __future__ import annotations

from datetime import timedelta

from app.audit.visits import Visit, visits
from app.house import House
from app.web.days import span_words
from engine.runtime import Call, Done
from schemas import commands as c
from schemas.envelope import to_micros
from tests.desk.conftest import As
from tests.forms.lives import history
from tests.golden.lives import Life


def counter() -> Life:
    """A test at the counter that stands at its second step."""
    life = Life("t-counter", 84)
    life.give(life.form)
    life.until("appraise")
    return life


def stop(life: Life) -> None:
    life.give(c.AskWithdrawal(actor="ub-desk.receiver-1", reason="Đổi ý"))
    life.give(c.Stop(actor="ub-environment.head-1"))


def of(life: Life) -> list[Visit]:
    return visits(life.records)


def test_a_stay_lasts_while_its_leg_is_open() -> None:
    life = counter()
    assert [(each.step, each.left is None) for each in of(life)] == [
        ("receive", False),
        ("appraise", True),
    ]


def test_the_stay_in_which_it_was_stopped_ended_then() -> None:
    life = counter()
    stop(life)
    assert of(life)[-1].step == "appraise"
    assert of(life)[-1].left == life.at.dossier.ended_at


def test_a_leg_that_ended_with_the_whole_ended_then() -> None:
    records = history("lt-15-death-group")
    assert all(each.left is not None for each in visits(records))


def test_a_reopened_dossier_has_the_stays_of_its_life_before() -> None:
    life = counter()
    stop(life)
    before = of(life)
    life.do(c.Reopen, step="appraise", legal_basis="Bản án 01/2021/HC-ST", reason="Theo bản án")
    assert of(life)[:-1] == before
    assert (of(life)[-1].step, of(life)[-1].left) == ("appraise", None)


def test_a_leg_that_is_opened_again_has_both_its_lives() -> None:
    life = Life("t-within", 85)
    life.give(life.form)
    while life.at.dossier.status != "ended":
        life.onward()
    life.do(c.Reopen, step="receive", legal_basis="Bản án 01/2021/HC-ST", reason="Theo bản án")
    once = [each for each in of(life) if each.leg]
    while life.at.dossier.status != "ended":
        life.onward()
    again = [each for each in of(life) if each.leg]
    assert set(once) < set(again)
    assert [each.step for each in again] == [each.step for each in once] * 2


def test_the_page_counts_to_the_end_of_a_dossier_that_was_cut_off(as_: As, house: House) -> None:
    code = next(
        each
        for each in house.log.streams()
        if (found := house.dossier(each).dossier).status == "open"
        and found.root.holder
        and len(found.root.visits[found.root.step]) == 1
    )
    before = house.dossier(code).dossier
    assert before.last_at is not None
    at = before.last_at + timedelta(hours=1)
    stopping = c.Stop(actor="ub-desk.head-1", ground="court-order", reason="Theo quyết định")
    call = Call(stopping, house.runtime.new_id(), code, at, now=house.now)
    assert isinstance(house.runtime.handle(call), Done)
    (entered,) = map(to_micros, before.root.visits[before.root.step])
    right, until_now = (
        house.working_minutes(before.calendar, entered, until) for until in (to_micros(at), None)
    )
    page = as_("auditor").get(f"/compare?a={code}&b={code}").text
    assert f">{span_words('vi', right)}<" in page
    assert f">{span_words('vi', until_now)}<" not in page
