"""The OpenAPI document: as committed, with errors and an example for every operation that hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator

from app.api import description
from app.api.explained import OF_API
from app.api.resources.problems import explained
from engine.core.rules import RULES
from schemas.codec import loads
from tests.api.write import samples
from tests.desk.conftest import As

PROBLEM = "application/problem+json"
METHODS = {"get", "post", "put", "delete", "patch"}


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    with samples() as (app, _):
        found: dict[str, Any] = loads(description.text(app))
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method}:{path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_committed_document_is_that_of_the_code(made: dict[str, Any]) -> None:
    committed = loads(description.COMMITTED.read_bytes())
    assert committed["paths"].keys() == made["paths"].keys(), "run: python -m tests.api.write"
    assert committed == made, "run: python -m tests.api.write"


def test_the_served_document_is_the_same(as_: As, made: dict[str, Any]) -> None:
    assert as_("auditor").get("/api/v1/openapi.json").json() == made


def test_every_operation_is_told_of_with_an_example(made: dict[str, Any]) -> None:
    bare = []
    for name, operation in operations(made):
        body = operation.get("requestBody", {}).get("content", {})
        answers = operation["responses"].values()
        contents = [each for a in answers for each in a.get("content", {}).values()]
        if not operation.get("summary") or not operation.get("description"):
            bare.append(f"{name}: words")
        # A file for a spreadsheet has no schema and no example.
        if any("example" not in each for each in [*body.values(), *filter(None, contents)]):
            bare.append(f"{name}: example")
        if len(operation.get("tags", [])) != 1 or operation["tags"][0] not in description.TAGS:
            bare.append(f"{name}: tag")
        unsaid = [p["name"] for p in operation.get("parameters", []) if not p.get("description")]
        bare += [f"{name}: {each}" for each in unsaid]
    assert bare == []


def test_every_example_conforms(made: dict[str, Any]) -> None:
    checked, examples = 0, {}
    for name, operation in operations(made):
        answers = operation["responses"].values()
        contents = [each for a in answers for each in a.get("content", {}).items()]
        contents += operation.get("requestBody", {}).get("content", {}).items()
        for kind, content in contents:
            if kind not in ("application/json", PROBLEM) or "example" not in content:
                continue
            schema = {**content["schema"], "components": made["components"]}
            errors = list(Draft202012Validator(schema).iter_errors(content["example"]))
            assert errors == [], name
            checked += 1
            if kind == PROBLEM:
                code = content["example"]["type"].rpartition("/")[2]
                assert code in {*OF_API, *RULES, "http-405"}, name
                examples[content["example"]["status"]] = code
    assert checked >= 250
    assert examples.keys() == {401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 503}


def test_every_error_is_a_problem(made: dict[str, Any]) -> None:
    wrong = [
        f"{name} {status}"
        for name, operation in operations(made)
        for status, answer in operation["responses"].items()
        if status.startswith(("4", "5", "default"))
        and set(answer.get("content", {})) != {"application/problem+json"}
    ]
    assert wrong == []
    assert all("default" in operation["responses"] for _, operation in operations(made))


def test_a_list_has_a_cursor(made: dict[str, Any]) -> None:
    without = []
    for name, operation in operations(made):
        schema = operation["responses"].get("200", {}).get("content", {}).get(
            "application/json", {}
        ).get("schema", {})  # fmt: skip
        names = {each["name"] for each in operation.get("parameters", [])}
        if schema.get("type") == "array" and not {"cursor", "limit"} <= names:
            without.append(name)
    assert without == []


def test_every_code_of_a_problem_is_explained(as_: As) -> None:
    listed = as_("auditor").get("/api/v1/problems?limit=1000").json()
    assert {each["code"] for each in listed} == {*OF_API, *RULES}
    assert explained("stale")["status"] == 412
    assert as_("auditor").get("/api/v1/problems/not-the-holder").json()["source"] == "rule"
    assert as_("auditor").get("/api/v1/problems/http-405").json()["status"] == 405


def test_problems_that_the_program_raises_are_among_them() -> None:
    root = Path(description.__file__).parents[1]
    raised = set()
    for path in (each for part in ("api", "desk") for each in (root / part).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        raised |= set(re.findall(r"Problem\(\s*\d{3},\s*\"([a-z-]+)\"", text))
    assert raised - {*OF_API, *RULES} == set()
    assert "bad-cursor" in raised


def test_who_has_to_be_nobody_is_told_so(made: dict[str, Any], client: TestClient) -> None:
    """An operation asks for a token in the document where it does in truth."""
    public = set()
    for name, operation in operations(made):
        method, path = name.split(":", 1)
        if path == "/api/v1/feed":
            continue
        status = client.request(method, re.sub(r"{\w+}", "x", path), json={}).status_code
        assert (status == 401) == (operation["security"] == [{"token": []}]), name
        public |= {path} if {} in operation["security"] else set()
    assert {"/livez", "/api/v1/due", "/api/v1/procedures"} < public
    assert "/api/v1/agencies" not in public


def test_what_no_document_names_is_refused(made: dict[str, Any], as_: As) -> None:
    """A filter with a typing error would filter nothing."""
    auditor = as_("auditor")
    for name, operation in operations(made):
        method, path = name.split(":", 1)
        if not path.startswith("/api/"):
            continue
        url = re.sub(r"{\w+}", "x", path)
        answer = auditor.request(method, f"{url}?nonsense=1&limt=2", json={})
        assert answer.status_code == 422, name
        told = {each["field"]: each["message"] for each in answer.json()["errors"]}
        near = any(each["name"] == "limit" for each in operation.get("parameters", []))
        assert told == {
            "query.nonsense": "There is none",
            "query.limt": "There is none; did you mean 'limit'?" if near else "There is none",
        }, name
