"""`lienthong parked`: what could not be applied, and what waits behind it."""

from __future__ import annotations

import base64
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from app.feeding.waiting import refused as _refused
from app.feeding.waiting import subscription as _subscription
from app.feeding.waiting import waiting as _waiting
from app.output import Cell, facts, line, show, table
from app.settings import Settings
from app.shell import Group, command
from app.trouble import BadInput
from schemas.sentence import did_you_mean

if TYPE_CHECKING:
    from app.feeding.reading import Reading
    from consumers.dead_letters import Letter
    from consumers.parking import Parked
    from consumers.subscription import Subscription
    from schemas.cloudevents import Message

parked = Group(
    name="parked",
    help="What a consumer could not apply: events that wait, in the order of their dossier, and"
    " messages that were refused.",
)

GROUP = click.option("--group", metavar="NAME", help="Only of these consumers.")


@command("list")
@GROUP
def list_(settings: Settings, group: str | None) -> None:
    """Each event that waits, and each message that was refused."""
    from app.feeding.reading import open_reading

    with open_reading(settings) as reading:
        waiting, refused = _waiting(reading, group), _refused(reading, group)
    value = [_event(name, each) for name, each in waiting]
    value += [_message(name, each) for name, each in refused]

    def human() -> None:
        rows = [
            (
                Cell(each.dossier, "bold"),
                str(each.version),
                "dropped" if each.dropped else "waits",
                each.reason,
            )
            for _, each in waiting
        ]
        rows += [(Cell(_place(each)), "", "refused", each.reason) for _, each in refused]
        headers = ["dossier or place", "version", "state", "reason"]
        table(headers, rows, whole=headers[:1], nothing="Nothing is parked.")

    show(settings, value, human)


@command("show")
@click.argument("what", metavar="CODE|PLACE")
@GROUP
def show_(settings: Settings, what: str, group: str | None) -> None:
    """What is parked of a dossier, or the message refused at TOPIC/PARTITION/OFFSET: all of it,
    with the bytes."""
    from app.feeding.reading import open_reading

    with open_reading(settings) as reading:
        refused = [(name, each) for name, each in _refused(reading, group) if _is(each, what)]
        waiting = [(name, each) for name, each in _waiting(reading, group) if each.dossier == what]
        if not waiting and not refused:
            raise _unknown(reading, what, group)
    value = [
        {**_event(name, each), "payload": _text(each.event.payload), **_bytes(each.message)}
        for name, each in waiting
    ]
    value += [{**_message(name, each), **_bytes(each.message)} for name, each in refused]

    def human() -> None:
        for each in value:
            facts([(name, _shown(it)) for name, it in each.items()])
            line("")

    show(settings, value, human)


@command("retry")
@click.argument("codes", metavar="[CODE...]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every dossier that waits.")
@GROUP
def retry(settings: Settings, codes: tuple[str, ...], everything: bool, group: str | None) -> None:
    """Applies what waits of dossiers, in order, as far as it goes; gaps are filled from the
    store where it is in reach."""
    from app.feeding.reading import open_reading

    if bool(codes) == everything:
        raise BadInput("Say which dossiers (CODE...), or --all")
    value = []
    with open_reading(settings) as reading:
        waiting = {
            (name, each.dossier) for name, each in _waiting(reading, group) if not each.dropped
        }
        for code in codes:
            if code not in {dossier for _, dossier in waiting}:
                raise _unknown(reading, code, group)
        for name, dossier in sorted(waiting):
            if everything or dossier in codes:
                feed = _subscription(reading, name)
                applied = feed.retry(dossier)
                value.append(_outcome(reading, feed, name, dossier, applied))
    show(settings, value, lambda: _tell(value))


