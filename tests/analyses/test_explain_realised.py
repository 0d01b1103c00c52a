"""A plan's promises against what happened: the same calls a month later, with the plan in force, in part, or not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmaudit import plan as plans
from llmaudit.analyses.dimensions import dimensions
from llmaudit.analyses.explain import explain
from llmaudit.analyses.explain_realised import WORKS_ON, Realised, realised
from llmaudit.analyses.explain_store import side
from llmaudit.analyses.periods import Period
from llmaudit.levers.predicted import predicted_side
from llmaudit.levers.registry import all_levers
from llmaudit.pricing import reprice_if_changed
from llmaudit.store import Store

BEFORE = Period(until=datetime(2026, 10, 1, tzinfo=UTC))
AFTER = Period(since=datetime(2026, 10, 1, tzinfo=UTC))
PLAN = """
steps:
  - route: {when: "feature = 'search'", from: [gpt-4o*], to: gpt-4o-mini}
  - batch: {when: "feature = 'reports'"}
"""
CALL = {
    "provider_name": "openai",
    "response_model": "gpt-4o-2024-08-06",
    "status": "ok",
    "input_tokens": 1000,
    "cache_read_input_tokens": 0,
    "cache_creation_input_tokens": 0,
    "output_tokens": 100,
}
ROUTED = {"response_model": "gpt-4o-mini"}
BATCHED = {"service_tier": "batch"}


def calls(*changes: tuple[str, int, dict[str, Any]]) -> list[dict[str, Any]]:
    """So many calls of a feature in September, and as many in October, of which the changes are given."""
    made = []
    for feature, n, change in changes:
        for day in range(n):
            september = datetime(2026, 9, 1) + timedelta(days=day)
            before = CALL | {"feature": feature, "started_at": september}
            made += [before, before | {"started_at": september + timedelta(days=30)} | change]
    return made


def held(fill: Callable[..., Store], tmp_path: Path, made: list[dict[str, Any]]) -> dict[str, Realised]:
    store = fill(*made)
    reprice_if_changed(store, None)
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    steps = plans.load(tmp_path / "plan.yaml").steps
    by = dimensions(["feature"])
    before, after = (side(store, "x", by=by, period=period) for period in (BEFORE, AFTER))
    planned = explain(before, predicted_side(store, steps, by=by, period=BEFORE))
    return {each.lever: each for each in realised(explain(before, after), planned, [step.lever.name for step in steps])}


def test_a_plan_in_force_saved_what_it_promised(fill: Callable[..., Store], tmp_path: Path) -> None:
    """10 searches of 0.0035 dollars become 0.00021 each, 10 reports half of 0.0035: of 20 calls, the mean of both."""
    found = held(fill, tmp_path, calls(("search", 10, ROUTED), ("reports", 10, BATCHED)))
    assert found["route"].predicted_saving == found["route"].realised_saving == Decimal("0.001645")
    assert found["batch"].predicted_saving == found["batch"].realised_saving == Decimal("0.000875")
    assert [each.merit.value for each in found.values()] == ["worked", "worked"]


@pytest.mark.parametrize(
    ("routed", "share", "verdict"), [(5, 0.5, "partly"), (1, 0.1, "no effect"), (0, 0.0, "no effect")]
)
def test_a_plan_in_force_for_some_calls_saved_a_part(
    routed: int, share: float, verdict: str, fill: Callable[..., Store], tmp_path: Path
) -> None:
    found = held(fill, tmp_path, calls(("search", routed, ROUTED), ("search", 10 - routed, {})))
    assert found["route"].share == pytest.approx(share, abs=1e-9)
    assert found["route"].merit.value == verdict
    assert (found["batch"].share, found["batch"].merit.value) == (None, "nothing predicted")


def test_a_plan_after_which_the_model_became_dearer_costs_more(fill: Callable[..., Store], tmp_path: Path) -> None:
    found = held(fill, tmp_path, calls(("search", 10, {"response_model": "gpt-4-turbo-2024-04-09"})))
    assert found["route"].merit.value == "costs more"


def test_every_lever_works_on_a_part() -> None:
    assert WORKS_ON.keys() == all_levers().keys()
