"""Files as the form keeps them: of which paper each is, and what it is called."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest

from schemas import events as e
from tests.citizen.conftest import Citizen
from tests.citizen.files import PDF
from tests.citizen.test_life import of


def test_one_file_may_be_of_two_papers(citizen: Citizen) -> None:
    """And is taken away from one of them alone."""
    procedure = "lt-01-land-transfer-tax"
    fields = {**citizen.begin(procedure), "procedure": procedure}
    citizen.review(fields, ("application", "cả hai.pdf", PDF), ("contract", "cả hai.pdf", PDF))
    citizen.follow(citizen.submit(fields))
    code, _ = citizen.confirmed()
    attached = of(citizen.house, code, e.PapersAttached)
    assert [each.paper for each in attached.papers] == ["application", "contract"]

    fields = {**citizen.begin(procedure), "procedure": procedure}
    citizen.review(fields, ("application", "cả hai.pdf", PDF), ("contract", "cả hai.pdf", PDF))
    kept = citizen.hidden("kept")
    citizen.post(f"/apply/{procedure}", {**fields, "kept": kept, "remove": kept[1]})
    part = citizen.page.partition('for="paper.contract"')
    assert ("cả hai.pdf" in part[0], "cả hai.pdf" in part[2]) == (True, False)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_file_is_called_as_it_was_however_its_letters_came(
    citizen: Citizen, form: Literal["NFC", "NFD"]
) -> None:
    name = "Đơn đề nghị – bản đã ký.pdf"
    fields = citizen.begin()
    citizen.review(fields, ("application", unicodedata.normalize(form, name), PDF))
    assert unicodedata.is_normalized("NFC", name)
    assert name in citizen.page
    citizen.follow(citizen.submit(fields))
    code, _ = citizen.confirmed()
    attached = of(citizen.house, code, e.PapersAttached)
    assert attached.private is not None
    assert list(attached.private.files.values()) == [name]
