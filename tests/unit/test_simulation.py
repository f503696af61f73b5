"""The simulation beside the engine: chance, arrivals, working time, what is gathered."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.law.registry import law_of_files
from app.settings import Settings
from app.simulation.arrivals import Arrival, arrivals, sizes
from app.simulation.chance import Chance, apportion
from app.simulation.feed import Feed, FeedFailed
from app.simulation.gathering import COMMIT, Disturbed, Gathering
from app.simulation.office import Office
from app.simulation.scenario import SCENARIOS, Phase, Scenario, Spread, load_scenario
from app.simulation.tally import Tally
from app.simulation.worktime import DAY_TICKS, OfficeHours, moment_of, tick_of
from engine.core.law import Law
from engine.store import Append, Log, open_log
from tests.streams import appends, walks
from workflows.load import load_catalogue
from workflows.load_organisation import load_organisation

MADE = [Append(tuple(events)) for events in appends(walks(6), spread=3)]


@pytest.fixture(scope="module")
def law() -> Law:
    return law_of_files(Settings())


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    staff = load_organisation()
    return load_scenario(SCENARIOS / "uong-bi-2021.yaml", load_catalogue(organisation=staff), staff)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return open_log(f"sqlite:///{tmp_path / 'log.db'}")


# --- chance ------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.003, 0.25, 0.985, 1.0])
def test_what_happens_now_and_then_happens_as_often_as_it_should(share: float) -> None:
    chance = Chance(5, "test")
    happened = sum(chance.happens("it", share) for _ in range(1000))
    assert abs(happened - 1000 * share) <= 1


def test_each_use_of_chance_is_its_own() -> None:
    one, other = Chance(1, "a"), Chance(1, "b")
    same = Chance(1, "a")
    drawn = [one.share() for _ in range(20)]
    assert drawn == [same.share() for _ in range(20)]
    assert drawn != [other.share() for _ in range(20)]


def test_lengths_have_the_median_that_is_asked_for() -> None:
    wait = Spread.model_validate({"typical": "2 hours", "spread": "80 %"})
    chance = Chance(1, "lengths")
    drawn = sorted(chance.minutes(wait) for _ in range(4001))
    assert 110 < drawn[2000] < 130
    assert drawn[-1] > 600


def test_weights_decide_how_often() -> None:
    chance = Chance(1, "weights")
    drawn = Counter(chance.weighted({"desk": 60, "post": 40, "never": 0}) for _ in range(5000))
    assert set(drawn) == {"desk", "post"}
    assert 0.57 < drawn["desk"] / 5000 < 0.63


@given(
    st.integers(20, 10_000),
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(1, 1000), min_size=1),
)
def test_parts_make_up_the_whole_and_none_is_left_out(total: int, weights: dict[str, int]) -> None:
    least = dict.fromkeys(weights, 1) if total >= len(weights) else {}
    parts = apportion(total, weights, least)
    assert sum(parts.values()) == total
    assert all(part >= least.get(name, 0) for name, part in parts.items())


# --- arrivals ----------------------------------------------------------------------------


def of_year(scenario: Scenario, law: Law, dossiers: int, seed: int = 1) -> list[Arrival]:
    days = arrivals(
        scenario.phases[0], sizes(scenario, dossiers), OfficeHours(law), Chance(seed, "arrivals")
    )
    return [arrival for day in days for arrival in day]


def test_as_many_come_as_were_asked_for(scenario: Scenario, law: Law) -> None:
    for dossiers in (50, 1727):
        wanted = sizes(scenario, dossiers)
        come = of_year(scenario, law, dossiers)
        assert sum(wanted.values()) == dossiers
        assert len(come) == dossiers - wanted["wards"]
        assert Counter(arrival.part for arrival in come)["communes"] == wanted["communes"]


def test_they_come_in_order_on_working_days(scenario: Scenario, law: Law) -> None:
    come = of_year(scenario, law, 1727)
    assert all(one.tick <= other.tick for one, other in pairwise(come))
    calendar = OfficeHours(law).calendar(come[0].tick)
    for arrival in come:
        assert calendar.works(arrival.tick // DAY_TICKS)
        minute = arrival.tick // 60 % 1440
        if not arrival.online:
            assert any(begin <= minute < end for begin, end in calendar.spans)


def test_those_carried_over_come_before_the_counting_begins(scenario: Scenario, law: Law) -> None:
    come = of_year(scenario, law, 17_275)
    before = date(2021, 1, 6).toordinal() * DAY_TICKS
    early = [arrival for arrival in come if arrival.tick < before]
    assert len(early) == 58
    assert {arrival.part for arrival in early} == {"city"}


def test_allowances_come_in_december(scenario: Scenario, law: Law) -> None:
    come = of_year(scenario, law, 17_275)
    allowances = [each for each in come if each.procedure == "lt-16-social-allowance"]
    december = date(2021, 12, 1).toordinal() * DAY_TICKS
    assert sum(each.tick >= december for each in allowances) > 0.85 * len(allowances)


def test_too_few_cannot_show_everything(scenario: Scenario) -> None:
    with pytest.raises(ValueError, match="too few"):
        sizes(scenario, 10)


# --- working time ------------------------------------------------------------------------


@given(st.integers(0, 200), st.integers(0, 86_399), st.integers(2, 9_000), st.integers(0, 59))
def test_later_is_later_and_in_office_hours(
    law: Law, day: int, second: int, minutes: int, at: int
) -> None:
    hours = OfficeHours(law)
    now = (date(2021, 1, 4) + timedelta(days=day)).toordinal() * DAY_TICKS + second
    later = hours.later(now, minutes, at)
    calendar = hours.calendar(later)
    assert later > now
    assert calendar.works(later // DAY_TICKS)
    assert any(begin <= later // 60 % 1440 < end for begin, end in calendar.spans)
    assert minutes - 2 <= hours.between(now, later) < minutes


@given(st.integers(63_000_000_000, 64_000_000_000))
def test_ticks_are_moments(tick: int) -> None:
    assert tick_of(moment_of(tick)) == tick


# --- gathering ---------------------------------------------------------------------------


def test_what_is_gathered_is_stored_by_a_flush(log: Log) -> None:
    gathering = Gathering(log)
    for append in MADE[:4]:
        gathering.append([append])
    assert log.streams() == []
    gathering.flush()
    assert set(log.streams()) == {append.stream for append in MADE[:4]}
    log.close()


def test_a_reader_sees_what_was_gathered(log: Log) -> None:
    gathering = Gathering(log)
    gathering.append(MADE[:1])
    assert gathering.read_stream(MADE[0].stream)[0].hash == MADE[0].events[0].hash
    gathering.append(MADE[1:2])
    assert gathering.answer(MADE[1].command_id) is not None
    log.close()


def test_a_full_batch_is_committed_at_once(log: Log) -> None:
    many = [Append(tuple(events)) for events in appends(walks(150), spread=9)]
    assert len(many) > COMMIT
    gathering = Gathering(log)
    gathering.append(many[:COMMIT])
    assert log.streams() != []
    log.close()


def test_another_writer_is_noticed(log: Log) -> None:
    gathering = Gathering(log)
    gathering.append(MADE[:1])
    log.append(MADE[:1])
    with pytest.raises(Disturbed, match="Another program"):
        gathering.flush()
    log.close()


# --- the office --------------------------------------------------------------------------


def play(scenario: Scenario, law: Law, log: Log, dossiers: int, seed: int) -> list[Tally]:
    office = Office(scenario, sizes(scenario, dossiers), log, law, seed)
    return [office.run(phase, lambda at: None, lambda *told: None) for phase in scenario.phases]


def test_the_engine_refuses_nothing_of_what_people_plan(
    scenario: Scenario, law: Law, log: Log
) -> None:
    tallies = play(scenario, law, log, 400, seed=11)
    assert [dict(tally.rejected) for tally in tallies] == [{}, {}]
    assert sum(tally.dossiers for tally in tallies) == 400
    log.close()


def test_windows_end_in_order_and_at_the_end_of_the_phase(
    scenario: Scenario, law: Law, log: Log
) -> None:
    phase: Phase = scenario.phases[0]
    office = Office(scenario, sizes(scenario, 50), log, law, 1)
    swept = []
    office.run(phase, swept.append, lambda *told: None)
    assert swept == sorted(swept)
    assert swept[-1].isoformat() == "2021-12-31T16:59:00+00:00"
    log.close()


def test_a_feed_whose_process_fails_says_so(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'nowhere.db'}")
    with Feed(settings) as feed:
        with pytest.raises(FeedFailed, match="There is no store"):
            feed.wait()
        with pytest.raises(FeedFailed, match="has ended"):
            feed.wait()
