"""A process of one house's interlink, that may kill itself at a named point: for `test_real.py`.

    python -m tests.interlink.process HOUSE STORE BROKER BEGUN [POINT]

`BEGUN`: the second of the wall clock that stands for the beginning of the tests' time.
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


if __name__ == "__main__":
    main(*sys.argv[1:])
