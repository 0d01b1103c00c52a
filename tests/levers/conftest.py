"""A store with priced calls, for levers that are tried through the engine."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from llmaudit.levers.lever import Lever, StepSettings
from llmaudit.levers.waterfall import Waterfall, waterfall
from llmaudit.pricing import reprice
from llmaudit.store import Store, open_store

DEFAULTS: Mapping[str, Any] = {
    "source_id": 1,
    "started_at": "2026-10-20 12:00:00",
    "provider_name": "openai",
    "response_model": "gpt-4o-2024-08-06",
    "service_tier": "standard",
    "input_tokens": 1_000,
    "cache_read_input_tokens": 0,
    "cache_creation_input_tokens": 0,
    "cache_creation_1h_input_tokens": 0,
    "output_tokens": 100,
    "status": "ok",
}


@dataclass(frozen=True)
class Planned:
    lever: Lever[Any]
    name: str
    settings: StepSettings


@pytest.fixture
def replayed() -> Iterator[Callable[..., Waterfall]]:
    """Calls (changes from gpt-4o, 1,000 tokens in and 100 out: $0.0035) replayed under one lever and its settings."""
    with open_store(":memory:") as store:

        def replay(lever: Lever[Any], settings: Mapping[str, Any], *calls: Mapping[str, Any]) -> Waterfall:
            for number, changes in enumerate(calls):
                _insert(store, {**DEFAULTS, "call_id": f"c{number}", "record_number": number + 1, **changes})
            reprice(store, None)
            return waterfall(store, [Planned(lever, lever.name, lever.settings.model_validate(settings))])

        yield replay


def _insert(store: Store, call: Mapping[str, Any]) -> None:
    names = ", ".join(call)
    values = ", ".join(f"${name}" for name in call)
    store.run(f"insert into calls ({names}) values ({values})", call)
