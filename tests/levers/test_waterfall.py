"""The engine: what a lever changes is priced, the steps add up, and nothing that a lever did not touch moves."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.errors import NothingMeasured
from llmaudit.levers.lever import Basis, Lever, Outcome, StepSettings
from llmaudit.levers.waterfall import waterfall
from llmaudit.pricing import reprice
from llmaudit.render.waterfall import Words
from llmaudit.store import Store, open_store
from tests.levers.conftest import Planned

COLUMNS = ", ".join(
    (
        *("call_id", "source_id", "record_number", "started_at", "provider_name", "response_model", "service_tier"),
        *("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation_1h_input_tokens"),
        *("output_tokens", "status", "feature"),
    )
)


def fill(store: Store, calls: list[tuple[int, int, int]]) -> None:
    """Calls of gpt-4o as (day of October 2026, input tokens, output tokens), at $2.50 and $10 per million."""
    store.run("delete from calls")
    for number, (day, given_tokens, made) in enumerate(calls):
        store.run(
            f"insert into calls ({COLUMNS}) values ($id, 1, $number, $at::timestamp, 'openai', 'gpt-4o-2024-08-06', "
            "'standard', $input, 0, 0, 0, $output, 'ok', $feature)",
            {
                "id": f"c{number}",
                "number": number + 1,
                "at": f"2026-10-{day:02} 12:00:00",
                "input": given_tokens,
                "output": made,
                "feature": "even" if number % 2 == 0 else "odd",
            },
        )
    reprice(store, None)


def changing(select: str, *changes: str, extras: str = "") -> Lever[Any]:
    """A lever whose changes are this select."""

    def apply(store: Store, settings: StepSettings) -> Outcome:
        store.run(f"create or replace temp table lever_changes as {select}")
        if extras:
            store.run(f"insert into lever_extras {extras}")
        return Outcome()

    return Lever("test", StepSettings, changes, apply)


def step(lever: Lever[Any], when: str = "true") -> Planned:
    return Planned(lever, "test", StepSettings(when=when))


HALVE = changing(
    "select call_id, 'measured' as basis, cast(floor(input_tokens / 2) as bigint) as input_tokens "
    "from lever_input where fits",
    "input_tokens",
)
TAKE_AWAY = changing(
    "select call_id, 'measured' as basis, true as response_cache_hit from lever_input where fits",
    "response_cache_hit",
)
NOTHING = changing("select call_id, 'measured' as basis, input_tokens from lever_input where false", "input_tokens")


def test_a_change_is_priced_at_the_rates_of_the_call(store: Store) -> None:
    """1,000 input tokens at $2.50 per million are $0.0025; half of them are saved."""
    fill(store, [(1, 1_000, 0), (2, 1_000, 0)])
    found = waterfall(store, [step(HALVE, "feature = 'even'")])
    assert (found.calls, found.baseline_cost, found.saving) == (2, Decimal("0.005"), Decimal("0.00125"))
    assert found.steps[0].calls_changed == 1
    assert found.steps[0].basis[Basis.MEASURED] == Decimal("0.00125")


def test_each_step_works_on_what_the_last_one_left(store: Store) -> None:
    """Half, then half of the half: 1,000 → 500 → 250 tokens; a call that was taken away is not halved any more."""
    fill(store, [(1, 1_000, 0), (1, 1_000, 0)])
    found = waterfall(store, [step(HALVE), step(TAKE_AWAY, "feature = 'odd'"), step(HALVE)])
    assert [one.saving for one in found.steps] == [Decimal("0.0025"), Decimal("0.00125"), Decimal("0.000625")]
    assert [one.calls_changed for one in found.steps] == [2, 1, 1]
    assert found.projected_cost == Decimal("0.000625")


def test_what_a_remedy_costs_itself_is_charged(store: Store) -> None:
    """A router of 1,000 gpt-4o-mini tokens ($0.15 per million) costs $0.00015, more than halving 100 tokens saves."""
    fill(store, [(1, 100, 0)])
    halving = changing(
        "select call_id, 'measured' as basis, cast(50 as bigint) as input_tokens from lever_input",
        "input_tokens",
        extras="select call_id, 'estimated', 'openai', 'gpt-4o-mini', 'standard', 1000, 0 from lever_input",
    )
    found = waterfall(store, [step(halving)])
    assert found.steps[0].basis[Basis.MEASURED] == Decimal("0.000125")
    assert found.steps[0].basis[Basis.ESTIMATED] == Decimal("-0.00015")
    assert found.saving == Decimal("-0.000025")


def test_what_a_remedy_makes_without_a_price_is_said_and_its_cost_is_unknown(store: Store) -> None:
    fill(store, [(1, 100, 0)])
    halving = changing(
        "select call_id, 'measured' as basis, cast(50 as bigint) as input_tokens from lever_input",
        "input_tokens",
        extras="select call_id, 'estimated', 'openai', 'no-such-model', 'standard', 1000, 0 from lever_input",
    )
    found = waterfall(store, [step(replace(halving, extras="making"))]).steps[0]
    assert found.saving == Decimal("0.000125")
    assert found.facts == {"making_cost": None, "making_unpriced_calls": 1}
    said = "of 1 call that the step itself makes, 1 has no known price or size and is not charged"
    assert found.warnings == (said,)


def test_what_a_remedy_makes_is_charged_as_far_as_its_price_is_known(store: Store) -> None:
    """1,000 tokens of gpt-4o-mini at $0.15 per million; the other router's price nobody knows."""
    fill(store, [(1, 100, 0)])
    routers = " union all ".join(
        f"select call_id, 'estimated', 'openai', '{model}', 'standard', 1000, 0 from lever_input"
        for model in ("gpt-4o-mini", "no-such-model")
    )
    nothing = changing("select call_id, 'measured' as basis from lever_input where false", extras=routers)
    found = waterfall(store, [step(replace(nothing, extras="making"))]).steps[0]
    assert found.saving == Decimal("-0.00015")
    assert found.facts == {"making_cost": Decimal("0.00015"), "making_unpriced_calls": 1}
    assert "of 2 calls that the step itself makes, 1 has no known price" in found.warnings[0]


