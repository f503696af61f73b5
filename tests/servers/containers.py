"""Whether a server of the tests comes from Docker."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

ROUTE = "LIENTHONG_TEST_SERVERS"


def image_of(*names: str) -> str | None:
    """The first of the images that Docker has here; None where the servers run without it.

    Nothing is pulled: what a machine has decides, not how long its network makes us wait.
    """
    route = os.environ.get(ROUTE, "")
    if route == "local":
        return None
    found = next((name for name in names if _has(name)), None) if _docker_answers() else None
    if found is None and route == "docker":
        pytest.fail(
            f"{ROUTE}=docker, but Docker does not answer or has none of the images"
            f" {', '.join(names)}: start dockerd and run tests/docker/build.",
            pytrace=False,
        )
    # The reaper's image may not be to be had; whoever starts a container removes it anyway.
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    return found


def _docker_answers() -> bool:
    return shutil.which("docker") is not None and _succeeds("docker", "info")


def _has(image: str) -> bool:
    return _succeeds("docker", "image", "inspect", image)


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, timeout=5, capture_output=True).returncode == 0
    except subprocess.TimeoutExpired:
        return False
