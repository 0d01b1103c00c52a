"""What breaks a limit and what does not, on sides made by hand."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from llmaudit.checks.findings import Finding, Outcome, State, Verdict
from llmaudit.checks.judge import compare
from llmaudit.checks.repricing import Book
from llmaudit.checks.snapshot import Group, Snapshot
from llmaudit.errors import ConfigError
from tests.checks.simulated import BOOK, CELL, Numbers, group, section, snapshot


def constant(feature: str | None, n: int, prompt: int = 1000, answer: int = 100, **more: Any) -> Group:
    """Calls that are all alike: at the prices of these tests, 0.0035 dollars each."""
    return group(feature, np.full(n, prompt), np.full(n, answer), **more)


def varied(feature: str, n: int, mean: int) -> Group:
    """Prompts that alternate between half and one and a half of the mean; no answers."""
    prompt: Numbers = np.where(np.arange(n) % 2 == 0, mean // 2, mean + mean // 2)
    return group(feature, prompt, np.zeros(n, dtype=np.int64))


def checked(before: Group | None, after: Group | None, *limits: Mapping[str, Any], **settings: Any) -> Verdict:
    sides = [snapshot(*([one] if one else []), constant("steady", 100)) for one in (before, after)]
    return compare(sides[0], sides[1], section(*limits, **settings), BOOK)


def only(verdict: Verdict) -> Finding:
    (finding,) = verdict.findings
    return finding


PER_CALL = {"metric": "cost_per_call", "by": "feature", "feature": "search"}


@pytest.mark.parametrize(("limit", "state"), [("9%", State.BROKEN), ("10%", State.OK), ("0.0001 USD", State.BROKEN)])
def test_a_rise_of_ten_percent_without_spread(limit: str, state: State) -> None:
    found = only(checked(constant("search", 50), constant("search", 50, 1100, 110), PER_CALL | {"max_increase": limit}))
    assert (found.before, found.after) == (Fraction("0.0035"), Fraction("0.00385"))
    assert found.state is state
    assert found.change == pytest.approx(0.1 if "%" in limit else 0.00035)


def test_a_rise_that_may_be_chance_breaks_nothing() -> None:
    """Means of 1,000 and 1,200 tokens over 30 calls that vary by half: 20 % more, and no more than chance may do."""
    found = only(checked(varied("search", 30, 1000), varied("search", 30, 1200), PER_CALL | {"max_increase": "0%"}))
    assert found.state is State.OK
    assert found.change == pytest.approx(0.2)
    assert found.interval is not None
    assert found.interval[0] < 0 < 0.2 < found.interval[1]
    assert not found.moved
    more = only(checked(varied("search", 3000, 1000), varied("search", 3000, 1200), PER_CALL | {"max_increase": "0%"}))
    assert (more.state, more.moved) == (State.BROKEN, True)


def test_a_rise_not_worth_speaking_of_breaks_nothing() -> None:
    limit = PER_CALL | {"max_increase": "0%", "min_effect": "0.001 USD"}
    assert only(checked(constant("search", 50), constant("search", 50, 1100), limit)).state is State.OK
    assert only(checked(constant("search", 50), constant("search", 50, 2100), limit)).state is State.BROKEN


def test_too_few_calls_are_no_pass() -> None:
    limit = PER_CALL | {"max_increase": "10%"}
    verdict = checked(constant("search", 50), constant("search", 29), limit)
    assert verdict.outcome is Outcome.INSUFFICIENT
    assert (verdict.measured, only(verdict).reason) == (False, "29 calls measured now, 30 are needed")
    assert checked(constant("search", 50), constant("search", 29), limit | {"min_calls": 20}).outcome is Outcome.PASS
    assert checked(constant("search", 50), constant("search", 29), limit, min_calls=20).outcome is Outcome.PASS
    p95 = {"metric": "p95_input_tokens", "feature": "search", "max_increase": "10%"}
    assert only(checked(constant("search", 199), constant("search", 500), p95)).reason == (
        "199 calls measured before, 200 are needed"
    )


def test_a_limit_that_means_no_call_is_no_pass() -> None:
    verdict = checked(None, None, {"metric": "cost_per_call", "feature": "chat-*", "max_increase": "10%"})
    assert (verdict.outcome, verdict.measured) == (Outcome.INSUFFICIENT, False)
    assert only(verdict).reason == "no call is meant by it"


def test_a_broken_limit_outranks_one_that_could_not_be_judged() -> None:
    limits = (PER_CALL | {"max_increase": "5%"}, PER_CALL | {"max_increase": "5%", "min_calls": 1000})
    verdict = checked(constant("search", 50), constant("search", 50, 2000), *limits)
    assert [finding.state for finding in verdict.findings] == [State.BROKEN, State.INSUFFICIENT]
    assert verdict.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("budget", "state", "limit"),
    [
        ({}, State.NEW, "up by at most 10%"),
        ({"max": "0.003 USD"}, State.BROKEN, "max 0.003 USD"),
        ({"max": "0.003 USD", "max_new": "0.004 USD"}, State.OK, "max_new 0.004 USD"),
    ],
)
def test_a_new_feature_is_held_to_its_own_budget(budget: dict[str, str], state: State, limit: str) -> None:
    found = only(checked(None, constant("search", 50), PER_CALL | {"max_increase": "10%"} | budget))
    assert (found.state, found.limit, found.before) == (state, limit, None)


def test_a_new_feature_without_a_budget_and_nothing_else_is_no_pass() -> None:
    verdict = checked(None, constant("search", 50), PER_CALL | {"max_increase": "10%"})
    assert (verdict.outcome, verdict.moved) == (Outcome.INSUFFICIENT, True)


def test_a_feature_that_is_gone_is_said() -> None:
    verdict = checked(constant("search", 50), None, {"metric": "cost_per_call", "by": "feature", "max_increase": "10%"})
    assert [(finding.state, finding.group["feature"]) for finding in verdict.findings] == [
        (State.VANISHED, "search"),
        (State.OK, "steady"),
    ]
    assert verdict.outcome is Outcome.PASS


def test_a_budget_of_what_was_paid_is_a_fact_and_one_of_a_month_is_an_estimate() -> None:
    """150 calls of 0.0035 dollars in 30 days are 0.525 dollars; a month of 30.4375 days costs 0.53265625."""
    paid, month = (
        {"metric": "total_cost", "max": "0.52 USD"},
        {"metric": "total_cost", "max": "0.53 USD per month"},
    )
    verdict = checked(constant("search", 50), constant("search", 50), paid, month)
    fact, estimate = verdict.findings
    assert (fact.state, fact.after, fact.interval) == (State.BROKEN, Fraction("0.525"), (0.525, 0.525))
    # Beyond the budget, but a month's number of calls varies by more than that.
    assert (estimate.state, estimate.after) == (State.OK, Fraction("0.53265625"))
    assert verdict.comparisons == 1


def test_other_metrics_and_patterns_pick_what_they_name() -> None:
    before = snapshot(constant("chat-a", 100), constant("chat-b", 100), constant("search", 100, 9000))
    after = snapshot(constant("chat-a", 100, failed=20), constant("chat-b", 100, 1500), constant("search", 100))
    limits = (
        {"metric": "input_tokens_per_call", "feature": "chat-*", "max_increase": "200 tokens"},
        {"metric": "output_tokens_per_call", "by": "model", "max_increase": "1%"},
        {"metric": "failed_share", "by": "feature", "feature": "chat-?", "max": "5%"},
        {"metric": "p50_input_tokens", "feature": "chat-b", "max": "1400 tokens"},
    )
    verdict = compare(before, after, section(*limits), BOOK)
    seen = [
        (f.metric.name, dict(f.group), f.before and float(f.before), f.after and float(f.after), f.state.value)
        for f in verdict.findings
    ]
    assert seen == [
        ("input_tokens_per_call", {}, 1000, 1250, "broken"),
        ("output_tokens_per_call", {"model": "gpt-4o-2024-08-06"}, 100, 100, "ok"),
        ("failed_share", {"feature": "chat-a"}, 0, 0.2, "broken"),
        ("failed_share", {"feature": "chat-b"}, 0, 0, "ok"),
        ("p50_input_tokens", {}, 1000, 1500, "broken"),
    ]


def test_a_new_price_list_is_no_change_of_use() -> None:
    """The same calls, paid twice as much now: no limit on increases is broken, and the price list is named."""
    before = constant("search", 50)
    (name, used), *_ = before.use.cells.items()
    doubled = type(used)(used.calls, used.tokens, tuple(cost * 2 for cost in used.costs))
    use = type(before.use)(50, 50, cells={name: doubled})
    after = Group("search", before.model, use, before.moments, before.measures)
    book = Book(BOOK.at, {CELL: tuple(price * 2 for price in BOOK.prices[CELL])})
    verdict = compare(snapshot(before), snapshot(after), section(PER_CALL | {"max_increase": "1%"}), book)
    assert only(verdict).state is State.OK
    assert (only(verdict).before, only(verdict).after) == (Fraction("0.007"), Fraction("0.007"))
    assert verdict.price_change == 1.0
    assert (verdict.repriced[0].own_cost, verdict.repriced[0].cost) == (Decimal("0.175"), Decimal("0.35"))
    # A budget is about what is paid.
    assert only(compare(snapshot(before), snapshot(after), section(PER_CALL | {"max": "0.006 USD"}), book)).broken


def test_calls_without_a_price_on_that_day_keep_their_own_and_are_counted() -> None:
    nothing = Book(BOOK.at, {})
    verdict = compare(
        snapshot(constant("a", 50)),
        snapshot(constant("a", 60)),
        section({"metric": "cost_per_call", "max_increase": "1%"}),
        nothing,
    )
    assert [side.kept_calls for side in verdict.repriced] == [50, 60]
    assert only(verdict).state is State.OK


def test_nothing_to_hold_to_and_other_calls_are_refused() -> None:
    with pytest.raises(ConfigError, match="there is no limit to check"):
        checked(constant("search", 50), constant("search", 50))
    side = snapshot(constant("search", 50))
    other = Snapshot(side.groups, where="feature = 'search'")
    with pytest.raises(ConfigError, match="the baseline was taken of other calls"):
        compare(side, other, section(PER_CALL | {"max": "1 USD"}), BOOK)


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"metric": "cost_per_cal", "max": "1 USD"}, "did you mean cost_per_call"),
        ({"metric": "cost_per_call"}, "max_increase, max or max_new"),
        ({"metric": "cost_per_call", "max": "0.1"}, "a number and a unit"),
        ({"metric": "cost_per_call", "max": 0.1}, "a number and a unit"),
        ({"metric": "cost_per_call", "max": "10%"}, "is given in USD, not in %"),
        ({"metric": "p95_seconds", "max_increase": "10 USD"}, "is given in s or in %"),
        (
            {"metric": "cost_per_call", "max": "1 USD per month"},
            "only a budget of total_cost, cost_per_day has a period",
        ),
        ({"metric": "total_cost", "max_increase": "1 USD per month"}, "only a budget"),
        ({"metric": "total_cost", "max": "1 USD per fortnight"}, "a number and a unit"),
        ({"metric": "cost_per_call", "max": "1 USD", "by": "user"}, "by is all, feature, model"),
        ({"metric": "cost_per_call", "max": "1 USD", "min_calls": 1}, "two calls at least"),
        ({"metric": "cost_per_call", "maximum": "1 USD"}, "Extra inputs are not permitted"),
    ],
)
def test_a_limit_that_means_nothing_is_refused(limit: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        section(limit)


def test_a_false_alarm_rate_is_a_share() -> None:
    assert section(false_alarm_rate="1%").false_alarm_rate == Decimal("0.01")
    for wrong in ("0", "100%", "often"):
        with pytest.raises(ValidationError, match="rate"):
            section(false_alarm_rate=wrong)
