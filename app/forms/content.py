"""What stands on a form, as a frozen value: the same for the screen, for paper and for a test.

Every text is Vietnamese, for the form is; `gloss` beside it is its English reading aid, empty when
nobody asked for one.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from app.trouble import NotThere

Kind = Literal["01", "02", "03", "04", "05", "06", "refused"]

KINDS: tuple[Kind, ...] = ("01", "02", "03", "04", "05", "06", "refused")
"""By their numbers since 15 September 2025: receipt, supplement, refusal to receive, apology, stop,
control sheet. An older dossier's forms are found under the same numbers and may print another one.
The letter that refuses what had been received is in no circular and has no number."""


class NoSuchForm(NotThere):
    """The dossier has no moment at which this form is given. The message says what is missing."""


class Words(msgspec.Struct, frozen=True):
    """A text of a form with its reading aid."""

    text: str
    gloss: str = ""


class Line(msgspec.Struct, frozen=True, tag=True):
    """`label: value`. A value of None is not known, and left to be written by hand."""

    label: Words
    value: Words | None
    strong: bool = False
    indent: bool = False


class Paragraph(msgspec.Struct, frozen=True, tag=True):
    words: Words
    indent: bool = True


class Items(msgspec.Struct, frozen=True, tag=True):
    """A numbered list; `blank` empty lines follow for what is written by hand."""

    items: tuple[Words, ...]
    blank: int = 0


class Table(msgspec.Struct, frozen=True, tag=True):
    """`columns` with their shares of the width in percent; a cell may have several lines."""

    columns: tuple[tuple[Words, int], ...]
    rows: tuple[tuple[tuple[Words, ...], ...], ...]


class Notes(msgspec.Struct, frozen=True, tag=True):
    """Small remarks below the form."""

    title: Words
    items: tuple[Words, ...]


Block = Line | Paragraph | Items | Table | Notes


class Signature(msgspec.Struct, frozen=True):
    """Who signs: `how` in brackets below the title, `name` below the space for the signature."""

    title: Words
    how: Words
    name: str = ""


class FormContent(msgspec.Struct, frozen=True):
    """One form. `kind`: by today's numbers; `number`: as its circular numbers it, "" when the
    circular has no such form. `version`, `at`: of the event it is made of. `superior`, `agency`:
    whose letterhead it has; `recipients`: who gets a copy (nơi nhận). The
    register's number is written by hand: no form has one yet when it is made."""

    kind: Kind
    number: str
    circular: str
    code: str
    version: int
    at: datetime
    superior: Words
    agency: Words
    dated: Words
    title: Words
    blocks: tuple[Block, ...]
    signatures: tuple[Signature, ...]
    subtitle: Words = Words("")
    recipients: tuple[Words, ...] = ()
    lang: Literal["vi", "en"] = "vi"

    country: ClassVar[str] = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    motto: ClassVar[str] = "Độc lập - Tự do - Hạnh phúc"
    numbered: ClassVar[str] = "Số: ………/………"
    to_whom: ClassVar[str] = "Nơi nhận:"

    @property
    def coded(self) -> str:
        return f"Mã hồ sơ: {self.code}"

    @property
    def which(self) -> Words:
        return Words(f"Mẫu số {self.number}")

    @property
    def under(self) -> Words:
        return Words(f"(Ban hành kèm theo Thông tư số {self.circular})")


class Printable(msgspec.Struct, frozen=True):
    """A form that a dossier has: `version` of the event it is made of, `at` when that happened."""

    kind: Kind
    number: str
    title: Words
    version: int
    at: datetime
