"""The citizens' desk of one server: its files, its words, its signed notes, its limits.

Made when first asked for, from the same house as the officers' desk; `AtOnline` in a route.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends
from itsdangerous import BadSignature, URLSafeTimedSerializer
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from app.access.pace import TooMany
from app.citizen.facts import Facts
from app.desk.context import AtDesk, Desk
from app.trouble import BadInput, Broken
from app.uploads.store import Handed, Uploads, opened
from engine.core.admission import CITIZEN
from engine.ids import parse_id
from engine.runtime import Call, Done
from schemas.commands import Command
from schemas.events import DossierRegistered
from schemas.rejection import Rejected
from schemas.sentence import Sentence

_log = logging.getLogger("lienthong.desk")

STAGED_FOR = timedelta(hours=24)
"""How long a file waits to be submitted; a form that was begun is good for as long."""

SEEN_FOR = timedelta(minutes=20)
"""How long a dossier stays open after it was last looked at: others may use the browser next."""

SEEN_AT_MOST = timedelta(hours=4)
"""How long it stays open after its word was given, whatever is done with it."""

SWEEP_EVERY = 3600.0
"""Seconds."""

TRIES = (RateLimitItemPerMinute(10), RateLimitItemPerHour(60))
"""Wrong look-ups from one address. There is no limit of a code: codes can be counted up, so anybody
could lock its citizen out, and 49 bits are not found from any number of addresses."""

FILES = (RateLimitItemPerHour(240),)
"""Forms with files from one address: many people may share one."""


class TooOld(BadInput):
    """A form that was opened too long ago, or not here."""

    def __init__(self) -> None:
        super().__init__(Sentence("The form was opened too long ago, or not here: open it again"))


class Online:
    """Any number of threads may call it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.facts = Facts(desk.house.log)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._swept = time.monotonic()
        self._sweeping = threading.Lock()

    @cached_property
    def uploads(self) -> Uploads:
        """Raises Broken when nobody said where papers are kept: who asks cannot help it."""
        try:
            return opened(self.desk.settings)
        except BadInput as error:
            raise Broken(error.message) from None

    @property
    def today(self) -> date:
        """The local day that counts as today."""
        return self.desk.house.today

    # --- notes that a browser keeps and cannot change ---

    def note(self, purpose: str, value: Any) -> str:
        """The value signed, for a hidden field or a cookie. It can be read by who has it."""
        return str(self._signer(purpose).dumps(value))

    def noted(self, purpose: str, text: str, within: timedelta) -> Any:
        """The value of a note that this desk signed for that purpose; None for any other, and
        for one that is too old."""
        try:
            return self._signer(purpose).loads(text, max_age=int(within.total_seconds()))
        except BadSignature:
            return None

    def _signer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.facts.key("notes"), salt=purpose)

    def staged(self, note: str) -> Handed | None:
        """A file that was handed in with the form before this one."""
        found = self.noted("file", note, STAGED_FOR)
        return Handed(*found) if found else None

    def stage_note(self, handed: Handed) -> str:
        paper, name = handed.paper, handed.name
        return self.note("file", [paper, handed.digest, handed.size, handed.media_type, name])

    def new_command(self) -> str:
        """The id of the command that a form will give, so that sending it twice does it once."""
        return self.note("command", self.desk.house.runtime.new_id().hex())

    def command_id(self, note: str) -> bytes:
        """Raises TooOld."""
        found = self.noted("command", note, STAGED_FOR)
        if not isinstance(found, str):
            raise TooOld
        return parse_id(found)

    # --- acts ---

    def act(self, command: Command, command_id: bytes, code: str = "") -> Done | Rejected:
        """What a command of the citizen did, or the rule that refused it."""
        house = self.desk.house
        call = Call(command, command_id, code, house.happened(None), now=house.now)
        answer = house.runtime.handle(call)
        if isinstance(answer, Done):
            self.desk.feeder.nudge()
        return answer

    def opened_by(self, command_id: bytes) -> str | None:
        """The code of the dossier that a citizen's form with this id has opened; None where it
        opened none, or was the form of another act."""
        known = self.desk.house.log.answer(command_id)
        if known is None or isinstance(known, Rejected):
            return None
        first = known[0]
        opened = (first.type, first.actor) == (DossierRegistered.type, CITIZEN)
        return first.stream if opened else None

    # --- limits, and what nobody submitted ---

    def proven(self, whose: str, typed: str, word: str) -> str | None:
        """The dossier whose code and word somebody typed, at this address; None for whatever is
        wrong, which alone is counted: many people may share an address. Raises TooMany."""
        for item in TRIES:
            if not self._limiter.test(item, "look-up", whose):
                raise self._too_many(item, "look-up", whose)
        found = self.facts.bearer(typed, word)
        if found is None:
            self.limit(TRIES, "look-up", whose)
        return found

    def limit(self, items: tuple[RateLimitItem, ...], what: str, whose: str) -> None:
        """Counts one attempt. Raises TooMany."""
        for item in items:
            if not self._limiter.hit(item, what, whose):
                raise self._too_many(item, what, whose)

    def _too_many(self, item: RateLimitItem, what: str, whose: str) -> TooMany:
        reset = self._limiter.get_window_stats(item, what, whose).reset_time
        return TooMany(max(1, round(reset - time.time())))

    def sweep(self) -> None:
        """Deletes files that nobody submitted, now and then; whoever else does meanwhile does
        it for both."""
        if time.monotonic() - self._swept < SWEEP_EVERY or not self._sweeping.acquire(False):
            return
        try:
            self._swept = time.monotonic()
            self.uploads.sweep(datetime.now(UTC) - STAGED_FOR)
        except Broken as error:
            _log.warning("What nobody submitted was not swept: %s", error.message)
        finally:
            self._sweeping.release()


def _online(desk: AtDesk, later: BackgroundTasks) -> Online:
    """Sweeps after whatever was asked for: files come by several forms, not only by those of
    procedures that are taken online."""
    online = desk.one(Online)
    later.add_task(online.sweep)
    return online


AtOnline = Annotated[Online, Depends(_online)]
