"""Procedures, agencies, and how dates come about."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from app.api.models.base import Model, Text


class ProcedureRow(Model):
    """`online`: the level of online service, "full", "partial" or "none"; null where the
    definition does not say: it is handed in online as well."""

    id: str
    version: str
    title: Text
    field: Text
    kind: str
    levels: int
    desk: str
    limit: str
    online: str | None
    valid_from: str
    valid_to: str | None
    source: str


class ProcedureWhole(Model):
    """A version as it is defined, and what a receipt may say about it in `fields`.

    `asks`: name of a fact -> the values that choose the way; [] where an agency is named.
    """

    id: str
    version: str
    title: Text
    field: Text
    papers_in: list[dict[str, Any]]
    papers_out: list[dict[str, Any]]
    process: dict[str, Any]
    asks: dict[str, list[str]]


class Agency(Model):
    id: str
    name: Text
    level: str
    function: str
    parent: str | None
    from_: str = Field(alias="from")
    to: str | None
    successor: str | None
    officers: list[str]


class NotCounted(Model):
    date: str
    reason: str
    kind: str
    source: str | None


class Derivation(Model):
    """A date, with each day that counted and each that did not."""

    due: str
    counted: list[str]
    not_counted: list[NotCounted]
    from_: str = Field(alias="from")
    limit: str
    rule: str
    calendar: str
    source: str | None
    explanation: list[str]


class OfLeg(Derivation):
    leg: str
    step: str | None


class Why(Model):
    code: str
    deadlines: list[OfLeg]
