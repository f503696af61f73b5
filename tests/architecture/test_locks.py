"""The locks are whole, agree with `pyproject.toml` and each other, and name no address."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
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


SHIPPED = ("app", "consumers", "engine", "schemas", "workflows")
OURS = {*SHIPPED, "bench", "tests"}


@cache
def homes() -> dict[str, set[str]]:
    """What is installed here: the distributions that a top-level module comes from."""
    found = packages_distributions().items()
    return {module: {canonicalize_name(each) for each in names} for module, names in found}


def imported(source: str) -> Iterator[str]:
    """The top-level modules of others that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names and top not in OURS:
                yield top


def unpinned(source: str, lock: Path) -> set[str]:
    """Modules that are here by chance, if at all: no pin of the lock brings them."""
    pinned = pins(lock).keys()
    return {top for top in imported(source) if not homes().get(top, set()) & pinned}


@pytest.mark.parametrize("package", sorted(OURS))
def test_whatever_is_imported_is_brought_by_a_lock(package: str) -> None:
    lock = RUNTIME if package in SHIPPED else DEV
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    strays = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files
        for module in unpinned(path.read_text(encoding="utf-8"), lock)
    }
    assert strays == set(), "declare it in pyproject.toml, then `make lock`"


def test_an_import_that_no_lock_brings_is_found() -> None:
    source = "import json, click\n\ndef late():\n    import no_such.part\n    import pytest\n"
    assert unpinned(source, DEV) == {"no_such"}
    assert unpinned(source, RUNTIME) == {"no_such", "pytest"}
