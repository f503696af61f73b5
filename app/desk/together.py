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
from engine.runtime import BATCH, Answer, Call

if TYPE_CHECKING:
    from app.desk.feeder import Feeding
    from app.house import House


class Asked:
    """One request: `prepare` makes its call, `finish` an answer of what the engine said. Both
    run in the thread, and what they raise is raised to who waits."""

    __slots__ = ("error", "finish", "future", "prepare", "result")

    def __init__(
        self,
        prepare: Callable[[], Call],
        finish: Callable[[Call, Answer], Any],
        future: asyncio.Future[Any],
    ) -> None:
        self.prepare = prepare
        self.finish = finish
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None

    def begin(self) -> Call | None:
        """None when the request has ended with that."""
        try:
            return self.prepare()
        except Exception as error:
            self.error = error
            return None

    def end(self, call: Call, answer: Answer | Exception) -> None:
        try:
            if isinstance(answer, Exception):
                raise answer
            self.result = self.finish(call, answer)
        except Exception as error:
            self.error = error


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
        ready = [(asked, call) for asked in batch if (call := asked.begin()) is not None]
        answers: Sequence[Answer | Exception]
        try:
            answers = self._house.runtime.handle_each([call for _, call in ready])
        except Exception as error:
            answers = [error] * len(ready)
        for (asked, call), answer in zip(ready, answers, strict=True):
            asked.end(call, answer)


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
