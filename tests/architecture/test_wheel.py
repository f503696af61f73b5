"""What `pip install .` puts into an environment: the five packages whole, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "consumers", "engine", "schemas", "workflows")
BUILD = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to build in, with tests and bench beside the packages as in the checkout."""
    copy = tmp_path_factory.mktemp("tree")
    no_caches = shutil.ignore_patterns("__pycache__")
    for name in ("pyproject.toml", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, copy)
    for name in (*PACKAGES, "bench", "tests"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=no_caches)
    return copy


@pytest.fixture(scope="module")
def shipped(tree: Path) -> dict[str, str]:
    """Every file of the wheel, with its text where that matters (the entry points)."""
    built = subprocess.run([sys.executable, "-c", BUILD], cwd=tree, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(tree / built.stdout.split()[-1]) as wheel:
        return {
            name: wheel.read(name).decode() if name.endswith("entry_points.txt") else ""
            for name in wheel.namelist()
        }


def test_every_file_of_the_packages_is_shipped(tree: Path, shipped: dict[str, str]) -> None:
    files = {
        str(path.relative_to(tree))
        for package in PACKAGES
        for path in (tree / package).rglob("*")
        if path.is_file() and path.suffix != ".md"  # read in the checkout
    }
    assert files - set(shipped) == set(), "add their suffix to package-data in pyproject.toml"


def test_nothing_else_is_shipped(shipped: dict[str, str]) -> None:
    tops = {name.split("/")[0] for name in shipped}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_command_is_installed(shipped: dict[str, str]) -> None:
    (entry_points,) = filter(None, shipped.values())
    assert "lienthong = app.cli:main" in entry_points
