"""From calls to a plan: what the calls suggest, what scores and constraints allow, and that the plan keeps its word."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from llmaudit import plan, schemas
from llmaudit.analyses.periods import Period
from llmaudit.errors import ConfigError
from llmaudit.levers.waterfall import Replay
from llmaudit.optimize.candidate import Candidate, Constraints, Risk
from llmaudit.optimize.candidates import condition_of, find
from llmaudit.optimize.constraints import constraints
from llmaudit.optimize.optimize import optimize
from llmaudit.optimize.smaller_models import smaller
from llmaudit.prices import Use, rates
from llmaudit.store import Store
from tests.calls import fill
from tests.cli.transcripts import run

A_WEEK = "--since 2026-10-20 --until 2026-10-27"
SIMPLE = {"complexity": "simple"}


def score(store: Store, values: Mapping[str | None, list[float]], feature: str) -> None:
    """Scores of `faithfulness` for the calls of a feature: of the logged answers (None) and of another model's."""
    ids = [
        row[0] for row in store.rows("select call_id from calls where feature = $f order by call_id", {"f": feature})
    ]
    for model, marks in values.items():
        for call_id, value in zip(ids, marks, strict=False):
            store.run(
                "insert into scores (call_id, model, name, value, source, source_id, record_number) "
                "values ($id, $model, 'faithfulness', $value, 'judge', 1, 1)",
                {"id": call_id, "model": model, "value": value},
            )


def candidates(store: Store, **limits: Any) -> dict[str, Candidate]:
    found = find(store, Replay(store, keep=True), Constraints(**limits))
    return {one.name: one for one in found.candidates}


def test_calls_suggest_what_fits_them(store: Store) -> None:
    """A job at six every morning, a question asked twice, ten documents, and simple calls of a large model."""
    job = [{"feature": "o'clock", "started_at": f"2026-10-{day:02} 06:00:00"} for day in range(1, 11)]
    asked = [{"feature": "faq", "temperature": 0.0, "request_hash": 1, "conversation_id": "x"} for _ in range(2)]
    search = [{"feature": "search", "context_documents": 10, "context_tokens": 900, **SIMPLE, "streamed": True}]
    fill(store, [*job, *asked, *search])
    found = candidates(store)
    assert list(found) == [
        "response_cache: answers up to 1h old",
        "response_cache: answers up to 24h old",
        "response_cache: answers up to 7d old",
        "route: simple calls of search to gpt-4o-mini",
        "trim: the first 5 documents",
        "trim: the first 3 documents",
        "prompt_cache",
        "batch: o'clock",
    ]
    assert found["batch: o'clock"].content == {"batch": {"when": "feature = 'o''clock'"}}
    assert [one.risk for one in found.values()] == [Risk.EARLIER_ANSWER] * 3 + [Risk.UNKNOWN] * 3 + [0, Risk.LATER]


def test_scores_decide_who_may_be_answered_by_a_smaller_model(store: Store) -> None:
    """`good` scores alike, `bad` is 0.2 lower, of `dark` nobody knows."""
    fill(store, [{"feature": name, **SIMPLE} for name in ("good", "bad", "dark") for _ in range(40)])
    up_and_down = [0.9, 0.8] * 20
    score(store, {None: up_and_down, "gpt-4o-mini": up_and_down}, "good")
    score(store, {None: up_and_down, "gpt-4o-mini": [mark - 0.2 for mark in up_and_down]}, "bad")
    found = find(store, Replay(store, keep=True), Constraints())
    routes = {one.name: one.risk for one in found.candidates if one.lever == "route"}
    assert routes == {
        "route: simple calls of good to gpt-4o-mini": Risk.SUPPORTED,
        "route: simple calls of good, dark to gpt-4o-mini": Risk.UNKNOWN,
    }
    assert [(one.name, one.reason) for one in found.refused if "bad" in one.name] == [
        ("route: bad to gpt-4o-mini", "its faithfulness is 0.200 lower there")
    ]


def test_a_limit_on_the_drop_wants_scores_that_hold_it(store: Store) -> None:
    """40 scores of 0.9 and 0.8 each: the mean is off by up to 0.0225 at 95 %, so 0.03 is certain and 0.02 is not."""
    fill(store, [{"feature": "good", **SIMPLE} for _ in range(40)])
    score(store, {None: [0.9, 0.8] * 20, "gpt-4o-mini": [0.9, 0.8] * 20}, "good")
    (loose,) = [one for one in candidates(store, max_quality_drop=Decimal("0.03")).values() if one.lever == "route"]
    (tight,) = [one for one in candidates(store, max_quality_drop=Decimal("0.02")).values() if one.lever == "route"]
    assert (loose.risk, loose.excluded) == (Risk.SUPPORTED, None)
    assert tight.excluded == "--max-quality-drop: no score bounds the drop for good"


def test_which_score_means_quality_has_to_be_said_where_there_are_several(store: Store) -> None:
    fill(store, [{"feature": "faq", **SIMPLE}])
    for name in ("helpful", "faithful"):
        store.run("insert into scores (call_id, name, value, source, source_id, record_number) "
                  f"values ('c0', '{name}', 1, 'judge', 1, 1)")  # fmt: skip
    with pytest.raises(ConfigError, match="of which score") as caught:
        candidates(store, max_quality_drop=Decimal(0))
    assert caught.value.hint == "--score faithful or --score helpful"


def test_a_score_that_is_not_there_does_not_switch_the_guard_off(store: Store) -> None:
    fill(store, [{"feature": "good", **SIMPLE}] * 2)
    score(store, {None: [0.9, 0.8]}, "good")
    with pytest.raises(ConfigError, match="--score faithfullnes: the store has no score of that name") as caught:
        candidates(store, score="faithfullnes")
    assert caught.value.hint == "did you mean faithfulness?"


