"""A circuit breaker as a pure state machine: every step takes the time and returns the next state.

    closed     every call is admitted; `failures` of them in a row open it, a success starts the count again
    open       no call is admitted; the first one asked for after `wait` makes it half-open
    half-open  exactly `probes` calls are admitted at a time; that many successes close it, one failure opens it again

Half-open gates its probes, since a provider that has just come back must not meet everybody at once. Two cases that
breakers are known to get stuck on: a probe that says nothing about the provider gives its place back
(github.com/voidmind-io/voidllm/pull/185), and the place of a probe that never reports is given to another after `wait`
(github.com/resilience4j/resilience4j/issues/903; both read 2026-11-27). A report is about the period in which its call
was admitted: what was sent before the breaker opened neither closes nor reopens it later.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from llmaudit.resilience.outcome import Outcome
from llmaudit.resilience.policy import BreakerPolicy

_SECOND_NS = 1_000_000_000


class State(StrEnum):
    """Whether calls are let through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Permit:
    """One admitted call: the period it belongs to and when it was admitted."""

    period: int
    admitted_ns: int


@dataclass(frozen=True, slots=True)
class Breaker:
    """Where a breaker stands. `period` counts its changes; `failures` are those in a row while closed.

    `probes_out` are admitted and have not reported; `probes_passed` have succeeded in this half-open period.
    """

    policy: BreakerPolicy
    state: State = State.CLOSED
    since_ns: int = 0
    period: int = 0
    failures: int = 0
    probes_out: int = 0
    probes_passed: int = 0

    def admit(self, now_ns: int) -> tuple["Breaker", Permit | None]:
        """The breaker after somebody asked to call, and the permit; None when the call must not be made."""
        if self.state is State.CLOSED:
            return self, Permit(self.period, now_ns)
        waited = now_ns - self.since_ns >= self.policy.wait * _SECOND_NS
        full = self.probes_out + self.probes_passed >= self.policy.probes
        if waited and (self.state is State.OPEN or full):
            probing = replace(self._to(State.HALF_OPEN, now_ns), probes_out=1)
            return probing, Permit(probing.period, now_ns)
        if self.state is State.OPEN or full:
            return self, None
        return replace(self, probes_out=self.probes_out + 1), Permit(self.period, now_ns)

    def report(self, permit: Permit, outcome: Outcome, now_ns: int) -> "Breaker":
        """The breaker after an admitted call ended."""
        if permit.period != self.period:
            return self
        counted = self._counted(permit, outcome, now_ns)
        if self.state is State.HALF_OPEN:
            return self._probed(counted, now_ns)
        if counted is Outcome.FAILURE:
            failed = replace(self, failures=self.failures + 1)
            return failed._to(State.OPEN, now_ns) if failed.failures >= self.policy.failures else failed
        return replace(self, failures=0) if counted is Outcome.SUCCESS else self

    def _counted(self, permit: Permit, outcome: Outcome, now_ns: int) -> Outcome:
        """Success, failure or neutral: whether a call that was not waited for counts, its time decides."""
        if outcome not in (Outcome.TIMEOUT, Outcome.GIVEN_UP):
            return outcome
        if self.policy.timeout is None:
            return Outcome.FAILURE if outcome is Outcome.TIMEOUT else Outcome.NEUTRAL
        late = now_ns - permit.admitted_ns >= self.policy.timeout * _SECOND_NS
        return Outcome.FAILURE if late else Outcome.NEUTRAL

    def _probed(self, outcome: Outcome, now_ns: int) -> "Breaker":
        if outcome is Outcome.FAILURE:
            return self._to(State.OPEN, now_ns)
        passed = self.probes_passed + (outcome is Outcome.SUCCESS)
        if passed >= self.policy.probes:
            return self._to(State.CLOSED, now_ns)
        return replace(self, probes_out=self.probes_out - 1, probes_passed=passed)

    def _to(self, state: State, now_ns: int) -> "Breaker":
        return Breaker(self.policy, state, now_ns, self.period + 1)
