"""The control sheet accounts for every change of hands and every pause."""

from __future__ import annotations

import re

import pytest

from app.forms.form import form_of
from schemas import events as e
from tests.forms.lives import NAMES, history, law
from tests.forms.test_form import events, rows

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
    (back,) = [row for row in found if "Phần: Cấp xã xác nhận\nTrả kết quả phối hợp" in row[3]]
    assert back[0].startswith("Giao: Ủy ban nhân dân phường Bắc Sơn")
    assert "Nhận: Chi nhánh Văn phòng Đăng ký đất đai" in back[0]


def test_the_last_row_has_the_verdict_on_the_whole() -> None:
    found = rows(form_of("06", history("lt-09-land-transfer-2021"), law()))
    assert (found[-1][2], found[-1][3]) == ("Trước hạn", "Trả kết quả")
