"""The citizens' desk as a browser meets it, on the store of `tests/desk/conftest.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from app.citizen.online import Online
from app.desk.context import Desk
from app.house import House
from app.uploads.store import Uploads
from tests.citizen.files import PDF
from tests.citizen.s3 import S3, started
from tests.desk.conftest import app, as_, client, desk, doors, house, prepared_desk, settings

__all__ = ["app", "as_", "client", "desk", "doors", "house", "prepared_desk", "settings"]

PROCEDURE = "lt-10-building-permit"
DESK = "ub-desk"

TYPED = {
    "name": "Nguyễn Thị Bưởi",
    "id": "022 190 001234",
    "phone": "0912.345.678",
    "email": "",
    "address": "Số 5, phường Quang Trung, Uông Bí",
    "note": "Nhà ở góc phố",
}
"""What a citizen types."""


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    with started() as server:
        yield server


@pytest.fixture
def online(app: FastAPI, client: TestClient) -> Online:
    """Of the same application as `client`'s."""
    desk: Desk = app.state.desk
    return desk.one(Online)


@pytest.fixture
def uploads(online: Online) -> Uploads:
    return online.uploads


class Citizen:
    """Somebody at a browser: keeps cookies, fills in the forms that came."""

    def __init__(self, browser: TestClient, house: House) -> None:
        self.browser = browser
        self.house = house
        self.page = ""

    def get(self, path: str) -> Response:
        return self._seen(self.browser.get(path))

    def post(self, path: str, fields: dict[str, Any], files: Any = None) -> Response:
        answer = self.browser.post(path, data=fields, files=files)
        return self._seen(answer)

    def follow(self, answer: Response) -> Response:
        assert answer.status_code == 303, (answer.status_code, answer.text[:2000])
        return self.get(answer.headers["location"])

    def hidden(self, name: str) -> list[str]:
        """The values of the hidden fields of this name on the page."""
        found = re.findall(rf'type="hidden" name="{re.escape(name)}" value="([^"]*)"', self.page)
        return [unescape(each) for each in found]

    @property
    def errors(self) -> list[tuple[str, str]]:
        """(field, text) of the summary at the top."""
        _, start, rest = self.page.partition('class="govuk-list govuk-error-summary__list"')
        found = re.findall(r'<a href="#([^"]*)">(.*?)</a>', rest.partition("</ul>")[0], re.S)
        return [(field, unescape(text).strip()) for field, text in found if start]

    def begin(self, procedure: str = PROCEDURE, desk: str = DESK) -> dict[str, Any]:
        """Opens the form; its fields as typed."""
        answer = self.get(f"/apply/{procedure}?desk={desk}")
        assert answer.status_code == 200, answer.text
        return {**TYPED, "desk": desk, "command": self.hidden("command")[0]}

    def review(self, fields: dict[str, Any], *files: tuple[str, str, bytes]) -> Response:
        """Sends the form with files: (paper, name, content)."""
        parts = [(f"paper.{paper}", (name, content)) for paper, name, content in files]
        procedure = fields.get("procedure", PROCEDURE)
        return self.post(f"/apply/{procedure}", {**fields, "go": "review"}, parts or None)

    def submit(self, fields: dict[str, Any]) -> Response:
        """Hands in what the review shows."""
        kept = {**fields, "kept": self.hidden("kept"), "go": "submit"}
        return self.post(f"/apply/{fields.get('procedure', PROCEDURE)}", kept)

    def applied(self) -> tuple[str, str]:
        """Hands a dossier in; its code and its word, read off the confirmation."""
        fields = self.begin()
        self.review(fields, ("application", "Đơn.pdf", PDF))
        self.follow(self.submit(fields))
        return self.confirmed()

    def confirmed(self) -> tuple[str, str]:
        code = re.search(r'desk-code">([^<]+)<', self.page)
        word = re.search(r'desk-word__letters">([^<]+)<', self.page)
        assert code is not None, self.page
        assert word is not None, self.page
        return code[1], word[1]

    def look_up(self, code: str, word: str) -> Response:
        return self.post("/look-up", {"code": code, "word": word})

    def _seen(self, answer: Response) -> Response:
        self.page = answer.text
        return answer


@pytest.fixture
def citizen(client: TestClient, online: Online, house: House) -> Citizen:
    return Citizen(client, house)
