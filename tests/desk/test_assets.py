"""What pages load from here: small on the wire, asked for once."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient

from app.web import rendering
from app.web.assets import FOLDER, asset


def test_a_file_is_compressed_and_kept(client: TestClient) -> None:
    answer = client.get(asset("desk.css"))
    assert answer.content == (FOLDER / "desk.css").read_bytes()
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.num_bytes_downloaded < len(answer.content) / 4
    assert "immutable" in answer.headers["cache-control"]


def test_what_is_not_there_is_not_kept(client: TestClient) -> None:
    answer = client.get("/assets/../assets.py")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("cache-control", "")


def test_only_the_address_that_says_what_is_there_is_kept(client: TestClient) -> None:
    for address in ("/assets/desk.js", "/assets/desk.js?0123456789"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"


def test_no_script_asks_for_another_by_an_address_that_stays() -> None:
    """It would get the old one after a change, or ask for it only when itself has come."""
    scripts = sorted(FOLDER.glob("*.js"))
    assert scripts
    beside = re.compile(r"""["'](?:\./|/assets/)[\w-]+\.js["']""")
    assert beside.search('import { initAll } from "./govuk.js";')
    assert [each.name for each in scripts if beside.search(each.read_text("utf-8"))] == []


def test_a_page_is_not_compressed(client: TestClient) -> None:
    assert "content-encoding" not in client.get("/").headers


def test_every_class_of_space_that_a_template_uses_is_in_the_style() -> None:
    """Not all of them are compiled: see `style/desk.scss`."""
    style = (FOLDER / "desk.css").read_text(encoding="utf-8").replace("\\", "")
    used = {
        name
        for each in rendering.TEMPLATES.rglob("*.html")
        for name in re.findall(r"govuk-!-[a-z0-9-]*[a-z0-9]", each.read_text(encoding="utf-8"))
    }
    assert "govuk-!-margin-bottom-0" in used
    assert {
        name for name in used if f".{name}{{" not in style and f".{name}," not in style
    } == set()