def test_one_day_says_that_it_has_no_range_and_what_a_month_is(store: Store) -> None:
    said = []
    for days, scale_to in (([1, 1], None), ([1, 1], Decimal(100)), ([1, 2], None)):
        fill(store, [(day, 1_000, 0) for day in days])
        said.append(Words(waterfall(store, [step(HALVE)]), scale_to).limits)
    no_range = "there is no range of what other days would have made of it."
    month = "No calls of a second day: a month is 30.4375 times these calls, and "
    assert said == [[month + no_range], [f"No calls of a second day: {no_range}"], []]


def test_a_change_to_what_has_no_price_is_not_made(store: Store) -> None:
    fill(store, [(1, 1_000, 0)])
    unknown = changing(
        "select call_id, 'measured' as basis, 'no-such-model' as response_model from lever_input", "response_model"
    )
    found = waterfall(store, [step(unknown)])
    assert (found.saving, found.steps[0].calls_changed) == (Decimal(0), 0)
    assert "no known price" in found.steps[0].warnings[0]


def test_days_that_are_alike_have_a_range_of_one_point_and_one_day_has_none(store: Store) -> None:
    fill(store, [(day, 1_000, 0) for day in range(1, 11)])
    alike = waterfall(store, [step(HALVE)]).steps[0]
    assert alike.low == alike.high == Decimal("0.0125")
    fill(store, [(1, 1_000, 0)])
    alone = waterfall(store, [step(HALVE)]).steps[0]
    assert (alone.low, alone.high) == (None, None)


