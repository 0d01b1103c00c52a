"""Calls put straight into a store, for tests that are about calls and not about logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from llmaudit.pricing import reprice
from llmaudit.store import Store

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
"""A call of gpt-4o that costs $0.0035."""


def put(store: Store, call: Mapping[str, Any]) -> None:
    """One call of exactly these columns."""
    names, values = ", ".join(call), ", ".join(f"${name}" for name in call)
    store.run(f"insert into calls ({names}) values ({values})", call)


def fill(store: Store, calls: Iterable[Mapping[str, Any]]) -> None:
    """Calls c0, c1, … that differ from DEFAULTS as said, priced."""
    for number, changes in enumerate(calls):
        put(store, {**DEFAULTS, "call_id": f"c{number}", "record_number": number + 1, **changes})
    reprice(store, None)
