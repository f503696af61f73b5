"""Legs and steps stand on pages by what they are called; an id is for machines."""

from __future__ import annotations

import re

import pytest

from app.desk.context import Desk
from app.law import registry
from app.law.legs import leg_title
from app.settings import Settings
from app.web.names import Names
from app.web.sentences import sentence
from app.web.summary import acts_for
from engine.core.rules import rejection
from tests.web.conftest import Officer
from tests.web.test_whole_life import go_on

LAW = registry.law_of_files(Settings())
GROUP = LAW.procedure(("lt-15-death-group", "2021-01-01"))
LEGS = [(each.key, path) for each in LAW.procedures() for path, _ in each.legs()]
AT = "ub-quang-trung-desk.receiver-1"

IDS = re.compile(r"(?<![\w.-])(death|residence|further|social-affairs|social-insurance)(?![\w.-])")
"""Ids of legs and of a step, where they are no part of a post's or an agency's; "death" and
"residence" are words of English titles too."""


@pytest.mark.parametrize(("key", "path"), LEGS)
def test_every_leg_of_the_catalogue_has_a_name(key: tuple[str, str], path: str) -> None:
    title = leg_title(LAW, LAW.procedure(key), path)
    id_ = path.rpartition("/")[2]
    assert id_ not in (title.vi, title.en)
    assert not title.vi.startswith("Chờ")
    assert not title.en.startswith("Wait")


def test_a_leg_is_named_by_the_step_that_opens_it_or_by_its_own_first() -> None:
    assert leg_title(LAW, GROUP, "death").vi == "Đăng ký khai tử"
    assert leg_title(LAW, GROUP, "residence").vi == "Xóa đăng ký thường trú"
    taxed = LAW.procedure(("lt-01-land-transfer-tax", "2021-01-01"))
    assert leg_title(LAW, taxed, "tax").vi == "Cơ quan thuế"
    assert leg_title(LAW, taxed, "no-such").vi == "no-such"


def group(at_desk: Officer, desk: Desk) -> str:
    """A dossier whose three later legs are open and not taken."""
    browser = at_desk(AT)
    form = browser.get(f"/receive?procedure={GROUP.id}").form("/receive")
    chosen = {f"fact.{each}": "chosen" for each in ("residence", "social-affairs")}
    asked = browser.submit(form, **chosen, **{"fact.social-insurance": "chosen"})
    done = browser.submit(asked.form("/receive"), button=("confirm", "yes"))
    code = done.links["On to the dossier"].rpartition("/")[2]
    while len(desk.house.runtime.latest(code).dossier.legs) < 5:
        go_on(desk, at_desk, code)
    return code


def test_no_page_of_a_dossier_shows_the_id_of_a_leg(desk: Desk, at_desk: Officer) -> None:
    code = group(at_desk, desk)
    pages = ["", "/why", "/way", "/papers", "/acts/extend?leg=death", "/acts/accept?leg=residence"]
    for who in (AT, "ub-social-affairs.specialist-1"):
        for each in pages:
            page = at_desk(who, "vi").get(f"/dossiers/{code}{each}")
            assert IDS.findall(page.text) == [], (who, each)
    for lang, named in (("vi", "phần việc “Thẩm định trợ"), ("en", "leg “Appraise the allowance”")):
        assert named in at_desk(AT, lang).get(f"/dossiers/{code}").text


def test_why_not_is_said_once_and_of_another_agencys_leg_only_that_it_is_another_agencys(
    desk: Desk, at_desk: Officer
) -> None:
    code = group(at_desk, desk)
    officer = "ub-social-affairs.specialist-1"
    at_desk(officer).submit(at_desk(officer).get(f"/dossiers/{code}").form("/acts/accept"))
    dossier = desk.house.runtime.latest(code).dossier
    found = acts_for(desk.house, dossier, officer, None).impossible
    assert len({(each.legs, each.rejected) for each in found}) == len(found)
    police = [each for each in found if "residence" in each.legs]
    assert [each.rejected.rule for each in police] == ["wrong-agency"] * 2
    assert ("recall-handover",) in [each.acts for each in police]
    # The step and the act that ends it have one name: both sentences are whole.
    said = [each for each in found if each.legs == ("social-affairs",)]
    rules = [each.rejected.rule for each in said]
    assert rules.count("act-not-possible") == 1
    taker = at_desk("ub-insurance.insurance-officer-1")
    taker.submit(taker.get(f"/dossiers/{code}").form("/acts/accept"))
    dossier = desk.house.runtime.latest(code).dossier
    again = acts_for(desk.house, dossier, officer, None).impossible
    (insurance,) = [each for each in again if "social-insurance" in each.legs]
    assert (insurance.rejected.rule, insurance.acts) == ("wrong-agency", ())
    text = at_desk(officer, "vi").get(f"/dossiers/{code}").text
    assert "Không thể làm việc này ở bước “Thẩm định trợ cấp mai táng”" in text
    assert "Mọi việc" in text


