"""How often a check is wrong, counted: nothing changed and it fails; 10 % changed and it passes. Draws are seeded."""

from collections.abc import Callable
from typing import Any

import numpy as np

from llmaudit.checks.findings import Outcome, Verdict
from llmaudit.checks.judge import compare
from tests.checks.simulated import BOOK, group, section, snapshot, tokens

ANY_RISE = (
    {"metric": "cost_per_call", "by": "feature", "max_increase": "0%"},
    {"metric": "p95_output_tokens", "feature": "a", "max_increase": "0%"},
    {"metric": "total_cost", "max_increase": "0%"},
)
"""The limits that are broken most easily: any rise, of five things at once."""


def verdicts(seed: int, pairs: int, n: int, times: float, *limits: dict[str, Any], features: str) -> list[Verdict]:
    """Checks of pairs of sides with `n` calls per feature; those of the second are `times` as long."""
    draw = np.random.default_rng(seed)
    said = section(*limits)

    def side(factor: float) -> Any:
        return snapshot(*(group(name, *(tokens(draw, n, times=factor) for _ in range(2))) for name in features))

    return [compare(side(1.0), side(times), said, BOOK) for _ in range(pairs)]


def share(found: list[Verdict], holds: Callable[[Verdict], bool]) -> float:
    return sum(map(holds, found)) / len(found)


def failed(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.FAIL


def test_of_a_thousand_checks_without_a_change_no_more_fail_than_is_stated() -> None:
    found = verdicts(1, 1000, 400, 1.0, *ANY_RISE, features="abc")
    assert found[0].comparisons == 5
    alarms = share(found, failed)
    assert alarms <= float(found[0].false_alarm_rate) == 0.05
    # The rate is used, not avoided by never failing at all.
    assert alarms > 0.01


def test_with_room_for_a_change_an_unchanged_application_practically_never_fails() -> None:
    found = verdicts(
        2, 300, 400, 1.0, {"metric": "cost_per_call", "by": "feature", "max_increase": "10%"}, features="ab"
    )
    assert share(found, failed) == 0


def test_ten_percent_more_of_two_thousand_calls_is_found_95_times_of_100() -> None:
    found = verdicts(3, 300, 2000, 1.1, ANY_RISE[0], features="abc")
    every = share(found, lambda verdict: all(finding.broken for finding in verdict.findings))
    assert every >= 0.95


def test_what_is_said_to_be_detectable_is_detected_95_times_of_100() -> None:
    """A limit of 3 %, 2,000 calls: a change of what the check itself says it would find."""
    limit = {"metric": "cost_per_call", "max_increase": "3%"}
    said = verdicts(4, 1, 2000, 1.0, limit, features="a")[0].findings[0].detectable
    assert said is not None
    assert 0.08 < said < 0.12
    found = share(verdicts(5, 400, 2000, 1 + said, limit, features="a"), failed)
    # Of 400 checks, one percent is four; their own spread is one percent.
    assert 0.92 <= found <= 0.98
