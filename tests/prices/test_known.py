"""Rates that are known beforehand are those that the book gives, and count for no other book."""

import gzip
from dataclasses import astuple
from pathlib import Path

import pytest

from llmaudit.prices import PriceOverrides, Use, known, rates
from llmaudit.prices.known import Key, known_rates
from llmaudit.pricing import add_missing_rates
from llmaudit.store import Store

SHIPPED = Path(known.__file__).with_name("known_rates.gz")
SONNET: Key = ("anthropic", "claude-sonnet-4-20250514", "standard", "")


@pytest.fixture(autouse=True)
def unread() -> None:
    known._lines.cache_clear()


def test_the_file_is_what_the_book_and_the_overlay_say_now() -> None:
    assert gzip.decompress(SHIPPED.read_bytes()).decode() == known.compiled(), "make rates writes it"


def test_a_row_is_that_of_the_book() -> None:
    found = rates([Use("anthropic", SONNET[1], "standard", None, 0, 253_402_300_799_999_999)], None)
    assert known_rates([SONNET]) == {SONNET: [(*SONNET, *astuple(rate)[4:]) for rate in found]}


def test_a_name_that_nobody_looked_up_is_not_known() -> None:
    assert known_rates([("anthropic", "claude-99", "standard", ""), ("anthropic", SONNET[1], "standard", "eu")]) == {}


def test_another_book_is_not_answered_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "book_version", lambda _: "genai-prices 9.9.9")
    assert known_rates([SONNET]) == {}


def test_own_prices_outrank_what_is_known(store: Store) -> None:
    store.run(
        "create temp table asked as select 'anthropic' as provider_name, $model as response_model, "
        "cast(null as varchar) as request_model, 'standard' as service_tier, cast(null as varchar) as region",
        {"model": SONNET[1]},
    )
    mine = PriceOverrides.model_validate({"claude-sonnet-4*": {"multiplier": "0.5"}})
    add_missing_rates(store, "asked", mine)
    short = "select cast(effective_input as varchar), price_basis from rates where over_input_tokens = -1"
    assert store.rows(short) == [("0.000001500000", "override")]
    store.run("delete from rates")
    add_missing_rates(store, "asked", None)
    assert store.rows(short) == [("0.000003000000", "exact")]