def test_who_must_not_wait_gets_no_batch_and_no_slower_model(store: Store) -> None:
    both = [
        {"feature": "chat", "duration_seconds": 1.0, "response_model": "gpt-4o-2024-08-06", **SIMPLE},
        {"feature": "chat", "duration_seconds": 2.0, "response_model": "gpt-4o-mini", **SIMPLE},
    ]
    job = [{"feature": "job", "started_at": f"2026-10-{day:02} 06:00:00"} for day in range(1, 11)]
    fill(store, [*both, *job])
    found = candidates(store, keep_latency=True)
    assert found["batch: job"].excluded == "--keep-latency: a batch may take a day"
    slow = found["route: simple calls of chat to gpt-4o-mini"].excluded
    assert slow == "--keep-latency: its median is 2.00 s, gpt-4o-2024-08-06's 1.00 s"


def test_nothing_to_find_is_said_and_no_target_is_reached(store: Store) -> None:
    fill(store, [{"feature": "faq"}])
    found = optimize(store, Decimal("0.1"), Constraints(only=("batch",)), period=Period())
    assert not found.reached
    assert not found.plan
    assert found.waterfall.saving == 0
    assert [one.name for one in found.refused] == ["batch"]


def test_the_plan_that_is_written_saves_to_the_cent_what_was_said(month: Path) -> None:
    said = run(f"llmaudit optimize --target 20% {A_WEEK} --output found.yaml --format json", month)
    assert (said.code, said.stderr) == (0, "found.yaml written: llmaudit simulate --plan found.yaml says the same\n")
    found = json.loads(said.stdout)
    jsonschema.validate(found, json.loads(schemas.text("optimize")))
    simulated = json.loads(run("llmaudit simulate --plan found.yaml --format json", month).stdout)
    for name in ("calls", "baseline_cost", "projected_cost", "saving", "steps"):
        assert found[name] == simulated[name], name
    assert found["trace"][-1]["saving"] == found["saving"]
    assert 0.2 <= found["saving_share"] < 0.4
    assert plan.load(month / "found.yaml").period.since == "2026-10-20T00:00:00Z"


def test_a_target_out_of_reach_exits_with_1_and_says_why(month: Path) -> None:
    command = f"llmaudit optimize --target 90% {A_WEEK} --max-quality-drop 0.01 --keep-latency"
    said = run(command, month)
    assert said.code == 1
    assert said.stdout.startswith("A saving of 90.0 % is out of reach: the most that was found is ")
    assert "(--keep-latency: a batch may take a day)" in said.stdout.replace("\n              ", " ")
    assert "What still costs: " in said.stdout
    found = json.loads(run(f"{command} --format json", month).stdout)
    jsonschema.validate(found, json.loads(schemas.text("optimize")))
    assert all(one["risk"] != Risk.UNKNOWN.words for one in found["candidates"] if one["in_plan"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--target 60% --only promt_cache", "did you mean prompt_cache?"),
        ("--target 60% --max-quality-drop little", "'little' is not a number"),
        ("--target 60% --max-quality-drop -1", "not a number from 0 on"),
        ("--target sixty", "'sixty' is not a share"),
        ("--target 60% --output plan.yaml", "plan.yaml: is there already"),
        ("--target 60% --since 2030-01-01", "no call with a known cost"),
    ],
)
def test_what_means_nothing_is_no_answer(options: str, message: str, month: Path) -> None:
    said = run(["llmaudit", "optimize", *options.split()], month)
    assert (said.code, said.stdout) == (2, "")
    assert message in said.stderr


def test_levers_may_be_given_with_commas() -> None:
    assert constraints(["trim,batch", "trim"], None, None, keep_latency=False).only == ("trim", "batch")


@pytest.mark.parametrize(("values", "sql"), [(["a"], "feature = 'a'"), (["it's", "b"], "feature in ('it''s', 'b')")])
def test_names_are_quoted(values: list[str], sql: str) -> None:
    assert condition_of("feature", values) == sql


@pytest.mark.parametrize(
    ("provider", "model", "target"),
    [
        ("openai", "gpt-4o-2024-08-06", "gpt-4o-mini"),
        ("openai", "gpt-4-turbo", "gpt-4o-mini"),
        ("openai", "gpt-4.1", "gpt-4.1-mini"),
        ("openai", "gpt-4.1-mini", "gpt-4.1-nano"),
        ("openai", "gpt-5", "gpt-5-mini"),
        ("openai", "gpt-5-mini", "gpt-5-nano"),
        ("openai", "o3", "o4-mini"),
        ("anthropic", "claude-3-opus-20240229", "claude-3-haiku-20240307"),
        ("anthropic", "claude-opus-4-1", "claude-sonnet-4-5"),
        ("anthropic", "claude-sonnet-4-6", "claude-haiku-4-5"),
        ("gcp.gemini", "gemini-2.5-pro", "gemini-2.5-flash"),
        ("gcp.gemini", "gemini-2.5-flash", "gemini-2.5-flash-lite"),
        ("mistral_ai", "mistral-large-latest", "mistral-small-latest"),
    ],
)
def test_a_smaller_model_has_a_price_and_it_is_lower(provider: str, model: str, target: str) -> None:
    assert smaller(provider, model) == target
    day = 1_760_000_000_000_000
    large, small = (rates([Use(provider, name, "standard", None, day, day)], None)[0] for name in (model, target))
    for meter in ("list_input", "list_output"):
        assert getattr(small, meter) < getattr(large, meter)


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4.1-nano", "gpt-5-nano", "a model of nobody"])
def test_nothing_is_smaller_than_the_smallest(model: str) -> None:
    assert smaller("openai", model) is None
