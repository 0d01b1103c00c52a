"""The book's version, its cost at start-up, what `prices show` prints, and the overlay's own order."""

import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from llmaudit.prices import PriceOverrides, book_version, describe, suggestions
from llmaudit.prices import overlay as overlay_file


def test_version_names_what_it_rests_on() -> None:
    version = book_version(PriceOverrides())
    assert version.startswith("genai-prices 0.2.3 + overlay 2026-11-23 + ")
    assert len(version.rpartition(" ")[2]) == 8
    assert version == book_version(PriceOverrides())


def test_version_changes_with_the_overrides_and_the_overlay(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = book_version(PriceOverrides())
    assert book_version(PriceOverrides.model_validate({"*": {"multiplier": "0.9"}})) != plain
    changed = (overlay_file.text() + "# one more word\n").encode()
    monkeypatch.setattr("llmaudit.prices.version._overlay", lambda: changed)
    assert book_version(PriceOverrides()) != plain


def test_importing_and_naming_the_version_loads_no_price_data() -> None:
    script = (
        "import sys, llmaudit.prices as p; p.book_version(p.PriceOverrides());"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'genai_prices', 'duckdb', 'pandas'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_describe_shows_every_tier_of_that_day() -> None:
    rows = describe("gpt-5", datetime(2026, 11, 1, 15, tzinfo=UTC), PriceOverrides())
    assert [(row.service_tier, format(row.list_input or 0, "f")) for row in rows] == [
        ("standard", "0.000001250000"),
        ("batch", "0.000000625000"),
        ("flex", "0.000000625000"),
        ("priority", "0.000002500000"),
    ]
    assert describe("gpt-4o-2099-totally-new", datetime(2026, 11, 1), PriceOverrides()) == []


def test_stretches_end_where_the_price_changes_and_only_there() -> None:
    (row,) = [
        row
        for row in describe("o3", datetime(2026, 11, 1, tzinfo=UTC), PriceOverrides())
        if row.service_tier == "standard"
    ]
    assert datetime.fromtimestamp(row.valid_from_us / 1e6, UTC).date() == date(2025, 6, 10)
    assert row.valid_to_us == 253_402_300_800_000_000


def test_suggestions_are_near_names() -> None:
    assert suggestions("gpt-4oo-mini")[0] == "openai/gpt-4o-mini"
    assert "anthropic/claude-sonnet-4-5" in suggestions("claude-sonet-4-5")
    assert suggestions("claude-haiku-4-5-turbo", "anthropic")[0] == "anthropic/claude-haiku-4-5"
    assert suggestions("zzzzzzzz") == []


def test_every_row_of_the_overlay_cites_a_source_and_a_day() -> None:
    rows = overlay_file.load()
    for row in (*rows.cache_defaults, *rows.free, *rows.aliases, *rows.prices, *rows.tiers, *rows.regions):
        assert len(row.source) > 20
        assert date(2026, 1, 1) <= row.read <= rows.date


def test_every_row_of_the_overlay_speaks_of_something_in_the_book() -> None:
    """A glob that matches nothing is a misspelt id."""
    from llmaudit.prices import book

    rows = overlay_file.load()
    for row in (*rows.free, *rows.prices, *rows.tiers, *rows.regions):
        sold = {*book.names(row.provider), *({*book.names("openai")} if row.provider == "azure" else ())}
        sold |= {defined.defines for defined in rows.prices if defined.defines and defined.provider == row.provider}
        for glob in row.models:
            assert any(overlay_file._any([glob], name) for name in sold), (row.provider, glob)
    for alias in rows.aliases:
        assert book.entry(alias.provider, alias.model) is not None
