"""The statutory tables."""

from __future__ import annotations

from pydantic import Field

from app.api.models.base import Model


class Numbers(Model):
    """The numbered columns of form II.06a: 3 = 4 + 5 + 6 = 7 + 11, 7 = 8 + 9 + 10, 11 = 12 + 13."""

    c3: int = Field(description="Received.")
    c4: int = Field(description="Received in the period, online.")
    c5: int = Field(description="Received in the period, in person or by post.")
    c6: int = Field(description="Carried over from before the period.")
    c7: int = Field(description="Resolved.")
    c8: int = Field(description="Resolved early.")
    c9: int = Field(description="Resolved on time.")
    c10: int = Field(description="Resolved overdue.")
    c11: int = Field(description="In progress.")
    c12: int = Field(description="In progress, within the limit or the clock stands still.")
    c13: int = Field(description="In progress, overdue.")


class Row(Numbers):
    """By what the report is grouped, and the numbers."""

    unit: str | None = None
    field: str | None = None
    procedure: str | None = None
    level: str | None = None


class Report(Model):
    """`rows` count dossiers, each once; `legs` parts of dossiers at the agencies that these were
    handed over to. The two are not to be added up. `as_of`: the day whose end is counted, `to`
    unless that is still to come."""

    form: str
    first: str = Field(alias="from")
    last: str = Field(alias="to")
    as_of: str
    as_known: str
    by: list[str]
    rows: list[Row]
    total: Numbers
    legs: list[Row]
    legs_total: Numbers


class Entry(Model):
    """One line of the register. `ended`: when processing ended."""

    code: str
    procedure: str
    procedure_version: str
    field: str | None
    unit: str
    level: str | None
    channel: str
    received: str
    appointment: str | None
    ended: str | None
    verdict: str | None
    outcome: str | None
    returned: str | None
    returned_by: str | None
    supplements: int
