"""What every test may use, and the rule that no skipped test passes in CI."""

from __future__ import annotations

import os

import pytest

from tests.fifty import fifty_store, watched_store
from tests.servers import kafka, own_kafka, postgres_database, postgres_url, topic_prefix

__all__ = [
    "fifty_store", "kafka", "own_kafka", "postgres_database", "postgres_url", "topic_prefix",
    "watched_store",
]  # fmt: skip

# Failures inside of the scenarios read as well as those in the tests themselves.
pytest.register_assert_rewrite("tests.core.scenario")

SKIPS_FAIL = bool(os.environ.get("CI") or os.environ.get("LIENTHONG_NO_SKIP"))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what needs a server, so that `-m 'not postgres and not kafka'` is the quick half.

    Those who share a broker run in one process: two brokers would share the machine's memory. A
    test that belongs to another group stays there, and has the broker of that process. All this
    when a test is found: xdist looks at the groups before any conftest sees the whole list.
    """
    names = set(getattr(item, "fixturenames", ()))
    if "postgres_url" in names:
        item.add_marker(pytest.mark.postgres)
    if names & {"kafka", "own_kafka"}:
        item.add_marker(pytest.mark.kafka)
    if "kafka" in names and item.get_closest_marker("xdist_group") is None:
        item.add_marker(pytest.mark.xdist_group("kafka"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Under CI a skipped test is a failed run: a suite that skips is a suite in the dark."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if SKIPS_FAIL and reporter is not None and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("Skipped tests fail this run (CI or LIENTHONG_NO_SKIP is set).")
