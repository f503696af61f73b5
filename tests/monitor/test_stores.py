"""The same counts, lists and answers on both stores, wherever the views stand."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa

from app.admin import records
from app.monitor import kept
from app.monitor.kept import Answer, Filter
from consumers.alerts import sweep
from consumers.home import Home
from consumers.rebuild import open_views
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views import all_views
from consumers.views.board import TABLE as BOARD
from consumers.views.board import Moments, count_ended, count_open, listed, pins
from consumers.views.search import Asked, Word, beginning, codes, search
from engine.store import Append, Log, StoreError
from schemas.envelope import from_micros
from tests.places import PLACES, home, log, url
from tests.streams import appends, walks

__all__ = ["home", "log", "url"]

LATER = 2**52
REFUSED = (sa.exc.DBAPIError, StoreError)


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fed(home: Home, log: Log) -> Home:
    made = [Append(tuple(events)) for events in appends(walks(30, 1), spread=10)]
    # In the midst of things: what came last never happened.
    log.append(made[: len(made) // 2])
    open_views(home, log, all_views())
    Subscription(home, LogTransport(log), all_views()).catch_up()
    return home


@pytest.mark.parametrize("today", [0, 1_600_000_000_000_000, LATER])
def test_a_list_has_what_is_counted(fed: Home, today: int) -> None:
    with fed.engine.connect() as connection:
        at = Moments(today, {pin: today + 10**12 for pin in pins(connection)})
        counted = count_open(connection, at)
        agencies = {each.agency for each in counted}
        parts = listed(connection, at, agencies, limit=10_000)
    found = Counter((each.agency, each.procedure, not each.leg, each.state) for each in parts)
    assert found == {(c.agency, c.procedure, c.whole, c.state): c.count for c in counted}
    assert found


def test_what_ended_is_counted_between_two_moments(fed: Home) -> None:
    with fed.engine.connect() as connection:

        def counted(since: int, until: int) -> int:
            return sum(each.count for each in count_ended(connection, since, until))

        times = sa.select(BOARD.c.ended_at).where(BOARD.c.verdict.is_not(None))
        at = sorted(connection.scalars(times))
        middle = at[len(at) // 2]
        assert counted(0, LATER) == len(at) > 0
        assert counted(LATER, 2 * LATER) == 0
        assert counted(0, middle) + counted(middle + 1, LATER) == len(at)
        assert 0 < counted(0, middle) < len(at)


def test_dossiers_are_found_by_their_words(fed: Home, log: Log) -> None:
    with fed.engine.connect() as connection:
        every = list(codes(connection, Asked()))
        assert sorted(every) == log.streams()
        for code in every[:5]:
            found = search(connection, Asked(words=[Word(code.lower())]))
            assert code in [hit.code for hit in found]
            assert [hit.code for hit in beginning(connection, code, limit=1)] == [code]
        hostile = Asked(words=[Word("%"), Word("'; --")], state="open")
        assert search(connection, hostile) == []
        assert list(codes(connection, Asked(state="ended"), sa.false())) == []


def test_answers_and_what_administrators_did_are_only_added_to(fed: Home) -> None:
    sweep(fed, from_micros(LATER), lambda due, *_: due)
    kept.open_kept(fed)
    records.open_records(fed)
    with fed.engine.connect() as connection:
        first, *_ = kept.list_alerts(connection, Filter())
    kept.answer(fed, [Answer(first.id, 1, "a", None, "n")] * 2)
    records.record(fed, records.Act(1, "a", "view.rebuilt", "inbox"))
    for table in ("alert_answers", "administration"):
        with pytest.raises(REFUSED, match="only added to"), fed.begin() as to:
            to.exec_driver_sql(f"DELETE FROM {table}")
    with fed.engine.connect() as connection:
        assert kept.count_alerts(connection, Filter(), answered=True) == 1
        assert [a.note for a in kept.list_alerts(connection, Filter(answered=True))[0].answers] == [
            "n"
        ]


def test_sets_of_filters_are_kept_by_name(fed: Home) -> None:
    kept.open_kept(fed)
    assert kept.save(fed, "a", "x", {"level": "commune"}, 1)
    assert kept.save(fed, "a", "x", {"agency": "qn"}, 2)
    with fed.engine.connect() as connection:
        assert kept.saved(connection, "a") == [kept.Saved("x", {"agency": "qn"})]
        assert kept.saved(connection, "b") == []
    kept.forget(fed, "a", "x")
    with fed.engine.connect() as connection:
        assert kept.saved(connection, "a") == []


def test_files_are_kept_once_and_the_oldest_go(fed: Home) -> None:
    records.open_records(fed)
    digest = records.keep(fed, "agencies", "a.yaml", b"1", "a", 1)
    assert records.keep(fed, "agencies", "b.yaml", b"1", "a", 2) == digest
    records.mark_activated(fed, "agencies", digest, 3)
    for number in range(records.MOST_DRAFTS + 2):
        records.keep(fed, "agencies", "c.yaml", b"c%d" % number, "a", 10 + number)
    assert len(records.uploaded(fed, "agencies", activated=False)) == records.MOST_DRAFTS
    assert [each.name for each in records.uploaded(fed, "agencies", activated=True)] == ["a.yaml"]
    # Files of another kind are others.
    assert records.keep(fed, "calendar", "a.json", b"1", "a", 1) == digest
    assert records.uploaded(fed, "calendar", activated=True) == []
