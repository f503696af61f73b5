"""A dossier: where it is, what happened to it, who held it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from app.api.models.base import Model


class Holder(Model):
    agency: str
    officer: str


class Between(Model):
    from_: str = Field(alias="from")
    to: str
    since: str


class Status(Model):
    """Where a dossier is. `portal_code`: its status on the national portal."""

    code: str
    procedure: str | None
    procedure_version: str | None
    calendar: str | None
    version: int
    desk: str | None
    state: str
    portal_code: int
    step: str | None
    holder: Holder | None
    in_transit: Between | None
    due: str | None
    appointment: str | None
    unit_appointment: str | None
    clock: Literal["running", "stopped", "ended"] | None
    ground: str | None
    verdict: str | None
    withdrawn_result: str | None
    received_at: str | None
    processing_ended_at: str | None
    ended_at: str | None


class LegRow(Model):
    leg: str
    agency: str
    state: str
    holder: Holder | None
    due: str | None
    step: str
    in_transit_to: str | None
    verdict: str | None
    outcome: str | None
    opened_at: str
    ended_at: str | None


class StatusWhole(Status):
    legs: list[LegRow]


class Event(Model):
    version: int
    position: int
    type: str
    occurred_at: str
    recorded_at: str
    actor: str
    agency: str
    payload: dict[str, Any]
    hash: str
    on_behalf: str | None
    event_id: str
    command_id: str
    correlation: str
    schema_version: int
    previous: str


class StateLeg(Model):
    leg: str
    agency: str
    step: str
    mode: str
    holder: Holder | None
    in_transit: dict[str, Any] | None
    due: str | None
    step_due: str | None
    clock: str
    outcome: str | None
    verdict: str | None


class State(Model):
    """A dossier as it was, from its events alone."""

    code: str
    version: int
    last_event: str | None
    occurred_at: str | None
    recorded_at: str | None
    status: str
    procedure: str | None
    procedure_version: str | None
    calendar: str | None
    agency: str | None
    appointment: str | None
    unit_appointment: str | None
    facts: dict[str, str]
    papers: Any
    signed: Any
    outcome: str | None
    legs: list[StateLeg]


class Turn(Model):
    leg: str
    agency: str
    officer: str
    waiting_for: dict[str, str] | None
    from_: str = Field(alias="from")
    to: str | None
    working_minutes: int


class ControlSheet(Model):
    """Form 06: who held it from when to when."""

    code: str
    procedure: str
    turns: list[Turn]
    held_working_minutes: int
    waiting_working_minutes: int
