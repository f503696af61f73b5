"""Webhooks and what waits to be sent to them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.api.models.base import Body, Model

Kind = Literal[
    "due-soon",
    "apology-due",
    "dossier-overdue",
    "leg-overdue",
    "step-overdue",
    "handover-not-accepted",
    "supplement-unanswered",
]


class NewWebhook(Body):
    """`kinds`: of alerts; all of them, also such as come later, when there are none."""

    url: str = Field(min_length=1, max_length=1000, examples=["https://example.vn/alerts"])
    kinds: list[Kind] = Field(default_factory=list, max_length=20)


class Webhook(Model):
    """`agency`: only its alerts and those of the agencies under it; None is every agency's."""

    id: str
    url: str
    kinds: list[str]
    agency: str | None
    created_at: str
    created_by: str
    waiting: int
    dead: int


class WithSecret(Webhook):
    """The secret is shown this once. It signs each message; see Standard Webhooks."""

    secret: str


class Delivery(Model):
    """An alert that waits to be sent; `id` is what it has as `webhook-id`."""

    id: str
    code: str
    kind: str
    raised_at: str
    state: Literal["waiting", "dead"]
    attempts: int
    next_at: str
    outcome: str | None


class Revived(Model):
    revived: int
