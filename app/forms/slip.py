"""The sheet with the access code: for who handed the dossier in, and for nobody else.

It is no form: it is made of no event, no copy of it is kept, and what stands on it opens the
dossier together with the receipt. So it is a page of its own, and the receipt can be shown, copied
and filed without it.
"""

from __future__ import annotations

import msgspec

from app.forms.content import Words
from app.forms.wording import Voice
from app.settings import Lang


class Slip(msgspec.Struct, frozen=True):
    """`word`: the access code as it is printed; `says`: what it is for, and how it is kept."""

    title: Words
    coded: str
    word: str
    says: tuple[Words, ...]


def slip(code: str, word: str, lang: Lang) -> Slip:
    v = Voice(lang)
    return Slip(
        title=v("Mã tra cứu hồ sơ", "Access code of a dossier"),
        coded=f"Mã hồ sơ: {code}",
        word=word,
        says=(
            v(
                "Quét mã QR rồi nhập mã tra cứu này để xem hồ sơ đang ở đâu, nộp giấy tờ bổ sung,"
                " đánh giá và phản ánh.",
                "Scan the QR code and type this code to see where the dossier is, to hand in papers"
                " that are asked for, to rate and to complain.",
            ),
            v(
                "Ai có cả mã hồ sơ và mã tra cứu thì xem được hồ sơ: không đưa mã tra cứu cho người"
                " khác, giữ riêng với giấy tiếp nhận.",
                "Whoever has both codes sees the dossier: give this one to nobody, and keep it"
                " apart from the receipt.",
            ),
            v(
                "Nếu mất, mang căn cước đến nơi đã nộp hồ sơ để được cấp mã khác; mã này khi đó"
                " không dùng được nữa.",
                "If it is lost, the desk gives another one to who shows his identity card; this one"
                " is void then.",
            ),
            v(
                "Tờ này chỉ giao cho người nộp hồ sơ, không lưu kèm hồ sơ.",
                "Only for who handed the dossier in; not to be filed.",
            ),
        ),
    )
