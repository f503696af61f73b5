"""A least and a full sample of every event class, made from its fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import inspect

from schemas.events import Event, Private

MOMENT = datetime(2021, 3, 1, 2, 0, tzinfo=UTC)
WORDS = Private(
    salt="5a" * 16, reason="Thiếu giấy tờ", note="Gọi trước", applicant={"name": "Nguyễn Văn A"}
)


def samples(cls: type[Event]) -> list[Event]:
    """An event with its required fields only, and one with every field."""
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    fields = {field.name: _value(field.name, field.type) for field in info.fields}
    required = {field.name: fields[field.name] for field in info.fields if field.required}
    return [cls(**required), cls(**fields)]


def _value(name: str, type_: inspect.Type) -> Any:
    match type_:
        case inspect.UnionType(types=types):
            return next(_value(name, each) for each in types if each != inspect.NoneType())
        case inspect.StrType():
            return f"{name}-đ"
        case inspect.BoolType():
            return True
        case inspect.IntType():
            return 7
        case inspect.DateTimeType():
            return MOMENT
        case inspect.VarTupleType(item_type=item):
            return (_value(name, item), _value(f"{name}-2", item))
        case inspect.DictType(key_type=key, value_type=value):
            return {_value("confirm", key): _value(name, value)}
        case inspect.StructType(cls=cls) if cls is Private:
            return WORDS
        case inspect.StructType(cls=cls, fields=fields):
            return cls(**{field.name: _value(field.name, field.type) for field in fields})
    raise TypeError(f"no sample for {name}: {msgspec.to_builtins(str(type_))}")
