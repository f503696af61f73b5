"""The control sheet accounts for every change of hands and every pause."""

from __future__ import annotations

import re

import pytest

from app.forms.form import form_of
from schemas import commands as c
from schemas import events as e
from tests.core.test_remote import arrival
from tests.forms.lives import NAMES, history, law
from tests.forms.test_form import events, rows
from tests.golden.lives import Life
from tests.golden.remote_lives import RemoteLife, answered
from tests.interlink.law import MINISTRY, RECEIVER

MOVES = (
    e.DossierReceived,
    e.HandoverAccepted,
    e.HandoverNotTaken,
    e.StepAssigned,
    e.ClockResumed,
    e.DossierResumed,
    e.LegResulted,
    e.DossierReopened,
    e.DossierStopped,
    e.DossierRefused,
)


@pytest.mark.parametrize("name", [each for each in NAMES if "refused-at" not in each])
def test_each_change_of_hands_and_each_pause_has_one_row(name: str) -> None:
    moves = len(events(name, *MOVES))
    returned = sum(
        not each.event().leg and each.event().to == "done"  # type: ignore[attr-defined]
        for each in events(name, e.ResultReturned)
    )
    refused = len(events(name, e.LegRefused))
    found = rows(form_of("06", history(name), law()))
    open_at_the_end = sum("………" in row[1] and "Giao" in row[0] for row in found)
    assert len(found) - refused <= moves + returned <= len(found)
    assert open_at_the_end <= refused + 1


def test_a_handover_shows_who_gave_who_took_when_and_how_the_giver_stood() -> None:
    found = rows(form_of("06", history("lt-09-land-transfer-2021"), law()))
    assert found[1] == [
        "Giao: Trung tâm Hành chính công thành phố Uông Bí (ub-desk.receiver-1)\n"
        "Nhận: Chi nhánh Văn phòng Đăng ký đất đai thành phố Uông Bí (ub-land.specialist-1)",
        "Giao: 11:15, 01/03/2021\nNhận: 15:00, 01/03/2021",
        "Trước hạn",
        "",
    ]


def test_handovers_that_were_not_taken_say_why() -> None:
    found = rows(form_of("06", history("lt-03-mortgage-registration"), law()))
    remarks = [row[3] for row in found]
    assert "Bên nhận từ chối, hồ sơ trở lại bên giao\n“Hồ sơ chưa đủ điều kiện”" in remarks
    assert "Bên giao thu hồi" in remarks
    assert "Quá hạn tiếp nhận, hồ sơ trở lại bên giao" in remarks
    (expired,) = [row for row in found if row[3].startswith("Quá hạn tiếp nhận")]
    assert "Nhận: " not in expired[0] + expired[1]
    assert "\nGửi đến: Chi nhánh Văn phòng Đăng ký đất đai thành phố Uông Bí (" in expired[0]
    assert "\nTrở lại: " in expired[1]


def test_a_role_stands_in_vietnamese() -> None:
    for name in NAMES:
        if "refused-at" in name:
            continue
        said = " ".join(cell for row in rows(form_of("06", history(name), law())) for cell in row)
        assert not re.search(r"\((receiver|specialist|head|chairman|[a-z]+-officer)\)", said)


def test_a_pause_is_a_row_with_its_ground() -> None:
    found = rows(form_of("06", history("lt-02-land-change-no-tax"), law()))
    pauses = [row for row in found if row[0] == "–"]
    assert [row[3] for row in pauses] == ["Tạm dừng: chờ bổ sung hồ sơ"] * 2
    assert all("Từ: " in row[1] and "Đến: " in row[1] and "…" not in row[1] for row in pauses)


def test_a_pause_and_an_offer_that_last_have_no_end() -> None:
    name = "lt-02-land-change-no-tax"
    (asked, *_) = events(name, e.ClockStopped)
    paused = rows(form_of("06", history(name)[: asked.version], law()))
    assert "Đến: ……" in paused[-1][1]
    (offered, *_) = events(name, e.HandoverOffered)
    waiting = rows(form_of("06", history(name)[: offered.version], law()))
    assert "Nhận: ……" in waiting[-1][1]
    assert waiting[-1][3] == "Chờ bên nhận"


def test_a_part_given_back_is_told_by_what_it_was_for() -> None:
    found = rows(form_of("06", history("lt-09-land-transfer-2021"), law()))
    (back,) = [row for row in found if "Phần việc: Cấp xã xác nhận\nTrả kết quả phối hợp" in row[3]]
    assert back[0].startswith("Giao: Ủy ban nhân dân phường Bắc Sơn")
    assert "Nhận: Chi nhánh Văn phòng Đăng ký đất đai" in back[0]


def test_the_last_row_has_the_verdict_on_the_whole() -> None:
    found = rows(form_of("06", history("lt-09-land-transfer-2021"), law()))
    assert (found[-1][2], found[-1][3]) == ("Trước hạn", "Trả kết quả")


def sheet(life: Life) -> list[list[str]]:
    return rows(form_of("06", life.records, law()))


def counter() -> Life:
    """A test at the counter that was just received."""
    life = Life("t-counter", 79)
    life.give(life.form)
    return life


def withdraw(life: Life) -> None:
    life.give(c.AskWithdrawal(actor="ub-desk.receiver-1", reason="Đổi ý"))
    life.give(c.Stop(actor="ub-environment.head-1"))


