"""Every command that the documents show is run, in the order in which they show it.

Lines that begin with `$ ` in a `console` block; `# exit N` behind one says how it ends.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.acceptance.conftest import run
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


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and a window like a reader's; nothing of whoever runs the tests."""
    for name in [each for each in os.environ if each.startswith("LIENTHONG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "document", [each for each in DOCUMENTS if shown(each)], ids=lambda path: path.name
)
def test_its_commands_do_what_it_says(document: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "app" / "samples", tmp_path / "app" / "samples")
    _run(shown(document))


@pytest.mark.parametrize(
    "document", [each for each in DOCUMENTS if shown(each, KAFKA)], ids=lambda path: path.name
)
def test_its_commands_do_what_it_says_with_a_broker(
    document: Path, kafka: Broker, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIENTHONG_KAFKA", kafka.bootstrap)
    monkeypatch.setenv("LIENTHONG_HOUSE", topic_prefix)
    _run(shown(document, KAFKA))


def _run(commands: list[tuple[str, int]]) -> None:
    """In this process: a crash would exit with 3. The command as it is really started is in
    tests/acceptance/test_help.py."""
    for command, status in commands:
        words = shlex.split(command)
        assert words[0] == "lienthong", f"a document shows {command!r}"
        run(*words[1:], code=status)


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
