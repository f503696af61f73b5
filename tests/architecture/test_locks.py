"""The locks are whole, agree with `pyproject.toml` and each other, and name no address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
RUNTIME, DEV = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
PIN = re.compile(r"^(?P<name>\S+)==(?P<version>\S+) \\\n(?P<hashes>(?: +--hash=.*\n)*)", re.M)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(lock: Path) -> dict[str, str]:
    return {pin["name"]: pin["version"] for pin in PIN.finditer(lock.read_text(encoding="utf-8"))}


def unmet(requirements: list[str], lock: Path) -> list[str]:
    """The requirements that no pin of the lock satisfies."""
    pinned = pins(lock)
    return [
        text
        for text in requirements
        for requirement in [Requirement(text)]
        if not requirement.specifier.contains(pinned.get(canonicalize_name(requirement.name), "0"))
        or canonicalize_name(requirement.name) not in pinned
    ]


@pytest.mark.parametrize("lock", [RUNTIME, DEV], ids=lambda lock: lock.name)
def test_a_lock_has_only_hashed_pins_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    rest = PIN.sub(lambda pin: "" if pin["hashes"] else pin[0], text)
    assert [line for line in rest.splitlines() if line and not line.lstrip().startswith("#")] == []
    assert re.findall(r"://|--index-url|--find-links|--trusted-host| @ ", text) == []


def test_the_runtime_lock_holds_what_the_project_and_its_build_ask_for() -> None:
    asked = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
    assert unmet(asked, RUNTIME) == []


def test_the_development_lock_holds_the_runtime_lock_and_the_tools() -> None:
    assert pins(RUNTIME).items() <= pins(DEV).items()
    assert unmet(PROJECT["project"]["optional-dependencies"]["dev"], DEV) == []


def test_a_missing_or_old_pin_is_found() -> None:
    assert unmet(["no-such-thing", "click>=999", "click>=8"], RUNTIME) == [
        "no-such-thing",
        "click>=999",
    ]
