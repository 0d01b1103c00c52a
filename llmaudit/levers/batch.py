"""Batch: send the calls that can wait through the provider's batch endpoint.

    service_tier := batch      where the plan says nobody waits, and the model has a batch price

A call can move that succeeded, was made at the standard tier and whose model has a batch price on its own day and for
its own size. Whether a cached token keeps its discount in a batch is the provider's rule and stands in the rates: where
a batch has no price for it, it is charged as ordinary input, and the facts say how many calls that concerns.

Candidates are groups of calls that the plan did not name and that look like scheduled jobs: at least MIN_BURSTS bursts,
the coefficient of variation of the gaps between their starts below REGULAR, no conversation, never streamed. The rule
is TokenJam's (`tokenjam` 0.7, "placement", read 2026-11-23); what a burst is, is our choice: QUIET_SECONDS without a
new call end it. The calls of a group are told by their feature, else their system prompt, else their API key.

Providers aim to finish a batch within 24 hours; most take far less, which nobody promises. A shorter
`completion_window` is warned of, and a provider that is not named here is not known to promise anything:

    openai           its SDK (openai-ruby, BatchCreateParams#completion_window): "currently only 24h is supported"
    azure.ai.openai  learn.microsoft.com/azure/ai-foundry/openai/how-to/batch: "24-hour target turnaround"
    anthropic        its Message Batches API, as summed up by aiwiki.ai/wiki/anthropic_batches_api: within 24 hours
    gcp.gemini       Google Developers Blog, "Batch Mode in the Gemini API": results within a 24-hour window
    gcp.vertex_ai    Vertex AI docs, "Batch prediction for Gemini": typically within 24 hours of starting
    (all read 2026-11-23)
"""

from decimal import Decimal
from typing import Any

from llmaudit.config.duration import Duration
from llmaudit.levers.lever import IN_WORDS, Lever, Outcome, StepSettings
from llmaudit.store import Store, load_sql
from llmaudit.words import count

OFFERS = load_sql(__package__, "batch_offers")
CHANGES = load_sql(__package__, "batch")
MODELS = load_sql(__package__, "batch_models")
CANDIDATES = load_sql(__package__, "batch_candidates")

DAY_SECONDS = 24 * 3_600
PROMISED_SECONDS = {
    "openai": DAY_SECONDS,
    "azure.ai.openai": DAY_SECONDS,
    "anthropic": DAY_SECONDS,
    "gcp.gemini": DAY_SECONDS,
    "gcp.vertex_ai": DAY_SECONDS,
}
"""The time within which providers aim to finish a batch."""

MIN_BURSTS = 5
REGULAR = Decimal("0.15")
QUIET_SECONDS = 600


class Settings(StepSettings):
    """Which calls nobody waits for, and how late their answers may come."""

    completion_window: Duration = DAY_SECONDS


def apply(store: Store, settings: Settings) -> Outcome:
    """Move the calls to the batch tier; facts: eligible_calls, moved_calls, no_batch_price, candidates."""
    store.run(f"create or replace temp table batch_offers as {OFFERS}")
    store.run(f"create or replace temp table lever_changes as {CHANGES}")
    models = store.records(MODELS)
    candidates = _candidates(store)
    facts = {
        IN_WORDS: [
            f"{row['by']} {row['key']} looks like a job that can wait too: {count(row['calls'], 'call')} in "
            f"{count(row['bursts'], 'burst')}, one every {row['gap_seconds'] / 3_600:.1f} h"
            for row in candidates
        ],
        "eligible_calls": sum(row["calls"] for row in models),
        "moved_calls": sum(row["moved_calls"] for row in models),
        "uncached_calls": sum(row["uncached_calls"] for row in models),
        "no_batch_price": [
            {
                "provider_name": row["provider_name"],
                "model": row["model"],
                "calls": row["calls"] - row["moved_calls"],
            }
            for row in models
            if row["calls"] > row["moved_calls"]
        ],
        "candidates": candidates,
    }
    store.run("drop table temp.batch_offers")
    return Outcome(facts, tuple(_warnings(settings, models)))


def _candidates(store: Store) -> list[dict[str, Any]]:
    """The groups regular enough, the most tokens first; `gap_seconds` is the mean gap between two bursts."""
    rows = store.records(CANDIDATES, {"quiet_us": QUIET_SECONDS * 1_000_000, "min_bursts": MIN_BURSTS})
    return [
        {
            "by": row["grouped_by"],
            "key": row["group_key"],
            "calls": row["calls"],
            "input_tokens": row["input_tokens"],
            "output_tokens": row["output_tokens"],
            "bursts": row["bursts"],
            "gap_seconds": round(row["gap_sum"] / (row["bursts"] - 1)),
            "gap_variation": round(float(variation), 3),
        }
        for row in rows
        if (variation := _variation(row["bursts"] - 1, row["gap_sum"], row["gap_square_sum"])) < REGULAR
    ]


def _variation(gaps: int, total: int, squares: Decimal) -> Decimal:
    """The standard deviation of all gaps over their mean."""
    return (max(Decimal(0), gaps * squares - Decimal(total) ** 2)).sqrt() / total


def _warnings(settings: Settings, models: list[dict[str, Any]]) -> list[str]:
    uncached = sum(row["uncached_calls"] for row in models)
    said = []
    if uncached:
        said.append(
            f"{count(uncached, 'call')} had cached tokens for which a batch has no price: there they are ordinary input"
        )
    late = {
        row["provider_name"]: promised
        for row in models
        if row["moved_calls"]
        and (promised := PROMISED_SECONDS.get(row["provider_name"] or "", 0)) > settings.completion_window
    }
    said += [
        f"{provider} promises batch results within {promised // 3_600} h, later than the completion window"
        for provider, promised in sorted(late.items())
    ]
    return said


LEVER = Lever(
    name="batch",
    settings=Settings,
    changes=(
        "service_tier",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "cache_creation_1h_input_tokens",
    ),
    apply=apply,
    assumes=("answers may arrive at any time within the completion window",),
)