def test_the_pause_in_which_it_ended_is_a_row_with_its_end() -> None:
    life = counter()
    life.until("appraise")
    life.do(c.AskSupplement, papers=("map",), reason="Thiếu bản đồ")
    life.at.later(days=20)
    withdraw(life)
    *_, pause, over = sheet(life)
    assert (pause[0], pause[3]) == ("–", "Tạm dừng: chờ bổ sung hồ sơ")
    assert "Từ: " in pause[1]
    assert "Đến: " in pause[1]
    assert "…" not in pause[1]
    assert over[3] == "Dừng giải quyết hồ sơ"


def test_a_suspension_in_which_it_ended_is_one_row_whatever_stood_still() -> None:
    life = Life("lt-09-land-transfer-2021", 80)
    life.give(life.form)
    life.until("check", leg="confirm")
    life.give(c.Suspend(actor="ub-desk.head-1", ground="court-order", legal_basis="QĐ 01/2021"))
    life.at.later(days=6)
    life.give(c.Stop(actor="ub-desk.head-1", ground="court-order", reason="Theo quyết định"))
    *_, pause, over = sheet(life)
    assert (pause[0], pause[3]) == ("–", "Tạm dừng: court-order")
    assert over[3] == "Dừng giải quyết hồ sơ"
    assert len([row for row in sheet(life) if row[0] == "–"]) == 1


def test_the_handover_in_which_it_ended_came_back() -> None:
    life = counter()
    life.do(c.Forward)
    withdraw(life)
    *_, back, over = sheet(life)
    assert "\nGửi đến: Phòng Tài nguyên và Môi trường" in back[0]
    assert "\nTrở lại: " in back[1]
    assert "…" not in back[1]
    assert back[3] == "Kết thúc khi bên nhận chưa tiếp nhận, hồ sơ trở lại bên giao"
    assert over[3] == "Dừng giải quyết hồ sơ"


def test_an_offer_of_a_life_before_does_not_wait_in_the_next() -> None:
    life = counter()
    life.do(c.Forward)
    withdraw(life)
    life.do(c.Reopen, step="receive", legal_basis="Bản án 01/2021/HC-ST", reason="Theo bản án")
    assert sheet(life)[-1][3] == "Mở lại hồ sơ"
    assert not [row for row in sheet(life) if row[3] == "Chờ bên nhận"]


def test_what_waited_in_a_gate_that_was_refused_is_told_before_it() -> None:
    life = Life("lt-15-death-group", 81)
    life.give(life.form)
    life.until("register", leg="death")
    life.do(c.AskSupplement, leg="death", reason="Thiếu giấy báo tử")
    life.at.later(days=3)
    life.do(c.Refuse, leg="death", reason="Không bổ sung")
    part = "Phần việc: Đăng ký khai tử\n"
    assert [row[3] for row in sheet(life)][-3:] == [
        f"{part}Tạm dừng: chờ bổ sung hồ sơ",
        f"{part}Cơ quan phối hợp từ chối",
        "Từ chối giải quyết",
    ]


def test_a_leg_that_ends_with_the_one_above_it_gives_back_what_it_was_offered() -> None:
    life = Life("t-nested", 82)
    life.give(life.form)
    life.until("ask", leg="commune", mode="legs")
    tax = "ub-tax.tax-officer-1"
    life.give(c.Accept(actor=tax, leg="commune/tax"))
    life.give(c.Complete(actor=tax, leg="commune/tax"))
    life.do(c.Refuse, leg="commune", reason="Không đủ điều kiện")
    (back,) = [row for row in sheet(life) if "\nTrở lại: " in row[1]]
    assert "chưa tiếp nhận" in back[3]


def test_a_leg_that_a_step_refuses_has_a_row() -> None:
    life = Life("t-opinions", 83)
    life.give(life.form)
    life.do(c.Forward)
    police = "ub-police.police-officer-1"
    life.give(c.Accept(actor=police, leg="police"))
    life.give(c.Verify(actor=police, leg="police", outcome="refused"))
    (refused,) = [row for row in sheet(life) if "Cơ quan phối hợp từ chối" in row[3]]
    assert refused[0].endswith("(ub-police.police-officer-1)")


def test_what_came_from_another_house_is_given_by_it_and_taken_by_nobody_yet() -> None:
    life = RemoteLife(MINISTRY, "qn-centre-210301-0101@quang-ninh.4", 86)
    life.at.later(minutes=20)
    life.give(arrival())
    life.give(c.RefuseHandover(actor=RECEIVER, reason="Không thuộc thẩm quyền"))
    arrived, refused, *_ = rows(form_of("06", life.records, life.at.law))
    assert re.fullmatch(r"Giao: .+ \(qn-centre\.receiver-1\)", arrived[0])
    assert "Đến: " in arrived[1]
    assert arrived[3].endswith(f"mã hồ sơ ở đó: {arrival().code}")
    assert "từ chối" in refused[3]
    assert not [row for row in (arrived, refused) if "Nhận: " in row[0]]


def test_the_result_of_a_leg_goes_back_to_the_house_that_sent_it() -> None:
    life = answered()
    *_, last = rows(form_of("06", life.records, life.at.law))
    assert last[3] == "Trả kết quả"
    assert last[0].endswith("\nNhận: Trung tâm Phục vụ hành chính công tỉnh")
