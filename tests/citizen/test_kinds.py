"""What a file is, is told by its content; what is taken in is little, and whole."""

from __future__ import annotations

import io

import pytest

from app.uploads import kinds
from app.uploads.kinds import NotAccepted, kind_of
from tests.citizen.files import DOCX, JPEG, PDF, PNG, archive

TAKEN = {
    "đơn.pdf": (PDF, kinds.PDF),
    "ĐƠN.PDF": (PDF, kinds.PDF),
    "ảnh.jpg": (JPEG, kinds.JPEG),
    "ảnh.jpeg": (JPEG, kinds.JPEG),
    "ảnh.PNG": (PNG, kinds.PNG),
    "đơn.docx": (DOCX, kinds.DOCX),
    "không-có-đuôi": (PNG, kinds.PNG),
    "": (PDF, kinds.PDF),
}

REFUSED = {
    "nothing": ("a.pdf", b"", "empty"),
    "a page of HTML": ("a.pdf", b"<html><script>alert(1)</script></html>", "unknown-kind"),
    "a program": ("a.png", b"MZ" + bytes(200), "unknown-kind"),
    "a picture with script in it": ("a.svg", b"<svg onload='alert(1)'/>", "unknown-kind"),
    "a picture called a PDF": ("a.pdf", PNG, "other-kind"),
    "a PDF called a picture": ("a.jpg", PDF, "other-kind"),
    "a PDF called a program": ("a.pdf.exe", PDF, "other-kind"),
    "a PDF called a page": ("a.pdf/b.html", PDF, "other-kind"),
    "a PDF with a page before it": ("a.pdf", b"<script>alert(1)</script>" + PDF, "unknown-kind"),
    "a picture with an archive behind it": ("a.png", PNG + archive("a.jar"), "two-kinds"),
    "a PDF with a document behind it": ("a.pdf", PDF + DOCX, "two-kinds"),
    "a document behind a picture": ("a.png", PNG + DOCX, "two-kinds"),
    "an archive": ("a.docx", archive("a.txt"), "unknown-kind"),
    "a document with macros": (
        "a.docx",
        archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        "unknown-kind",
    ),
    "more parts than a document has": (
        "a.docx",
        archive("[Content_Types].xml", "word/document.xml", *map(str, range(2500))),
        "unknown-kind",
    ),
    "half an archive": ("a.docx", DOCX[:40], "damaged"),
    "half a picture": ("a.png", PNG[:40], "damaged"),
    "half a photo": ("a.jpg", JPEG[:-2] + bytes(4), "damaged"),
    "half a PDF": ("a.pdf", PDF[:30], "damaged"),
    "plain text": ("a.txt", "Đơn đề nghị".encode(), "unknown-kind"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_in(name: str) -> None:
    content, kind = TAKEN[name]
    file = io.BytesIO(content)
    assert kind_of(name, file) is kind
    assert file.tell() == 0


@pytest.mark.parametrize(
    ("name", "taken"),
    [("Đơn ngày 31.3.2021", True), ("Đơn của ông A. Bưởi", True), ("Đơn.", True),
     ("a.pdf ", True), ("a.exe ", False), ("a.pdf.7z", False), ("a.2021.doc", False)],
)  # fmt: skip
def test_what_follows_a_full_stop_is_not_always_a_kind(name: str, taken: bool) -> None:
    if taken:
        assert kind_of(name, io.BytesIO(PDF)) is kinds.PDF
    else:
        with pytest.raises(NotAccepted, match="other-kind"):
            kind_of(name, io.BytesIO(PDF))


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not(case: str) -> None:
    name, content, why = REFUSED[case]
    with pytest.raises(NotAccepted) as refused:
        kind_of(name, io.BytesIO(content))
    assert refused.value.why == why


def test_a_file_is_at_most_ten_megabytes() -> None:
    padded = PDF[:9] + b"%" * (kinds.MOST - len(PDF)) + PDF[9:]
    assert kind_of("a.pdf", io.BytesIO(padded)) is kinds.PDF
    with pytest.raises(NotAccepted, match="too-large"):
        kind_of("a.pdf", io.BytesIO(padded + b"\n"))