@command("drop")
@click.argument("what", metavar="CODE|PLACE")
@click.argument("version", type=click.IntRange(min=1), required=False)
@GROUP
def drop(settings: Settings, what: str, version: int | None, group: str | None) -> None:
    """Leaves an event out for good (CODE VERSION) and applies what waits behind it; or forgets a
    message that was refused (TOPIC/PARTITION/OFFSET)."""
    from app.feeding.reading import open_reading
    from consumers.dead_letters import remove

    with open_reading(settings) as reading:
        if version is None:
            refused = [(name, each) for name, each in _refused(reading, group) if _is(each, what)]
            if not refused:
                if any(each.dossier == what for _, each in _waiting(reading, group)):
                    raise BadInput(f"Which event of {what}? Say its VERSION too.")
                raise _unknown(reading, what, group)
            with reading.home.begin() as connection:
                for name, letter in refused:
                    remove(connection, name, letter)
            gone = [_message(name, each) for name, each in refused]
            show(settings, gone, lambda: line(f"Forgotten: {what}."))
            return
        names = [
            name
            for name, each in _waiting(reading, group)
            if (each.dossier, each.version, each.dropped) == (what, version, False)
        ]
        if not names:
            raise _unknown(reading, f"{what} {version}", group)
        value = []
        for name in sorted(set(names)):
            feed = _subscription(reading, name)
            value.append(_outcome(reading, feed, name, what, feed.drop(what, version)))
    show(settings, value, lambda: _tell(value))


for each_command in (list_, show_, retry, drop):
    parked.add_command(each_command)


# --- what is there ---


def _is(letter: Letter, what: str) -> bool:
    return _place(letter) == what


def _place(letter: Letter) -> str:
    return f"{letter.topic}/{letter.partition}/{letter.position}"


def _unknown(reading: Reading, what: str, group: str | None) -> BadInput:
    known = [each.dossier for _, each in _waiting(reading, group)]
    known += [_place(each) for _, each in _refused(reading, group)]
    return BadInput(f"Nothing is parked as {what!r}{did_you_mean(what, known)}")


# --- how it is told ---


def _event(name: str, each: Parked) -> dict[str, Any]:
    return {
        "state": "dropped" if each.dropped else "waits",
        "subscription": name,
        "dossier": each.dossier,
        "version": each.version,
        "type": each.event.type,
        "partition": each.partition,
        "position": each.position,
        "reason": each.reason,
    }


def _message(name: str, each: Letter) -> dict[str, Any]:
    return {
        "state": "refused",
        "subscription": name,
        "place": _place(each),
        "dossier": each.dossier,
        "topic": each.topic,
        "partition": each.partition,
        "position": each.position,
        "reason": each.reason,
        "published": each.published,
    }


def _bytes(message: Message | None) -> dict[str, Any]:
    """Key, value and headers; a value that is no text is in base64."""
    if message is None:
        return {}
    headers = {name: _text(value) for name, value in message.headers}
    return {"key": _text(message.key), "value": _text(message.value), "headers": headers}


def _text(raw: bytes | None) -> str | None:
    if raw is None:
        return None
    with suppress(UnicodeDecodeError):
        return raw.decode()
    return "base64:" + base64.b64encode(raw).decode()


def _shown(value: Any) -> str | None:
    if isinstance(value, dict):
        return ", ".join(f"{name}={it}" for name, it in value.items())
    return None if value is None else str(value)


def _outcome(
    reading: Reading, feed: Subscription, name: str, dossier: str, applied: int
) -> dict[str, Any]:
    left = [each for _, each in _waiting(reading, name) if each.dossier == dossier]
    waits = [each for each in left if not each.dropped]
    return {
        "subscription": name,
        "dossier": dossier,
        "applied": applied,
        "waits": len(waits),
        "reason": waits[0].reason if waits else None,
    }


def _tell(value: list[dict[str, Any]]) -> None:
    for each in value:
        said = f"{each['dossier']}: {each['applied']} applied"
        if each["waits"]:
            line(f"{said}, {each['waits']} wait: {each['reason']}", "warning")
        else:
            line(f"{said}, nothing waits.", "ok")
