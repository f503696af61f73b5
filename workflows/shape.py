"""The shape of the files people write: procedures, agencies and officers.

What `procedure.schema.json` publishes is generated from here. Only shapes live here;
what the words mean together is checked in `soundness`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from schemas.sentence import Sentence, did_you_mean
from workflows.machine import WORK_ACTS
from workflows.model import Online
from workflows.written import (
    ClockTime,
    Day,
    LimitText,
    Name,
    Number,
    PromiseText,
    Truth,
    Version,
    WhoText,
    Words,
)
from workflows.yaml_source import Loc, Source


def _branches(value: object) -> object:
    """`then: sign` is short for one branch that always holds."""
    return value if isinstance(value, list) else [{"to": value}]


def _supplement(value: object) -> object:
    """`supplement: restart` is short for the rule alone."""
    return {"rule": value} if isinstance(value, str) else value


class Shape(BaseModel):
    """A mapping with known keys only; the keys are written with spaces."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=lambda name: name.removesuffix("_").replace("_", " "),
    )


class TextShape(Shape):
    vi: Words
    en: Words


class ThenShape(Shape):
    to: Name
    when: dict[Name, Words] = {}


class PaperShape(Shape):
    id: Name
    vi: Words
    en: Words


class FeeShape(Shape):
    vi: Words
    en: Words
    amount: Number | None = None


class SupplementShape(Shape):
    rule: Literal["shift", "restart"] = "shift"
    answer_within: LimitText | None = None


class PolicyShape(Shape):
    """Local policy of this version; each number that is not in the law's text."""

    cutoff: ClockTime | None = None
    handover_within: LimitText | None = None
    due_soon: LimitText | None = None
    online_check: LimitText | None = None
    record_within: LimitText | None = None


