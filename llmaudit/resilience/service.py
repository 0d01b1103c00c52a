"""A service behind breakers: its guards, its mode, and everything that changed, in order."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llmaudit.resilience.breaker import State
from llmaudit.resilience.fallback import Answer, fallback
from llmaudit.resilience.guard import Change, Guard
from llmaudit.resilience.mode import Mode, mode_of
from llmaudit.resilience.policy import ResiliencePolicy


@dataclass(frozen=True, slots=True)
class ModeChange:
    """One change of mode; `because` is the change of breaker that caused it."""

    at_ns: int
    before: Mode
    after: Mode
    because: Change


class Service:
    """What needs its providers. `needs` names, for each thing an answer needs, who can do it, first choice first.

    A non-empty FAQ can stand in for anything, so the mode is then DEGRADED where it would be MAINTENANCE.
    """

    def __init__(
        self,
        policy: ResiliencePolicy,
        needs: Mapping[str, Sequence[str]],
        now_ns: Callable[[], int],
        on_change: Callable[[Change | ModeChange], None] = lambda change: None,
    ) -> None:
        self.policy = policy
        self.changes: list[Change | ModeChange] = []
        self._on_change = on_change
        self._needs = needs
        names = dict.fromkeys(name for providers in needs.values() for name in providers)
        self._lock = threading.Lock()
        self.guards = {name: Guard(name, policy, now_ns, self._changed) for name in names}
        self.mode = self._mode()

    def fallback(self, question: str) -> Answer:
        """What to answer without a model."""
        return fallback(self.policy, question, self.mode)

    def _changed(self, change: Change) -> None:
        with self._lock:
            self._log(change)
            before, self.mode = self.mode, self._mode()
            if before is not self.mode:
                self._log(ModeChange(change.at_ns, before, self.mode, change))

    def _log(self, change: Change | ModeChange) -> None:
        self.changes.append(change)
        self._on_change(change)

    def _mode(self) -> Mode:
        stand_in = [State.CLOSED] if self.policy.faq else []
        needs = [[*(self.guards[name].state for name in providers), *stand_in] for providers in self._needs.values()]
        return mode_of(needs, forced=self.policy.maintenance)
