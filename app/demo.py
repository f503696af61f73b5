"""The main job, `lienthong demo`: a one-stop office at work for a year, on a fresh store."""

from __future__ import annotations

import hashlib
from pathlib import Path
from time import monotonic

import click
import msgspec
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.house import House, open_house
from app.law import definitions
from app.output import note, progress
from app.settings import Settings
from app.simulation.arrivals import sizes
from app.simulation.feed import FeedFailed
from app.simulation.gathering import Disturbed
from app.simulation.run import play
from app.simulation.scenario import SCENARIOS, Bad, Scenario, load_scenario
from app.simulation.show import Shown, as_json, tell
from app.trouble import BadInput, Broken
from engine.store import Log, StoreError, open_log
from engine.verify import Verdict, verify_all
from schemas.codec import dumps

DEMO = "demo"
"""Kind of the definition that marks a store as made by the demo, and so as replaceable."""

SCENARIO = SCENARIOS / "uong-bi-2021.yaml"


class Mark(msgspec.Struct, frozen=True):
    """What a demo store was made from."""

    scenario: str
    dossiers: int
    seed: int


def run_demo(
    settings: Settings,
    *,
    dossiers: int | None = None,
    seed: int = 1,
    scale: int | None = None,
    scenario: Path = SCENARIO,
) -> Shown:
    """Plays the scenario on a fresh store and shows what came of it.

    `scale` K plays 1:K of the published year, `dossiers` sets the number itself. Raises
    BadInput, having touched nothing, when the store holds anything but an earlier demo.
    """
    staff = definitions.organisation(settings)
    try:
        story = load_scenario(scenario, definitions.catalogue(settings, staff), staff)
        total = _total(story, dossiers, scale)
        of_part = sizes(story, total)
    except (Bad, ValueError) as error:
        raise BadInput(str(error)) from None
    _make_room(settings)
    with open_house(settings, create=True) as house:
        _mark(house.log, Mark(story.scenario, total, seed))
        if not settings.json:
            note(f"Playing {story.title.en}: {total:,} dossiers, seed {seed}.")
        try:
            played = play(house, story, of_part, seed)
        except (FeedFailed, Disturbed) as error:
            raise Broken(str(error)) from None
    with open_house(settings) as house:
        shown = Shown(story, played, total, seed, *_verified(house))
        if settings.json:
            click.echo(dumps(as_json(house, shown), pretty=True))
        else:
            tell(house, shown)
    if not shown.verdict.ok:
        raise Broken("The store does not verify; see above.")
    return shown


def _total(story: Scenario, dossiers: int | None, scale: int | None) -> int:
    if dossiers is not None and scale is not None:
        raise ValueError("--dossiers and --scale say the same thing: give one of them")
    if dossiers is not None:
        return dossiers
    return round(story.dossiers / scale if scale else story.dossiers * story.scale)


def _verified(house: House) -> tuple[Verdict, float]:
    begun = monotonic()
    with progress("Verifying events") as advance:
        verdict = verify_all(house.log, advance)
    return verdict, monotonic() - begun


# --- room for a fresh store ---


def _make_room(settings: Settings) -> None:
    """Leaves no store, or an empty one, at the address. Raises BadInput for any other."""
    try:
        address = make_url(settings.database)
    except ArgumentError:
        raise BadInput(f"{settings.database!r} is no address such as sqlite:///demo.db") from None
    if address.get_backend_name() == "sqlite":
        if address.database in (None, "", ":memory:"):
            raise BadInput("The demo leaves its store behind: name a file, sqlite:///demo.db")
        _make_room_in_file(settings, Path(str(address.database)))
        return
    log = open_log(settings.database)
    try:
        mark = _marked(log)
        if mark is None and not log.streams(limit=1):
            return
    finally:
        log.close()
    what = f"holds {_words(mark)}" if mark else "holds dossiers that no demo made"
    raise BadInput(
        f"{address.render_as_string()} {what}; the demo needs a fresh database. "
        "Nothing was changed: drop that database yourself, or name another with --database."
    )


def _make_room_in_file(settings: Settings, file: Path) -> None:
    if not file.exists():
        return
    try:
        log = open_log(settings.database, create=False)
    except StoreError as error:
        raise _refusal(file, f"is no store that the demo may replace ({error})") from None
    try:
        mark = _marked(log)
        empty = not log.streams(limit=1)
    finally:
        log.close()
    if mark is None:
        if empty:
            return
        raise _refusal(file, "holds dossiers that no demo made")
    note(f"{file} holds {_words(mark)}; it is replaced.")
    for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        each.unlink(missing_ok=True)


def _refusal(file: Path, what: str) -> BadInput:
    return BadInput(
        f"{file} {what}, and the demo needs a fresh store. Nothing was changed: move the file "
        "away, or name another with --database sqlite:///demo.db."
    )


def _words(mark: Mark) -> str:
    return f"an earlier demo ({mark.scenario}, {mark.dossiers:,} dossiers, seed {mark.seed})"


def _mark(log: Log, mark: Mark) -> None:
    content = msgspec.json.encode(mark)
    digest = hashlib.sha256(content).hexdigest()
    log.register(DEMO, mark.scenario, f"{mark.dossiers}-{mark.seed}", digest, content)


def _marked(log: Log) -> Mark | None:
    found = log.definitions(DEMO)
    return msgspec.json.decode(found[-1].content, type=Mark) if found else None
