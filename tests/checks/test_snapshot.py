"""A snapshot of a store says what plain arithmetic over its calls says, and survives being a file."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import mean, variance
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmaudit import schemas
from llmaudit.analyses.dimensions import dimensions
from llmaudit.analyses.explain import explain
from llmaudit.analyses.explain_store import side
from llmaudit.analyses.periods import Period
from llmaudit.checks import baseline
from llmaudit.checks.metrics import metric
from llmaudit.checks.repricing import book, paid
from llmaudit.checks.samples import sample
from llmaudit.checks.snapshot import Snapshot, as_side, take
from llmaudit.errors import ConfigError, NothingMeasured, ReadError
from llmaudit.prices import PriceOverrides, PriceRule
from llmaudit.pricing import reprice_if_changed
from llmaudit.store import Store, open_store
from tests.analyses.conftest import write

START = datetime(2026, 10, 1)
Fill = Callable[..., Store]


@pytest.fixture
def fill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fill]:
    """Give a store in memory exactly these calls, priced."""
    file = tmp_path_factory.mktemp("calls") / "calls.jsonl"
    with open_store(":memory:") as store:

        def given_calls(*calls: dict[str, Any], prices: PriceOverrides | None = None) -> Store:
            write(store, file, list(calls))
            store.run("delete from meta where name = 'price_book'")
            reprice_if_changed(store, prices)
            return store

        yield given_calls


_CALL = st.fixed_dictionaries(
    {
        "minutes": st.integers(0, 20_000),
        "provider_name": st.just("anthropic"),
        "response_model": st.sampled_from(["claude-sonnet-4-5", "claude-haiku-4-5", "unheard-of"]),
        "service_tier": st.sampled_from(["standard", "batch"]),
        "feature": st.sampled_from(["chat", "search", None]),
        "status": st.sampled_from(["ok", "ok", "error"]),
        "response_cache_hit": st.sampled_from([None, False, True]),
        "input_tokens": st.one_of(st.none(), st.integers(0, 300_000)),
        "read": st.sampled_from([0, 3]),
        "written": st.sampled_from([0, 4]),
        "output_tokens": st.one_of(st.none(), st.integers(0, 3000)),
        "duration_seconds": st.one_of(st.none(), st.integers(0, 90_000).map(lambda ms: ms / 1000)),
    }
)


def call(drawn: dict[str, Any]) -> dict[str, Any]:
    made = dict(drawn)
    tokens = made["input_tokens"] or 0
    read, written = made.pop("read"), made.pop("written")
    made["cache_read_input_tokens"] = tokens // read if read else 0
    made["cache_creation_input_tokens"] = tokens // written if written else 0
    made["cache_creation_1h_input_tokens"] = made["cache_creation_input_tokens"] // 2
    return made | {"started_at": START + timedelta(minutes=made.pop("minutes"))}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(_CALL, min_size=1, max_size=30))
def test_means_and_variances_are_those_of_the_calls(fill: Fill, drawn: list[dict[str, Any]]) -> None:
    store = fill(*map(call, drawn))
    taken = take(store, Period())
    assert taken == baseline_round_trip(taken)
    rows = store.records("select * from calls")
    costs = [
        row["effective_cost"]
        for row in rows
        if row["effective_cost"] is not None
        and (
            row["response_cache_hit"]
            or row["effective_cost"] > 0
            or (row["input_tokens"] or 0) + (row["output_tokens"] or 0) > 0
        )
    ]
    found = sample(taken.groups, metric("cost_per_call"), lambda _, used: paid(used), taken.days)
    whole = sample(taken.groups, metric("total_cost"), lambda _, used: paid(used), taken.days)
    if not costs:
        assert found is whole is None
        return
    assert found is not None
    assert whole is not None
    assert (found.n, found.value, whole.value) == (len(costs), Fraction(sum(costs)) / len(costs), Fraction(sum(costs)))
    if len(costs) > 1:
        # Where a class of prices was paid at two rates, its mean price stands for both: there is none here.
        assert found.error * len(costs) == pytest.approx(float(variance(costs)), rel=1e-9, abs=1e-18)
    tokens = [
        row["input_tokens"]
        for row in rows
        if row["input_tokens"] is not None and not row["response_cache_hit"] and row["status"] == "ok"
    ]
    measured = sample(taken.groups, metric("input_tokens_per_call"), lambda _, used: paid(used), taken.days)
    assert (measured is None) == (not tokens)
    if measured is not None:
        assert measured.n == len(tokens)
        assert float(measured.value) == pytest.approx(mean(tokens), rel=1e-12)
        if len(tokens) > 1:
            assert measured.error * len(tokens) == pytest.approx(variance(tokens), rel=1e-9)
    durations = Counter[int]()
    for row in rows:
        if row["duration_seconds"] is not None and row["status"] == "ok":
            durations[_rounded(round(row["duration_seconds"] * 1000))] += 1
    sketched = Counter[int]()
    for group in taken.groups:
        sketched.update(group.measures["seconds"].sketch if "seconds" in group.measures else {})
    assert sketched == durations


def _rounded(value: int) -> int:
    """Three digits, down to a multiple of 1 below 200, of 2 below 500, of 5 below 1000."""
    unit = 1
    while value // unit >= 1000:
        unit *= 10
    first = value // unit
    step = 1 if first < 200 else 2 if first < 500 else 5
    return first // step * step * unit


def baseline_round_trip(taken: Snapshot) -> Snapshot:
    written = json.loads(baseline.text(taken))
    jsonschema.validate(written, json.loads(schemas.text("baseline")), format_checker=jsonschema.FormatChecker())
    return baseline.parsed(written, "here")


def test_a_baseline_explains_like_the_store_it_was_taken_of(fill: Fill) -> None:
    calls = [
        {
            "started_at": START + timedelta(hours=number),
            "provider_name": "openai",
            "response_model": "gpt-4o-2024-08-06" if number % 3 else "gpt-4o-mini-2024-07-18",
            "feature": "chat" if number % 2 else "search",
            "input_tokens": 1000 + number,
            "cache_read_input_tokens": number * 2,
            "cache_creation_input_tokens": 0,
            "output_tokens": 100 + number % 7,
            "duration_seconds": 1 + number / 100,
        }
        for number in range(600)
    ]
    store = fill(*calls)
    middle = START + timedelta(hours=250)
    periods = Period(until=middle.replace(tzinfo=UTC)), Period(since=middle.replace(tzinfo=UTC))
    by = dimensions(["feature"])
    direct = explain(*(side(store, "x", by=by, period=period) for period in periods))
    filed = explain(*(as_side(take(store, period), ["feature"]) for period in periods))
    assert filed.measures == direct.measures
    assert filed.latency is not None
    assert direct.latency is not None
    assert filed.latency.after_seconds == pytest.approx(direct.latency.after_seconds, rel=0.01)
    assert (filed.latency.exact, direct.latency.exact) == (False, True)
    with pytest.raises(ConfigError, match="a baseline knows features and models only"):
        as_side(take(store, Period()), ["user"])


def test_both_sides_are_repriced_on_one_book(fill: Fill) -> None:
    """Half price from 15 October on: what was paid before is told at the prices of the end."""
    half = PriceOverrides(
        rules=(PriceRule(model="gpt-4o*", multiplier=Decimal("0.5"), since=datetime(2026, 10, 15).date()),)
    )
    same = {
        "provider_name": "openai",
        "response_model": "gpt-4o-2024-08-06",
        "feature": "chat",
        "input_tokens": 1000,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "output_tokens": 100,
    }
    store = fill(same | {"started_at": START}, same | {"started_at": START + timedelta(days=20)}, prices=half)
    noon = datetime(2026, 10, 10, tzinfo=UTC)
    before, after = take(store, Period(until=noon)), take(store, Period(since=noon))
    prices = book([before, after], half)
    assert [side.own_cost for side in map(prices.reprice, (before, after))] == [Decimal("0.0035"), Decimal("0.00175")]
    assert [side.cost for side in map(prices.reprice, (before, after))] == [Decimal("0.00175")] * 2
    assert [side.kept_calls for side in map(prices.reprice, (before, after))] == [0, 0]


def test_an_empty_store_is_no_baseline(fill: Fill) -> None:
    with pytest.raises(NothingMeasured, match="there is no call to measure"):
        take(fill(), Period())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not JSON"),
        ("[]", "its schema is None"),
        ('{"schema": "llmaudit/baseline/0"}', "its schema is llmaudit/baseline/0"),
        ('{"schema": "llmaudit/baseline/1"}', "is a damaged baseline: KeyError at 'groups'"),
    ],
)
def test_what_is_no_baseline_is_refused(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ReadError, match=said):
        baseline.read(file)
    with pytest.raises(ReadError, match="No such file"):
        baseline.read(tmp_path / "nowhere.json")


@pytest.mark.parametrize("damage", ["n", "calls", "products", "mean", "cost"])
def test_a_damaged_baseline_is_refused_whatever_is_wrong_with_it(damage: str, fill: Fill, tmp_path: Path) -> None:
    store = fill(
        {
            "started_at": START,
            "provider_name": "openai",
            "response_model": "gpt-4o",
            "input_tokens": 9,
            "output_tokens": 9,
        }
    )
    said = json.loads(baseline.text(take(store, Period())))
    group = said["groups"][0]
    match damage:
        case "n":
            group["measures"]["tokens"]["n"] = 2
        case "calls":
            group["calls"] = -1
        case "products":
            group["rates"][0]["products"] = "1 2 3"
        case "mean":
            group["measures"]["tokens"]["mean"] = "much"
        case "cost":
            group["rates"][0]["costs"]["input"] = "nothing"
    file = tmp_path / "baseline.json"
    file.write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(ReadError, match="is a damaged baseline"):
        baseline.read(file)
