"""Forms on paper: read back from the PDF, with their diacritics, on one page, and their QR code."""

from __future__ import annotations

import builtins
import io
import re
from typing import Any

import pypdf
import pytest
import segno
from msgspec.structs import replace

from app.forms import paper
from app.forms.content import Line, Words
from app.forms.form import form_of, printable
from app.settings import Lang
from app.trouble import Broken
from tests.forms.lives import APPLICANT, NAMES, history, law, received_on, utc, with_applicant

A4 = (595.28, 841.89)
"""Points."""

HOSTILE = '<script>alert(1)</script><img src="file:///etc/passwd"> & "Ổ"'


def read(made: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(made))


def plain(made: bytes) -> str:
    """The text of a PDF, its lines joined."""
    return " ".join(" ".join(each.extract_text() for each in read(made).pages).split())


@pytest.mark.parametrize("name", NAMES)
def test_every_form_of_every_life_comes_out_on_a4_with_its_words(name: str) -> None:
    for each in printable(history(name), law()):
        form = form_of(each.kind, history(name), law(), version=each.version)
        made = paper.pdf(form)
        pages = read(made).pages
        for page in pages:
            assert [float(page.mediabox.width), float(page.mediabox.height)] == pytest.approx(
                A4, abs=0.1
            )
        assert each.kind == "06" or len(pages) == 1
        for number, page in enumerate(pages[1:], 2):
            # A loose sheet says which it is, and of what.
            assert f"{number} Mã hồ sơ: {form.code}" in page.extract_text()
        said = plain(made)
        for expected in (
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "Độc lập - Tự do - Hạnh phúc",
            form.title.text.upper(),
            form.dated.text,
            f"Mã hồ sơ: {form.code}",
        ):
            assert expected in said


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("kind", ["01", "05"])
def test_the_new_circulars_forms_fill_one_page_too(kind: str, lang: Lang) -> None:
    form = form_of(kind, received_on(utc(2026, 1, 15)), law(), lang)
    made = paper.pdf(form)
    assert len(read(made).pages) == 1
    assert "Thông tư số 03/2025/TT-VPCP ngày 15/09/2025" in plain(made)


def test_a_full_receipt_fills_one_page_and_names_who_handed_it_in() -> None:
    made = paper.pdf(form_of("01", with_applicant(), law()))
    assert len(read(made).pages) == 1
    for expected in (*APPLICANT.values(), "17 giờ 00 phút, ngày 16 tháng 4 năm 2021"):
        assert expected in plain(made)


def test_whatever_was_written_stays_on_the_paper_and_nobody_signs_an_empty_sheet() -> None:
    name, address = "ế" * 120, "ộ" * 300
    form = form_of("01", with_applicant(name=name, address=address), law())
    first, second = (each.extract_text() for each in read(paper.pdf(form)).pages)
    # In several lines, wherever it stands.
    for text in (first, second):
        assert "ế" * 30 in text
        assert name not in text
    assert address not in first
    assert "Ghi chú:" in second
    assert "NGƯỜI NỘP HỒ SƠ" in second


def test_lines_of_a_reason_stay_lines() -> None:
    form = form_of("01", with_applicant(), law())
    reason = Line(Words("Lý do"), Words("1. Thiếu chữ ký\n2. Thiếu giấy ủy quyền"))
    (page,) = read(paper.pdf(replace(form, blocks=(reason,)))).pages
    assert "1. Thiếu chữ ký\n2. Thiếu giấy" in page.extract_text()


def test_every_font_is_in_the_file() -> None:
    made = read(paper.pdf(form_of("01", with_applicant(), law())))
    fonts = [each.get_object() for each in made.pages[0]["/Resources"]["/Font"].values()]  # type: ignore[index]
    descriptors = [each["/DescendantFonts"][0].get_object()["/FontDescriptor"] for each in fonts]
    assert fonts
    assert all({"/FontFile2", "/FontFile3"} & set(each) for each in descriptors)


def test_the_same_form_is_the_same_bytes() -> None:
    form = form_of("06", history("lt-02-land-change-no-tax"), law())
    assert paper.pdf(form) == paper.pdf(form)


def test_the_reading_aid_is_there_when_asked_for_only() -> None:
    vi, en = (paper.html(form_of("01", with_applicant(), law(), lang)) for lang in ("vi", "en"))  # type: ignore[arg-type]
    assert "Receipt of a dossier" in en
    assert "Giấy tiếp nhận" in en
    assert "Receipt of a dossier" not in vi


# --- the QR code ----------------------------------------------------------------------------


def dark(svg: str) -> set[tuple[int, int]]:
    """The dark modules that the path of a QR code draws, without its quiet zone."""
    (path,) = re.findall(r'd="(M[^"]+)"', svg)
    x = y = 0.0
    found = set()
    for what, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        values = [float(each) for each in numbers.split()]
        if what == "h":
            found |= {(int(x) + step, int(y)) for step in range(int(values[0]))}
            x += values[0]
        else:
            x, y = (values[0], values[1]) if what == "M" else (x + values[0], y + values[1])
    left, top = min(each for each, _ in found), min(each for _, each in found)
    return {(a - left, b - top) for a, b in found}


@pytest.mark.parametrize("address", ["", "https://desk.example/look-up?code=ub-desk-210301-0077"])
def test_the_qr_code_holds_the_address_or_the_code(address: str) -> None:
    form = form_of("01", with_applicant(), law())
    expected = segno.make(address or form.code, error="m", micro=False)
    matrix = {(x, y) for y, row in enumerate(expected.matrix) for x, bit in enumerate(row) if bit}
    assert dark(paper.html(form, address)) == matrix


# --- what must not happen -------------------------------------------------------------------


def test_hostile_text_is_text() -> None:
    form = form_of("01", with_applicant(name=HOSTILE), law())
    page = paper.html(form)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)</script>" in plain(paper.pdf(form))


def test_a_page_needs_no_inline_style_or_script() -> None:
    for kind in ("01", "06"):
        page = paper.html(form_of(kind, history("lt-02-land-change-no-tax"), law(), "en"))
        assert not re.search(r"\sstyle=|<style|<script|\son\w+=", page)


def test_a_file_of_its_own_has_its_style_in_it() -> None:
    page = paper.html(form_of("01", with_applicant(), law()), alone=True)
    assert "@page" in page
    assert "<link" not in page
    assert "<nav" not in page


def test_a_form_fetches_nothing() -> None:
    with pytest.raises(ValueError, match="fetches nothing"):
        paper._nothing("file:///etc/passwd")


def test_without_pango_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    form = form_of("01", with_applicant(), law())
    real = builtins.__import__

    def missing(name: str, *args: Any, **how: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **how)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(Broken, match="apt-get install"):
        paper.pdf(form)