def test_what_becomes_of_a_leg_is_told_before(desk: Desk, at_desk: Officer) -> None:
    code = group(at_desk, desk)
    officer = "ub-social-affairs.specialist-1"
    browser = at_desk(officer, "vi")
    browser.submit(browser.get(f"/dossiers/{code}").form("/acts/accept"))
    refuse = browser.get(f"/dossiers/{code}/acts/refuse?leg=social-affairs")
    assert "Phần việc “Thẩm định trợ cấp mai táng” kết thúc: bị từ chối." in refuse.text
    # Files go into the leg of one's own agency unless another is chosen.
    papers = browser.get(f"/dossiers/{code}/papers").form("/papers")
    assert ("leg", "social-affairs") in papers.sends
    asks = browser.get(f"/dossiers/{code}/acts/ask-supplement?leg=social-affairs")
    browser.submit(asks.form("/acts/ask-supplement"), papers=["declaration"], reason="Thiếu")
    heads = browser.get(f"/dossiers/{code}/why").text.splitlines()
    assert "Toàn bộ hồ sơ: Đang tạm dừng" in heads


def test_the_auditors_page_names_legs_too(desk: Desk, at_desk: Officer) -> None:
    code = group(at_desk, desk)
    said = at_desk("auditor", "vi").get(f"/dossiers/{code}/audit").text
    assert "Xóa đăng ký thường trú" in said
    assert not {"death", "residence", "social-affairs"} & set(said.splitlines())


def test_the_papers_that_go_into_a_leg_are_ticked_and_told(at_desk: Officer) -> None:
    browser = at_desk(AT)
    form = browser.get(f"/receive?procedure={GROUP.id}").form("/receive")
    asked = browser.submit(form, papers=["declaration"], **{"fact.residence": "chosen"})
    done = browser.submit(asked.form("/receive"), button=("confirm", "yes"))
    page = browser.get(f"/dossiers/{done.links['On to the dossier'].rpartition('/')[2]}")
    assert ("papers", "declaration") in page.form("/acts/forward").sends
    assert "With it: Declaration." in " ".join(page.text.split())


def test_a_list_names_the_leg_unless_the_step_says_the_same(desk: Desk, at_desk: Officer) -> None:
    code = group(at_desk, desk)
    after = f"{code}@{desk.house.runtime.latest(code).version}"
    inbox = at_desk("ub-social-affairs.specialist-1", "vi").get(f"/inbox?after={after}")
    assert code in inbox.text
    assert "phần việc “Thẩm định trợ cấp mai táng”" not in inbox.text
    assert IDS.findall(inbox.text) == []


@pytest.mark.parametrize(
    ("rule", "given", "vi", "en"),
    [
        ("waiting-for-legs", {"step": "further", "legs": "residence, social-affairs"},
         "“Xóa đăng ký thường trú”, “Thẩm định trợ cấp mai táng”", "“Appraise the allowance”"),
        ("leg-ended", {"leg": "death", "outcome": "done"},
         "Phần việc “Đăng ký khai tử” đã kết thúc (đã xong)",
         "“Register the death” has ended (done)"),
        ("act-not-possible", {"act": "sign", "step": "@", "possible": "forward, refuse"},
         "ở bước “bàn giao phần việc”", "at step “handing the leg over”"),
        ("handover-in-transit", {"agency": "ub-insurance"},
         "Bảo hiểm xã hội thành phố Uông Bí", "Social insurance of Uông Bí city"),
        ("wrong-agency", {"agency": "ub-desk", "expected": "ub-tax or ub-land"},
         "Đội Thuế thành phố Uông Bí hoặc Chi nhánh", "Tax team of Uông Bí city or Land"),
        ("wrong-agency", {"agency": "ub-desk", "expected": "another agency"},
         "việc này thuộc cơ quan khác", "it is for another agency"),
        ("nothing-chosen", {"step": "further", "choices": "residence=chosen"},
         "một trong: Đăng ký cư trú.", "one of: Residence registration."),
        ("clock-stopped", {"ground": "supplement", "step": "receive"},
         "ở bước “Tiếp nhận hồ sơ”", "at step “Receive the dossier”"),
    ],
)  # fmt: skip
def test_a_refusal_names_what_it_is_about(
    rule: str, given: dict[str, str], vi: str, en: str
) -> None:
    said = rejection(rule, **given).message
    assert vi in sentence(rule, said, "vi", Names(LAW, GROUP, "vi"))
    assert en in sentence(rule, said, "en", Names(LAW, GROUP, "en"))


def test_a_post_is_said_as_its_code() -> None:
    said = rejection("not-the-addressee", expected="ub-tax.tax-officer-1", officer="x.y-1").message
    assert "gửi cho ub-tax.tax-officer-1," in sentence("not-the-addressee", said, "vi")


def test_what_nobody_did_by_hand_is_not_ascribed_to_a_post(desk: Desk, at_desk: Officer) -> None:
    expired = next(
        each.stream for batch in desk.house.log.read_all() for each in batch
        if each.actor == "system"
    )  # fmt: skip
    for address in ("", "/way"):
        said = at_desk("monitor", "vi").get(f"/dossiers/{expired}{address}").text.splitlines()
        assert "hệ thống" in said
        assert "system" not in said
