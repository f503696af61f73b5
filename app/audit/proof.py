"""Whether a dossier's history is what was once acknowledged, and in whose words it is said.

Two witnesses: the chain of hashes, which tells a change, and what the views have seen of the
dossier, which tells an end that was cut off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlalchemy import func, inspect, select

from app.audit.cases import Case, cases
from app.output import note
from app.trouble import Broken
from consumers.views.status import TABLE as STATUS
from engine.store import StoreError
from engine.store.errors import in_plain_words
from engine.store.log import Placed
from engine.store.schema import events, streams
from engine.verify import Bad, Chain, Verdict, verify_stream
from schemas.envelope import shard_of

if TYPE_CHECKING:
    from app.house import House
    from app.settings import Lang
    from engine.store import Log

AT_ONCE = 500
"""Dossiers whose last versions are asked for together."""

CUT_OFF = "the status view has seen version {seen}: the end was cut off after version {left}"

VIETNAMESE: Mapping[str, str] = {
    "its version {found} is no number": "số phiên bản {found} không phải là số",
    "version {missing} is missing before it": "thiếu phiên bản {missing} ở trước sự kiện này",
    "it comes after version {before}": "sự kiện đứng sau phiên bản {before}",
    "it does not follow from the event before it: their hashes do not meet": "sự kiện không nối "
    "tiếp sự kiện trước: mã băm không khớp",
    "its content is not what was sealed: the hash differs": "nội dung không còn như lúc được niêm "
    "phong: mã băm khác",
    "its position {position} is not beyond {before}, its predecessor's": "vị trí {position} không "
    "ở sau vị trí {before} của sự kiện trước",
    "its private text is not the one whose digest was sealed": "nội dung riêng tư không phải là "
    "nội dung đã được niêm phong",
    "it stands in shard {shard}, but its dossier is in shard {right}": "sự kiện nằm ở phân vùng "
    "{shard}, nhưng hồ sơ ở phân vùng {right}",
    "it is not marked as the first event of its command": "sự kiện không được đánh dấu là sự kiện "
    "đầu tiên của lệnh",
    "it is marked as, but is not, the first event of its command": "sự kiện bị đánh dấu là sự kiện "
    "đầu tiên của lệnh, nhưng không phải",
    CUT_OFF: "hệ thống đã thấy phiên bản {seen}, nhưng phần cuối bị cắt sau phiên bản {left}",
}
"""Why an event does not hold, as `engine.verify` and `cut_off` say it -> in Vietnamese."""


class NotProven(Broken):
    """The chain of a dossier does not hold, or its end was cut off."""

    def __init__(self, bad: Bad) -> None:
        super().__init__(
            f"{bad.code}, event {bad.version} does not hold: {bad.why}. "
            "As JSON it is taken away as it lies in the store."
        )
        self.bad = bad


def proved(log: Log, code: str, seen: int) -> Verdict:
    """`seen`: the version that a view has seen of the dossier. Raises StoreError."""
    verdict = verify_stream(log, code)
    # What does not hold before its end is told first; version 0: there is nothing left to hold.
    broken = verdict.first_bad is not None and verdict.first_bad.version > 0
    if broken or seen <= verdict.events:
        return verdict
    return replace(verdict, ok=False, first_bad=cut_off(code, seen, verdict.events))


def proven(log: Log, codes: Iterable[str], seen: Callable[[str], int]) -> Iterator[Case]:
    """The dossiers with their events. `seen`: the version that a view has seen of a dossier, 0 for
    none. Raises StoreError, and NotProven at the first whose chain does not hold or whose end was
    cut off: what happened to it nobody knows, so that it stands in no log of what happened."""
    for code in codes:
        # Before its events are read: what is recorded between the two is not missing.
        last = seen(code)
        left = 0
        for case in cases(log, [code]):
            left = len(case.events)
            bad = _broken(case)
            if bad is not None:
                raise NotProven(bad)
            if left >= last:
                yield case
        if left < last:
            raise NotProven(cut_off(code, last, left))


def _broken(case: Case) -> Bad | None:
    commands: set[bytes] = set()
    firsts = []
    for event in case.events:
        firsts.append(event.command_id not in commands)
        commands.add(event.command_id)
    shards = [shard_of(case.code)] * len(firsts)
    return Chain().add(Placed(list(case.events), shards, firsts))


def lost_end(house: House, code: str | None = None) -> Bad | None:
    """A dossier, of all or this one, of which the status view has seen more than the log has now,
    wherever the views are kept. A store without views cannot tell. Raises StoreError."""
    query = select(STATUS.c.dossier, STATUS.c.version).order_by(STATUS.c.dossier).limit(AT_ONCE)
    if code is not None:
        query = query.where(STATUS.c.dossier == code)
    with in_plain_words(house.name), house.home.engine.connect() as connection:
        if not inspect(connection).has_table(STATUS.name):
            return None
        after = ""
        while some := connection.execute(query.where(STATUS.c.dossier > after)).all():
            left = _last_versions(house.log, [name for name, _ in some])
            for name, seen in some:
                if seen > left.get(name, 0):
                    return cut_off(name, seen, left.get(name, 0))
            after = some[-1].dossier
    return None


def _last_versions(log: Log, codes: Sequence[str]) -> dict[str, int]:
    """Of those of the dossiers that have any event."""
    query = (
        select(streams.c.name, func.max(events.c.version))
        .join_from(events, streams, streams.c.id == events.c.stream)
        .where(streams.c.name.in_(codes))
        .group_by(streams.c.name)
    )
    name = log.engine.url.render_as_string(hide_password=True)
    with in_plain_words(name), log.engine.connect() as connection:
        return {code: last for code, last in connection.execute(query)}


def warn_of(house: House, code: str) -> None:
    """Says so, beside the answer, when the history that it is made of does not hold. Where the
    views cannot be read, by the chain alone."""
    bad = verify_stream(house.log, code).first_bad
    if bad is None:
        with suppress(StoreError):
            bad = lost_end(house, code)
    if bad is not None:
        note(
            f"From event {bad.version} on this history is not what was recorded: {bad.why}. "
            f"lienthong verify {code} says more."
        )


def cut_off(code: str, seen: int, left: int) -> Bad:
    """`left`: the last version that is there still."""
    return Bad(code, left + 1, CUT_OFF.format(seen=seen, left=left))


def why(bad: Bad, lang: Lang) -> str:
    """Why an event does not hold, in the language."""
    if lang == "en":
        return bad.why
    for english, vietnamese in VIETNAMESE.items():
        found = _pattern(english).fullmatch(bad.why)
        if found is not None:
            return vietnamese.format(**found.groupdict())
    return bad.why


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(sentence)))
