"""Route against plain Python: shares, limits, other tokenizers, caches and what the scores say."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from llmaudit.errors import ConfigError
from llmaudit.levers.evidence import t_quantile
from llmaudit.levers.route import LEVER
from llmaudit.store import Store, open_store
from tests.calls import put
from tests.levers.inputs import bind_input, changes_of

MINI: dict[str, Any] = {"from": ["gpt-4o", "claude-sonnet-4-5"], "to": "gpt-4o-mini"}
GPT: dict[str, Any] = {"provider_name": "openai", "response_model": "gpt-4o-2024-08-06", "service_tier": "standard"}
CLAUDE: dict[str, Any] = {
    "provider_name": "anthropic",
    "response_model": "claude-sonnet-4-5-20250929",
    "service_tier": "standard",
}
SMALL: dict[str, Any] = {"provider_name": "openai", "response_model": "gpt-4o-mini-2024-07-18"}


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    with open_store(":memory:") as store:
        yield store


def _log(store: Store, *calls: Mapping[str, Any]) -> None:
    """Put calls into the store itself, where a model is asked about its past."""
    for number, call in enumerate(calls):
        put(store, {"call_id": f"c{number}", "status": "ok", **call})


def test_a_call_keeps_its_counts_and_its_cache_at_the_same_provider(store: Store) -> None:
    """gpt-4o and gpt-4o-mini both count in o200k_base; whether the smaller one's cache is as warm is a guess."""
    bind_input(store, [{**GPT, "input_tokens": 2_000, "cache_read_input_tokens": 1_024, "output_tokens": 10}, GPT])
    changed, outcome = changes_of(store, LEVER, MINI)
    moved = {"provider_name": "openai", "response_model": "gpt-4o-mini"}
    assert changed == {
        1: {"basis": "estimated", **moved, "cache_read_input_tokens": 1_024},
        2: {"basis": "measured", **moved},
    }
    assert outcome.facts["rebased"] == []


def test_another_tokenizer_and_another_provider(store: Store) -> None:
    """Vendors: Claude 2 tokens for 7 bytes (before Opus 4.7), others 1 for 4: 800 tokens are 700. No cache moves."""
    call = {
        **CLAUDE,
        **{"input_tokens": 800, "cache_read_input_tokens": 400, "cache_creation_input_tokens": 100},
        **{"output_tokens": 80, "history_tokens": 8, "context_tokens": 16, "prefix_block_tokens": 128.0},
    }
    bind_input(store, [call])
    changed, outcome = changes_of(store, LEVER, MINI)
    assert changed[1] == {
        **{"basis": "estimated", "provider_name": "openai", "response_model": "gpt-4o-mini"},
        **{"input_tokens": 700, "output_tokens": 70, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0},
        **{"history_tokens": 7, "context_tokens": 14, "prefix_block_tokens": 112.0},
    }
    assert outcome.facts["rebased"] == [
        {
            "from": "claude-sonnet-4-5-20250929",
            "input_ratio": 0.875,
            "output_ratio": 0.875,
            "source": "the vendors' own figures",
        }
    ]


def test_the_ratio_is_measured_where_both_models_served_a_feature(store: Store) -> None:
    """Prompts of 1,000 bytes: 300 tokens for Claude, 240 for the target: 800 become 640. Answers: too few to say.

    What only one of them served ("mail") says nothing.
    """
    _log(
        store,
        *[{**CLAUDE, "feature": "faq", "input_tokens": 300, "input_bytes": 1_000} for _ in range(30)],
        *[{**SMALL, "feature": "faq", "input_tokens": 240, "input_bytes": 1_000} for _ in range(30)],
        *[{**CLAUDE, "feature": "mail", "input_tokens": 900, "input_bytes": 1_000} for _ in range(30)],
    )
    bind_input(store, [{**CLAUDE, "input_tokens": 800, "output_tokens": 80}])
    changed, outcome = changes_of(store, LEVER, MINI)
    assert (changed[1]["input_tokens"], changed[1]["output_tokens"]) == (640, 70)
    assert outcome.facts["rebased"][0]["source"] == "measured on the prompts of this log"


def test_what_stays_is_counted(store: Store) -> None:
    """gpt-4o-mini takes 128,000 tokens with its answer; it has no price in a tier that nobody sells."""
    bind_input(
        store,
        [
            {**GPT, "input_tokens": 127_000, "output_tokens": 1_000},
            {**GPT, "input_tokens": 127_000, "output_tokens": 1_001},
            {**GPT, "service_tier": "nobody"},
            {**GPT, "operation_name": "embeddings"},
            {**GPT, **SMALL},
            {**GPT, "response_model": "o3"},
        ],
    )
    changed, outcome = changes_of(store, LEVER, MINI)
    assert list(changed) == [1]
    counts = ("eligible_calls", "moved_calls", "kept_too_long", "kept_no_price", "left_by_share")
    assert [outcome.facts[name] for name in counts] == [3, 1, 1, 1, 0]


