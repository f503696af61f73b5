"""What every test may use, and the rule that no skipped test passes in CI."""

from __future__ import annotations

import os

import pytest

from tests.servers import postgres_database, postgres_url

__all__ = ["postgres_database", "postgres_url"]

# Failures inside of the scenarios read as well as those in the tests themselves.
pytest.register_assert_rewrite("tests.core.scenario")

SKIPS_FAIL = bool(os.environ.get("CI") or os.environ.get("LIENTHONG_NO_SKIP"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server, so that `-m 'not postgres'` is the quick half."""
    for item in items:
        if "postgres_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Under CI a skipped test is a failed run: a suite that skips is a suite in the dark."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if SKIPS_FAIL and reporter is not None and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("Skipped tests fail this run (CI or LIENTHONG_NO_SKIP is set).")