def test_the_range_is_that_of_days_drawn_again(store: Store) -> None:
    """On five of ten days $0.00125 is saved. Of ten days drawn anew, binomially many are such: at most 1 with 1.07 %,
    at most 2 with 5.47 %, at most 7 with 94.53 %, at most 8 with 98.93 %: 95 % lie between 2 and 8."""
    fill(store, [(day, 1_000, 0) for day in range(1, 11)])
    found = waterfall(store, [step(HALVE, "feature = 'even'")]).steps[0]
    assert found.saving == 5 * Decimal("0.00125")
    assert (found.low, found.high) == (2 * Decimal("0.00125"), 8 * Decimal("0.00125"))


def test_calls_without_a_time_are_on_no_day_of_their_own(store: Store) -> None:
    """The same ten days and two calls of $0.0025 more, halved whatever the days."""
    fill(store, [(day, 1_000, 0) for day in (*range(1, 11), 1, 1)])
    store.run("update calls set started_at = null, feature = 'even' where call_id in ('c10', 'c11')")
    reprice(store, None)
    found = waterfall(store, [step(HALVE, "feature = 'even'")])
    assert (found.calls, found.days) == (12, Decimal(10))
    assert found.saving == 7 * Decimal("0.00125")
    assert (found.steps[0].low, found.steps[0].high) == (4 * Decimal("0.00125"), 10 * Decimal("0.00125"))
    fill(store, [(1, 1_000, 0)])
    store.run("update calls set started_at = null")
    reprice(store, None)
    undated = waterfall(store, [step(HALVE)])
    assert (undated.days, undated.steps[0].low) == (Decimal(1), None)


def test_calls_without_a_cost_are_left_out_and_counted(store: Store) -> None:
    fill(store, [(1, 1_000, 0), (1, 1_000, 0)])
    store.run("update calls set response_model = 'no-such-model' where call_id = 'c1'")
    reprice(store, None)
    found = waterfall(store, [step(HALVE)])
    assert (found.calls, found.unpriced_calls, found.saving) == (1, 1, Decimal("0.00125"))


def test_an_empty_store_is_no_answer(store: Store) -> None:
    with pytest.raises(NothingMeasured):
        waterfall(store, [step(HALVE)])


@given(
    calls=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5_000), st.integers(0, 500)), min_size=1, max_size=12),
    picks=st.lists(st.sampled_from([HALVE, TAKE_AWAY, NOTHING]), max_size=4),
)
def test_the_steps_add_up_to_the_total(calls: list[tuple[int, int, int]], picks: list[Lever[Any]]) -> None:
    with open_store(":memory:") as store:
        fill(store, calls)
        before = store.rows("select * from calls order by call_id")
        found = waterfall(store, [step(lever, "feature = 'even'") for lever in picks])
        assert sum((one.saving for one in found.steps), Decimal(0)) == found.baseline_cost - found.projected_cost
        assert all(sum(one.basis.values(), Decimal(0)) == one.saving for one in found.steps)
        assert all(one.saving == 0 for one, lever in zip(found.steps, picks, strict=True) if lever is NOTHING)
        assert store.rows("select * from calls order by call_id") == before


def test_what_follows_an_estimate_is_no_measurement(store: Store) -> None:
    """Of two calls the first is halved by an estimate; both are then halved by a measurement.

    gpt-4o: 1,000 tokens cost $0.0025, so $0.00125 of the first is estimated; then $0.000625 on it, still an estimate,
    and $0.00125 on the other, which nothing had touched.
    """
    fill(store, [(1, 1_000, 0), (2, 1_000, 0)])
    guess = changing(
        "select call_id, 'estimated' as basis, cast(500 as bigint) as input_tokens from lever_input "
        "order by call_name limit 1",
        "input_tokens",
    )
    first, second = waterfall(store, [step(guess), step(HALVE)]).steps
    assert first.basis[Basis.ESTIMATED] == Decimal("0.00125")
    assert second.basis[Basis.ESTIMATED] == Decimal("0.000625")
    assert second.basis[Basis.MEASURED] == Decimal("0.00125")
