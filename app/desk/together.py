"""Commands of many requests, decided and committed together by one thread.

A request waits in the event loop, not in a thread of its own: what gathers while one commit is
under way goes into the next, and the answers of a commit come back in one go. Fifty requests in
fifty threads would do the same work and pass the interpreter's lock among them on the way.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.desk.beside import UNTIL_NUDGED, Beside
from engine.runtime import BATCH, Answer, Busy, Call
from engine.store.errors import StoreError

if TYPE_CHECKING:
    from app.desk.feeder import Feeding
    from app.house import House


class Asked:
    """One request: `prepare` makes its call, `finish` an answer of what the engine said. Both
    run in the thread, and what they raise is raised to who waits."""

    __slots__ = ("call", "error", "finish", "future", "prepare", "result")

    def __init__(
        self,
        prepare: Callable[[], Call],
        finish: Callable[[Call, Answer], Any],
        future: asyncio.Future[Any],
    ) -> None:
        self.prepare = prepare
        self.finish = finish
        self.future = future
        self.call: Call | None = None
        self.result: Any = None
        self.error: BaseException | None = None


class Together(Beside):
    """`do` is called in the event loop; everything else is the thread's."""

    name = "together"

    def __init__(self, house: House, feeder: Feeding) -> None:
        super().__init__()
        self._house = house
        self._feeder = feeder
        self._waiting: deque[Asked] = deque()

    def stop(self) -> None:
        """What was asked before is answered first."""
        super().stop()
        self.turn()

    async def do(self, prepare: Callable[[], Call], finish: Callable[[Call, Answer], Any]) -> Any:
        """What `finish` made of the answer to the call of `prepare`; the command is durable
        then. Raises what they raise, StoreError and Busy."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(Asked(prepare, finish, future))
        self.nudge()
        return await future

    def turn(self) -> float:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]
            self._handle(batch)
            self._feeder.nudge()
            _tell(batch)
        return UNTIL_NUDGED

    def _handle(self, batch: Sequence[Asked]) -> None:
        for asked in batch:
            try:
                asked.call = asked.prepare()
            except Exception as error:
                asked.error = error
        ready = [asked for asked in batch if asked.call is not None]
        try:
            self._answer(ready)
        except (StoreError, Busy) as error:
            for asked in ready:
                asked.error = error
        except Exception:
            # It came of deciding, so of one call, and is not the fault of all. What was stored
            # before it came is known by its command's id, and answered as it was.
            for asked in ready:
                self._alone(asked)

    def _alone(self, asked: Asked) -> None:
        try:
            self._answer([asked])
        except Exception as error:
            asked.error = error

    def _answer(self, ready: Sequence[Asked]) -> None:
        calls = [asked.call for asked in ready if asked.call is not None]
        answers = self._house.runtime.handle_many(calls)
        for asked, call, answer in zip(ready, calls, answers, strict=True):
            try:
                asked.result = asked.finish(call, answer)
            except Exception as error:
                asked.error = error


def _tell(batch: Sequence[Asked]) -> None:
    """One wake-up of each event loop that waits, however many of its requests are answered."""
    loops = {asked.future.get_loop(): None for asked in batch}
    for loop in loops:
        mine = [asked for asked in batch if asked.future.get_loop() is loop]
        try:
            loop.call_soon_threadsafe(_resolve, mine)
        except RuntimeError:
            # The loop was closed meanwhile: nobody waits any more.
            continue


def _resolve(answered: Sequence[Asked]) -> None:
    for asked in answered:
        if asked.future.done():
            # Whoever asked has gone away.
            continue
        if asked.error is not None:
            asked.future.set_exception(asked.error)
        else:
            asked.future.set_result(asked.result)
