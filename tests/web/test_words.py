"""Nothing that the engine can say is without words in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from msgspec.structs import fields

from app.acts.fields import fields_of
from app.law import registry
from app.settings import Settings
from app.web import words
from app.web.act_forms import HIDDEN
from app.web.sentences import VIETNAMESE, sentence
from app.web.summary import FOR_PROOF, SAID
from consumers.portal import PORTAL_CODES
from engine.core.acts.pauses import _longer_by
from engine.core.calendar import CalendarError, utc
from engine.core.clock import ClockError, derive
from engine.core.rules import RULES, rejection
from schemas.commands import COMMANDS
from schemas.events import EVENT_TYPES
from workflows.model import Limit, Unit
from workflows.organisation import Unresolved

PLACES = re.compile(r"\{(\w+)(?:!r)?\}")


def test_every_act_event_and_state_has_words() -> None:
    assert set(words.ACTS) == set(COMMANDS)
    assert set(words.EVENTS) == set(EVENT_TYPES)
    assert set(PORTAL_CODES) <= set(words.STATES)


def test_every_role_and_level_has_words() -> None:
    law = registry.law_of_files(Settings())
    roles = {role for officer in law.organisation.officers() for role in officer.roles}
    assert roles <= set(words.ROLES)
    assert {each.level for each in law.organisation.agencies()} <= set(words.LEVELS)


def test_every_fact_and_ground_of_the_catalogue_has_words() -> None:
    law = registry.law_of_files(Settings())
    for procedure in law.procedures():
        outline = law.outline(procedure.key)
        assert set(outline.facts) <= set(words.FACTS)
        for process in outline.processes.values():
            grounds = {step.pause.ground for step in process.steps.values() if step.pause}
            assert grounds <= set(words.GROUNDS)


def test_every_field_that_is_filled_in_has_a_label() -> None:
    for act in COMMANDS:
        assert set(fields_of(act)) - HIDDEN <= set(words.FIELDS), act


def test_every_field_that_a_history_shows_has_a_label() -> None:
    for type_, event in EVENT_TYPES.items():
        shown = {field.name for field in fields(event)} - SAID - FOR_PROOF
        assert shown <= set(words.DETAILS), type_


def test_what_somebody_wrote_keeps_its_dashes() -> None:
    written = "Quyết định 12/QĐ-UBND"
    assert words.said(words.GROUNDS, written, "vi") == written
    assert words.said(words.GROUNDS, "court-order", "en") == "court order"


def test_words_are_in_both_languages() -> None:
    for table in words.WORDS.values():
        for key, said in table.items():
            assert said.vi.strip(), key
            assert said.en.strip(), key


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_speaks_vietnamese(rule: str) -> None:
    names = PLACES.findall(RULES[rule].sentence)
    assert set(PLACES.findall(VIETNAMESE[rule])) == set(names)
    given = {name: f"word{number}" for number, name in enumerate(names)}
    refused = rejection(rule, **given)
    said = sentence(rule, refused.message, "vi")
    assert said == VIETNAMESE[rule].format(**given)
    assert sentence(rule, refused.message, "en") == refused.message


def test_a_rule_speaks_of_roles_acts_and_moments_as_people_do() -> None:
    refused = rejection("wrong-role", expected="land-officer", officer="x.y-1")
    assert "công chức địa chính" in sentence(refused.rule, refused.message, "vi")
    refused = rejection("posting-not-over", until="2021-04-01 17:00")
    assert "01/04/2021 17:00" in sentence(refused.rule, refused.message, "vi")
    assert sentence("no-such-rule", "As it is.", "vi") == "As it is."


LAW = registry.law_of_files(Settings())
CALENDAR = next(iter(LAW.calendars()))
NOON = datetime(2021, 3, 1, 5, 0, tzinfo=UTC)


def resolved(function: str) -> str:
    return LAW.organisation.resolve(function, "ub-desk", NOON.date())


REASONS: list[tuple[str, str, Callable[[], object]]] = [
    ("bad-limit", "ngày 01/01/0001 nằm ngoài lịch", lambda: CALENDAR.is_working(date.min)),
    ("bad-limit", "ngày đó nằm ngoài lịch", lambda: CALENDAR.works(10**9)),
    ("bad-limit", "phải lớn hơn 0", lambda: derived("0 days")),
    ("bad-limit", "0,5 tháng: số tháng phải là số nguyên", lambda: derived("0.5 months")),
    ("bad-limit", "“x” không phải là thời hạn", lambda: Limit.parse("x")),
    ("bad-limit", "“100000 ngày làm việc” quá dài", lambda: Limit.parse("100000 working days")),
    ("bad-limit", "99999 tháng kể từ ngày 01/03/2021 thì", lambda: derived("99999 months")),
    ("bad-limit", "ngày đó quá xa", lambda: utc(10**12)),
    ("bad-limit", "“trong ngày” là lời hẹn", lambda: _longer_by("same day")),
    ("agency-unclear", "không có cơ quan nào là no such", lambda: resolved("no-such")),
    ("agency-unclear", "nhiều cơ quan là Xã, phường ở gần", lambda: resolved("commune")),
]
"""Rule, what it says of why, and what goes wrong."""


def derived(limit: str) -> object:
    amount, unit = limit.split()
    return derive(CALENDAR, Limit(Decimal(amount), UNITS[unit]), NOON)


UNITS = {"days": Unit.WORKING_DAY, "months": Unit.MONTH}


@pytest.mark.parametrize(("rule", "said", "goes_wrong"), REASONS)
def test_why_a_rule_refused(rule: str, said: str, goes_wrong: Callable[[], object]) -> None:
    with pytest.raises((CalendarError, ClockError, ValueError, Unresolved)) as why:
        goes_wrong()
    refused = rejection(rule, why=why.value, function="commune")
    assert said in sentence(rule, refused.message, "vi")


def test_limits_are_said_in_vietnamese() -> None:
    assert words.limit_words("13 working days", "vi") == "13 ngày làm việc"
    assert words.limit_words("0.5 working day", "vi") == "0,5 ngày làm việc"
    assert words.limit_words("same day", "vi") == "trong ngày"
    assert words.limit_words("13 working days", "en") == "13 working days"
