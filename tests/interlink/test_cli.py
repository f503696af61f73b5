"""Two houses on the command line, each with its own store, and a real broker between them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import cli
from consumers.broker import Broker
from schemas.topics import topics_of
from tests.interlink.law import DESK, RECEIVER
from tests.servers import Broker as Server

PROCEDURES = Path(__file__).parent / "procedures"
Said = Callable[..., str]


def said(*words: object, code: int = 0) -> str:
    """What a command says on either stream; the test fails unless it exits with `code`."""
    result = CliRunner().invoke(cli, [str(word) for word in words], prog_name="lienthong")
    assert result.exit_code == code, f"{words}\n{result.stdout}\n{result.stderr}"
    return result.stdout if code == 0 else result.stderr


def house(folder: Path, prefix: str, name: str, other: str, peer: str, kafka: str) -> Said:
    """The command line of one house. It accepts the procedure of the tests from the other one."""
    file = folder / f"{name}.toml"
    file.write_text(f'["{prefix}-{other}"]\n{peer}\naccepts = ["t-ministry"]\n', encoding="utf-8")

    def lienthong(*words: object, code: int = 0) -> str:
        return said(
            *words, "--database", f"sqlite:///{folder / name}.db", "--house", f"{prefix}-{name}",
            "--kafka", kafka, "--procedures", PROCEDURES, code=code,
        )  # fmt: skip

    return lienthong


def test_a_leg_by_the_command_line(tmp_path: Path, kafka: Server, topic_prefix: str) -> None:
    broker = kafka.bootstrap
    for name in ("tinh", "bo"):
        Broker(broker).create(topics_of(f"{topic_prefix}-{name}"), 1)
    province = house(tmp_path, topic_prefix, "tinh", "bo", 'agencies = ["monre"]', broker)
    ministry = house(tmp_path, topic_prefix, "bo", "tinh", 'under = ["qn"]', broker)

    def interlink(lienthong: Said, name: str, at: str) -> Any:
        file = tmp_path / f"{name}.toml"
        now = f"2021-03-02T{at}+07:00"
        return json.loads(lienthong("interlink", "--once", "--peers", file, "--now", now, "--json"))

    for lienthong, name in ((province, "tinh"), (ministry, "bo")):
        # A store learns of the other houses before anything is received in it.
        lienthong("migrate")
        interlink(lienthong, name, "08:00")
    receipt = province(
        "receive", "--procedure", "t-ministry", "--agency", "qn-centre", "--as", DESK,
        "--field", "ministry=monre", "--at", "2021-03-02T09:00+07:00", "--json",
    )  # fmt: skip
    code = json.loads(receipt)["code"]
    province("act", code, "forward", "--as", DESK, "--at", "2021-03-02T09:10+07:00")
    refused = province("act", code, "accept", "--as", RECEIVER, "--leg", "opinion",
                       "--at", "2021-03-02T09:15+07:00", code=1)  # fmt: skip
    assert refused.startswith("works-elsewhere: monre.receiver-1 is of monre")
    interlink(province, "tinh", "09:20")
    (taken,) = interlink(ministry, "bo", "09:25")["messages"]
    assert (taken["type"], taken["verdict"]) == ("leg.offered", "taken")
    there = f"{code}@{topic_prefix}-tinh.1"
    inbox = ministry("inbox", "monre", "--now", "2021-03-02T09:30+07:00")
    assert there in inbox.replace("\n", "")
    ministry("act", there, "accept", "--as", RECEIVER, "--at", "2021-03-02T09:30+07:00")
    for command in ("status", "history", "control-sheet", "acts", "why"):
        assert ministry(command, there)
    interlink(ministry, "bo", "09:40")
    (answered,) = interlink(province, "tinh", "09:45")["messages"]
    assert (answered["type"], answered["verdict"]) == ("handover.receipt", "taken")
    assert "monre.receiver-1" in province("status", code)
    refused = province("act", code, "recall", "--as", DESK, "--leg", "opinion",
                       "--at", "2021-03-02T10:00+07:00", code=1)  # fmt: skip
    assert refused.startswith("leg-elsewhere")
    for lienthong in (province, ministry):
        assert json.loads(lienthong("verify", "--json"))["ok"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[bo", "Expected"),
        ('[bo]\nagency = "monre"', "unknown field"),
        ('[bo]\nagencies = ["atlantis"]', "there is no agency 'atlantis'"),
        ('["Bộ"]\nagencies = ["monre"]', "is no name of a house"),
        ('[tinh]\nagencies = ["monre"]', "is this house itself"),
        ('[bo]\nagencies=["monre"]\n[hai]\nagencies=["monre"]', "cannot work for both"),
        ("", "Which other houses?"),
    ],
)
def test_a_file_of_peers_that_cannot_be_used(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "peers.toml"
    file.write_text(text, encoding="utf-8")
    store = f"sqlite:///{tmp_path / 'one.db'}"
    said("receive", "--procedure", "lt-02-land-change-no-tax", "--agency", "ub-desk", "--as",
         "ub-desk.receiver-1", "--at", "2021-03-01T09:00+07:00", "--database", store)  # fmt: skip
    words = ("interlink", "--once", "--database", store, "--house", "tinh", "--peers", file)
    assert why in said(*words, "--kafka", "127.0.0.1:1", code=2)
    assert "Which broker?" in said(*words, code=2)
