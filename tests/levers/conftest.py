"""A store with priced calls, for levers that are tried through the engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from llmaudit.levers.answer import Waterfall
from llmaudit.levers.lever import Lever, StepSettings
from llmaudit.levers.waterfall import waterfall
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
def replayed() -> Callable[..., Waterfall]:
    """Calls (changes from gpt-4o, 1,000 tokens in and 100 out: $0.0035) replayed under one lever and its settings."""

    def replay(lever: Lever[Any], settings: Mapping[str, Any], *calls: Mapping[str, Any]) -> Waterfall:
        return replay_plan([(lever, settings)], *calls)

    return replay


def replay_plan(steps: Sequence[tuple[Lever[Any], Mapping[str, Any]]], *calls: Mapping[str, Any]) -> Waterfall:
    """The same under several levers, one after the other."""
    with open_store(":memory:") as store:
        for number, changes in enumerate(calls):
            _insert(store, {**DEFAULTS, "call_id": f"c{number}", "record_number": number + 1, **changes})
        reprice(store, None)
        planned = [Planned(lever, lever.name, lever.settings.model_validate(settings)) for lever, settings in steps]
        return waterfall(store, planned)


def _insert(store: Store, call: Mapping[str, Any]) -> None:
    names = ", ".join(call)
    values = ", ".join(f"${name}" for name in call)
    store.run(f"insert into calls ({names}) values ({values})", call)