def test_a_seller_of_the_target_keeps_the_call(store: Store) -> None:
    azure = {**GPT, "provider_name": "azure.ai.openai"}
    bind_input(store, [azure])
    assert changes_of(store, LEVER, MINI)[0][1]["provider_name"] == "azure.ai.openai"
    assert changes_of(store, LEVER, {**MINI, "provider": "openai"})[0][1]["provider_name"] == "openai"


def test_the_router_reads_what_the_plan_says_or_the_question(store: Store) -> None:
    bind_input(store, [{**GPT, "user_tokens": 40}, {**GPT, "input_tokens": 130_000}])
    asked = "select call_id, basis, provider_name, response_model, service_tier, input_tokens, output_tokens"
    changes_of(store, LEVER, {**MINI, "router": {"model": "gpt-4o-mini", "tokens_per_call": 200}})
    router = ("openai", "gpt-4o-mini", "standard")
    rows = store.rows(f"{asked} from lever_extras order by call_id")
    assert rows == [(1, "assumed", *router, 200, 0), (2, "assumed", *router, 200, 0)]
    changes_of(store, LEVER, {**MINI, "router": {"model": "gpt-4o-mini"}})
    rows = store.rows(f"{asked} from lever_extras order by call_id")
    assert rows == [(1, "estimated", *router, 40, 0), (2, "estimated", *router, 130_000, 0)]


def _score(store: Store, model: Mapping[str, Any], *values: float) -> None:
    have = store.value("select count(*) from calls")
    for number, value in enumerate(values, start=have):
        store.run(
            "insert into calls (call_id, provider_name, response_model, feature) values ($id, $by, $model, 'faq')",
            {"id": f"c{number}", "by": model["provider_name"], "model": model["response_model"]},
        )
        store.run(
            "insert into scores values ($id, null, null, 'faithfulness', $value, 'judge', 1, 1)",
            {"id": f"c{number}", "value": value},
        )


ASKS: dict[str, Any] = {**MINI, "quality": {"score": "faithfulness", "max_drop": 0.02}}


def test_a_difference_that_includes_zero_says_so(store: Store) -> None:
    """Means 0.9 and 0.8, variance 0.01 and n 3 on both sides: standard error 0.08165, t(4) = 2.77645, so ±0.2267."""
    _score(store, GPT, 0.8, 0.9, 1.0)
    _score(store, SMALL, 0.7, 0.8, 0.9)
    bind_input(store, [{**GPT, "feature": "faq"}])
    _, outcome = changes_of(store, LEVER, ASKS)
    (row,) = outcome.facts["quality"]
    assert (row["feature"], row["from_n"], row["to_n"], row["says"]) == ("faq", 3, 3, "the difference includes zero")
    assert (row["difference"], row["low"], row["high"]) == pytest.approx((-0.1, -0.32669, 0.12669), abs=1e-5)
    assert outcome.warnings == (
        "faithfulness of faq drops by 0.1, more than the 0.02 allowed: the difference includes zero",
    )


def test_a_drop_within_the_limit_that_may_be_larger_is_said(store: Store) -> None:
    _score(store, GPT, 0.8, 0.9, 1.0)
    _score(store, SMALL, 0.79, 0.89, 0.99)
    bind_input(store, [{**GPT, "feature": "faq"}])
    (warning,) = changes_of(store, LEVER, ASKS)[1].warnings
    assert warning == "faithfulness of faq: a drop of more than 0.02 is not ruled out; the difference includes zero"


def test_a_trial_of_another_model_on_logged_requests_is_evidence(store: Store) -> None:
    """Three requests that gpt-4o answered at 0.8, 0.9 and 1.0; the smaller model was tried on two of them.

    Standard error: √(0.01 / 3 + 0.005 / 2) = 0.07638 at 2.88 degrees of freedom, t = 3.2592: ±0.2489.
    """
    _score(store, GPT, 0.8, 0.9, 1.0)
    for call, value in (("c0", 0.85), ("c2", 0.95)):
        store.run(
            "insert into scores values ($id, null, 'gpt-4o-mini', 'faithfulness', $value, 'judge', 1, 1)",
            {"id": call, "value": value},
        )
    bind_input(store, [{**GPT, "feature": "faq"}])
    (row,) = changes_of(store, LEVER, ASKS)[1].facts["quality"]
    assert (row["from_n"], row["from_mean"], row["to_n"], row["to_mean"]) == (3, pytest.approx(0.9), 2, 0.9)
    assert (row["low"], row["high"]) == pytest.approx((-0.2489, 0.2489), abs=1e-3)


