"""The progress bar of the demo, on stderr: dossiers, events, virtual date, rate."""

from __future__ import annotations

import sys
from datetime import datetime
from time import monotonic

import click

from app.times import local

WIDTH = 26
EVERY = 0.1
"""Seconds between two drawings, at least."""


class Bar:
    """Drawn only for a person at a terminal. Time here is real, and only for the eyes."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._begun = monotonic()
        self._drawn = 0.0
        self._shown = sys.stderr.isatty()

    def __call__(self, dossiers: int, events: int, virtual: datetime) -> None:
        now = monotonic()
        if not self._shown or now - self._drawn < EVERY:
            return
        self._drawn = now
        done = min(dossiers / self._total, 1.0)
        full = int(done * WIDTH)
        bar = click.style("━" * full, fg="green") + click.style("━" * (WIDTH - full), dim=True)
        rate = events / max(now - self._begun, 0.001)
        click.echo(
            f"\r\x1b[K{bar} {dossiers:,}/{self._total:,} dossiers  {events:,} events  "
            f"{local(virtual):%d/%m/%Y}  {rate:,.0f} events/s",
            nl=False,
            err=True,
        )

    @property
    def seconds(self) -> float:
        return monotonic() - self._begun

    def clear(self) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)
