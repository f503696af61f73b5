"""The counts of the board: against the dossiers themselves, and their arithmetic."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from app.desk.context import Desk
from app.house import House
from app.law.registry import PROCEDURE
from app.monitor.board import Counts, board
from app.monitor.live import Live
from app.monitor.moments import moments, soon_until, this_month
from consumers.views.board import OVERDUE, SOON, STOPPED, WITHIN, Counted, listed, pins
from engine.core import clock
from engine.core.calendar import local_day
from engine.core.dossier import Dossier
from engine.runtime import Folded, fold
from schemas.envelope import from_micros, to_micros
from workflows.model import Limit


def counted(
    agency: str, state: str, count: int, procedure: str = "p", whole: bool = True
) -> Counted:
    return Counted(agency, procedure, whole, state, count)


def level_of(agency: str) -> str:
    return {"province": "province"}.get(agency, "commune")


def test_a_dossier_counts_once_in_all_and_its_leg_at_the_agency_of_the_leg() -> None:
    found = board(
        [counted("desk", WITHIN, 3), counted("tax", OVERDUE, 2, whole=False)], [], level_of
    )
    assert found.total == Counts(within=3)
    rows = {row.agency: row.counts for level in found.levels for row in level.rows}
    assert rows == {"desk": Counts(within=3), "tax": Counts(overdue=2)}


def test_verdicts_are_of_what_ended_and_not_of_what_is_open() -> None:
    ended = [counted("desk", "early", 5), counted("desk", "overdue", 1)]
    found = board([counted("desk", OVERDUE, 2)], ended, level_of)
    assert found.total == Counts(overdue=2, early=5, late=1)
    assert (found.total.open, found.total.ended) == (2, 6)


def test_levels_stand_from_above_and_in_them_who_is_latest_first() -> None:
    found = board(
        [
            counted("a", WITHIN, 9),
            counted("b", OVERDUE, 1),
            counted("c", SOON, 4),
            counted("province", WITHIN, 1),
        ],
        [],
        level_of,
    )
    assert [each.level for each in found.levels] == ["province", "commune"]
    assert [row.agency for row in found.levels[1].rows] == ["b", "c", "a"]
    assert found.levels[1].counts == Counts(within=9, soon=4, overdue=1)


def test_who_may_not_see_an_agency_sees_nothing_of_it() -> None:
    found = board(
        [counted("mine", WITHIN, 1), counted("other", OVERDUE, 5)],
        [counted("other", "early", 5)],
        level_of,
        lambda agency: agency == "mine",
    )
    assert found.total == Counts(within=1)
    assert found.heat.agencies == ["mine"]


def test_heat_grows_with_the_share_that_is_overdue() -> None:
    shares = [(0, 10), (1, 99), (1, 15), (1, 8), (1, 4), (1, 1)]
    cells = [Counts(overdue=late, within=rest) for late, rest in shares]
    assert [each.heat for each in cells] == [0, 1, 2, 3, 4, 5]
    assert Counts().share == 0.0


def test_soon_is_the_alerts_own_question_asked_the_other_way_round(house: House) -> None:
    """Due at the moment found it is warned of by now; a minute later it is not yet."""
    for procedure in house.law.procedures():
        pin = (*procedure.key, "vn-2020-12-09")
        for hour in (2, 7, 14):
            now = datetime(2021, 3, 5, hour, 30, tzinfo=UTC)
            last = from_micros(soon_until(house, pin, now))
            minute = timedelta(minutes=1)
            assert house.warn_at(last, *pin) <= now < house.warn_at(last + minute, *pin)


@pytest.mark.parametrize("nonsense", ["1.5 months", "99999 months"])
def test_a_version_with_a_warning_that_nobody_can_count_breaks_no_board(
    house: House, nonsense: str
) -> None:
    """Such a one may have been activated before there was a check."""
    found = house.law.procedures()[0]
    policy = replace(found.policy, due_soon=Limit.parse(nonsense))
    wrong = msgspec.json.encode(replace(found, version="wrong", policy=policy))
    house.log.register(PROCEDURE, found.id, "wrong", "0" * 64, wrong)
    house.learn()
    pin, due = (found.id, "wrong", "vn-2020-12-09"), datetime(2021, 4, 1, 10, tzinfo=UTC)
    assert moments(house, [pin]).soon[pin] == to_micros(house.now)
    assert house.warn_at(due, *pin) == due


def test_the_counts_are_those_of_the_dossiers_themselves(desk: Desk, house: House) -> None:
    """Each dossier folded from the log and judged by itself, against the grouped query."""
    house.refresh()
    wanted: Counter[tuple[str, str, bool, str]] = Counter()
    for code in house.log.streams():
        dossier = fold(house.log.read_stream(code), Folded(Dossier(code))).dossier
        for leg in dossier.legs.values():
            if leg.open and leg.verdict is None:
                holder = leg.transit.to_agency if leg.transit else leg.holder and leg.holder.agency
                key = (str(holder), dossier.procedure[0], not leg.path, state(house, dossier, leg))
                wanted[key] += 1
    snapshot = Live(desk).snapshot()
    found = {(c.agency, c.procedure, c.whole, c.state): c.count for c in snapshot.open}
    assert found == dict(wanted)
    assert len(found) > 3


def state(house: House, dossier: Dossier, leg: object) -> str:
    running, due = leg.running, leg.due  # type: ignore[attr-defined]
    if not running:
        return STOPPED
    if due is None:
        return WITHIN
    if local_day(due) < local_day(house.now):
        return OVERDUE
    policy = house.law.procedure(dossier.procedure).policy
    calendar = house.law.calendar(dossier.calendar)
    return SOON if clock.subtract(calendar, due, policy.due_soon) <= house.now else WITHIN


@pytest.mark.parametrize("before", [0, 14])
def test_what_ended_this_month_is_counted_by_its_verdict(
    desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    """By today, which may be days before what the store has come to."""
    house.refresh()
    earlier = house.now - timedelta(days=before)
    monkeypatch.setattr(House, "now", property(lambda _: earlier))
    first, last = this_month(house)
    assert from_micros(first) <= earlier <= from_micros(last) < earlier + timedelta(days=1)
    wanted = 0
    for code in house.log.streams():
        for seen in house.log.read_stream(code):
            if seen.type == "clock.ended" and first <= seen.occurred_at <= last:
                wanted += not getattr(seen.event(), "leg", "")
    ended = Live(desk).snapshot().ended
    assert sum(each.count for each in ended if each.whole) == wanted > 0


def test_a_list_has_what_its_figure_says(desk: Desk, house: House) -> None:
    house.refresh()
    snapshot = Live(desk).snapshot()
    with desk.reading() as connection:
        at = moments(house, pins(connection))
        for each in snapshot.open:
            parts = listed(
                connection, at, [each.agency], procedure=each.procedure, state=each.state
            )
            assert sum(bool(part.leg) != each.whole for part in parts) == each.count
            assert [part.due or 2**62 for part in parts] == sorted(
                part.due or 2**62 for part in parts
            )


def test_nothing_is_counted_again_while_nothing_happens(desk: Desk) -> None:
    live = Live(desk)
    assert live.snapshot() is live.snapshot()


def test_today_is_not_overdue(house: House) -> None:
    assert moments(house, []).today <= to_micros(house.now)
    assert local_day(from_micros(moments(house, []).today)) == local_day(house.now)
