"""Help, the page made from it, and the command as it is really started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import COMMANDS
from app.manual import manual
from tests.acceptance.conftest import DESK, LAND, MORNING, RECEIVER, run

ROOT = Path(__file__).parents[2]
SUBCOMMANDS = [
    ("procedures", "list"), ("procedures", "show"), ("procedures", "check"),
    ("procedures", "draw"), ("agencies", "list"), ("views", "list"),
    ("archive", "verify"), ("archive", "pull"), ("parked", "list"), ("parked", "retry"),
]  # fmt: skip


@pytest.mark.parametrize("words", [(name,) for name in COMMANDS] + SUBCOMMANDS, ids="-".join)
def test_every_command_has_help(words: tuple[str, ...]) -> None:
    text = run(*words, "--help").out
    assert text.startswith(f"Usage: lienthong {' '.join(words)}")
    assert len(text.splitlines()) > 4


def test_the_page_is_what_the_command_line_says() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert page == manual(), "run python -m app.manual > docs/cli.md"


def test_usage_is_wrong() -> None:
    assert "did you mean 'status'?" in run("staus", code=2).err
    assert "No such option" in run("status", "--colour", code=2).err
    assert "'fr' is not one of 'vi', 'en'" in run("due", "--lang", "fr", code=2).err


def test_common_options_stand_before_or_after_the_command() -> None:
    words = ("due", "--from", "2021-03-04", "--limit", "5")
    after = run(*words, "--json", "--lang", "en").json
    assert run("--json", "--lang", "en", *words).json == after
    assert run("--lang", "vi", "--json", *words, "--lang", "en").json == after


def lienthong(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if "LIENTHONG" not in name}
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_real_process_end_to_end(tmp_path: Path) -> None:
    new = ("--procedure", LAND, "--agency", DESK, "--as", RECEIVER, "--at", MORNING)
    opened = lienthong(tmp_path, "receive", *new, "--field", "name=Nguyễn Văn Ẩn")
    assert (opened.returncode, opened.stderr) == (0, "")
    assert "Mã hồ sơ" in opened.stdout
    assert "\x1b" not in opened.stdout, "colour only on a terminal"
    assert (tmp_path / "lienthong.db").exists(), "the default store is in the working folder"
    refused = lienthong(tmp_path, "act", "ub-desk-210303-0001", "sign", "--as", RECEIVER,
                        "--at", "2021-03-03 09:30", LC_ALL="C")  # fmt: skip
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("act-not-possible: ")
    elsewhere = lienthong(tmp_path, "status", "ub-desk-210303-0001",
                          LIENTHONG_DATABASE_URL="sqlite:///other.db")  # fmt: skip
    assert (elsewhere.returncode, elsewhere.stderr) == (3, "There is no store at other.db.\n")


def test_a_reader_that_stops_reading_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m app procedures show {LAND} --json | head -1"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_help_imports_no_database_and_no_yaml(tmp_path: Path) -> None:
    """What makes `--help` quick: everything heavy is imported by the command that needs it."""
    heavy = (
        "{'sqlalchemy', 'yaml', 'pydantic', 'rich', 'alembic', 'transitions'} & set(sys.modules)"
    )
    script = (
        "import sys\nfrom app.cli import cli\nsys.argv = ['lienthong', '--help']\n"
        f"try:\n    cli()\nexcept SystemExit:\n    print(sorted({heavy}), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.stderr == "[]\n"
