"""The pictures as files, and as parts of a page."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient

from app.house import House
from app.pictures.drawing import _blank
from app.pictures.markup import lanes, walked
from tests.desk.conftest import As
from workflows import draw

DESK = "ub-desk.receiver-1"
PICTURES = ("picture.svg", "timeline.svg")


def some(house: House) -> str:
    return house.log.streams("ub-desk", limit=200)[3]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_answered_in_the_readers_language(as_: As, house: House, name: str) -> None:
    officer = as_(DESK)
    found = []
    for lang in ("vi", "en"):
        officer.cookies.set("lang", lang)
        answer = officer.get(f"/dossiers/{some(house)}/{name}")
        assert answer.headers["content-type"] == "image/svg+xml"
        found.append(ET.fromstring(answer.text)[0].text)
    assert len(set(found)) == 2


@pytest.mark.parametrize("name", PICTURES)
def test_who_has_no_part_in_a_dossier_sees_no_picture(
    as_: As, client: TestClient, house: House, name: str
) -> None:
    path = f"/dossiers/{some(house)}/{name}"
    assert as_("hl-desk.receiver-1").get(path).status_code in (403, 404)
    assert client.get(path).status_code in (303, 401)


@pytest.mark.parametrize("name", PICTURES)
def test_there_is_no_picture_of_a_dossier_that_there_is_not(as_: As, name: str) -> None:
    assert as_("auditor").get(f"/dossiers/ub-desk-990101-0001/{name}").status_code == 404


def test_a_part_of_a_page_has_its_picture_and_the_same_as_a_table(house: House) -> None:
    code = some(house)
    dossier, records = house.dossier(code).dossier, list(house.log.read_stream(code))
    way, who = (make(house, dossier, records, "vi") for make in (walked, lanes))
    for part in (way, who):
        assert part.count("<svg") == 1
        assert 'tabindex="0" role="region" aria-label="' in part
        assert "<table" in part
    holder = next(leg.holder for leg in dossier.legs.values() if leg.holder)
    assert holder.officer in way.partition("<table")[2]
    assert holder.officer in who.partition("<table")[2]


def test_without_graphviz_the_steps_are_a_table(
    house: House, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    _blank.cache_clear()
    monkeypatch.setattr(draw.shutil, "which", lambda name: None)
    code = some(house)
    dossier, records = house.dossier(code).dossier, list(house.log.read_stream(code))
    part = walked(house, dossier, records, "en")
    assert "<svg" not in part
    assert "needs Graphviz" in part
    assert "<details" in part
    assert " open>" in part
    assert as_(DESK).get(f"/dossiers/{code}/picture.svg").status_code == 503
