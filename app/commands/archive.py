"""`lienthong archive`: what a subscriber has kept, held against what was published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from app.output import Advance, Cell, line, note, progress, show, table
from app.settings import Settings
from app.shell import Group, command
from app.trouble import BROKEN, BadInput

if TYPE_CHECKING:
    from schemas.archive import Audit
    from schemas.manifests import Manifest

SHOWN = 50
"""Findings in the table for people; --json has all."""

TOLD = 2_000
"""Lines between two movements of the progress bar."""

archive = Group(name="archive", help="A subscriber's archive of events, as JSON lines.")

FILE = click.Path(path_type=Path, dir_okay=False)


@command("verify")
@click.argument("file", type=FILE)
@click.option("--manifests", type=FILE, metavar="FILE", help="The manifests, as JSON lines; else"
              " they are read from the house's topic (--kafka).")  # fmt: skip
def verify(settings: Settings, file: Path, manifests: Path | None) -> None:
    """Names what is missing from an archive, repeated or altered in it, by the published
    manifests; says up to where it is complete. Exit status 3 when it is not.
    """
    from schemas.archive import audit

    known = _in_file(manifests) if manifests is not None else _published(settings)
    if not known:
        raise BadInput(f"There are no manifests of {settings.house}: nothing can be said.")
    _of_house(known, settings.house)
    with progress("Holding against the manifests, lines") as advance:
        found = audit(_lines(file, advance), known)
    _tell(settings, file, found, known)


@command("pull")
@click.argument("file", type=FILE)
def pull(settings: Settings, file: Path) -> None:
    """Writes every message of the house's events topic into an archive, which must not be there
    yet; and its manifests beside it, into FILE.manifests.
    """
    from app.commands.relay import the_broker
    from consumers.whole import whole
    from schemas.archive import archived
    from schemas.manifests import manifest_message
    from schemas.topics import events_topic

    beside = file.with_name(f"{file.name}.manifests")
    for each in (file, beside):
        if each.exists():
            raise BadInput(f"{each} is there already: name another file.")
    # The manifests first: they then speak of nothing that the archive could not have.
    known = _published(settings)
    events = 0
    with _written(file) as out, progress("Pulling, messages") as advance:
        for batch in whole(the_broker(settings), events_topic(settings.house).name):
            out.writelines(archived(each.message) for each in batch)
            events += len(batch)
            advance(len(batch))
    with _written(beside) as out:
        out.writelines((manifest_message(each).value or b"") + b"\n" for each in known)
    value = {"file": str(file), "messages": events, "manifests": len(known)}
    show(settings, value, lambda: line(f"{file}: {events:,} messages, {len(known):,} manifests."))


@contextmanager
def _written(file: Path) -> Iterator[IO[bytes]]:
    """A file that is there once it is whole: what broke off leaves nothing under its name."""
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as out:
            yield out
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def _lines(file: Path, advance: Advance) -> Iterator[bytes]:
    with file.open("rb") as lines:
        for number, each in enumerate(lines, 1):
            yield each
            if number % TOLD == 0:
                advance(TOLD)


def _in_file(file: Path) -> list[Manifest]:
    from schemas.manifests import manifest_in

    found = []
    for number, each in enumerate(file.read_bytes().splitlines(), 1):
        if each.strip():
            try:
                found.append(manifest_in(each))
            except ValueError as error:
                raise BadInput(f"{file}:{number}: it is no manifest: {error}") from error
    return found


def _published(settings: Settings) -> list[Manifest]:
    """Those of the house in its topic. Whatever else somebody has sent there is left out, and
    told: it stands there for ever, and would stand in the way of every later question."""
    from app.commands.relay import the_broker
    from consumers.whole import whole
    from schemas.manifests import manifest_in
    from schemas.topics import manifests_topic

    name = manifests_topic(settings.house).name
    found = []
    for batch in whole(the_broker(settings), name):
        for each in batch:
            try:
                manifest = manifest_in(each.message.value)
                if manifest.house != settings.house:
                    raise ValueError(f"it is one of {manifest.house}")
            except ValueError as error:
                note(f"{name}, offset {each.offset}: no manifest of this house, left out: {error}")
            else:
                found.append(manifest)
    return found


def _of_house(manifests: list[Manifest], house: str) -> None:
    others = sorted({each.house for each in manifests} - {house})
    if others:
        raise BadInput(f"The manifests are those of {', '.join(others)}, not of {house} (--house).")


def _tell(settings: Settings, file: Path, found: Audit, known: list[Manifest]) -> None:
    value = {
        "ok": found.ok,
        "events": found.events,
        "covered": found.covered,
        "not_covered_yet": found.events - found.covered if found.ok else None,
        "manifests": len(known),
        "up_to": {str(shard): sequence for shard, sequence in found.up_to.items()},
        "findings": found.findings,
    }

    def human() -> None:
        if found.ok:
            line(f"{file} is complete: {found.covered:,} events, as published.", "ok")
        else:
            line(f"{file} is not what was published.", "problem")
        rest = found.events - found.covered
        if found.ok and rest:
            line(f"{rest:,} more are newer than the last manifests, which will tell of them.")
        rows = [
            (Cell(each.kind, "warning" if each.kind == "repeated" else "problem"), each.code,
             each.version or "", each.line or "", each.why)
            for each in found.findings[:SHOWN]
        ]  # fmt: skip
        if rows:
            headers = ["what", "dossier", "event", "line", "why"]
            table(headers, rows, right=["event", "line"], whole=["what", "dossier"])
        if len(found.findings) > SHOWN:
            line(f"… and {len(found.findings) - SHOWN:,} more (--json has all).")

    show(settings, value, human)
    if not found.ok:
        click.get_current_context().exit(BROKEN)


archive.add_command(verify)
archive.add_command(pull)
