"""What people see: aligned tables, short texts, progress; or one JSON value for a script.

The only user of rich, which is imported when something is drawn: starting has to be quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from app.settings import Settings
from schemas.codec import dumps

if TYPE_CHECKING:
    from rich.console import Console

PATIENCE = 1.0
"""Seconds before a progress bar appears."""

UNLIMITED = 500
"""Columns of a table that goes to a file or a pipe, where nothing has to fit."""

READABLE = 14
"""Columns that a cell needs at least, to be read when it is broken."""

STYLES = {
    "early": "green",
    "on time": "green",
    "overdue": "bold red",
    "stopped": "yellow",
    "refused": "red",
    "ok": "green",
    "problem": "bold red",
    "warning": "yellow",
    "dim": "dim",
    "bold": "bold",
}
"""The only colours there are, by what they mean."""


class Cell(str):
    """Text in a table with a style of STYLES."""

    __slots__ = ("style",)
    style: str

    def __new__(cls, text: object, style: str = "") -> Cell:
        made = super().__new__(cls, text)
        made.style = STYLES.get(style, "")
        return made


def show(settings: Settings, value: object, human: Callable[[], None]) -> None:
    """The value as JSON for a script, or whatever `human` prints."""
    if settings.json:
        click.echo(dumps(value, pretty=True))
    else:
        human()


def console(*, stderr: bool = False) -> Console:
    """Made anew each time, for the streams of this moment."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        width: int | None = int(told)
    else:
        width = None if stream.isatty() else UNLIMITED
    # rich leaves bold and dim in for NO_COLOR; nobody who says it wants them (no-color.org).
    colours: Any = None if os.environ.get("NO_COLOR") else "auto"
    return Console(
        file=stream, width=width, color_system=colours, highlight=False, markup=False, emoji=False
    )


def table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str = "",
    right: Iterable[str] = (),
    whole: Iterable[str] = (),
    nothing: str = "Nothing.",
) -> None:
    """Prints an aligned table. `right`: columns of numbers; `whole`: columns never broken."""
    from rich.table import Table
    from rich.text import Text

    listed = [[_cell(value) for value in row] for row in rows]
    if not listed:
        click.echo(nothing)
        return
    if title:
        heading(title)
    if not _fits(headers, listed, set(whole)):
        _stacked(headers, listed)
        return
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in headers:
        drawn.add_column(
            name,
            justify="right" if name in right else "left",
            no_wrap=name in whole,
            overflow="fold",
        )
    for row in listed:
        drawn.add_row(*(Text(cell, style=cell.style) for cell in row))
    _print(drawn)


def _fits(headers: Sequence[str], rows: Sequence[Sequence[Cell]], whole: set[str]) -> bool:
    """Whether the window leaves every column that may be broken a readable width."""
    needed = 0
    for index, name in enumerate(headers):
        widest = max(len(name), *(len(row[index]) for row in rows))
        needed += 2 + (widest if name in whole else min(widest, READABLE))
    return needed <= console().width + 2


def _stacked(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """For a narrow window: a row below the other, a line for each of its cells."""
    for number, row in enumerate(rows):
        if number:
            line("")
        facts(zip(headers, row, strict=True))


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Prints names and values side by side; a pair without a value is left out."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    drawn.add_column(style="dim", no_wrap=True)
    drawn.add_column(overflow="fold")
    for name, value in pairs:
        if value not in (None, ""):
            cell = _cell(value)
            drawn.add_row(name, Text(cell, style=cell.style))
    _print(drawn)


def heading(text: str) -> None:
    line(text, "bold")


def line(text: str, style: str = "") -> None:
    """One line, in a style of STYLES."""
    from rich.text import Text

    _print(Text(text, style=STYLES.get(style, "")))


def command(text: str) -> None:
    """A command to be copied: one line in any window, for half of one does something else."""
    from rich.text import Text

    _print(Text(f"  {text}"), whole=True)


def note(text: str) -> None:
    """For the person at the terminal, beside the answer: on stderr."""
    click.echo(text, err=True)


def _print(drawn: Any, *, whole: bool = False) -> None:
    out = console()
    with out.capture() as captured:
        out.print(drawn, soft_wrap=whole)
    text = captured.get()
    if not out.is_terminal:
        text = "\n".join(each.rstrip() for each in text.split("\n"))
    click.echo(text, nl=False, color=True)


def _cell(value: object) -> Cell:
    if isinstance(value, Cell):
        return value
    return Cell("–" if value is None else value)


Advance = Callable[[int], None]


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Advance]:
    """A bar on stderr, drawn only for a person and only when it takes more than a second."""
    begun = monotonic()
    bar: Any = None
    task: Any = None
    done = 0

    def advance(count: int = 1) -> None:
        nonlocal bar, task, done
        done += count
        if bar is None and monotonic() - begun > PATIENCE and sys.stderr.isatty():
            bar = _bar()
            bar.start()
            task = bar.add_task(label, total=total)
        if bar is not None:
            bar.update(task, completed=done)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.stop()


def _bar() -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(stderr=True),
        transient=True,
    )
