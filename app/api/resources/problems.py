"""What the codes of problems mean: where the `type` of a problem leads."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.api.answers import Pages, answered, beyond
from app.api.explained import OF_API, status_of
from app.api.models.base import Explained
from app.trouble import NotThere
from engine.core.rules import RULES
from schemas.sentence import did_you_mean

router = APIRouter(tags=["problems"])

Public = Annotated[Principal, needs("public.read")]


@router.get("/problems", response_model=list[Explained], summary="Every code of a problem")
def list_problems(who: Public, pages: Pages) -> Response:
    """The rules of the engine, and what the API itself may object to."""
    after = pages.after(str)
    codes = beyond(sorted({**OF_API, **RULES}), lambda each: (each,), after)
    return pages.answer(codes, lambda each: (each,), explained)


@router.get("/problems/{problem}", response_model=Explained, summary="What a code means")
def show_problem(
    who: Public,
    problem: Annotated[
        str,
        Path(
            description="The code, the last part of a problem's `type`.",
            openapi_examples={"rule": {"value": "not-the-holder"}},
        ),
    ],
) -> Response:
    """The sentence (with what is filled in as `{…}`) and the ground in law, if there is one."""
    known = {**OF_API, **RULES}
    if problem in PLAIN:
        return answered(_of_http(PLAIN[problem]))
    if problem not in known:
        raise NotThere(f"There is no problem {problem!r}{did_you_mean(problem, known)}")
    return answered(explained(problem))


PLAIN = {f"http-{each.value}": each for each in HTTPStatus if each.value >= 400}
"""Problems about which there is no more to say than HTTP does."""


def _of_http(status: HTTPStatus) -> dict[str, Any]:
    return {
        "code": f"http-{status.value}",
        "source": "api",
        "status": status.value,
        "title": status.phrase,
        "sentence": status.description or status.phrase,
        "legal_basis": None,
    }


def explained(code: str) -> dict[str, Any]:
    rule = RULES.get(code)
    if rule is not None:
        status = status_of(code)
        said = "A rule refused it", rule.sentence, rule.legal_basis
        source = "rule"
    else:
        status, title, sentence = OF_API[code]
        said, source = (title, sentence, None), "api"
    title, sentence, basis = said
    return {
        "code": code,
        "source": source,
        "status": status,
        "title": title,
        "sentence": sentence,
        "legal_basis": basis,
    }
