"""`python -m tests.servers` fetches what the servers need and a test cannot wait for."""

from __future__ import annotations

import os
import sys

import pytest

from tests.servers.containers import image_of
from tests.servers.jars import kafka_jars, kafka_version
from tests.servers.kafka import IMAGES

if __name__ == "__main__":
    try:
        if not (os.environ.get("LIENTHONG_TEST_KAFKA") or image_of(*IMAGES)):
            kafka_jars(saying=f"Fetching Kafka {kafka_version()} for the tests, once.")
    except pytest.fail.Exception as problem:
        sys.exit(f"{problem}")
