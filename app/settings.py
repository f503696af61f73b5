"""What the person who calls says once for all commands: where the store is, what time it is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

Lang = Literal["vi", "en"]

DATABASE = "sqlite:///lienthong.db"
HOUSE = "lienthong"


class Settings(msgspec.Struct, frozen=True):
    """`house`: whose engine this is; its topics begin with it. `now`: the moment to ask as if it
    were, aware; None is the wall clock.

    `views`: the database of the read models; None is the store's own.

    `uploads`: where papers that are handed in as files are kept, `file:///folder` or
    `s3://bucket/prefix?endpoint=…&region=…`; None is a folder beside the store.
    `uploads_elsewhere`: where other houses keep theirs, one after the other, written likewise: the
    papers of a leg that came from there are read there.

    `private_webhooks`: whether alerts may be sent to addresses of a private network.
    `feed_apart`: whether a server feeds the views in a process of its own.

    `patience`: seconds that a server waits for whoever is to send a request; six times as long for
    its body, and for whoever takes no answer.

    `procedures`, `organisation`: folders of definitions instead of those that are shipped;
    `peers`: a file that says which other houses there are.
    """

    database: str = DATABASE
    kafka: str | None = None
    views: str | None = None
    uploads: str | None = None
    uploads_elsewhere: str | None = None
    house: str = HOUSE
    now: datetime | None = None
    lang: Lang = "vi"
    json: bool = False
    procedures: Path | None = None
    organisation: Path | None = None
    peers: Path | None = None
    private_webhooks: bool = False
    feed_apart: bool = False
    patience: float = 10.0

    def time(self) -> datetime:
        """The moment that counts as now, aware UTC."""
        return self.now or datetime.now(UTC)
