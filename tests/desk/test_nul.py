"""The character NUL in an address: said to a person on a page, to a program as a problem."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.desk.conftest import As

PAGES = ["/dossiers/a%00b", "/look-up?code=a%00b", "/search?q=%00"]


@pytest.mark.parametrize("address", PAGES)
def test_a_person_reads_a_page_in_his_language(as_: As, address: str) -> None:
    client = as_("ub-desk.receiver-1")
    client.cookies.set("lang", "vi")
    answer = client.get(address)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert '<html lang="vi"' in answer.text
    assert "Địa chỉ chứa ký tự NUL" in answer.text
    assert "ub-desk.receiver-1" in answer.text
    assert "\x00" not in answer.text
    assert "a%00b" not in answer.text


@pytest.mark.parametrize("address", ["/api/v1/dossiers/a%00b", "/api/v1/dossiers?after=%00"])
def test_a_program_reads_a_problem(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith("bad-input")
    assert answer.json()["detail"] == "The address has the character NUL in it"
