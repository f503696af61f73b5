"""What citizens said of the dossiers of a store, so that there is something to count."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from app.house import open_house
from app.settings import Settings
from engine.runtime import Call
from schemas.commands import Command, Complain, Rate
from schemas.events import ASPECTS
from tests.browser.conftest import Store


def say(store: Store, now: datetime, apart_from: Collection[str]) -> None:
    """Rates the dossiers of the city's desk that have ended, but for some; complains about some."""
    with open_house(Settings(database=store.url), write=True) as house:
        for number, code in enumerate(house.log.streams("ub-desk", limit=200)):
            dossier = house.dossier(code).dossier
            if code in apart_from or dossier.ended_at is None or dossier.ended_at > now:
                continue
            marks = {aspect: 1 + (number * at) % 5 for at, aspect in enumerate(ASPECTS, 2)}
            said: list[Command] = [Rate(actor="citizen", marks=marks)]
            if number % 3 == 0:
                said.append(Complain(actor="citizen", ground="late", reason="Chờ quá lâu"))
            for command in said:
                house.runtime.handle(Call(command, house.runtime.new_id(), code, now, now=now))
        house.refresh()
