"""Why two periods cost differently: worked by hand, exact on random calls, and a single cause gets all of a change."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmaudit.analyses.dimensions import DIMENSIONS, dimensions
from llmaudit.analyses.explain import Explanation, explain
from llmaudit.analyses.explain_parts import PARTS
from llmaudit.analyses.explain_store import side
from llmaudit.analyses.periods import Period
from llmaudit.errors import ConfigError, NothingMeasured
from llmaudit.prices import PriceOverrides, PriceRule
from llmaudit.pricing import reprice_if_changed
from llmaudit.store import Store

Fill = Callable[..., Store]
Call = dict[str, Any]
BEFORE, AFTER = datetime(2026, 9, 1), datetime(2026, 10, 1)
END = datetime(2026, 10, 16)
FIRST_HALF = Period(AFTER.replace(tzinfo=UTC), END.replace(tzinfo=UTC))
SEPTEMBER = Period(BEFORE.replace(tzinfo=UTC), AFTER.replace(tzinfo=UTC))
SHARED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def explained(store: Store, *by: str, prices: PriceOverrides | None = None) -> Explanation:
    """September (30 days) against the first half of October (15 days): the log goes on before and after."""
    store.run(
        "insert into calls (call_id, service_tier, started_at)"
        " values ('earlier', 'standard', $at), ('later', 'standard', $until)",
        {"at": BEFORE - timedelta(days=1), "until": END},
    )
    store.run("delete from meta where name = 'price_book'")
    reprice_if_changed(store, prices)
    names = dimensions(by or ["feature"])
    before = side(store, "September", by=names, period=SEPTEMBER)
    return explain(before, side(store, "October", by=names, period=FIRST_HALF))


def call(at: datetime, **changes: Any) -> Call:
    """A call of gpt-4o: 2.50 and 10 dollars per million tokens, 1.25 for what is read from the cache."""
    usual = {
        "started_at": at + timedelta(days=3),
        "provider_name": "openai",
        "response_model": "gpt-4o-2024-08-06",
        "feature": "search",
        "status": "ok",
        "attempt": 1,
        "input_tokens": 1000,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "output_tokens": 100,
    }
    return usual | changes


def parts(found: Explanation, measure: str = "total") -> dict[str, Decimal]:
    """The parts that are not nothing."""
    return {part: amount for part, amount in found.measures[measure].parts.items() if amount}


def test_more_calls_with_longer_answers_worked_by_hand(fill: Fill) -> None:
    """10 calls of 0.0035 dollars become 20 of 0.0045: 0.035 become 0.09.

    volume: 10 more calls at the mean cost of 0.0040; answers: 15 calls, the mean, times 100 tokens times 0.00001.
    """
    store = fill(*(call(BEFORE) for _ in range(10)), *(call(AFTER, output_tokens=200) for _ in range(20)))
    found = explained(store)
    total = found.measures["total"]
    assert (total.before, total.after) == (Decimal("0.035"), Decimal("0.09"))
    assert parts(found) == {"volume": Decimal("0.04"), "output_tokens": Decimal("0.015")}
    # A day: 1/3 of a call before, 4/3 after; 1 call at 0.0040, and 5/6 of a call times 0.001.
    assert parts(found, "per_day") == {"volume": Decimal("0.004"), "output_tokens": Decimal("0.000833333333")}
    assert parts(found, "per_call") == {"output_tokens": Decimal("0.001")}
    answers = total.movers[1]
    assert (answers.key, answers.part, answers.model) == (("search",), "output_tokens", "gpt-4o-2024-08-06")
    assert (answers.before, answers.after) == (Fraction(100), Fraction(200))


def test_a_smaller_model_for_some_calls_worked_by_hand(fill: Fill) -> None:
    """Of four calls, two go to gpt-4o-mini (0.15 and 0.60 per million): 0.00021 instead of 0.0035 each."""
    mini = {"response_model": "gpt-4o-mini-2024-07-18"}
    store = fill(*(call(BEFORE) for _ in range(4)), *(call(AFTER, **(mini if n < 2 else {})) for n in range(4)))
    found = explained(store)
    assert parts(found) == {"model_mix": Decimal("-0.00658")}
    movers = found.measures["total"].movers
    assert {mover.model or "": (mover.before or Fraction(0), mover.after) for mover in movers} == {
        "gpt-4o-2024-08-06": (Fraction(1), Fraction(1, 2)),
        "gpt-4o-mini-2024-07-18": (Fraction(0), Fraction(1, 2)),
    }
    assert parts(explained(store, "model")) == {"new": Decimal("0.00042"), "volume": Decimal("-0.007")}


def test_a_group_of_average_cost_comes_and_goes_for_nothing_per_call(fill: Fill) -> None:
    store = fill(call(BEFORE), call(AFTER), call(AFTER, feature="another"))
    assert parts(explained(store), "per_call") == {}
    assert parts(explained(store)) == {"new": Decimal("0.0035")}


_MODELS = (
    ("openai", "gpt-4o-2024-08-06"),
    ("anthropic", "claude-sonnet-4-5"),
    ("gcp.gemini", "gemini-2.5-pro"),
    ("deepseek", "deepseek-chat"),
    ("nobody", "unheard-of"),
)
_ANY_CALL = st.fixed_dictionaries(
    {
        "after": st.booleans(),
        "model": st.sampled_from(_MODELS),
        "service_tier": st.sampled_from(["standard", "standard", "batch"]),
        "feature": st.sampled_from(["a", "b", "", None]),
        "user_id": st.sampled_from(["u", "v", None]),
        "tags": st.sampled_from([None, {}, {"team": "x"}]),
        "status": st.sampled_from(["ok", "ok", "ok", "error", "timeout", "rate_limited"]),
        "attempt": st.sampled_from([None, 1, 1, 2, 3]),
        "response_cache_hit": st.sampled_from([None, False, False, True]),
        "minutes": st.integers(0, 15 * 24 * 60 - 1),
        "input_tokens": st.one_of(st.none(), st.integers(0, 3000), st.integers(190_000, 400_000)),
        "read": st.sampled_from([None, 0, 3]),
        "written": st.sampled_from([None, 0, 4]),
        "output_tokens": st.one_of(st.none(), st.integers(0, 2000)),
        "duration_seconds": st.one_of(st.none(), st.floats(0, 60)),
    }
)


def _any_call(drawn: Call) -> Call:
    made = dict(drawn)
    (made["provider_name"], made["response_model"]), tokens = made.pop("model"), made["input_tokens"] or 0
    for name, column in (("read", "cache_read_input_tokens"), ("written", "cache_creation_input_tokens")):
        share = made.pop(name)
        made[column] = None if share is None else tokens // share if share else 0
    made["cache_creation_1h_input_tokens"] = (made["cache_creation_input_tokens"] or 0) // 3
    made["started_at"] = (AFTER if made.pop("after") else BEFORE) + timedelta(minutes=made.pop("minutes"))
    return made


def _queries(store: Store, since: datetime, until: datetime) -> int:
    """First attempts by group, or all calls of a group that has only others; counted in plain Python."""
    rows = store.rows(
        """select feature, coalesce(attempt, 1) > 1, effective_cost, coalesce(status, 'ok') = 'ok', response_cache_hit,
                  input_tokens, output_tokens
           from calls where started_at >= $since and started_at < $until""",
        {"since": since, "until": until},
    )
    total = 0
    for feature in {row[0] for row in rows}:
        own = [row[1:] for row in rows if row[0] == feature]
        first = sum(1 for retry, cost, well, *_ in own if not retry and (cost is not None or not well))
        answered = sum(
            1
            for _, cost, _, hit, tokens, answer in own
            if cost is not None
            and (hit or cost > 0 or (tokens is not None and answer is not None and tokens + answer > 0))
        )
        total += first or answered
    return total


@SHARED
@given(drawn=st.lists(_ANY_CALL, min_size=2, max_size=25))
def test_parts_groups_and_movers_add_up_to_the_change(fill: Fill, drawn: list[Call]) -> None:
    store = fill(*map(_any_call, drawn))
    try:
        found = explained(store)
    except NothingMeasured:
        return
    costs = [
        store.value(
            """select cast(coalesce(sum(effective_cost), 0) as decimal(38, 12)) from calls
               where started_at >= $since and started_at < $until""",
            {"since": since, "until": until},
        )
        for since, until in ((BEFORE, AFTER), (AFTER, END))
    ]
    asked = [_queries(store, BEFORE, AFTER), _queries(store, AFTER, END)]
    divisors = {"per_day": [30, 15], "total": [1, 1]} | ({"per_call": asked} if all(asked) else {})
    assert found.measures.keys() == divisors.keys()
    for name, measure in found.measures.items():
        exact = [Fraction(cost) / by for cost, by in zip(costs, divisors[name], strict=True)]
        # A trillionth of a dollar is what is kept.
        assert abs(Fraction(measure.before) - exact[0]) * 2 <= Fraction(1, 10**12)
        assert abs(Fraction(measure.after) - exact[1]) * 2 <= Fraction(1, 10**12)
        assert sum(measure.parts.values()) == measure.after - measure.before
        assert sum(group.change for group in measure.groups) == measure.change
        assert sum(mover.amount for mover in measure.movers) == measure.change
        for group in measure.groups:
            assert sum(group.parts.values()) == group.change
            assert name == "per_call" or abs(group.change - (group.after or 0) + (group.before or 0)) <= Decimal(
                "2e-12"
            )
        assert measure.parts.keys() == set(PARTS)


@settings(SHARED, max_examples=20)
@given(
    drawn=st.lists(_ANY_CALL, min_size=4, max_size=16),
    by=st.lists(
        st.sampled_from([name for name, each in DIMENSIONS.items() if not each.in_time] + ["tag:team"]),
        min_size=1,
        max_size=2,
        unique=True,
    ),
)
def test_by_every_dimension_the_change_is_the_same_and_the_way_back_is_its_opposite(
    fill: Fill, drawn: list[Call], by: list[str]
) -> None:
    store = fill(*map(_any_call, drawn))
    try:
        found, plain = explained(store, *by), explained(store)
    except NothingMeasured:
        return
    total = found.measures["total"]
    assert total.change == plain.measures["total"].change
    assert sum(total.parts.values()) == total.change
    back = explain(found.after, found.before).measures["total"]
    opposite = {"new": "vanished", "vanished": "new"}
    for part, amount in total.parts.items():
        # Each amount is rounded to a trillionth of a dollar, each way.
        assert abs(amount + back.parts[opposite.get(part, part)]) <= Decimal("2e-12") * len(total.movers)


_SAME = st.lists(
    st.fixed_dictionaries(
        {
            "model": st.sampled_from(_MODELS[:3]),
            "feature": st.sampled_from(["a", "b"]),
            "input_tokens": st.integers(8, 20_000).map(lambda tokens: tokens * 8),
            "output_tokens": st.integers(1, 2000),
            "hours": st.integers(0, 23),
        }
    ),
    min_size=1,
    max_size=8,
)
DISCOUNT = PriceOverrides(rules=(PriceRule(model="*", multiplier=Decimal("0.5"), since=AFTER.date(), round=True),))
PLANTED: dict[str, Callable[[Call], list[Call]]] = {
    "volume": lambda was: [was, was, was],
    "retries": lambda was: [was | {"status": "timeout"}, was | {"attempt": 2}],
    "response_cache": lambda was: [was | {"response_cache_hit": True}],
    "model_mix": lambda was: [was | {"provider_name": "openai", "response_model": "gpt-4o-mini-2024-07-18"}],
    "rate_mix": lambda was: [was | {"service_tier": "batch"}],
    "input_tokens": lambda was: [was | {"input_tokens": was["input_tokens"] // 8}],
    "cache": lambda was: [was | {"cache_read_input_tokens": was["input_tokens"] // 4}],
    "output_tokens": lambda was: [was | {"output_tokens": was["output_tokens"] * 7}],
    "price": lambda was: [was],
    "new": lambda was: [was, was | {"feature": "brand new"}],
    "vanished": lambda was: [],
}


@pytest.mark.parametrize("cause", PLANTED)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=_SAME)
def test_a_planted_cause_gets_all_of_the_change(cause: str, fill: Fill, drawn: list[Call]) -> None:
    """Everything else is as it was: the same calls at the same hours, a month later."""
    calls: list[Call] = []
    for one in drawn:
        provider, model = one["model"]
        same = {k: v for k, v in one.items() if k not in ("model", "hours")}
        same |= {"provider_name": provider, "response_model": model}
        was = call(BEFORE + timedelta(hours=one["hours"]), **same)
        month_later = was | {"started_at": was["started_at"] + (AFTER - BEFORE)}
        calls += [was, *PLANTED[cause](month_later)]
    stays = call(BEFORE, feature="stays")
    calls += [stays, stays | {"started_at": stays["started_at"] + (AFTER - BEFORE)}]
    if cause == "model_mix" and len({(one["model"], one["feature"]) for one in drawn}) != 1:
        # With several models the shares that go to the small one were of different kinds of calls.
        return
    found = explained(fill(*calls), prices=DISCOUNT if cause == "price" else None)
    wanted = found.measures["total"].change
    assert parts(found) == ({cause: wanted} if wanted else {})


def test_what_differs_in_kind_is_refused(fill: Fill) -> None:
    store = fill(call(BEFORE), call(AFTER))
    reprice_if_changed(store, None)
    one, other = (side(store, by, by=dimensions([by]), period=Period()) for by in ("feature", "model"))
    with pytest.raises(ConfigError, match="feature is grouped by feature, model by model"):
        explain(one, other)
    with pytest.raises(ConfigError, match="two periods have no day in common"):
        side(store, "x", by=dimensions(["feature", "day"]), period=Period())


def test_without_times_there_is_no_cost_per_day(fill: Fill) -> None:
    store = fill(call(BEFORE) | {"started_at": None})
    reprice_if_changed(store, None)
    whole = side(store, "all", by=dimensions(["feature"]), period=Period())
    found = explain(whole, whole)
    assert found.measures.keys() == {"per_call", "total"}
    assert found.measures["total"].change == 0
    assert found.latency is None


def test_calls_without_a_cost_are_in_no_amount_and_are_counted(fill: Fill) -> None:
    unknown = call(AFTER, response_model="unheard-of", provider_name="nobody")
    found = explained(fill(call(BEFORE), call(AFTER), unknown))
    assert found.after.whole.unpriced_calls == 1
    assert parts(found, "total") == {}
    assert found.after.whole.queries == 1


def test_beyond_a_hundred_groups_the_rest_is_one_row_and_still_adds_up(fill: Fill) -> None:
    store = fill(
        *(
            call(at, feature=f"f{n}", output_tokens=n * (2 if at == AFTER else 1))
            for n in range(150)
            for at in (BEFORE, AFTER)
        )
    )
    total = explained(store).measures["total"]
    others = [group for group in total.groups if group.others]
    assert [(len(total.groups), group.others) for group in others] == [(101, 50)]
    # 0 + 1 + … + 149 more tokens of answers at 0.00001 dollars.
    assert total.change == sum(total.parts.values()) == Decimal("0.11175")
    assert total.parts["output_tokens"] == Decimal("0.11175")
    # The fifty smallest are 0 to 49.
    assert others[0].change == Decimal("0.01225")


def test_time_of_which_nothing_is_on_record_is_no_time(fill: Fill) -> None:
    """A call of $0.0035 on the 1st and one on the 10th are 10 days, the quiet ones too: $0.0007 a day."""
    store = fill(call(AFTER - timedelta(days=3)), call(AFTER + timedelta(days=6)))
    reprice_if_changed(store, None)
    wide = Period(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    tight = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 11, tzinfo=UTC))
    before, after = (side(store, "x", by=dimensions(["feature"]), period=period) for period in (wide, tight))
    assert (before.days, after.days) == (Fraction(10), Fraction(10))
    assert (before.since, before.until) == (tight.since, tight.until)
    assert explain(before, after).measures["per_day"].after == Decimal("0.0007")
    assert not explain(before, after).measures["per_day"].change
    assert (before.beyond_record, after.beyond_record) == (True, False)
    assert before.overlaps(after)
    # A limit within the record stays, however quiet the days up to it are.
    assert (
        side(store, "x", by=dimensions(["feature"]), period=Period(until=datetime(2026, 10, 9, tzinfo=UTC))).days == 8
    )
