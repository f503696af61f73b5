"""Processes of a house's interlink, that may kill themselves at a named point: for `test_real.py`.

    python -m tests.interlink.process

For each line `HOUSE STORE BROKER BEGUN [POINT]` it forks a process and says its number: to import
everything anew would take longer than what is tested. `BEGUN`: the second of the wall clock that
stands for the beginning of the tests' time.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from consumers.broker import Broker
from consumers.interlink.worker import Interlink
from engine.ids import Ids
from engine.runtime import Runtime
from engine.store import open_log
from tests.core.scenario import START
from tests.interlink.law import law
from tests.interlink.world import PEERS


def clock(begun: float) -> Callable[[], datetime]:
    """The tests' time, the same in all processes."""
    return lambda: START + timedelta(seconds=time.time() - begun)


def main(house: str, url: str, address: str, begun: str, point: str = "") -> None:
    def dies(at: str) -> None:
        if at == point:
            os.kill(os.getpid(), signal.SIGKILL)

    now = clock(float(begun))
    runtime = Runtime(open_log(url), law(house), now, Ids(now))
    worker = Interlink(runtime, Broker(address), house, PEERS[house], fault=dies)
    worker.run(lambda: False, time.sleep)


def fork() -> None:
    """Nothing is open yet that a child could share but the standard streams."""
    for house in PEERS:
        law(house)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are gone at once
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                main(*line.split())
            finally:
                os._exit(1)
        print(pid, flush=True)


if __name__ == "__main__":
    fork()
