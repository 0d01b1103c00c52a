"""A store with priced calls, for levers that are tried through the engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from llmaudit.levers.answer import Waterfall
from llmaudit.levers.lever import Lever, StepSettings
from llmaudit.levers.waterfall import waterfall
from llmaudit.store import open_store
from tests.calls import fill


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
        fill(store, calls)
        planned = [Planned(lever, lever.name, lever.settings.model_validate(settings)) for lever, settings in steps]
        return waterfall(store, planned)
