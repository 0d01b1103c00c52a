"""`prices:` in llmaudit.yaml: what it accepts, and what it changes."""

from decimal import Decimal
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from llmaudit.errors import PriceError
from llmaudit.prices import PriceOverrides
from tests.prices.conftest import At


def test_a_discount_leaves_the_list_price(at: At) -> None:
    (row,) = at("2026-03-01", "gpt-4o", "openai", prices={"gpt-4o*": {"multiplier": "0.85"}})
    assert (row.list_input, row.effective_input) == (Decimal("0.0000025"), Decimal("0.000002125"))
    assert (row.list_output, row.effective_output) == (Decimal("0.00001"), Decimal("0.0000085"))
    assert row.price_basis == "override"
    assert "llmaudit.yaml" in row.source


def test_without_rows_effective_is_list(at: At) -> None:
    (row,) = at("2026-03-01", "gpt-4o", "openai")
    assert (row.effective_input, row.effective_output) == (row.list_input, row.list_output)


def test_a_discount_holds_for_every_tier_and_a_price_for_standard(at: At) -> None:
    prices = [{"model": "gpt-4.1", "input": 1.5}, {"model": "gpt-4*", "multiplier": 0.9}]
    (standard,) = at("2026-03-01", "gpt-4.1", "openai", prices=prices)
    (batch,) = at("2026-03-01", "gpt-4.1", "openai", "batch", prices=prices)
    assert (standard.effective_input, standard.effective_output) == (Decimal("0.0000015"), Decimal("0.000008"))
    assert (batch.effective_input, batch.effective_output) == (Decimal("0.0000009"), Decimal("0.0000036"))


def test_absolute_prices_between_two_days(at: At) -> None:
    prices = {"claude-haiku-4-5": {"input": "0.8", "output": 4, "since": "2026-01-01", "until": "2026-02-01"}}
    effective = [
        at(day, "claude-haiku-4-5", "anthropic", prices=prices)[0].effective_input
        for day in ("2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01")
    ]
    assert effective == [Decimal("0.000001"), Decimal("0.0000008"), Decimal("0.0000008"), Decimal("0.000001")]


def test_a_local_model_has_only_an_effective_price(at: At) -> None:
    prices = {"llama3*": {"provider": "ollama", "input": 0, "output": 0, "per_call": "0.0004"}}
    (row,) = at("2026-03-01", "llama3:70b", "ollama", prices=prices)
    assert (row.list_input, row.list_call) == (None, None)
    assert (row.effective_input, row.effective_call) == (Decimal(0), Decimal("0.0004"))
    assert (row.priced_as, row.price_basis) == ("llama3:70b", "override")
    assert at("2026-03-01", "llama3:70b", "vllm", prices=prices) == []


def test_an_alias_names_a_deployment(at: At) -> None:
    prices = {"my-deployment": {"alias": "openai/gpt-4o"}, "openai/gpt-4o": {"multiplier": "0.5"}}
    (row,) = at("2026-03-01", "my-deployment", "azure.ai.openai", prices=prices)
    assert (row.model, row.priced_as, row.price_basis) == ("my-deployment", "openai/gpt-4o", "override")
    assert row.effective_input == Decimal("0.00000125")


def test_an_alias_opens_an_application_profile(at: At) -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcd1234"
    prices = {"*application-inference-profile/abcd1234": {"alias": "bedrock/global.anthropic.claude-opus-4-8"}}
    (row,) = at("2026-09-01", arn, "aws.bedrock", prices=prices)
    assert row.list_input == Decimal("0.000005")


def test_an_alias_keeps_the_place_of_the_provider_in_the_log(at: At) -> None:
    (row, *_) = at("2026-09-01", "mine", "azure.ai.openai", region="eu", prices={"mine": {"alias": "openai/gpt-5.4"}})
    assert row.list_input == Decimal("0.0000025")  # OpenAI's own uplift for data residency is not Azure's


def test_an_alias_to_nowhere_suggests_names(at: At) -> None:
    with pytest.raises(PriceError, match="no price for openai/gpt-4oo") as raised:
        at("2026-03-01", "mine", "azure.ai.openai", prices={"mine": {"alias": "openai/gpt-4oo"}})
    assert "openai/gpt-4o" in str(raised.value.hint)


def test_a_multiplier_for_one_provider_only(at: At) -> None:
    prices = {"gpt-4o": {"multiplier": "0.5", "provider": "azure.ai.openai"}}
    assert at("2026-03-01", "gpt-4o", "azure.ai.openai", prices=prices)[0].effective_input == Decimal("0.00000125")
    assert at("2026-03-01", "gpt-4o", "openai", prices=prices)[0].effective_input == Decimal("0.0000025")


def test_digits_are_never_lost_unasked(at: At) -> None:
    with pytest.raises(PriceError, match="12 decimal places") as raised:
        at("2026-03-01", "gpt-4o-mini", "openai", prices={"*": {"multiplier": "0.12345678"}})
    assert "round: true" in str(raised.value.hint)
    (row,) = at("2026-03-01", "gpt-4o-mini", "openai", prices={"*": {"multiplier": "0.12345678", "round": True}})
    assert row.effective_input == Decimal("0.000000018519")  # 0.15 x 0.12345678 = 0.018518517 per million

    with pytest.raises(PriceError):
        at("2026-03-01", "gpt-4o-mini", "openai", prices={"*": {"input": "0.1234567"}})


def test_yaml_numbers_are_read_as_written() -> None:
    read = PriceOverrides.model_validate(yaml.safe_load("gpt-4o: {input: 0.1, output: '0.30', per_call: 3}"))
    assert (read.rules[0].input, read.rules[0].output, read.rules[0].per_call) == (
        Decimal("0.1"),
        Decimal("0.30"),
        Decimal(3),
    )


@pytest.mark.parametrize(
    "row",
    [
        {"multiplier": "0.5", "input": 1},
        {"alias": "openai/gpt-4o", "multiplier": "0.5"},
        {"since": "2026-01-01"},
        {"input": -1},
        {"input": "cheap"},
        {"input": True},
        {"input": "NaN"},
        {"inptu": 1},
        {"multiplier": "0.5", "since": "2026-02-01", "until": "2026-02-01"},
        {"alias": "openai/gpt-4o", "since": "2026-02-01"},
        {"input": 1, "service_tier": "fast"},
    ],
)
def test_a_row_that_means_nothing_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PriceOverrides.model_validate({"gpt-4o": row})
    with pytest.raises(ValidationError):
        PriceOverrides.model_validate([{"model": "gpt-4o", **row}])


def test_nothing_written_is_nothing_changed() -> None:
    assert PriceOverrides.model_validate(None) == PriceOverrides.model_validate([]) == PriceOverrides()
