"""What pages load from here: small on the wire, asked for once."""

from __future__ import annotations

from fastapi.testclient import TestClient

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


def test_a_page_is_not_compressed(client: TestClient) -> None:
    assert "content-encoding" not in client.get("/").headers
