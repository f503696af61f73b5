"""`lienthong verify`: whether the log is what was once acknowledged."""

from __future__ import annotations

import click

from app.output import facts, line, progress, show
from app.settings import Settings
from app.shell import command
from app.trouble import BROKEN, BadInput


@command("verify")
@click.argument("code", required=False)
@click.option("--last-hash", metavar="H", help="What the dossier's last event had when it was"
              " last seen; finds an end that was cut off.")  # fmt: skip
def verify(settings: Settings, code: str | None, last_hash: str | None) -> None:
    """The hash chain of a dossier or of the whole store; names the first event that does not
    hold. Exit status 3 when something does not.

    The whole store is also held against what the views have seen of it, and its registered
    definitions against their digests.
    """
    from app.audit.proof import lost_end
    from app.house import open_house
    from app.law import registry
    from engine.verify import verify_all, verify_stream

    if last_hash is not None and code is None:
        raise BadInput("--last-hash is of one dossier: say which (CODE)")
    if last_hash is not None and not _is_hash(last_hash):
        raise BadInput(f"--last-hash {last_hash!r} is not 64 hexadecimal digits")
    wrong: list[str] = []
    with open_house(settings) as house:
        if code is None:
            with progress("Verifying events") as advance:
                verdict = verify_all(house.log, advance)
            wrong = registry.faults(house.log, verdict.pins)
        else:
            verdict = verify_stream(house.log, code, last_hash)
            if not verdict.ok and verdict.events == 0 and last_hash is None:
                _refuse_unknown(house.log.read_stream(code, limit=1), house.unknown(code))
        bad = verdict.first_bad or lost_end(house, code)
    ok = bad is None and not wrong
    value = {
        "ok": ok,
        "events": verdict.events,
        "first_bad": bad,
        "last_hash": verdict.last_hash,
        "private_gone": verdict.private_gone,
        "definitions": wrong,
    }

    def human() -> None:
        what = code or "The store"
        count = f"{verdict.events:,} event{'' if verdict.events == 1 else 's'}"
        if bad is None:
            line(f"{what} holds: {count}, each following from the one before.", "ok")
            facts([("last hash", verdict.last_hash)])
        else:
            place = f"{bad.code}, event {bad.version}" if bad.code else what
            line(f"{place} does not hold: {bad.why}.", "problem")
            line(f"{count} before it hold.")
        if verdict.private_gone:
            gone = verdict.private_gone
            line(f"{gone:,} private text{' is' if gone == 1 else 's are'} gone (destroyed, which"
                 " the chain allows).")  # fmt: skip
        for each in wrong:
            line(f"{each}.", "problem")

    show(settings, value, human)
    if not ok:
        click.get_current_context().exit(BROKEN)


def _refuse_unknown(records: object, message: str) -> None:
    """A dossier that nobody knows is wrong input, not a damaged store."""
    if not records:
        raise BadInput(message)


def _is_hash(text: str) -> bool:
    return len(text) == 64 and all(letter in "0123456789abcdefABCDEF" for letter in text)