class LegShape(Shape):
    """A process at another agency: its own steps, or those of another procedure."""

    at: Name
    name: Name | None = None
    limit: PromiseText | None = None
    gate: Truth = False
    when: dict[Name, Words] = {}
    papers_out: list[Name] = []
    papers_back: list[Name] = []
    procedure: Name | None = None
    version: Version | None = None
    start: Name | None = None
    steps: Annotated[dict[Name, StepShape], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_process(self) -> LegShape:
        if (self.steps is None) == (self.procedure is None):
            raise ValueError(
                Sentence("a leg has either 'steps' of its own or the 'procedure' it runs")
            )
        return self


def _and(one: str, other: str) -> str:
    return Sentence("%(one)s and %(other)s", one=one, other=other)


class StepShape(Shape):
    """Work (`by`), a pause (`pause`), or a wait for one leg (`leg`) or several (`legs`)."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [k]} for k in ("by", "pause", "leg", "legs")]}
    )

    then: Annotated[
        list[ThenShape],
        BeforeValidator(_branches, json_schema_input_type=str | list[ThenShape]),
    ]
    title: TextShape | None = None
    by: WhoText | None = None
    act: Annotated[Words, Field(json_schema_extra={"enum": [*WORK_ACTS]})] | None = None
    limit: PromiseText | None = None
    pause: Name | None = None
    resumed_by: WhoText | None = None
    lasts: LimitText | None = None
    legal_basis: Words | None = None
    leg: LegShape | None = None
    legs: dict[Name, LegShape] | None = None
    wait: Literal["all", "any"] | None = None
    refused: Name | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> StepShape:
        kinds = [key for key in ("by", "pause", "leg", "legs") if getattr(self, key) is not None]
        if len(kinds) != 1:
            has = Sentence("it has none of them")
            if kinds:
                has = Sentence("it has %(kinds)s", kinds=reduce(_and, kinds))
            raise ValueError(
                Sentence("a step has one of 'by', 'pause', 'leg' or 'legs'; %(has)s", has=has)
            )
        allowed = {"then", "title", kinds[0], *_GOES_WITH[kinds[0]]}
        for field in sorted(self.model_fields_set - allowed):
            raise ValueError(
                Sentence("%(field)r does not go with %(kind)r",
                         field=field.replace("_", " "), kind=kinds[0])
            )  # fmt: skip
        if self.pause and self.resumed_by is None:
            raise ValueError(Sentence("a pause names who shows that it may go on: 'resumed by'"))
        if self.legs is not None and not self.legs:
            raise ValueError(Sentence("'legs' is empty"))
        return self


_GOES_WITH = {
    "by": {"act", "limit"},
    "pause": {"resumed_by", "lasts", "legal_basis"},
    "leg": {"wait", "refused"},
    "legs": {"wait", "refused"},
}


class ProcedureShape(Shape):
    """One version of one administrative procedure."""

    procedure: Name
    version: Version
    source: Words
    title: TextShape
    field: TextShape
    kind: Literal["single", "interlinked", "group"]
    levels: Annotated[Number, Field(ge=1, le=4)] = 1
    desk: Name
    limit: PromiseText
    valid_from: Day
    valid_to: Day | None = None
    legal_basis: list[Words] = []
    supplement: Annotated[
        SupplementShape,
        BeforeValidator(
            _supplement, json_schema_input_type=Literal["shift", "restart"] | SupplementShape
        ),
    ] = SupplementShape()
    policy: PolicyShape = PolicyShape()
    returned_by: WhoText | None = None
    papers_in: list[PaperShape] = []
    papers_out: list[PaperShape] = []
    fees: list[FeeShape] = []
    online: Online | None = None
    start: Name | None = None
    steps: Annotated[dict[Name, StepShape], Field(min_length=1)]


class OfficerShape(Shape):
    id: Name
    roles: Annotated[list[Name], Field(min_length=1)]
    from_: Day | None = None
    to: Day | None = None


class AgencyShape(Shape):
    """One agency; `under` it stand others. `from` and `to` hold for those under it too."""

    id: Name
    name: TextShape
    level: Name
    function: Name
    parent: Name | None = None
    from_: Day | None = None
    to: Day | None = None
    successor: Name | None = None
    serves: list[Name] = []
    staff: dict[Name, Number] = {}
    officers: list[OfficerShape] = []
    under: list[AgencyShape] = []


class OrganisationShape(Shape):
    agencies: list[AgencyShape]


ShapeT = TypeVar("ShapeT", bound=Shape)


def fit(source: Source, shape: type[ShapeT]) -> ShapeT | None:
    """The file's value in a shape; None when it does not fit, with each reason in
    `source.problems`."""
    try:
        fitted = shape.model_validate(source.value)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            kind, loc = detail["type"], detail["loc"]
            if kind != "missing":
                # A short form is a union: only the marks tell which parts of a loc are real.
                loc = source.nearest(loc)[0]
            at_key = kind in ("missing", "extra_forbidden")
            problem = source.problem(loc, _message(shape, kind, loc, detail), at_key=at_key)
            if problem not in source.problems:
                source.problems.append(problem)
        return None
    return None if source.problems else fitted


def _message(shape: type[Shape], kind: str, loc: Loc, detail: Any) -> str:
    if kind == "missing":
        return Sentence("%(field)r is missing", field=str(loc[-1]))
    if kind == "extra_forbidden" and detail["input"] is None and " " in str(loc[-1]):
        return Sentence(
            "%(field)r is no field here: put a text with a comma between quotes", field=loc[-1]
        )
    if kind == "extra_forbidden":
        field, known = str(loc[-1]), _fields(shape)
        guess = _belongs(known[field]) if field in known else did_you_mean(field, known)
        return Sentence("%(field)r is no field here%(guess)s", field=field, guess=guess)
    if kind == "too_short":
        return Sentence("is empty")
    if kind == "value_error":
        # The sentence itself: its text alone does not know what it was made of.
        return detail["ctx"]["error"].args[0]  # type: ignore[no-any-return]
    if kind in ("literal_error", "string_pattern_mismatch"):
        given, wanted = detail["input"], detail["ctx"].get("expected", "")
        given = getattr(given, "text", given)
        others, _, last = wanted.rpartition(" or ")
        one_of = _or(others, last) if others else wanted
        return Sentence("%(value)r is not one of %(known)s", value=given, known=one_of)
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return Sentence("must be a mapping of fields")
    return str(detail["msg"]).lower()


def _or(others: str, last: str) -> str:
    return Sentence("%(others)s or %(last)s", others=others, last=last)


def _belongs(holders: Iterable[str]) -> str:
    places: list[str] = [
        Sentence("under %(holder)r", holder=holder) if holder else Sentence("at the top")
        for holder in holders
    ]
    return Sentence("; it belongs %(places)s", places=reduce(_or, places))


def _fields(shape: type[Shape]) -> dict[str, dict[str, None]]:
    """Every field of such a file, and the fields under which it may stand, "" for the top."""
    found: dict[str, dict[str, None]] = {}
    waiting: list[tuple[type[Shape], str]] = [(shape, "")]
    for part, holder in waiting:
        for name, field in part.model_fields.items():
            key = str(field.alias or name)
            found.setdefault(key, {})[holder] = None
            under = ((each, key) for each in _shapes(field.annotation))
            waiting += [each for each in under if each not in waiting]
    return found


def _shapes(annotation: object) -> Iterator[type[Shape]]:
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        yield annotation
    for part in get_args(annotation):
        yield from _shapes(part)


def procedure_schema() -> dict[str, Any]:
    """The JSON Schema of a procedure's file, as published in procedure.schema.json."""
    schema = ProcedureShape.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
