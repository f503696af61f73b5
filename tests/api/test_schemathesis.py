"""Whatever is sent, the API answers as its document says, and never with an error of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI, Request
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.access.principal import Principal
from tests.api.served import served
from tests.api.write import ADMINISTRATOR, AUDITOR, RECEIVER, Whoever, samples

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
STREAMS = "/api/v1/feed"
EXAMPLES = 12
"""Requests to each operation beside those of its examples."""

WALKS, STEPS = 25, 6
"""How often it is walked from one operation to others, and how far."""


def who_may(path: str, method: str) -> Principal:
    if path.startswith("/api/v1/webhooks"):
        return ADMINISTRATOR
    return RECEIVER if method == "POST" else AUDITOR


class ByOperation(Whoever):
    """Everybody is who may do what he asks for."""

    def identify(self, request: object) -> Principal:
        assert isinstance(request, Request)
        return who_may(request.url.path, request.method)


@pytest.fixture(scope="module")
def application() -> Iterator[FastAPI]:
    with samples(ByOperation(AUDITOR)) as (app, _):
        yield app


@pytest.fixture(scope="module")
def codes(application: FastAPI) -> list[str]:
    return list(application.state.desk.house.log.streams("", limit=3))


@pytest.fixture(scope="module")
def document(application: FastAPI) -> Iterator[Any]:
    with served(application) as address:
        yield schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")


schema = schemathesis.pytest.from_fixture("document")


@schema.exclude(path=STREAMS).parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_any_request_is_answered_as_the_document_says(case: Any, codes: list[str]) -> None:
    parameters = case.path_parameters or {}
    # Half of them are about a dossier that is there, and get further than "there is none".
    if "code" in parameters and len(parameters["code"]) % 2:
        parameters["code"] = codes[len(parameters["code"]) % len(codes)]
    if "after" in (case.query or {}):
        case.query["wait"] = 0.01
    check(case, case.call())


def check(case: Any, answer: Any) -> None:
    # To wait in vain for what one names is an answer, the only one above 500.
    behind = answer.status_code == 503 and answer.json()["type"].endswith("/behind")
    assert not behind or "after" in case.query
    case.validate_response(answer, checks=CHECKS[1:] if behind else CHECKS)


def test_what_one_answer_leads_to_is_answered_as_the_document_says(document: Any) -> None:
    """Walks from one request to the next: a webhook that was made is looked at, and removed; an
    act is done on a dossier that was received."""
    walked: list[str] = []

    class Walks(document.exclude(path=STREAMS).as_state_machine()):  # type: ignore[misc]
        def before_call(self, case: Any) -> None:
            if "after" in (case.query or {}):
                case.query["wait"] = 0.01

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            walked.append(f"{case.operation.method} {case.operation.path}")
            check(case, response)

    run_state_machine_as_test(
        Walks,
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert len(walked) > WALKS
    assert len({*walked}) >= STEPS


def test_a_fault_would_be_found(document: Any, codes: list[str]) -> None:
    """The checks bite: an answer without a key that the document promises does not pass."""
    operation = document["/api/v1/dossiers/{code}"]["GET"]
    case = operation.Case(path_parameters={"code": codes[0]})
    answer = case.call()
    assert answer.status_code == 200
    case.validate_response(answer, checks=CHECKS)
    wrong = case.call()
    wrong.content = answer.content.replace(b'"portal_code"', b'"portal"')
    with pytest.raises(FailureGroup, match="portal_code"):
        case.validate_response(wrong, checks=CHECKS)
