"""Route: one example worked by hand, and what stays where it is."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from llmaudit.errors import ConfigError
from llmaudit.levers.answer import Waterfall
from llmaudit.levers.route import LEVER

Replay = Callable[..., Waterfall]
TO_MINI: dict[str, Any] = {"from": ["gpt-4o"], "to": "gpt-4o-mini"}


def test_a_simple_call_goes_to_the_smaller_model(replayed: Replay) -> None:
    """gpt-4o $0.0035; gpt-4o-mini 1,000 × $0.15 + 100 × $0.60 per million = $0.00021: saves $0.00329."""
    found = replayed(LEVER, {**TO_MINI, "when": "feature = 'faq'"}, {"feature": "faq"}, {"feature": "chat"})
    assert (found.baseline_cost, found.saving) == (Decimal("0.007"), Decimal("0.00329"))
    assert found.steps[0].facts["moved_calls"] == 1


def test_other_models_stay(replayed: Replay) -> None:
    found = replayed(LEVER, TO_MINI, {"response_model": "gpt-4.1-2025-04-14"})
    assert (found.saving, found.steps[0].calls_changed) == (Decimal(0), 0)


def test_a_call_too_long_for_the_target_stays(replayed: Replay) -> None:
    """gpt-4o-mini takes 128,000 tokens."""
    found = replayed(LEVER, TO_MINI, {"input_tokens": 130_000})
    assert found.steps[0].calls_changed == 0
    assert found.steps[0].facts["kept_too_long"] == 1


def test_the_router_is_charged_for_every_call_it_looks_at(replayed: Replay) -> None:
    """200 tokens of gpt-4o-mini are $0.00003, taken from the saving of $0.00329."""
    settings = {**TO_MINI, "router": {"model": "gpt-4o-mini", "tokens_per_call": 200}}
    found = replayed(LEVER, settings, {})
    assert found.saving == Decimal("0.00326")
    assert found.steps[0].facts["router_cost"] == Decimal("0.00003")


def test_a_call_of_unknown_size_takes_nothing_from_what_the_router_is_known_to_cost(replayed: Replay) -> None:
    """A router that reads 50 tokens of gpt-4o-mini costs $0.0000075; what it reads of a failed call nobody knows."""
    failed = {"status": "error", "input_tokens": None, "output_tokens": None, "user_tokens": None}
    found = replayed(LEVER, {**TO_MINI, "router": {"model": "gpt-4o-mini"}}, {"user_tokens": 50}, failed)
    facts, warnings = found.steps[0].facts, found.steps[0].warnings
    assert (facts["router_cost"], facts["router_unpriced_calls"]) == (Decimal("0.0000075"), 1)
    said = "of 2 calls that the step itself makes, 1 has no known price or size and is not charged"
    assert said in warnings


def test_a_share_picks_the_same_calls_every_time(replayed: Replay) -> None:
    """No two prompts are of one length, so other calls would save something else."""
    calls = [{"input_tokens": 1_000 + number} for number in range(200)]
    first, second = (replayed(LEVER, {**TO_MINI, "share": 0.5}, *calls).steps[0] for _ in range(2))
    assert 70 <= first.calls_changed <= 130
    assert (second.calls_changed, second.saving) == (first.calls_changed, first.saving)


def test_nobody_scored_is_said(replayed: Replay) -> None:
    found = replayed(LEVER, TO_MINI, {})
    assert any("name a score" in warning for warning in found.steps[0].warnings)


def test_an_unknown_target_is_an_error_with_the_nearest_names(replayed: Replay) -> None:
    with pytest.raises(ConfigError) as caught:
        replayed(LEVER, {**TO_MINI, "to": "gpt-4o-minni"}, {})
    assert "gpt-4o-mini" in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("names", [["gpt-4oo"], ["gpt-4o", "gpt-4oo"]])
def test_a_source_that_nobody_knows_is_an_error_with_the_nearest_name(replayed: Replay, names: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"route\.from: gpt-4oo: no call is of a model of that name") as caught:
        replayed(LEVER, {"from": names, "to": "gpt-4o-mini"}, {})
    assert caught.value.hint == "did you mean gpt-4o?"


def test_a_provider_that_nobody_knows_is_an_error_with_the_nearest_name(replayed: Replay) -> None:
    with pytest.raises(ConfigError, match="at opnai") as caught:
        replayed(LEVER, {**TO_MINI, "provider": "opnai"}, {})
    assert caught.value.hint == "did you mean openai?"


def test_what_fits_no_call_is_said(replayed: Replay) -> None:
    nobody = replayed(LEVER, {"from": ["gpt-4.1"], "to": "gpt-4o-mini"}, {})
    assert nobody.steps[0].warnings == ("no call is of the models in `from` (gpt-4.1)",)
    never = replayed(LEVER, {"from": ["gpt-4o"], "to": "gpt-4o-mini", "when": "feature = 'nonsense'"}, {})
    assert never.steps[0].warnings == ("no call fits `when`",)
