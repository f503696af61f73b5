"""`python -m tests.servers` fetches what the servers need and a test cannot wait for."""

from __future__ import annotations

import sys

import pytest

from tests.servers.jars import kafka_jars, kafka_version

if __name__ == "__main__":
    try:
        kafka_jars(saying=f"Fetching Kafka {kafka_version()} for the tests (44 MB, once).")
    except pytest.fail.Exception as problem:
        sys.exit(f"{problem}")
