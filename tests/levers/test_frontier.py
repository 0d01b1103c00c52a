"""Cost against quality: splits worked by hand, what dominates, and what nobody scored."""

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from llmaudit import schemas
from llmaudit.errors import ConfigError
from llmaudit.levers import batch, route
from llmaudit.levers.frontier import Frontier, frontier
from llmaudit.pricing import reprice
from llmaudit.render.formats import Format
from llmaudit.render.frontier import as_dict, rendered
from llmaudit.store import Store
from tests.calls import DEFAULTS, put
from tests.cli.transcripts import run
from tests.levers.conftest import Planned

TO_MINI: dict[str, Any] = {"from": ["gpt-4o"], "to": "gpt-4o-mini", "quality": {"score": "f"}}
LARGE, SMALL = Decimal("0.0035"), Decimal("0.00021")
"""1,000 tokens in and 100 out: at $2.50 and $10 per million, at $0.15 and $0.60."""


def fill(store: Store, features: Sequence[str], scores: Mapping[tuple[str, str | None], Sequence[float]]) -> None:
    """A call of gpt-4o per feature named; scores by feature and, for a trial, model: on its first calls."""
    for number, feature in enumerate(features):
        put(store, {**DEFAULTS, "call_id": f"{feature}-{features[:number].count(feature)}", "feature": feature})
    reprice(store, None)
    for (feature, model), values in scores.items():
        rows = [(f"{feature}-{place}", None, model, "f", value, "me", 1, 1) for place, value in enumerate(values)]
        store.insert("scores", rows)


def swept(store: Store, **said: Any) -> Frontier:
    steps = [Planned(route.LEVER, "route", route.LEVER.settings.model_validate(TO_MINI | said))]
    return frontier(store, steps)


def test_of_several_routes_the_first_is_varied_and_the_others_are_named(store: Store) -> None:
    fill(store, ["faq"] * 2, {})
    second = TO_MINI | {"from": ["gpt-4.1"]}
    steps = [
        Planned(route.LEVER, name, route.LEVER.settings.model_validate(said))
        for name, said in (("route", TO_MINI), ("route 2", second))
    ]
    found = frontier(store, steps)
    assert found.warnings[0] == "only the share of route, the first route, is varied; as the plan says: route 2"
    assert not any("is varied" in warning for warning in swept(store).warnings)
    assert any("name a score" in warning for warning in swept(store, quality=None).warnings)


def test_a_better_and_cheaper_target_dominates_every_other_split(store: Store) -> None:
    fill(store, ["faq"] * 8, {("faq", None): [0.8, 0.8], ("faq", "gpt-4o-mini"): [0.9, 0.9]})
    found = swept(store)
    assert [point.share for point in found.points] == [Decimal(tenth) / 10 for tenth in range(11)]
    for point in found.points:
        assert point.projected_cost == (8 - point.moved_calls) * LARGE + point.moved_calls * SMALL
        assert point.quality == pytest.approx(0.8 + 0.1 * point.moved_calls / 8)
        assert point.dominated_by == (None if point.moved_calls == 8 else 1)
    assert (found.points[0].moved_calls, found.points[-1].moved_calls) == (0, 8)


def test_a_worse_one_is_a_choice_and_an_unsure_one_dominates_nothing(store: Store) -> None:
    fill(store, ["faq"] * 8, {("faq", None): [0.9, 0.9], ("faq", "gpt-4o-mini"): [0.8, 0.8]})
    assert {point.dominated_by for point in swept(store).points} == {None}
    store.run("update scores set value = 1.0 where call_id = 'faq-1' and model is not null")
    store.run("update scores set value = 0.9 where call_id = 'faq-0' and model is not null")
    # 0.95 ± 1.96 x 0.05 against 0.9: better, but not surely.
    found = swept(store)
    assert found.points[-1].quality == pytest.approx(0.95)
    assert {point.dominated_by for point in found.points} == {None}


def test_one_score_a_side_is_a_quality_that_nothing_can_be_sure_of(store: Store) -> None:
    fill(store, ["faq"] * 4, {("faq", None): [0.1], ("faq", "gpt-4o-mini"): [0.9]})
    first, *_, last = swept(store).points
    assert (first.quality, last.quality) == pytest.approx((0.1, 0.9))
    assert (last.low, last.high, first.dominated_by) == (None, None, None)


def test_what_costs_the_same_and_is_better_dominates(store: Store) -> None:
    """gpt-4.1 and o3 are both sold at $2 and $8 per million."""
    fill(store, ["faq"] * 4, {("faq", None): [0.1, 0.1], ("faq", "o3"): [0.9, 0.9]})
    store.run("update calls set response_model = 'gpt-4.1-2025-04-14'")
    reprice(store, None)
    found = swept(store, **{"from": ["gpt-4.1"], "to": "o3"})
    assert {point.projected_cost for point in found.points} == {4 * Decimal("0.0028")}
    assert {point.dominated_by for point in found.points if point.moved_calls < 4} == {Decimal(1)}


