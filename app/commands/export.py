"""`lienthong export`: histories for tools that mine processes, or whole as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from app.output import note, progress
from app.settings import Settings
from app.shell import MOMENT, command
from app.times import HOW
from app.trouble import BadInput

if TYPE_CHECKING:
    from app.house import House
    from app.output import Advance
    from consumers.views.search import Asked


@command("export")
@click.argument("codes", nargs=-1, metavar="[CODE…]")
@click.option("--format", "format_", type=click.Choice(["ocel", "xes", "json"]), required=True,
              help="OCEL 2.0 (JSON), XES (IEEE 1849-2016), or every event as history has it.",
)  # fmt: skip
@click.option("-o", "--output", "target", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Where to; else standard output.")  # fmt: skip
@click.option("--procedure", metavar="ID", help="Only dossiers of this procedure.")
@click.option("--agency", metavar="A", help="Only those in which this agency has a part.")
@click.option("--since", type=MOMENT, help=f"Only those that began then or later: {HOW}.")
@click.option("--until", type=MOMENT, help="Only those that began before then.")
def export(
    settings: Settings,
    codes: tuple[str, ...],
    format_: str,
    target: Path | None,
    procedure: str | None,
    agency: str | None,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Takes away the histories of dossiers: those named, or those found, or all.

    Nothing private is in the file: no applicant, no reason, no note.
    """
    from app.audit.taking import taken
    from app.house import open_house
    from consumers.views.search import Asked
    from schemas.envelope import to_micros

    asked = Asked(
        procedure=procedure,
        party=agency,
        since=None if since is None else to_micros(since),
        until=None if until is None else to_micros(until),
    )
    if codes and asked != Asked():
        raise BadInput("Name dossiers (CODE…), or say which by options, not both")
    with open_house(settings) as house:
        named = _there(house, codes) if codes else _found(house, asked)
        with _Opened(target) as file, progress("Dossiers taken") as advance:
            for piece in taken(house, _counted(named, advance), format_):
                file.write(piece)
    if target is not None:
        note(f"Wrote {target}.")


def _there(house: House, codes: tuple[str, ...]) -> list[str]:
    """Raises NotThere for the first that is not."""
    for code in codes:
        house.dossier(code)
    return list(dict.fromkeys(codes))


def _found(house: House, asked: Asked) -> Iterator[str]:
    from consumers.views.search import codes

    with house.reading() as connection:
        yield from codes(connection, asked)


def _counted(codes: Iterable[str], advance: Advance) -> Iterator[str]:
    for code in codes:
        yield code
        advance(1)


class _Opened:
    """The file, whole or not at all: written beside and then renamed; or standard output."""

    def __init__(self, target: Path | None) -> None:
        self._target = target

    def __enter__(self) -> IO[bytes]:
        if self._target is None:
            return sys.stdout.buffer
        self._beside = self._target.with_name(f".{self._target.name}.unfinished")
        self._file = self._beside.open("wb")
        return self._file

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._target is None:
            sys.stdout.buffer.flush()
            return
        self._file.close()
        if error is None:
            self._beside.replace(self._target)
        else:
            self._beside.unlink()
