"""Time that passes only when everybody waits: asyncio runs as usual, and an hour of sleeping takes no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose clock stands still while there is something to do, and jumps to the next timer when there is not."""

    def __init__(self) -> None:
        self.now_seconds = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.now_seconds

    def now_ns(self) -> int:
        """The same clock, for what is measured."""
        return round(self.now_seconds * 1e9)


class _Selector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everybody waits, and for nothing"
            self._loop.now_seconds += max(0.0, timeout)
        return ready


def run(work: Coroutine[Any, Any, T], loop: VirtualLoop) -> T:
    """The result, in virtual time."""
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(work)
