"""The shape of the files people write: procedures, agencies and officers.

What `procedure.schema.json` publishes is generated from here. Only shapes live here;
what the words mean together is checked in `soundness`.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from workflows.model import Limit, Unit, Who
from workflows.yaml_source import Loc, Misread, Source

NAME = r"[a-z0-9]+([.-][a-z0-9]+)*"
_LIMIT = re.compile(r"(\d+(?:\.\d+)?) (working |calendar )?(hour|day|month)s?")
_WHO = re.compile(rf"({NAME})(?: at ({NAME}))?")
_UNITS = {
    (None, "hour"): Unit.WORKING_HOUR,
    ("working ", "hour"): Unit.WORKING_HOUR,
    (None, "day"): Unit.WORKING_DAY,
    ("working ", "day"): Unit.WORKING_DAY,
    ("calendar ", "day"): Unit.CALENDAR_DAY,
    (None, "month"): Unit.MONTH,
}


def _text(value: object) -> str:
    if isinstance(value, str):
        if not value.strip():
            raise ValueError("is empty")
        return value
    if value is None:
        raise ValueError("is empty")
    if isinstance(value, Misread):
        raise ValueError(f"`{value.text}` would be read as {value.kind}, not as text: quote it")
    if isinstance(value, dict | list):
        raise ValueError("must be a text")
    written = str(value).lower()
    raise ValueError(f"`{written}` would be read as {_kind(value)}, not as text: quote it")


def _kind(value: object) -> str:
    return {bool: "true or false", int: "a whole number", date: "a date"}.get(type(value), "data")


def _name(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(NAME, text):
        raise ValueError(f"{text!r} is no name: use small letters, digits and '-'")
    return text


def _day(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return date.fromisoformat(value).isoformat()
    written = value.text if isinstance(value, Misread) else value
    raise ValueError(f"{written!r} is no day: write it as 2021-07-01")


def _version(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else _text(value)


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("write true or false")


def _number(value: object) -> int:
    if type(value) is int and value >= 0:
        return value
    raise ValueError("must be a whole number, 0 or more")


def _limit(value: object) -> Limit:
    how = "write a number and a unit, such as '3 days', '2 hours', '30 calendar days' or '1 month'"
    text = value.text if isinstance(value, Misread) else str(value)
    try:
        if Decimal(text.split()[0]) <= 0:
            raise ValueError(f"{text} is no limit: it must be more than 0; leave it out if unknown")
    except (ArithmeticError, IndexError):
        pass
    found = _LIMIT.fullmatch(text)
    unit = _UNITS.get((found[2], found[3])) if found else None
    if found is None or unit is None:
        raise ValueError(f"{text!r} is no limit: {how}")
    return Limit(Decimal(found[1]), unit)


def _who(value: object) -> Who:
    text = _text(value)
    found = _WHO.fullmatch(text)
    if not found:
        raise ValueError(
            f"{text!r}: write a role, or 'role at function', such as 'head at commune'"
        )
    return Who(found[1], found[3])


def _branches(value: object) -> object:
    """`then: sign` is short for one branch that always holds."""
    return value if isinstance(value, list) else [{"to": value}]


def _clock_time(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError(f'{text!r} is no time of day: write it as "15:00"')
    return text


_DAY_PATTERN = r"^\d{4}-\d\d-\d\d$"
_NAME_JSON = {"type": "string", "pattern": f"^{NAME}$"}

Words = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
Name = Annotated[str, BeforeValidator(_name), WithJsonSchema(_NAME_JSON)]
Day = Annotated[
    str, BeforeValidator(_day), WithJsonSchema({"type": "string", "pattern": _DAY_PATTERN})
]
Version = Annotated[str, BeforeValidator(_version), WithJsonSchema({"type": "string"})]
Truth = Annotated[bool, BeforeValidator(_truth)]
Number = Annotated[int, BeforeValidator(_number), Field(ge=0)]
ClockTime = Annotated[
    str,
    BeforeValidator(_clock_time),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}),
]
LimitText = Annotated[
    Any,
    PlainValidator(_limit),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_LIMIT.pattern}$",
            "examples": ["0.5 day", "3 days", "2 hours", "30 calendar days", "1 month"],
        }
    ),
]
WhoText = Annotated[
    Any,
    PlainValidator(_who),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_WHO.pattern}$",
            "examples": ["receiver at desk", "land-officer at commune", "specialist"],
        }
    ),
]


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


class LegShape(Shape):
    """A process at another agency: its own steps, or those of another procedure."""

    at: Name
    name: Name | None = None
    limit: LimitText | None = None
    gate: Truth = False
    when: dict[Name, Words] = {}
    papers_out: list[Name] = []
    papers_back: list[Name] = []
    procedure: Name | None = None
    version: Version | None = None
    start: Name | None = None
    steps: dict[Name, StepShape] | None = None

    @model_validator(mode="after")
    def _one_process(self) -> LegShape:
        if (self.steps is None) == (self.procedure is None):
            raise ValueError("a leg has either 'steps' of its own or the 'procedure' it runs")
        return self


class StepShape(Shape):
    """Work (`by`), a pause (`pause`), or a wait for one leg (`leg`) or several (`legs`)."""

    then: Annotated[
        list[ThenShape],
        BeforeValidator(_branches, json_schema_input_type=str | list[ThenShape]),
    ]
    title: TextShape | None = None
    by: WhoText | None = None
    act: Words | None = None
    limit: LimitText | None = None
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
            has = f"it has {' and '.join(kinds)}" if kinds else "it has none of them"
            raise ValueError(f"a step has one of 'by', 'pause', 'leg' or 'legs'; {has}")
        allowed = {"then", "title", kinds[0], *_GOES_WITH[kinds[0]]}
        for field in sorted(self.model_fields_set - allowed):
            raise ValueError(f"'{field.replace('_', ' ')}' does not go with '{kinds[0]}'")
        if self.pause and self.resumed_by is None:
            raise ValueError("a pause names who shows that it may go on: 'resumed by'")
        if self.legs is not None and not self.legs:
            raise ValueError("'legs' is empty")
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
    limit: LimitText
    valid_from: Day
    valid_to: Day | None = None
    legal_basis: list[Words] = []
    supplement: SupplementShape | Literal["shift", "restart"] = "shift"
    policy: PolicyShape = PolicyShape()
    returned_by: WhoText | None = None
    papers_in: list[PaperShape] = []
    papers_out: list[PaperShape] = []
    fees: list[FeeShape] = []
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
            missing = detail["type"] in ("missing", "extra_forbidden")
            message = _message(detail["type"], detail["loc"], detail)
            # A union is tried both ways; only the marks tell which parts of a loc are real.
            loc = (
                detail["loc"][:-1] if detail["type"] == "missing" else _real(source, detail["loc"])
            )
            problem = source.problem(loc, message, at_key=missing)
            if problem not in source.problems:
                source.problems.append(problem)
        return None
    return None if source.problems else fitted


def _real(source: Source, loc: Loc) -> Loc:
    return source.nearest(loc)[0]


def _message(kind: str, loc: Loc, detail: Any) -> str:
    if kind == "missing":
        return f"'{loc[-1]}' is missing"
    if kind == "extra_forbidden" and detail["input"] is None and " " in str(loc[-1]):
        return f"{loc[-1]!r} is no field here: put a text with a comma between quotes"
    if kind == "extra_forbidden":
        return f"'{loc[-1]}' is no field here{did_you_mean(str(loc[-1]), _known_keys())}"
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind in ("literal_error", "string_pattern_mismatch"):
        given, wanted = detail["input"], detail["ctx"].get("expected", "")
        return f"{getattr(given, 'text', given)!r} is not one of {wanted}"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return "must be a mapping of fields"
    return str(detail["msg"]).lower()


def _known_keys() -> set[str]:
    shapes = [*Shape.__subclasses__()]
    return {str(f.alias or name) for s in shapes for name, f in s.model_fields.items()}


def did_you_mean(word: str, known: set[str]) -> str:
    """A closing question, or "" when nothing is near."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def procedure_schema() -> dict[str, Any]:
    """The JSON Schema of a procedure's file, as published in procedure.schema.json."""
    schema = ProcedureShape.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
