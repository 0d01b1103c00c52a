"""The breaker: its life worked by hand, then any history against a plain reading of the rules."""

from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from llmaudit.resilience import Breaker, BreakerPolicy, Outcome, Permit, State

SECOND = 1_000_000_000
FAILURE, SUCCESS, NEUTRAL, TIMEOUT = Outcome.FAILURE, Outcome.SUCCESS, Outcome.NEUTRAL, Outcome.TIMEOUT


def breaker(**policy: object) -> Breaker:
    return Breaker(BreakerPolicy.model_validate({"failures": 3, "wait": "60s", **policy}))


def called(at: Breaker, outcome: Outcome, now_ns: int = 0) -> Breaker:
    at, permit = at.admit(now_ns)
    assert permit is not None
    return at.report(permit, outcome, now_ns)


def opened(**policy: object) -> Breaker:
    at = breaker(**policy)
    for _ in range(at.policy.failures):
        at = called(at, FAILURE)
    return at


def test_defaults_are_five_failures_and_a_minute() -> None:
    policy = BreakerPolicy()
    assert (policy.failures, policy.wait, policy.probes) == (5, 60, 1)


def test_it_opens_at_the_third_failure_in_a_row() -> None:
    at = called(called(breaker(), FAILURE), FAILURE)
    assert at.state is State.CLOSED
    assert called(at, FAILURE).state is State.OPEN


def test_a_success_starts_the_count_again_and_a_neutral_call_does_not() -> None:
    two = called(called(breaker(), FAILURE), FAILURE)
    assert called(called(two, SUCCESS), FAILURE).state is State.CLOSED
    assert called(called(two, NEUTRAL), FAILURE).state is State.OPEN


def test_open_admits_nobody_until_the_wait_is_over() -> None:
    assert opened().admit(60 * SECOND - 1)[1] is None
    at, permit = opened().admit(60 * SECOND)
    assert (at.state, permit is not None) == (State.HALF_OPEN, True)


def test_half_open_admits_exactly_the_permitted_probes() -> None:
    at = opened(probes=2)
    permits = []
    for _ in range(5):
        at, permit = at.admit(60 * SECOND)
        permits.append(permit is not None)
    assert permits == [True, True, False, False, False]


def test_it_closes_when_all_probes_succeed_and_reopens_when_one_fails() -> None:
    probing = called(opened(probes=2), SUCCESS, 60 * SECOND)
    assert probing.state is State.HALF_OPEN
    assert called(probing, SUCCESS, 61 * SECOND).state is State.CLOSED
    again = called(probing, FAILURE, 61 * SECOND)
    assert again.state is State.OPEN
    assert again.admit(120 * SECOND)[1] is None, "the wait starts again"
    assert again.admit(121 * SECOND)[1] is not None


def test_a_neutral_probe_gives_its_place_back() -> None:
    at = called(opened(), NEUTRAL, 60 * SECOND)
    assert at.state is State.HALF_OPEN
    assert at.admit(60 * SECOND)[1] is not None


def test_the_place_of_a_probe_that_never_reports_is_given_away_after_the_wait() -> None:
    at, lost = opened().admit(60 * SECOND)
    assert at.admit(119 * SECOND)[1] is None
    at, other = at.admit(120 * SECOND)
    assert lost is not None
    assert other is not None
    assert at.report(lost, SUCCESS, 121 * SECOND) == at, "the lost one no longer counts"
    assert at.report(other, SUCCESS, 121 * SECOND).state is State.CLOSED


def test_calls_sent_before_it_opened_do_not_close_it() -> None:
    at, slow = breaker().admit(0)
    assert slow is not None
    for _ in range(3):
        at = called(at, FAILURE)
    assert at.report(slow, SUCCESS, SECOND) == at
    at, _ = at.admit(60 * SECOND)
    assert at.report(slow, SUCCESS, 61 * SECOND).state is State.HALF_OPEN


