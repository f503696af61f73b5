"""How single values are written in the files: limits, roles, days, texts.

Each type reads what YAML gave, and says in plain words what is wrong with it.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from schemas.sentence import Sentence
from workflows.model import MOST, SAME_DAY, Limit, Unit, Who
from workflows.yaml_source import DATE, ELSE, TRUTH, WHOLE_NUMBER, Misread

NAME = r"[a-z0-9]+([.-][a-z0-9]+)*"
_LIMIT = re.compile(r"\d+(\.\d+)? ((working )?hour|((working|calendar) )?day|month)s?")
_PERCENT = re.compile(r"\d+(\.\d+)? ?%")
_WHO = re.compile(rf"({NAME})(?: at ({NAME}))?")


def _text(value: object) -> str:
    if isinstance(value, str):
        if not value.strip():
            raise ValueError(Sentence("is empty"))
        return value
    if value is None:
        raise ValueError(Sentence("is empty"))
    if isinstance(value, Misread):
        raise ValueError(_quote(value.text, value.kind))
    if isinstance(value, dict | list):
        raise ValueError(Sentence("must be a text"))
    kind = {bool: TRUTH, int: WHOLE_NUMBER, date: DATE}.get(type(value), ELSE)
    raise ValueError(_quote(str(value).lower(), kind))


def _quote(written: str, kind: Sentence) -> Sentence:
    return Sentence(
        "`%(written)s` would be read as %(kind)s, not as text: quote it", written=written, kind=kind
    )


def _name(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(NAME, text):
        raise ValueError(
            Sentence("%(text)r is no name: use small letters, digits and '-'", text=text)
        )
    return text


def _day(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return date.fromisoformat(value).isoformat()
    written = value.text if isinstance(value, Misread) else value
    raise ValueError(Sentence("%(text)r is no day: write it as 2021-07-01", text=written))


def _version(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else _text(value)


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(Sentence("write true or false"))


def _number(value: object) -> int:
    if type(value) is int and value >= 0:
        return value
    raise ValueError(Sentence("must be a whole number, 0 or more"))


def _limit(value: object) -> Limit:
    text = value.text if isinstance(value, Misread) else str(value)
    try:
        if Decimal(text.split()[0]) <= 0:
            raise ValueError(
                Sentence(
                    "%(text)s is no limit: it must be more than 0; leave it out if unknown",
                    text=text,
                )
            )
    except (ArithmeticError, IndexError):
        pass
    if not _LIMIT.fullmatch(text):
        raise ValueError(
            Sentence(
                "%(text)r is no limit: write a number and a unit, such as '3 days', '2 hours', "
                "'30 calendar days' or '1 month'",
                text=text,
            )
        )
    try:
        limit = Limit.parse(text)
    except ValueError:
        raise ValueError(
            Sentence(
                "%(text)r is too long: a limit is at most %(most)s days, hours or months",
                text=text,
                most=MOST,
            )
        ) from None
    if limit.unit is Unit.MONTH and limit.amount % 1:
        raise ValueError(
            Sentence(
                "%(text)r is no limit: months are counted whole; write a part of one in days",
                text=text,
            )
        )
    return limit


def _promise(value: object) -> Limit:
    return Limit.parse(SAME_DAY) if value == SAME_DAY else _limit(value)


def _who(value: object) -> Who:
    text = _text(value)
    found = _WHO.fullmatch(text)
    if not found:
        raise ValueError(
            Sentence(
                "%(text)r: write a role, or 'role at function', such as 'head at commune'",
                text=text,
            )
        )
    return Who(found[1], found[3])


def _clock_time(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError(Sentence('%(text)r is no time of day: write it as "15:00"', text=text))
    return text


def _share(value: object) -> float:
    text = value.text if isinstance(value, Misread) else str(value)
    if not _PERCENT.fullmatch(text):
        raise ValueError(
            Sentence("%(text)r is no share: write it in percent, such as 2.5 %%", text=text)
        )
    return float(text.removesuffix("%")) / 100


def _chance(value: object) -> float:
    share = _share(value)
    if share > 1:
        raise ValueError(
            Sentence("%(value)s is more than all of them: write at most 100 %%", value=value)
        )
    return share


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
PromiseText = Annotated[
    Any,
    PlainValidator(_promise),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({_LIMIT.pattern}|{SAME_DAY})$",
            "examples": ["same day", "0.5 day", "3 days", "2 hours", "30 calendar days", "1 month"],
        }
    ),
]
"""A limit that begins with a receipt, so that it may be the same day; a duration may not."""
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
_SHARE_JSON = {"type": "string", "pattern": f"^{_PERCENT.pattern}$", "examples": ["2.5 %"]}
Share = Annotated[float, PlainValidator(_share), WithJsonSchema(_SHARE_JSON)]
Chance = Annotated[float, PlainValidator(_chance), WithJsonSchema(_SHARE_JSON)]
"""Written in percent; a chance is at most 100 %."""
