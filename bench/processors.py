"""What each part takes of the processors, servers of others included."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
SERVERS = {"postgres": "PostgreSQL", "java": "Kafka"}


def servers() -> dict[str, float]:
    """Processor seconds of the servers so far, ended processes included."""
    spent = dict.fromkeys(SERVERS.values(), 0.0)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, fields = _read(stat)
        except OSError:
            continue
        if name in SERVERS:
            # utime, stime, and those of the children that were waited for.
            spent[SERVERS[name]] += sum(int(each) for each in fields[11:15]) / TICK
    return spent


def process(pid: int) -> float:
    """Processor seconds of a process so far."""
    return sum(int(each) for each in _read(Path(f"/proc/{pid}/stat"))[1][11:13]) / TICK


def children(pid: int) -> float:
    """Those of the processes that it has started and that are there still."""
    spent = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = _read(stat)[1]
            if int(fields[1]) == pid:
                spent += sum(int(each) for each in fields[11:13]) / TICK
    return spent


def _read(stat: Path) -> tuple[str, list[str]]:
    name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
    return name, rest.split()


class Busy:
    """How many cores each part keeps busy, from when this is made to when it is asked."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = processes
        self._begun = time.perf_counter()
        self._before = self._now()

    def cores(self) -> dict[str, float]:
        seconds = time.perf_counter() - self._begun
        return {name: (spent - self._before[name]) / seconds for name, spent in self._now().items()}

    def _now(self) -> dict[str, float]:
        own = {name: process(pid) for name, pid in self._processes.items()}
        return {"writer": time.process_time(), **own, **servers()}
