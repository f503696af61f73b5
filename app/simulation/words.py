"""Texts of made-up people and papers. Nobody here exists, and each text says so."""

from __future__ import annotations

from app.simulation.chance import Chance

_INCOMPLETE = ("Thiếu bản chụp giấy tờ (mô phỏng)", "Tờ khai ghi chưa đủ mục (mô phỏng)")
_NOT_OURS = (
    "Hồ sơ chưa đủ giấy tờ kèm theo (mô phỏng)",
    "Chuyển nhầm bộ phận (mô phỏng)",
    "Thiếu chữ ký bàn giao (mô phỏng)",
)
_NOT_POSSIBLE = (
    "Không đủ điều kiện giải quyết (mô phỏng)",
    "Đối tượng không thuộc diện (mô phỏng)",
)


class Words:
    """Free text and the applicant's particulars, drawn."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def applicant(self, number: int) -> dict[str, str]:
        return {
            "name": f"Công dân mô phỏng {number:06d}",
            "id": f"MÔ-PHỎNG-{self._chance.below(10**9):09d}",
        }

    def document(self, number: int, kind: str) -> str:
        """The number of a paper: no two dossiers share one."""
        return f"MP-{number:06d}/{kind}"

    def incomplete(self) -> str:
        return self._chance.one_of(_INCOMPLETE)

    def not_ours(self) -> str:
        return self._chance.one_of(_NOT_OURS)

    def not_possible(self) -> str:
        return self._chance.one_of(_NOT_POSSIBLE)

    def unanswered(self) -> str:
        return "Công dân không bổ sung giấy tờ (mô phỏng)"

    def leaves(self) -> str:
        return "Cán bộ chuyển công tác (mô phỏng)"

    def withdraws(self) -> str:
        return "Công dân xin rút hồ sơ (mô phỏng)"

    def dispute(self) -> str:
        return "Có tranh chấp, chờ ý kiến (mô phỏng)"

    def sorry(self) -> str:
        return "Xin lỗi vì trễ hẹn (mô phỏng)"
