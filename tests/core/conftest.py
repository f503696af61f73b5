"""Failures inside the scenarios read as well as those in the tests themselves."""

import pytest

pytest.register_assert_rewrite("tests.core.scenario")
