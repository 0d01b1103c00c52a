"""One use at one instant, priced."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from llmaudit.prices import PriceOverrides, Rate, Use, rates

At = Callable[..., list[Rate]]


def us(text: str) -> int:
    """Microseconds since 1970 of an ISO day or instant, UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@pytest.fixture
def at() -> At:
    """`at("2026-09-01", "gpt-4o", …)`: the rows whose stretch holds that instant."""

    def priced(
        day: str,
        model: str,
        provider: str | None = None,
        tier: str = "standard",
        region: str | None = None,
        prices: Any = None,
    ) -> list[Rate]:
        overrides = PriceOverrides.model_validate(prices or [])
        return rates([Use(provider, model, tier, region, us(day), us(day))], overrides)

    return priced
