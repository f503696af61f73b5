"""Two houses with an engine each: a province that asks, and a ministry that answers."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from engine.core.calendar import build
from engine.core.law import Law
from workflows import calendar_files
from workflows.load import load_catalogue
from workflows.load_organisation import load_organisation

PROVINCE, MINISTRY = "quang-ninh", "bo-tnmt"
PROCEDURE = "t-ministry"

DESK = "qn-centre.receiver-1"
DESK_HEAD = "qn-centre.head-1"
RECEIVER = "monre.receiver-1"
SPECIALIST = "monre.specialist-1"
DIRECTOR = "monre.director-1"


@lru_cache(maxsize=4)
def law(house: str) -> Law:
    """The law as the engine of one of the two houses has it."""
    organisation = load_organisation()
    procedures = load_catalogue(Path(__file__).parent / "procedures", organisation)
    calendars = [build(calendar_files.load(each)) for each in calendar_files.versions()]
    at_ministry = {each.id: MINISTRY for each in organisation.agencies() if each.level == "central"}
    at_province = {each.id: PROVINCE for each in organisation.agencies() if each.level != "central"}
    elsewhere = at_ministry if house == PROVINCE else at_province
    return Law(procedures, calendars, organisation, elsewhere)
