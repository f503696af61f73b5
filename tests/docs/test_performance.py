"""The page of figures is what the committed results say."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.report import PAGE, PAGES, page


@pytest.mark.parametrize("each", PAGES, ids=lambda each: each.name)
def test_a_page_is_made_from_the_results(each: Path) -> None:
    text = each.read_text(encoding="utf-8")
    assert text == page(text), "python -m bench.report writes it anew"
    assert "<!-- end -->" in text


def test_a_changed_figure_is_seen() -> None:
    text = PAGE.read_text(encoding="utf-8")
    first = next(line for line in text.splitlines() if line.startswith("| sqlite"))
    assert page(text.replace(first, first.replace("|", "| 9", 1), 1)) != text.replace(
        first, first.replace("|", "| 9", 1), 1
    )
