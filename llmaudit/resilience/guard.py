"""A breaker at work: it holds the time, survives threads, and keeps every change as data."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from llmaudit.resilience.breaker import Breaker, Permit, State
from llmaudit.resilience.outcome import Outcome, outcome_of
from llmaudit.resilience.policy import BreakerPolicy


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one breaker, and why. `at_ns` is the guard's clock."""

    at_ns: int
    name: str
    before: State
    after: State
    why: str


class Refused(Exception):
    """The call was not made, because the breaker of `name` is open. The one who asked falls back."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: not called, its breaker is open")
        self.name = name


class Guard:
    """What stands in front of one provider. `on_change` is told of every change, while the guard is locked."""

    def __init__(
        self,
        name: str,
        policy: BreakerPolicy,
        now_ns: Callable[[], int],
        on_change: Callable[[Change], None] = lambda change: None,
    ) -> None:
        self.name = name
        self.changes: list[Change] = []
        self._breaker = Breaker(policy)
        self._now_ns = now_ns
        self._on_change = on_change
        self._lock = threading.Lock()

    @property
    def state(self) -> State:
        """Where the breaker stands; an open one stays open until somebody asks to call."""
        return self._breaker.state

    def admit(self) -> Permit:
        """Leave to call; every permit must be reported. Raises Refused."""
        with self._lock:
            now_ns = self._now_ns()
            after, permit = self._breaker.admit(now_ns)
            self._become(after, now_ns)
        if permit is None:
            raise Refused(self.name)
        return permit

    def report(self, permit: Permit, outcome: Outcome) -> None:
        """How the admitted call ended."""
        with self._lock:
            now_ns = self._now_ns()
            self._become(self._breaker.report(permit, outcome, now_ns), now_ns)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """`with guard.asking():` around a call, awaited or not: admits it and reports how it ended. Raises Refused."""
        permit = self.admit()
        try:
            yield
        except BaseException as error:
            self.report(permit, outcome_of(error))
            raise
        self.report(permit, Outcome.SUCCESS)

    def _become(self, after: Breaker, now_ns: int) -> None:
        before, self._breaker = self._breaker, after
        if before.period == after.period:
            return
        change = Change(now_ns, self.name, before.state, after.state, _why(before, after))
        self.changes.append(change)
        self._on_change(change)


def _why(before: Breaker, after: Breaker) -> str:
    policy = before.policy
    if after.state is State.CLOSED:
        return f"{policy.probes} of {policy.probes} probes succeeded"
    if after.state is State.HALF_OPEN:
        lost = "a probe never came back; " if before.state is State.HALF_OPEN else ""
        return f"{lost}{policy.wait} s have passed, asking again"
    if before.state is State.HALF_OPEN:
        return "a probe failed"
    return f"{policy.failures} failures in a row"
