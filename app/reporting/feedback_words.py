"""What ratings and complaints are about, in both languages, for who looks after them."""

from __future__ import annotations

from collections.abc import Mapping

from app.web.words import Said

ASPECTS: Mapping[str, Said] = {
    "access": Said("Tiếp cận dịch vụ", "Reaching the agency"),
    "procedure": Said("Thủ tục hành chính", "The procedure"),
    "officers": Said("Sự phục vụ của công chức", "The officers"),
    "time": Said("Thời gian giải quyết", "The time it took"),
    "result": Said("Kết quả", "The result"),
}
"""What a citizen rates."""

COMPLAINTS: Mapping[str, Said] = {
    "late": Said("Giải quyết chậm", "Too late"),
    "attitude": Said("Thái độ phục vụ", "Bad treatment"),
    "asked-again": Said("Yêu cầu giấy tờ nhiều lần", "Papers asked for again and again"),
    "fee": Said("Phí, lệ phí", "A fee"),
    "result": Said("Kết quả giải quyết", "The result"),
    "other": Said("Nội dung khác", "Something else"),
}
"""What a complaint is about, for who answers it."""
