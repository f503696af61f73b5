"""The forms as pages, as PDF, and by the command line."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest
from fastapi.testclient import TestClient

from app.house import House
from schemas import events as e
from tests.acceptance.conftest import run
from tests.desk.conftest import As

DESK = "ub-desk.receiver-1"


def supplemented(house: House) -> tuple[str, int]:
    """A dossier of the sample that more papers were asked for, and the version at which."""
    for code in house.log.streams("ub-desk", limit=200):
        for record in house.log.read_stream(code):
            if isinstance(record.event(), e.SupplementRequested):
                return code, record.version
    raise AssertionError("the sample has one")


def test_the_list_has_each_form_and_leads_to_it(as_: As, house: House) -> None:
    code, version = supplemented(house)
    officer = as_(DESK)
    page = officer.get(f"/dossiers/{code}/forms").text
    for kind, at in (("01", 1), ("02", version)):
        link = f"/dossiers/{code}/forms/{kind}.html?version={at}"
        assert link in page
        assert "CỘNG HÒA XÃ HỘI" in officer.get(link).text
    assert f"/forms/06.pdf?version={len(list(house.log.read_stream(code)))}" in page
    assert "/forms/03" not in page


def test_a_pdf_is_answered_as_one(as_: As, house: House) -> None:
    code, version = supplemented(house)
    answer = as_(DESK).get(f"/dossiers/{code}/forms/02.pdf?version={version}")
    assert answer.headers["content-type"] == "application/pdf"
    text = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "PHIẾU YÊU CẦU BỔ SUNG" in text


@pytest.mark.parametrize("rest", ["03.html", "03.pdf", "09.html", "02.html?version=1"])
def test_a_form_that_there_is_not_is_not_found(as_: As, house: House, rest: str) -> None:
    code, _ = supplemented(house)
    assert as_(DESK).get(f"/dossiers/{code}/forms/{rest}").status_code == 404


def test_the_language_of_the_reader_adds_the_reading_aid(as_: As, house: House) -> None:
    code, _ = supplemented(house)
    officer = as_(DESK)
    officer.cookies.set("lang", "en")
    page = officer.get(f"/dossiers/{code}/forms/01.html").text
    assert "Receipt of a dossier" in page
    assert "GIẤY TIẾP NHẬN" in page.upper()


def test_the_qr_code_leads_to_this_server(as_: As, house: House) -> None:
    code, _ = supplemented(house)
    page = as_(DESK).get(f"/dossiers/{code}/forms/01.html").text
    assert f"<title>http://testserver/look-up?code={code}</title>" in page


def test_who_has_no_part_in_a_dossier_sees_no_form(
    as_: As, client: TestClient, house: House
) -> None:
    code, _ = supplemented(house)
    for path in ("forms", "forms/01.html", "forms/01.pdf"):
        assert as_("hl-desk.receiver-1").get(f"/dossiers/{code}/{path}").status_code in (403, 404)
        assert client.get(f"/dossiers/{code}/{path}").status_code in (303, 401)


def test_who_may_not_read_particulars_gets_lines_to_write_on(as_: As, house: House) -> None:
    code, _ = supplemented(house)
    private = next(iter(house.log.read_stream(code))).event().private
    assert private is not None
    name = private.applicant["name"]
    path = f"/dossiers/{code}/forms/01.html"
    assert name in as_(DESK).get(path).text
    page = as_("monitor").get(path)
    assert page.status_code == 200
    assert name not in page.text


def test_the_command_lists_and_prints(house: House, settings: object, tmp_path: Path) -> None:
    code, version = supplemented(house)
    store = ("--database", house.settings.database)
    listed = run("form", code, "--json", *store).json
    assert {"form": "02", "version": version}.items() <= listed["forms"][1].items()
    for name, begins in (("f.pdf", b"%PDF"), ("f.html", b"<!DOCTYPE")):
        target = tmp_path / name
        said = run("form", code, "02", "-o", target, "--json", *store).json
        assert said["version"] == version
        assert target.read_bytes().lstrip().startswith(begins)
    assert "has no form 03" in run("form", code, "03", "-o", tmp_path / "x", *store, code=2).err
    assert "Say where to" in run("form", code, "01", *store, code=2).err
    assert not (tmp_path / "x").exists()
