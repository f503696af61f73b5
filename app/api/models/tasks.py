"""What has to be done, what is close, what is late, and what feeds these lists."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.api.models.base import Model


class Task(Model):
    code: str
    leg: str
    act: str
    officer: str | None
    due: str | None
    remaining_working_minutes: int | None
    role: str | None
    step: str
    mode: str
    since: str


class Deadline(Model):
    code: str
    leg: str
    kind: Literal["whole", "leg", "step"]
    step: str
    due: str
    stopped: bool
    agency: str
    overdue: bool


class Alert(Model):
    """`id`: what it has as `webhook-id`."""

    id: str
    code: str
    leg: str
    kind: str
    deadline: str
    raised_at: str
    agency: str | None


class View(Model):
    """`behind`: events it has not seen yet; None where a broker would have to be asked."""

    view: str
    version: int | None
    fed_from: str
    behind: int | None
    seconds: float | None
    parked: int


class Ready(Model):
    store: Literal["reachable"]
    views: list[View]
    feeder: str | None = Field(description="That the feeding of the views is in trouble, if so.")


class Alive(Model):
    alive: Literal[True]
