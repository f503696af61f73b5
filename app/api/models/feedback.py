"""Ratings and complaints of citizens."""

from __future__ import annotations

from pydantic import Field

from app.api.models.base import Model


class Marks(Model):
    """How often each mark was given, "1" to "5"; `mean` is null where there is none."""

    marks: dict[str, int]
    mean: float | None


class Complaints(Model):
    waiting: int
    answered: int


class Row(Marks):
    """`ratings`: dossiers that were rated; `marks`: all that were given, to whatever aspect;
    `aspects`: access, procedure, officers, time, result."""

    unit: str | None = None
    unit_name: str | None = None
    procedure: str | None = None
    procedure_name: str | None = None
    ratings: int
    aspects: dict[str, Marks]
    complaints: Complaints


class Feedback(Model):
    """`from` and `to` are null where all that was ever said is counted."""

    first: str | None = Field(alias="from")
    last: str | None = Field(alias="to")
    by: list[str]
    rows: list[Row]
    total: Row


class Complaint(Model):
    """`answered`: when; null while it waits. What was said is in the history of the dossier."""

    code: str
    complaint: int
    unit: str
    procedure: str
    ground: str
    filed: str
    answered: str | None
    reference: str | None