@pytest.mark.parametrize("scored", [None, GPT, SMALL])
def test_nothing_scored_is_no_evidence(store: Store, scored: Mapping[str, Any] | None) -> None:
    if scored is not None:
        _score(store, scored, 0.9, 0.9)
    bind_input(store, [{**GPT, "feature": "faq"}])
    _, outcome = changes_of(store, LEVER, ASKS)
    assert outcome.facts["quality"][0]["says"] == "no evidence: nothing scored"
    assert outcome.warnings == ("faithfulness of faq: no evidence: nothing scored",)


@pytest.mark.parametrize(
    ("freedom", "value"), [(1, 12.7062), (2, 4.30265), (5, 2.57058), (30, 2.04227), (1000, 1.96234)]
)
def test_the_quantiles_of_t_are_those_of_the_tables(freedom: float, value: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize("part", [{"to": "gpt-4o-minni"}, {"router": {"model": "gpt-4o-minni"}}])
def test_an_unknown_model_is_an_error_with_the_nearest_names(store: Store, part: Mapping[str, Any]) -> None:
    bind_input(store, [GPT])
    with pytest.raises(ConfigError, match="gpt-4o-minni: no model of that name has a known price") as caught:
        changes_of(store, LEVER, {**MINI, **part})
    assert "openai/gpt-4o-mini" in (caught.value.hint or "")


@pytest.mark.parametrize("part", [{"share": 1.1}, {"share": -0.1}, {"from": []}, {"form": ["gpt-4o"]}])
def test_settings_that_mean_nothing_are_refused(part: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LEVER.settings.model_validate({**MINI, **part})


def _tokens(most: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(0, most)


CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "call_id": st.integers(1, 10**9),
            "model": st.sampled_from([GPT, CLAUDE, {**GPT, **SMALL}, {**GPT, "provider_name": None}]),
            "input_tokens": st.none() | st.integers(1_000, 3_000) | st.integers(127_990, 128_010),
            "cache_read_input_tokens": _tokens(500),
            "cache_creation_input_tokens": _tokens(500),
            "output_tokens": _tokens(9),
            "history_tokens": _tokens(300),
        }
    ),
    max_size=10,
    unique_by=lambda call: call["call_id"],
)


def _half_up(tokens: int | None) -> int | None:
    """Seven eighths: of Claude's tokens, what they are for the target."""
    return None if tokens is None else (14 * tokens + 8) // 16


def _expected(call: Mapping[str, Any], share: float) -> dict[str, Any] | None:
    claude, small = call["model"] is CLAUDE, "mini" in call["model"]["response_model"]
    digest = int(hashlib.md5(str(call["call_id"]).encode()).hexdigest()[:8], 16)
    if small or digest >= share * 2**32:
        return None
    counts = {name: call[name] for name in ("input_tokens", "output_tokens", "history_tokens")}
    if claude:
        counts = {name: _half_up(tokens) for name, tokens in counts.items()}
    if counts["input_tokens"] is not None and counts["input_tokens"] + (counts["output_tokens"] or 0) > 128_000:
        return None
    read, written = call["cache_read_input_tokens"], call["cache_creation_input_tokens"]
    after = {"provider_name": "openai", "response_model": "gpt-4o-mini"} | (counts if claude else {})
    same = call["model"]["provider_name"] == "openai"
    after |= {"cache_read_input_tokens": None if read is None else read * same}
    after |= {"cache_creation_input_tokens": None if written is None else written * same}
    after["basis"] = "estimated" if claude or read or written else "measured"
    return {name: value for name, value in after.items() if value is not None}


@given(calls=CALLS, left_out=st.sets(st.integers(0, 9)), share=st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_every_change_equals_a_plain_replay(
    shared: Store, calls: list[dict[str, Any]], left_out: set[int], share: float
) -> None:
    rows = [{**call["model"], **{name: value for name, value in call.items() if name != "model"}} for call in calls]
    chosen = {call["call_id"] for place, call in enumerate(calls) if place not in left_out}
    bind_input(shared, rows, chosen)
    changed, outcome = changes_of(shared, LEVER, {**MINI, "share": share})
    expected = {call["call_id"]: _expected(call, share) for call in calls if call["call_id"] in chosen}
    assert changed == {number: row for number, row in expected.items() if row is not None}
    parts = ("moved_calls", "kept_too_long", "kept_no_price", "left_by_share")
    assert sum(outcome.facts[name] for name in parts) == outcome.facts["eligible_calls"]
    assert outcome.facts["moved_calls"] == len(changed)
