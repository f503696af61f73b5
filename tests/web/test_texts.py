"""Every word on a page can be read in both languages: none is bare, none lacks its translation."""

from __future__ import annotations

import re

import pytest

from app.web.days import span_words
from app.web.sentences import REASONS, VIETNAMESE
from app.web.words import WORDS
from tests.web.said import bare, bare_in, catalogue, marked, templates

NAMED = re.compile(r"%\((\w+)\)[rs]")


def test_every_text_has_its_vietnamese() -> None:
    known = {text for area in catalogue().values() for text, said in area.items() if said}
    missing = sorted({f"{each.file}: {each.text}" for each in marked() if each.text not in known})
    assert missing == []


def test_no_translation_is_stale() -> None:
    used = {each.text for each in marked()}
    stale = [(area, text) for area, texts in catalogue().items() for text in texts.keys() - used]
    assert stale == []


def test_a_word_means_the_same_in_every_area() -> None:
    meanings: dict[str, set[str]] = {}
    for texts in catalogue().values():
        for text, said in texts.items():
            meanings.setdefault(text, set()).add(said)
    assert {text: said for text, said in meanings.items() if len(said) > 1} == {}


def test_a_translation_fills_in_what_its_text_does() -> None:
    for texts in catalogue().values():
        for text, said in texts.items():
            assert set(NAMED.findall(text)) == set(NAMED.findall(said)), text


@pytest.mark.parametrize("template", templates())
def test_no_words_of_a_template_are_bare(template: str) -> None:
    assert bare(template) == []


def test_words_that_are_bare_are_seen() -> None:
    source = '<p title="Hint">Words {{ _("fine") }}</p>{{ f({"text": "Go", "name": "not"}) }}'
    assert bare_in(source) == ["Hint", "Words 0", "Go"]


def test_a_span_of_working_time_says_so() -> None:
    assert span_words("vi", -1500) == "3 ngày làm việc 1 giờ"
    assert span_words("vi", 1500, exact=False) == "3 ngày làm việc"
    assert span_words("vi", 61, exact=False) == "1 giờ 1 phút"
    assert span_words("en", 480) == "1 working day"


def test_a_leg_has_one_name_and_a_limit_no_clock() -> None:
    texts = [said for area in catalogue().values() for said in area.values()]
    texts += [*VIETNAMESE.values(), *REASONS.values()]
    texts += [each.vi for words in WORDS.values() for each in words.values()]
    other = re.compile(r"(?<!chi )nhánh|chặng|đồng hồ", re.IGNORECASE)
    assert [each for each in texts if other.search(each)] == []