def test_a_caller_who_gave_up_early_says_nothing_about_the_provider() -> None:
    """The provider may take 10 s: three timeouts after 2 s do not open, three after 10 s do."""
    for patience, state in ((2, State.CLOSED), (10, State.OPEN)):
        at = breaker(timeout="10s")
        for _ in range(3):
            at, permit = at.admit(0)
            assert permit is not None
            at = at.report(permit, TIMEOUT, patience * SECOND)
        assert at.state is state


def test_what_was_given_up_counts_only_after_the_time_that_the_policy_names() -> None:
    """A query that hung for 10 s is given up: that is the provider's failure if it may take 10 s, else nobody knows."""
    for policy, state in (({"timeout": "10s"}, State.OPEN), ({"timeout": "11s"}, State.CLOSED), ({}, State.CLOSED)):
        at = breaker(**policy)
        for _ in range(3):
            at, permit = at.admit(0)
            assert permit is not None
            at = at.report(permit, Outcome.GIVEN_UP, 10 * SECOND)
        assert at.state is state


@dataclass
class Reading:
    """The rules read plainly: what happened since the last change, kept whole and counted anew every time."""

    failures: int
    wait_ns: int
    probes: int
    state: str = "closed"
    since_ns: int = 0
    ended: list[Outcome] = field(default_factory=list)
    running: list[int] = field(default_factory=list)

    def change(self, state: str, now_ns: int) -> None:
        self.state, self.since_ns, self.ended, self.running = state, now_ns, [], []

    def may_call(self, now_ns: int) -> bool:
        if self.state == "closed":
            return True
        taken = len(self.running) + self.ended.count(SUCCESS)
        if now_ns - self.since_ns >= self.wait_ns and (self.state == "open" or taken >= self.probes):
            self.change("half_open", now_ns)
            return True
        return self.state == "half_open" and taken < self.probes

    def end(self, call: int, outcome: Outcome, now_ns: int) -> None:
        if call not in self.running:
            return
        self.running.remove(call)
        self.ended.append(outcome)
        said = [outcome for outcome in self.ended if outcome is not NEUTRAL]
        in_a_row = said[-self.failures :] == [FAILURE] * self.failures
        if (self.state == "closed" and in_a_row) or (self.state == "half_open" and FAILURE in said):
            self.change("open", now_ns)
        elif self.state == "half_open" and said.count(SUCCESS) == self.probes:
            self.change("closed", now_ns)


class AnyHistory(RuleBasedStateMachine):
    """Calls start, overlap, end in any order and way, or never; the clock stands still or runs."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ns = 0
        self.breaker = breaker(probes=2)
        self.reading = Reading(3, 60 * SECOND, 2)
        self.open_calls: dict[int, Permit] = {}
        self.calls = 0

    @rule(seconds=st.sampled_from([0, 1, 30, 59, 60, 61, 200]))
    def time_passes(self, seconds: int) -> None:
        self.now_ns += seconds * SECOND

    @rule()
    def somebody_asks(self) -> None:
        self.breaker, permit = self.breaker.admit(self.now_ns)
        assert (permit is not None) == self.reading.may_call(self.now_ns)
        if permit is not None:
            self.calls += 1
            self.open_calls[self.calls] = permit
            self.reading.running.append(self.calls)
        assert self.breaker.state == self.reading.state

    @precondition(lambda self: self.open_calls)
    @rule(data=st.data(), outcome=st.sampled_from([SUCCESS, FAILURE, FAILURE, NEUTRAL]))
    def a_call_ends(self, data: st.DataObject, outcome: Outcome) -> None:
        call = data.draw(st.sampled_from(sorted(self.open_calls)))
        self.breaker = self.breaker.report(self.open_calls.pop(call), outcome, self.now_ns)
        self.reading.end(call, outcome, self.now_ns)
        assert self.breaker.state == self.reading.state


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=150, stateful_step_count=60)
