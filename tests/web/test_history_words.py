"""The history of a dossier is in the reader's language: nothing in it is a word of the engine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.reporting.feedback_words import ASPECTS, COMPLAINTS
from app.web.names import Names
from app.web.rendering import environment
from app.web.summary import EventRow, event_rows
from app.web.words import STATES, WORDS
from engine.core.law import APART, Law
from tests.core.scenario import catalogue
from tests.golden.files import HISTORIES, read_history
from tests.interlink.law import MINISTRY, PROVINCE, law

ENGINES = {each for words in WORDS.values() for each in words} | {*ASPECTS, *COMPLAINTS}
"""What the engine calls things; a word of two letters may be Vietnamese too."""

LIMIT = re.compile(r"\d (working |calendar )?(day|hour|month)s?$")
STEPS = frozenset({"step", "to", "back", "opened_by"})
"""Details that name a step; those of the tests' own procedures have no titles."""

VALUE = environment("vi").from_string(
    '{% from "parts/events.html" import value with context %}{{ value(name, it, leg, type) }}'
)


def knows(procedure: str) -> Law:
    """The law that has a procedure, or the one of which it is a leg."""
    whole = procedure.partition(APART)[0]
    laws = (catalogue(), law(PROVINCE), law(MINISTRY))
    return next(each for each in laws if whole in {one.id for one in each.procedures()})


def told(path: Path) -> Iterator[tuple[EventRow, str, str]]:
    """Every detail of a history as the page says it."""
    records = read_history(path).records
    first: Any = records[0].event()
    key = (first.procedure, first.procedure_version)
    of = knows(key[0])
    named = Names(of, of.procedure(key), "vi")
    for row in event_rows(records, private=True):
        for name, it in row.details:
            shows: Mapping[str, Any] = {"named": named, "agency_name": named.agency}
            said = VALUE.render(name=name, it=it, leg=row.leg, type=row.type, **shows)
            yield row, name, said.strip()


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_no_detail_of_a_history_is_a_word_of_the_engine(path: Path) -> None:
    agencies = {each.id for each in catalogue().organisation.agencies()}
    ids = {each for each in ENGINES if len(each) > 2} | agencies | set(STATES)
    ids |= {each.replace("-", " ") for each in ids}
    bare = [
        (row.type, name, said)
        for row, name, said in told(path)
        for part in re.split(r": |, |; ", said)
        if (part in ids or LIMIT.search(part)) and not (name in STEPS and "t-" in path.stem[:2])
    ]
    assert bare == []


def test_a_complaint_and_a_rating_are_told_as_the_citizen_gave_them() -> None:
    path = next(each for each in HISTORIES if each.stem == "t-counter-by-the-citizen")
    said = {(row.type, name): words for row, name, words in told(path)}
    assert said["complaint.filed", "ground"] == COMPLAINTS["fee"].vi
    assert said["rating.given", "marks"] == f"{ASPECTS['time'].vi}: 3, {ASPECTS['officers'].vi}: 5"
