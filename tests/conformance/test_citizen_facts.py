"""The words by which citizens look dossiers up: the same on every store, in every process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from app.citizen.facts import Facts
from engine.store import Log

NOW = datetime(2021, 3, 1, 2, 0, tzinfo=UTC)


def test_a_word_proves_its_dossier_until_another_is_given(log: Log) -> None:
    known = Facts(log)
    first = known.issue("hồ-sơ-1", NOW)
    assert Facts(log).proven("hồ-sơ-1", first.lower())
    assert not known.proven("hồ-sơ-2", first)
    second = known.issue("hồ-sơ-1", NOW)
    assert not known.proven("hồ-sơ-1", first)
    assert known.proven("hồ-sơ-1", second)


def test_a_word_that_is_derived_is_the_same_again_and_gives_way_to_the_desks(log: Log) -> None:
    known = Facts(log)
    word = known.derive("d-1", b"c" * 16, NOW)
    assert known.derive("d-1", b"c" * 16, NOW) == word != known.derive("d-2", b"c" * 16, NOW)
    assert known.proven("d-1", word)
    given = known.issue("d-1", NOW)
    known.derive("d-1", b"c" * 16, NOW)
    assert known.proven("d-1", given)
    assert not known.proven("d-1", word)


def test_processes_that_begin_at_once_agree_on_the_key(log: Log) -> None:
    first = Facts(log)
    with log.begin() as connection:
        connection.exec_driver_sql("DELETE FROM citizen_keys")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: Facts(log).key("notes"), range(8)))
    assert len(set(made)) == 1
    assert made[0] != first.key("notes")
