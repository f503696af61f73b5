"""Which circular a form is of, its number there and its title.

Titles and numbers of Circular 03/2025/TT-VPCP (annex I, in force since 15 September 2025) and of
Circular 01/2018/TT-VPCP are as published. A dossier keeps to the circular of the day on which it
was received (check: no transitional clause was seen). The older one has no stop notice, and neither
has the letter that refuses on the merits: published procedures call it "thông báo từ chối giải
quyết" (check: that nothing else prescribes its form or its title).
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from app.forms.content import Kind
from workflows.model import Text


class Edition(NamedTuple):
    """`issued`: the day of the circular, as it is quoted. `forms`: number and title by kind; a
    form that it does not have stands with the number ""."""

    name: str
    issued: date
    forms: dict[Kind, tuple[str, Text]]


_RECEIPT = Text("Giấy tiếp nhận hồ sơ và hẹn trả kết quả", "Receipt of a dossier and appointment")
_SUPPLEMENT = Text(
    "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ", "Request to supplement and complete a dossier"
)
_REFUSAL = Text("Phiếu từ chối tiếp nhận giải quyết hồ sơ", "Refusal to receive a dossier")
_STOP = Text("Thông báo dừng giải quyết hồ sơ", "Notice that a dossier is no longer handled")
_REFUSED = Text("Thông báo từ chối giải quyết hồ sơ", "Notice that a dossier is refused")
_CONTROL = Text(
    "Phiếu kiểm soát quá trình giải quyết hồ sơ", "Control sheet of how a dossier was handled"
)

OLD = Edition(
    "01/2018/TT-VPCP",
    date(2018, 11, 23),
    {
        "01": ("01", _RECEIPT),
        "02": ("02", _SUPPLEMENT),
        "03": ("03", _REFUSAL),
        "04": (
            "04",
            Text(
                "Phiếu xin lỗi và hẹn lại ngày trả kết quả",
                "Apology and new appointment for the result",
            ),
        ),
        "05": ("", _STOP),
        "06": ("05", _CONTROL),
        "refused": ("", _REFUSED),
    },
)
NEW = Edition(
    "03/2025/TT-VPCP",
    date(2025, 9, 15),
    {
        "01": ("01", _RECEIPT),
        "02": ("02", _SUPPLEMENT),
        "03": ("03", _REFUSAL),
        "04": (
            "04",
            Text(
                "Văn bản xin lỗi và đề nghị gia hạn thời gian giải quyết",
                "Apology and request for more time",
            ),
        ),
        "05": ("05", _STOP),
        "06": ("06", _CONTROL),
        "refused": ("", _REFUSED),
    },
)


def edition_on(received: date) -> Edition:
    """The circular of a dossier that was received on that day."""
    return NEW if received >= NEW.issued else OLD
