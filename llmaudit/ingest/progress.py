"""How far an ingest is: what it does, and of the bytes to read, how many are read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from llmaudit.store import Store


class Progress(Protocol):
    """Told what is being done now; with `done`, which may be asked from any thread, how much of `total` bytes is."""

    def __call__(self, doing: str, done: Callable[[], int] | None = None, total: int = 0, /) -> None: ...


def silent(_doing: str, _done: Callable[[], int] | None = None, _total: int = 0, /) -> None:
    """Tells nobody."""


class Reading:
    """How many of the bytes to read are read, as packed as they lie there; a batch that fails is not."""

    def __init__(self, store: Store, total: int) -> None:
        self.total = total
        self._store = store
        store.follow()
        self._read = 0
        self._under_way = 0
        self._share = 0.0

    @contextmanager
    def of(self, size: int) -> Iterator[None]:
        """That many bytes are being read, and are read unless it raises."""
        self._share, self._under_way = 0.0, size
        try:
            yield
            self._read += size
        finally:
            self._under_way = 0

    def done(self) -> int:
        """How many bytes are read. A second statement over the same bytes does not begin anew."""
        self._share = max(self._share, self._store.share_done())
        return min(self.total, self._read + int(self._under_way * self._share))
