"""Every command that the documents show is run, in the order in which they show it.

Lines that begin with `$ ` in a `console` block; `# exit N` behind one says how it ends.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import Broker

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
KAFKA = re.compile(r"^```console kafka\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"\s+# exit (\d)$")


def shown(document: Path, blocks: re.Pattern[str] = CONSOLE) -> list[tuple[str, int]]:
    """The commands of a document, each with the exit status it should have."""
    lines = [
        line.removeprefix("$ ")
        for block in blocks.findall(document.read_text(encoding="utf-8"))
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    return [
        (EXIT.sub("", line), int(found[1]) if (found := EXIT.search(line)) else 0) for line in lines
    ]


@pytest.mark.parametrize(
    "document", [each for each in DOCUMENTS if shown(each)], ids=lambda path: path.name
)
def test_its_commands_do_what_it_says(document: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "app" / "samples", tmp_path / "app" / "samples")
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    environment.pop("LIENTHONG_DATABASE_URL", None)
    _run(shown(document), tmp_path, environment)


@pytest.mark.parametrize(
    "document", [each for each in DOCUMENTS if shown(each, KAFKA)], ids=lambda path: path.name
)
def test_its_commands_do_what_it_says_with_a_broker(
    document: Path, tmp_path: Path, kafka: Broker, topic_prefix: str
) -> None:
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    environment.pop("LIENTHONG_DATABASE_URL", None)
    environment |= {"LIENTHONG_KAFKA": kafka.bootstrap, "LIENTHONG_HOUSE": topic_prefix}
    _run(shown(document, KAFKA), tmp_path, environment)


def _run(commands: list[tuple[str, int]], place: Path, environment: dict[str, str]) -> None:
    for command, status in commands:
        words = shlex.split(command)
        assert words[0] == "lienthong", f"a document shows {command!r}"
        ended = subprocess.run(
            [sys.executable, "-m", "app", *words[1:]],
            cwd=place,
            env={**environment, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert ended.returncode == status, f"$ {command}\n{ended.stdout}{ended.stderr}"
        assert "Traceback" not in ended.stderr, ended.stderr


def test_the_readme_shows_every_command_that_looks_or_acts() -> None:
    used = {shlex.split(command)[1] for command, _ in shown(ROOT / "README.md")}
    assert {"receive", "act", "acts", "submit", "inbox", "status", "due", "why"} <= used
    assert {"deadlines", "alerts", "history", "control-sheet", "replay", "verify"} <= used


def test_the_readme_shows_every_command_that_needs_a_broker() -> None:
    used = {shlex.split(command)[1] for command, _ in shown(ROOT / "README.md", KAFKA)}
    assert {"relay", "consume", "publish", "lag", "parked", "archive"} <= used


def test_links_between_documents_lead_somewhere() -> None:
    link = re.compile(r"\]\((?!https?:)([^)#]+)")
    broken = [
        f"{document.name}: {target}"
        for document in DOCUMENTS
        for target in link.findall(document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []
