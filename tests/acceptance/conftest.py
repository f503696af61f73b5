"""The command line as a person or a script meets it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from app.cli import cli

SAMPLES = Path(__file__).parents[2] / "app" / "samples"
FIFTY = SAMPLES / "fifty-dossiers.jsonl"

LAND = "lt-01-land-transfer-tax"
DESK, RECEIVER = "ub-desk", "ub-desk.receiver-1"
SPECIALIST = "ub-land.specialist-1"
MORNING = "2021-03-03T09:00+07:00"


class Said(NamedTuple):
    """What a command answered: its exit status, and what it wrote where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout. Raises ValueError when there is anything else."""
        return json.loads(self.out)


Lienthong = Callable[..., Said]


def run(*words: object, code: int | None = 0) -> Said:
    """Runs a command in this process; the test fails unless it exits with `code`."""
    result = CliRunner().invoke(cli, [str(word) for word in words], prog_name="lienthong")
    said = Said(result.exit_code, result.stdout, result.stderr)
    if code is not None:
        assert said.code == code, f"{words} exited with {said.code}\n{said.out}\n{said.err}"
    return said


@pytest.fixture(scope="session", autouse=True)
def _nothing_from_outside() -> Iterator[None]:
    """No variable of whoever runs the tests; for stores that are made once for many tests, too.

    COLUMNS is often there: pytest imports readline, which sets it for the workers of xdist.
    """
    ours = ("DATABASE_URL", "KAFKA", "PROCEDURES", "ORGANISATION", "DEBUG")
    drawing = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE")
    with pytest.MonkeyPatch.context() as patch:
        for name in (*(f"LIENTHONG_{each}" for each in ours), *drawing):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A working folder of its own for every test."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def prepared(fifty_store: Path) -> Path:
    """A folder with a store that holds the sample of fifty dossiers, views included."""
    return fifty_store.parent


@pytest.fixture
def office(prepared: Path, tmp_path: Path) -> Lienthong:
    """Runs commands on a copy of the prepared store, which the test may change."""
    for file in prepared.iterdir():
        shutil.copy(file, tmp_path / file.name)
    return _on(f"sqlite:///{tmp_path / 'office.db'}")


@pytest.fixture
def fresh(tmp_path: Path) -> Lienthong:
    """Runs commands on a store that does not exist yet."""
    return _on(f"sqlite:///{tmp_path / 'fresh.db'}")


def _on(database: str) -> Lienthong:
    def said(*words: object, code: int | None = 0) -> Said:
        return run(*words, "--database", database, code=code)

    return said


@pytest.fixture(scope="session")
def just_received(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a store that holds one dossier, and the dossier's code."""
    folder = tmp_path_factory.mktemp("received")
    said = run("receive", "--procedure", LAND, "--agency", DESK, "--as", RECEIVER, "--at", MORNING,
               "--database", f"sqlite:///{folder / 'received.db'}", "--json")  # fmt: skip
    return folder, said.json["code"]


@pytest.fixture
def received(just_received: tuple[Path, str], tmp_path: Path) -> tuple[Lienthong, str]:
    """A store with one dossier of an interlinked procedure, just received; and its code."""
    folder, code = just_received
    for file in folder.iterdir():
        shutil.copy(file, tmp_path / file.name)
    return _on(f"sqlite:///{tmp_path / 'received.db'}"), code
