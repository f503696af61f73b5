"""What is taken away: CSV that a spreadsheet opens, XLSX laid out as the form."""

from __future__ import annotations

import csv
import re
from datetime import date
from io import BytesIO, StringIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

from app.house import House
from app.reporting import comma, spreadsheet
from app.reporting.counting import COLUMNS
from app.reporting.download import of_register, of_report
from app.reporting.form import Asked, Report, report
from app.reporting.period import named
from app.reporting.register import Register
from app.reporting.wording import EXPLAINED, HEADINGS, REGISTER, SHORT

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def year(played: House) -> Report:
    with played.reading() as connection:
        return report(connection, played.law, Asked("06a", named("2021")))


class Sheet:
    """A sheet of a workbook: what stands in its cells, and the formulas."""

    def __init__(self, content: bytes, number: int = 1) -> None:
        with ZipFile(BytesIO(content)) as book:
            texts = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
            shared = ["".join(each.itertext()) for each in texts]
            tree = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
        self.merged = {each.get("ref") for each in tree.iter(f"{MAIN}mergeCell")}
        self.values: dict[str, str] = {}
        self.formulas: dict[str, str] = {}
        for cell in tree.iter(f"{MAIN}c"):
            value, formula = cell.find(f"{MAIN}v"), cell.find(f"{MAIN}f")
            name = str(cell.get("r"))
            if value is not None and value.text is not None:
                is_text = cell.get("t") == "s"
                self.values[name] = shared[int(value.text)] if is_text else value.text
            if formula is not None and formula.text:
                self.formulas[name] = formula.text

    def computed(self, name: str) -> float:
        """A cell as its formula says, down to plain numbers."""
        formula = self.formulas.get(name)
        if formula is None:
            return float(self.values.get(name, 0))
        found = re.fullmatch(r"SUM\(([A-Z]+)(\d+):([A-Z]+)(\d+)\)(/2)?", formula)
        assert found, formula
        first, top, last, bottom, half = found.groups()
        cells = [
            f"{chr(column)}{row}"
            for column in range(ord(first), ord(last) + 1)
            for row in range(int(top), int(bottom) + 1)
        ]
        return sum(map(self.computed, cells)) / (2 if half else 1)


def test_a_spreadsheet_is_laid_out_as_the_form(year: Report) -> None:
    sheet = Sheet(spreadsheet.of_report(year))
    assert sheet.values["A1"] == "Biểu số II.06a/VPCP/KSTT"
    assert sheet.values["A2"].startswith("TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT")
    assert "01/01/2021 đến ngày 31/12/2021" in sheet.values["A3"]
    assert {"A2:M2", "A6:A7", "C6:F6", "G6:J6", "K6:M6"} <= sheet.merged
    assert [sheet.values[f"{chr(65 + at)}8"] for at in range(13)] == [
        f"({number})" for number in range(1, 14)
    ]
    assert (sheet.values["A9"], sheet.values["A10"]) == ("I", "1")


def test_its_sums_are_formulas_that_come_to_what_they_show(year: Report) -> None:
    content = spreadsheet.of_report(year)
    for number, total in ((1, year.total), (2, year.legs_total)):
        sheet = Sheet(content, number)
        assert sheet.formulas
        for name in sheet.formulas:
            assert sheet.computed(name) == float(sheet.values[name]), name
        last = max(int(name[1:]) for name in sheet.values)
        shown = [int(sheet.values[f"{chr(67 + at)}{last}"]) for at in range(11)]
        assert shown == list(total.values())


def test_a_spreadsheet_without_groups_and_one_without_rows(played: House) -> None:
    with played.reading() as connection:
        one = report(connection, played.law, Asked("06b", named("2021")))
        none = report(connection, played.law, Asked("06b", named("1990")))
    sheet = Sheet(spreadsheet.of_report(one))
    last = max(int(name[1:]) for name in sheet.values)
    assert sheet.computed(f"C{last}") == one.total["c3"]
    assert "I" not in {sheet.values.get(f"A{row}") for row in range(9, last)}
    assert Sheet(spreadsheet.of_report(none)).values["C9"] == "0"


def test_csv_has_a_line_for_each_row(year: Report) -> None:
    read = list(csv.DictReader(StringIO(comma.of_report(year))))
    assert len(read) == len(year.rows) + len(year.legs)
    assert list(read[0])[-11:] == list(COLUMNS)
    dossiers = [each for each in read if each["counts"] == "dossiers"]
    assert sum(int(each["c3"]) for each in dossiers) == year.total["c3"]
    assert dossiers[0]["unit"] == year.rows[0].labels["unit"]
    assert dossiers[0]["unit_name"] == year.rows[0].names["unit"]


def test_no_cell_of_a_csv_is_a_formula() -> None:
    text = "".join(comma.of_register([["=1+1", "@x", "-1", "plain"]]))
    assert list(csv.reader(StringIO(text)))[1] == ["'=1+1", "'@x", "'-1", "plain"]


def test_a_download_says_what_it_is(played: House, year: Report) -> None:
    as_csv = of_report(year, "csv")
    assert as_csv.content.decode().startswith("\ufeffcounts,")
    assert as_csv.name == "06a-2021-01-01-2021-12-31.csv"
    assert 'filename="06a-2021' in as_csv.headers["Content-Disposition"]
    assert of_report(year, "xlsx").content.startswith(b"PK")
    with played.reading() as connection:
        asked = Register(named("2021-03"))
        listed = of_register(connection, played.law, asked, "vi", "csv")
        sheet = Sheet(of_register(connection, played.law, asked, "vi", "xlsx").content)
    rows = list(csv.DictReader(StringIO(listed.content.decode("utf-8-sig"))))
    assert rows
    assert {row["applicant"] for row in rows} == {""}, "who applied is not kept in a view"
    assert sheet.values["B6"] == "Mã hồ sơ"
    assert sheet.values["B8"] == rows[0]["code"]
    assert sheet.values[f"A{7 + len(rows)}"] == str(len(rows))
    assert date.fromisoformat(rows[0]["received"][:10]).month == 3


def test_every_column_has_its_words() -> None:
    for words in (HEADINGS, EXPLAINED, SHORT):
        assert tuple(words) == COLUMNS
    assert len({name for name, _ in REGISTER}) == len(REGISTER)


def test_moments_are_written_as_on_paper_and_for_programs_as_they_read_them(played: House) -> None:
    asked = Register(named("2021"))
    with played.reading() as connection:
        files = {
            lang: Sheet(of_register(connection, played.law, asked, lang, "xlsx").content)
            for lang in ("vi", "en")
        }  # fmt: skip
        listed = of_register(connection, played.law, asked, "vi", "csv").content.decode("utf-8-sig")
    paper, english = r"\d\d/\d\d/2021 \d\d:\d\d", r"2021-\d\d-\d\d \d\d:\d\d"
    assert re.fullmatch(paper, files["vi"].values["G8"])
    assert re.search(r"ghi nhận đến \d\d/\d\d/\d{4} \d\d:\d\d", files["vi"].values["A4"])
    assert re.fullmatch(english, files["en"].values["G8"])
    assert re.fullmatch(english, next(csv.DictReader(StringIO(listed)))["received"])