def test_the_quality_of_a_split_and_its_interval(store: Store) -> None:
    """Features weigh by the calls that may move: 6 of faq at 0.7 ± 0.1 to 0.6 ± 0.2, 2 of chat at 0.5 to 0.9 exactly.

    With standard errors s of two scores a and b: |a - b| / 2. All moved: 0.75 x 0.6 + 0.25 x 0.9.
    """
    fill(
        store,
        ["faq"] * 6 + ["chat"] * 2,
        {
            ("faq", None): [0.6, 0.8],
            ("faq", "gpt-4o-mini"): [0.4, 0.8],
            ("chat", None): [0.5, 0.5],
            ("chat", "gpt-4o-mini"): [0.9, 0.9],
        },
    )
    first, *between, last = swept(store).points
    assert last.quality == pytest.approx(0.675)
    assert (last.low, last.high) == pytest.approx((0.675 - 1.959964 * 0.15, 0.675 + 1.959964 * 0.15))
    assert first.quality == pytest.approx(0.75 * 0.7 + 0.25 * 0.5)
    half = next(point for point in between if 0 < point.moved_calls < 8)
    picked = {
        row["feature"]: row["moved_calls"] for row in _quality(store, float(half.share)) if row["feature"] is not None
    }
    faq, chat = picked.get("faq", 0) / 6, picked.get("chat", 0) / 2
    mean = 0.75 * (faq * 0.6 + (1 - faq) * 0.7) + 0.25 * (chat * 0.9 + (1 - chat) * 0.5)
    error = math.sqrt((0.75 * faq * 0.2) ** 2 + (0.75 * (1 - faq) * 0.1) ** 2)
    assert (half.quality, half.high) == pytest.approx((mean, mean + 1.959964 * error))


def _quality(store: Store, share: float) -> list[dict[str, Any]]:
    from llmaudit.levers.waterfall import waterfall

    settings = route.LEVER.settings.model_validate({**TO_MINI, "share": share})
    rows: list[dict[str, Any]] = waterfall(store, [Planned(route.LEVER, "route", settings)]).steps[0].facts["quality"]
    return rows


def test_what_nobody_scored_is_unevaluated_and_never_compared(store: Store) -> None:
    fill(store, ["faq"] * 4, {("faq", None): [0.8, 0.8]})
    found = swept(store)
    assert found.points[0].quality == pytest.approx(0.8)
    assert [point.quality for point in found.points if point.moved_calls] == [None] * len(
        [point for point in found.points if point.moved_calls]
    )
    answer = as_dict(found)
    assert answer["unevaluated"] == [float(point.share) for point in found.points if point.moved_calls]
    assert len(rendered(found, Format.CSV).splitlines()) == 12
    assert "unevaluated, as not all that they concern is scored" in rendered(found, Format.TABLE)
    nobody = swept(store, quality=None)
    assert (nobody.score, {point.quality for point in nobody.points}) == (None, {None})
    assert "unevaluated, every split: nothing is scored" in rendered(nobody, Format.MARKDOWN)


def test_a_router_is_charged_unless_nothing_moves_and_the_other_steps_are_kept(store: Store) -> None:
    """A router of 100,000 tokens costs $0.015 a call, more than the call: to route at all is dominated then."""
    fill(store, ["faq"] * 4, {("faq", None): [0.9, 0.9], ("faq", "gpt-4o-mini"): [0.8, 0.8]})
    said = {**TO_MINI, "router": {"model": "gpt-4o-mini", "tokens_per_call": 100_000}}
    steps = [
        Planned(route.LEVER, "route", route.LEVER.settings.model_validate(said)),
        Planned(batch.LEVER, "batch", batch.LEVER.settings.model_validate({})),
    ]
    points = frontier(store, steps).points
    assert points[0].projected_cost == 4 * LARGE / 2
    assert points[-1].projected_cost == 4 * SMALL / 2 + 4 * Decimal("0.015")
    assert [point.dominated_by for point in points] == [0 if point.moved_calls else None for point in points]


def test_a_plan_without_a_route_is_refused(store: Store) -> None:
    fill(store, ["faq"], {})
    with pytest.raises(ConfigError, match="no route step"):
        frontier(store, [Planned(batch.LEVER, "batch", batch.LEVER.settings.model_validate({}))])


def test_the_command_answers_in_every_form(month: Path) -> None:
    asked = "llmaudit simulate --plan plan.yaml --frontier"
    answer = json.loads(run(f"{asked} --format json", month).stdout)
    jsonschema.validate(answer, json.loads(schemas.text("frontier")))
    assert (answer["step"], answer["to"], answer["unevaluated"]) == ("route", "gpt-4o-mini", [])
    refused = run(f"{asked} --require-saving 10%", month)
    assert (refused.code, "--frontier: is an answer of its own" in refused.stderr) == (2, True)
