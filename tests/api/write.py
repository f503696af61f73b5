"""Writes the examples of the OpenAPI document, answers of a store of samples, and the document.

python -m tests.api.write
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.access.guard import LARGEST
from app.access.pace import Pace, Rates
from app.access.principal import STRANGER, Principal
from app.api.description import COMMITTED, ERRORS, EXAMPLES, text
from app.desk.application import application
from app.desk.context import Desk
from app.house import open_house
from app.settings import Settings
from app.times import parse_moment
from schemas.codec import dumps
from tests.acceptance.conftest import FIFTY, run

NOW = "2021-03-31T09:00+07:00"
RECEIVER = Principal("receiver", "officer", "ub-desk.receiver-1", "ub-desk", token=True)
AUDITOR = Principal("auditor", "auditor", token=True)
ADMINISTRATOR = Principal("administrator", "administrator", token=True)
KEY = {"Idempotency-Key": "01890a5d-ac96-774b-bcce-b302099a8057"}
SHORTEST = 2
"""Items of a list that an example shows."""

EXCERPT = 1000
"""Characters of a text that an example shows."""


class Whoever:
    """Says that everybody is `who`."""

    def __init__(self, who: Principal) -> None:
        self.who = who

    def identify(self, request: object) -> Principal:
        return self.who


@contextmanager
def samples(whoever: Whoever | None = None) -> Iterator[tuple[FastAPI, Whoever]]:
    """The application over a store of fifty dossiers."""
    whoever = whoever or Whoever(AUDITOR)
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'office.db'}"
        run("submit", FIFTY, "--database", url)
        settings = Settings(database=url, now=parse_moment(NOW), lang="en", private_webhooks=True)
        with open_house(settings, write=True) as house:
            yield application(settings, house, whoever.identify), whoever


class Recorder:
    """Asks, and keeps what was answered for the operation."""

    def __init__(self, app: FastAPI, whoever: Whoever, client: TestClient) -> None:
        self._operations = app.openapi()["paths"]
        self._whoever = whoever
        self._client = client
        self.found: dict[str, Any] = {}

    def ask(self, method: str, path: str, who: Principal = AUDITOR, **how: Any) -> Any:
        """`path`: the template, with `{…}` filled in by `fill`."""
        self._whoever.who = who
        fill = how.pop("fill", {})
        answer = self._client.request(method, path.format(**fill), **how)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        assert method in self._operations[path], f"{method} {path} is no operation"
        kept: dict[str, Any] = {"status": answer.status_code}
        if "json" in how:
            kept["request"] = how["json"]
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        body = answer.json() if is_json else answer.text
        if isinstance(body, list):
            body = body[:SHORTEST]
        if isinstance(body, str):
            body = body[:EXCERPT]
        self.found[f"{method}:{path}"] = {**kept, "response": body}
        return body


def examples() -> dict[str, Any]:
    """By operation: what was sent, the status, what was answered."""
    with samples() as (app, whoever), TestClient(app) as client:
        recorder = Recorder(app, whoever, client)
        for round_ in ROUNDS:
            round_(recorder)
        return recorder.found | {ERRORS: _errors(app, whoever, client)}


def _definitions(recorder: Recorder) -> None:
    api = "/api/v1"
    short = {"limit": SHORTEST}
    recorder.ask("get", f"{api}/procedures", params=short)
    land = {"procedure": "2.000908"}
    recorder.ask("get", f"{api}/procedures/{{procedure}}", fill=land)
    recorder.ask("get", f"{api}/agencies", params={"on": "2021-03-01", **short})
    recorder.ask("get", f"{api}/due", params={"from": "2021-03-04T08:30+07:00", "limit": "5"})
    recorder.ask("get", f"{api}/problems", params=short)
    recorder.ask("get", f"{api}/problems/{{problem}}", fill={"problem": "second-extension"})
    recorder.ask("get", f"{api}/views", params=short)
    recorder.ask("get", "/livez")
    recorder.ask("get", "/readyz")


def _a_dossier(recorder: Recorder) -> None:
    api = "/api/v1/dossiers"
    said = {"procedure": "lt-01-land-transfer-tax", "fields": {"channel": "direct"}}
    opened = recorder.ask("post", api, RECEIVER, json=said, headers=KEY)
    fill = {"code": opened["code"]}
    recorder.ask("get", f"{api}/{{code}}/acts", RECEIVER, fill=fill)
    acted = {"act": "forward", "leg": "", "fields": {"note": "Đủ giấy tờ"}}
    match = {"If-Match": '"2"'}
    done = recorder.ask(
        "post", f"{api}/{{code}}/acts", RECEIVER, fill=fill, json=acted, headers=match
    )
    recorder.ask("get", f"{api}/{{code}}", fill=fill, params={"after": done["position"]})
    recorder.ask("get", f"{api}/{{code}}/history", fill=fill)
    recorder.ask("get", f"{api}/{{code}}/history/{{version}}", fill={**fill, "version": 1})
    for what in ("replay", "why", "control-sheet"):
        recorder.ask("get", f"{api}/{{code}}/{what}", fill=fill)
    recorder.ask("get", api, params={"agency": "ub-desk", "limit": SHORTEST})


def _tasks(recorder: Recorder) -> None:
    recorder.ask("get", "/api/v1/inbox/{agency}", fill={"agency": "ub-land"})
    recorder.ask("get", "/api/v1/deadlines", params={"within": "3d"})
    recorder.ask("get", "/api/v1/alerts")


def _reports(recorder: Recorder) -> None:
    period = {"from": "2021-03-01", "to": "2021-03-31", "agency": "ub-desk"}
    recorder.ask("get", "/api/v1/reports/{form}", fill={"form": "06a"}, params=period)
    recorder.ask("get", "/api/v1/reports/register", params={**period, "limit": SHORTEST})
    recorder.ask("get", "/api/v1/feedback", params=period)
    recorder.ask("get", "/api/v1/feedback/complaints", params={**period, "limit": SHORTEST})


def _webhooks(recorder: Recorder) -> None:
    api = "/api/v1/webhooks"
    new = {"url": "http://127.0.0.1:9/alerts", "kinds": ["step-overdue", "dossier-overdue"]}
    made = recorder.ask("post", api, ADMINISTRATOR, json=new)
    fill = {"webhook": made["id"]}
    recorder.ask("get", api, ADMINISTRATOR)
    recorder.ask("get", f"{api}/{{webhook}}", ADMINISTRATOR, fill=fill)
    recorder.ask("get", f"{api}/{{webhook}}/deliveries", ADMINISTRATOR, fill=fill)
    recorder.ask("post", f"{api}/{{webhook}}/retry", ADMINISTRATOR, fill=fill)
    recorder.ask("delete", f"{api}/{{webhook}}", ADMINISTRATOR, fill=fill)


def _streams(recorder: Recorder) -> None:
    recorder.ask("get", "/api/v1/feed", params={"from": "start", "follow": "false"})
    land = {"procedure": "2.000908"}
    recorder.ask("get", "/api/v1/procedures/{procedure}/drawing", fill=land)


ROUNDS = [_definitions, _a_dossier, _tasks, _reports, _webhooks, _streams]


def _errors(app: FastAPI, whoever: Whoever, client: TestClient) -> dict[str, Any]:
    """A problem of each status that the document names, as it was told."""
    dossiers = "/api/v1/dossiers"
    whoever.who = RECEIVER
    said = {"procedure": "lt-01-land-transfer-tax", "fields": {"channel": "direct"}}
    code = client.post(dossiers, json=said).json()["code"]
    acts, act = f"{dossiers}/{code}/acts", {"act": "forward", "leg": ""}
    found = [
        client.get(f"{dossiers}/nowhere"),
        client.get(f"{dossiers}?after={code}@99&wait=0"),
        client.post(acts, json={"act": "sign", "leg": ""}),
        client.post(acts, json=act, headers={"If-Match": '"1"'}),
        client.post(acts, json={"act": "forward", "leg": 7}),
        client.post(acts, content="act: forward", headers={"Content-Type": "text/yaml"}),
        client.post(acts, content="x" * (LARGEST + 1), headers={"Content-Type": "text/plain"}),
        client.get("/api/v1/webhooks"),
        client.put(dossiers),
    ]
    whoever.who = STRANGER
    found.append(client.get(dossiers))
    desk: Desk = app.state.desk
    desk.access.pace = Pace(Rates(stranger=0))
    found.append(client.get(dossiers))
    bodies = {str(each.status_code): each.json() for each in found}
    assert len(bodies) == len(found), [each.text for each in found]
    # Whatever else may happen has no status of its own in the document.
    return {**bodies, "default": bodies.pop("405")}


def write() -> None:
    EXAMPLES.write_bytes(dumps(examples(), pretty=True) + b"\n")
    with samples() as (app, _):
        COMMITTED.write_bytes(text(app))


if __name__ == "__main__":
    write()
