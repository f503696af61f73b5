"""What every model is, and problems."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """Unknown keys may come with a later version: pass over them."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)


class Text(Model):
    vi: str
    en: str


class Body(BaseModel):
    """A body of ours: a key that nobody knows is a mistake, and is told as one."""

    model_config = ConfigDict(extra="forbid")


class Problem(Model):
    """RFC 9457. `type` leads to what its code means; further members depend on it."""

    type: str = Field(examples=["/api/v1/problems/not-the-holder"])
    title: str
    status: int
    detail: str | None = None
    rule: str | None = Field(None, description="The rule of the engine that refused a command.")
    legal_basis: str | None = None


class Change(Model):
    """An event that the sender of a stale `If-Match` had not seen."""

    version: int
    type: str
    occurred_at: str
    actor: str
    agency: str


class Stale(Problem):
    """The dossier has changed since the version that `If-Match` names. Nothing was done."""

    expected: int
    version: int
    changes: list[Change]


class Explained(Model):
    """What a code of a problem means. `source`: `rule` of the engine, or the API itself."""

    code: str
    source: Literal["rule", "api"]
    status: int | None
    title: str
    sentence: str
    legal_basis: str | None
