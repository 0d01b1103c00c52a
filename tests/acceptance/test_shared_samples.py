"""Every shared sample against totals read off it beforehand, by a plain reading of the files.

The expected values are literals. Tokens are in the order of `harness.TOKEN_COLUMNS`: input (both caches inside), cache
read, cache written, of it kept an hour, output, reasoning. A field that a format leaves out adds nothing to a sum.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from .harness import SAMPLES, Run, Totals, counts, ingest, query, totals

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared samples are not beside this checkout")


@dataclass(frozen=True, slots=True)
class Sample:
    """One path below the samples, and what its ingest comes to. `models` counts calls that succeeded."""

    path: str
    format: str
    records: int
    tokens: tuple[int, int, int, int, int, int]
    models: dict[str, int]
    first: str | None
    last: str | None
    duplicates: int = 0
    skipped: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    providers: dict[str, int] | None = None
    reported_cost: str = "0"

    @property
    def calls(self) -> int:
        return self.records - self.duplicates - self.skipped


CHAT_TOKENS = (11406, 4012, 4012, 0, 2538, 1664)
CHAT_MODELS = {
    "gpt-4.1-mini-2025-04-14": 2,
    "gpt-4.1-nano-2025-04-14": 1,
    "gpt-4.5-preview-2025-02-27": 1,
    "gpt-4o-2024-08-06": 2,
    "gpt-4o-audio-preview-2024-12-17": 1,
    "gpt-4o-mini-2024-07-18": 2,
    "gpt-4o-search-preview-2025-03-11": 2,
    "gpt-5-2025-08-07": 4,
    "gpt-5-mini-2025-08-07": 4,
    "gpt-5.4-mini-2026-03-17": 2,
    "gpt-5.6-sol": 2,
    "o1-mini-2024-09-12": 1,
    "o3-mini-2025-01-31": 2,
}
CHAT_TIMES = ("2025-03-22T09:37:05.000Z", "2026-07-31T02:13:44.000Z")

RESPONSES_TOKENS = (66006, 17708, 8430, 0, 9629, 7127)
RESPONSES_MODELS = {
    "gpt-5-2025-08-07": 5,
    "gpt-5-mini-2025-08-07": 2,
    "gpt-5-pro-2025-10-06": 1,
    "gpt-5.2-2025-12-11": 2,
    "gpt-5.4-2026-03-05": 4,
    "gpt-5.5-2026-04-23": 4,
    "gpt-5.6-sol": 7,
    "o3-mini-2025-01-31": 3,
    "o4-mini-2025-04-16": 2,
}
RESPONSES_TIMES = ("2025-03-27T11:40:32.000Z", "2026-08-05T21:57:26.000Z")

# One message (record 10) was compacted on the way. Anthropic bills that step (100 uncached, 55,096 written, 131 output)
# and leaves it out of the top-level usage: for what is billed, "sum across all entries in the usage.iterations array".
# Source: Anthropic docs, build-with-claude/compaction (read in public copies of the page, 2026-11-23). LiteLLM's row of
# the same message agrees: 55,425 in, 136 out. The top-level numbers alone: (86109, 59110, 4340, 0, 3797, 291).
ANTHROPIC_TOKENS = (141305, 59110, 59436, 0, 3928, 291)
ANTHROPIC_MODELS = {
    "claude-3-opus-20240229": 1,
    "claude-fable-5": 2,
    "claude-haiku-4-5-20251001": 2,
    "claude-opus-4-6": 2,
    "claude-opus-4-7": 2,
    "claude-opus-4-8": 4,
    "claude-opus-5": 2,
    "claude-sonnet-4-20250514": 2,
    "claude-sonnet-4-5-20250929": 7,
    "claude-sonnet-4-6": 5,
    "claude-sonnet-5": 4,
}

LITELLM_TOKENS = (129061, 63122, 63448, 0, 4587, 1900)
LITELLM_MODELS = {
    "claude-opus-4-8": 2,
    "claude-sonnet-4-5-20250929": 7,
    "claude-sonnet-4-6": 3,
    "claude-sonnet-5": 2,
    "gpt-4o-2024-08-06": 2,
    "gpt-4o-audio-preview-2024-12-17": 1,
    "gpt-4o-mini-2024-07-18": 1,
    "gpt-5-2025-08-07": 2,
    "gpt-5-mini-2025-08-07": 2,
    "gpt-5.4-mini-2026-03-17": 1,
    "gpt-5.6-sol": 2,
    "o1-mini-2024-09-12": 1,
    "o3-mini-2025-01-31": 2,
}
SPEND_TIMES = ("2026-11-23T10:01:56.777Z", "2026-11-23T10:02:04.750Z")
BOTH = {"openai": 14, "anthropic": 14}
SONNET = "claude-sonnet-4-20250514"
SESSIONS = "claude_code/projects/sample-project"
ONE_LITELLM_CALL = (10, 0, 0, 0, 20, 0)
ONE_LITELLM_TIME = "2025-01-24T09:20:46.847Z"

EXPECTED = [
    Sample("openai_chat/openai_chat.calls.jsonl", "openai-chat", 29, CHAT_TOKENS, CHAT_MODELS, *CHAT_TIMES,
           failures={"error": 3}),
    Sample("openai_chat/openai_chat.responses.jsonl", "openai-chat", 26, CHAT_TOKENS, CHAT_MODELS, *CHAT_TIMES),
    Sample("openai_responses/openai_responses.calls.jsonl", "openai-responses", 33, RESPONSES_TOKENS,
           RESPONSES_MODELS, *RESPONSES_TIMES, failures={"error": 3}),
    Sample("openai_responses/openai_responses.responses.jsonl", "openai-responses", 30, RESPONSES_TOKENS,
           RESPONSES_MODELS, *RESPONSES_TIMES),
    Sample("openai_batch_output/batch_output.jsonl", "openai-chat", 1, (24, 0, 0, 0, 15, 0), {"gpt-4o-mini": 1},
           "2024-03-26T17:44:14.000Z", "2024-03-26T17:44:14.000Z"),
    Sample("anthropic_messages/anthropic_messages.calls.jsonl", "anthropic-messages", 35, ANTHROPIC_TOKENS,
           ANTHROPIC_MODELS, None, None, failures={"error": 2}),
    Sample("anthropic_messages/anthropic_messages.responses.jsonl", "anthropic-messages", 33, ANTHROPIC_TOKENS,
           ANTHROPIC_MODELS, None, None),
    Sample(f"{SESSIONS}/1af7fc5e-8455-4414-9ccd-011d40f70b2a.jsonl", "claude-code", 29,
           (116010, 103219, 12698, 0, 953, 0), {SONNET: 7}, "2025-09-03T00:47:21.540Z", "2025-09-03T00:47:52.264Z",
           duplicates=8, skipped=14),
    Sample(f"{SESSIONS}/5c0375b4-57a5-4f26-b12d-d022ee4e51b7.jsonl", "claude-code", 53,
           (372135, 324259, 47747, 0, 3629, 0), {SONNET: 20}, "2025-09-07T09:52:07.012Z", "2025-09-07T09:54:26.499Z",
           duplicates=8, skipped=25),
    Sample(f"{SESSIONS}/agent-test-hash-123.jsonl", "claude-code", 2, (100, 0, 0, 0, 10, 0), {SONNET: 1},
           "2025-09-03T00:47:21.540Z", "2025-09-03T00:47:21.540Z", skipped=1),
    Sample("claude_code/ccusage-fixture-alpha.jsonl", "claude-code", 3, (745, 70, 75, 0, 250, 0),
           {SONNET: 2, "claude-opus-4-20250514": 1}, "2026-01-09T10:00:00.000Z", "2026-01-10T09:15:00.000Z",
           reported_cost="1.02"),
    Sample("claude_code/scriptorium-usage.jsonl", "claude-code", 4, (95810, 62800, 33000, 0, 245, 0),
           {"claude-opus-4-8": 2}, "2026-03-11T14:22:19.902Z", "2026-03-11T14:22:39.720Z", duplicates=1, skipped=1),
    Sample("claude_code/projects", "claude-code", 84, (488245, 427478, 60445, 0, 4592, 0), {SONNET: 28},
           "2025-09-03T00:47:21.540Z", "2025-09-07T09:54:26.499Z", duplicates=16, skipped=40),
    Sample("claude_code", "claude-code", 91, (584800, 490348, 93520, 0, 5087, 0),
           {SONNET: 30, "claude-opus-4-8": 2, "claude-opus-4-20250514": 1}, "2025-09-03T00:47:21.540Z",
           "2026-03-11T14:22:39.720Z", duplicates=17, skipped=41, reported_cost="1.02"),
    Sample("litellm_standard_logging/litellm-1.106.2.jsonl", "litellm-standard-logging", 29, LITELLM_TOKENS,
           LITELLM_MODELS, SPEND_TIMES[0], "2026-11-23T10:02:05.007Z", failures={"rate_limited": 1},
           providers={"openai": 15, "anthropic": 14}, reported_cost="0.3101141"),
    Sample("litellm_standard_logging/standard_logging_payload.json", "litellm-standard-logging", 1, ONE_LITELLM_CALL,
           {"gpt-4o": 1}, ONE_LITELLM_TIME, ONE_LITELLM_TIME, providers={"openai": 1}, reported_cost="0.000225"),
    Sample("litellm_spend_logs/litellm-1.106.2.spend_logs.jsonl", "litellm-spend-logs", 28, LITELLM_TOKENS,
           LITELLM_MODELS, *SPEND_TIMES, providers=BOTH, reported_cost="0.3101141"),
    Sample("litellm_spend_logs/litellm-1.106.2.spend_logs.csv", "litellm-spend-logs", 28, LITELLM_TOKENS,
           LITELLM_MODELS, *SPEND_TIMES, providers=BOTH, reported_cost="0.3101141"),
    Sample("litellm_spend_logs/spend_logs_payload.json", "litellm-spend-logs", 1, ONE_LITELLM_CALL, {"gpt-4o": 1},
           ONE_LITELLM_TIME, ONE_LITELLM_TIME, providers={"openai": 1}, reported_cost="0.000225"),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ingested:
    """One sample, the run that read it, and the store it left."""

    sample: Sample
    run: Run
    db: Path
    totals: Totals


@pytest.fixture(scope="module", params=EXPECTED, ids=lambda sample: sample.path.split("/", 1)[-1])
def ingested(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    db = tmp_path_factory.mktemp("samples") / "audit.duckdb"
    run = ingest(SAMPLES / request.param.path, db=db)
    assert run.code == 0, run.stderr
    return Ingested(request.param, run, db, totals(db))


ENDS = ("records", "calls_added", "calls_updated", "duplicates", "skipped", "unreadable")


def test_every_record_is_accounted_for(ingested: Ingested) -> None:
    sample, run = ingested.sample, ingested.run
    assert {key: run[key] for key in ENDS} == {
        "records": sample.records,
        "calls_added": sample.calls,
        "calls_updated": 0,
        "duplicates": sample.duplicates,
        "skipped": sample.skipped,
        "unreadable": 0,
    }
    assert run["problems"] == []
    assert ingested.totals.calls == sample.calls


def test_format_is_recognised(ingested: Ingested) -> None:
    formats = ingested.run["formats"]
    assert set(formats) == {ingested.sample.format}
    assert formats[ingested.sample.format]["records"] == ingested.sample.records
    assert formats[ingested.sample.format]["calls"] == ingested.sample.calls
    assert formats[ingested.sample.format]["files"] == ingested.run["files"]


def test_token_totals(ingested: Ingested) -> None:
    assert ingested.totals.tokens == ingested.sample.tokens


def test_outcomes_models_and_providers(ingested: Ingested) -> None:
    sample = ingested.sample
    assert ingested.totals.statuses == {"ok": sum(sample.models.values()), **sample.failures}
    assert counts(ingested.db, "response_model", "status = 'ok'") == sample.models
    provider = "anthropic" if sample.format in ("anthropic-messages", "claude-code") else "openai"
    assert counts(ingested.db, "provider_name") == (sample.providers or {provider: sample.calls})


def test_times(ingested: Ingested) -> None:
    assert (ingested.totals.first, ingested.totals.last) == (ingested.sample.first, ingested.sample.last)


def test_reported_cost_is_the_logs_own(ingested: Ingested) -> None:
    ((cost,),) = query(ingested.db, "select coalesce(sum(reported_cost), 0) from calls")
    assert round(Decimal(cost), 9) == Decimal(ingested.sample.reported_cost)


def test_failed_pairs_are_calls_without_counts(db: Path) -> None:
    ingest(SAMPLES / "openai_chat/openai_chat.calls.jsonl", db=db)
    failed = query(
        db,
        "select request_model, response_model, http_status, input_tokens, output_tokens, cache_read_input_tokens "
        "from calls where status <> 'ok' order by request_model, http_status",
    )
    assert failed == [
        ("gpt-5-mini", None, 400, None, None, None),
        ("gpt-5-mini", None, 400, None, None, None),
        ("gpt-5.2-proo", None, 404, None, None, None),
    ]


def test_service_tiers_use_one_vocabulary(db: Path) -> None:
    folder = SAMPLES / "openai_chat"
    ingest(folder / "openai_chat.responses.jsonl", SAMPLES / "openai_batch_output", db=db)
    tiers = counts(db, "service_tier")
    assert set(tiers) <= {"standard", "batch", None}
    assert tiers["batch"] == 1
    assert tiers["standard"] in (24, 26), "24 say `default`; 2 say nothing"


@pytest.mark.parametrize(
    ("first", "second", "added", "duplicates"),
    [
        ("openai_chat/openai_chat.calls.jsonl", "openai_chat/openai_chat.responses.jsonl", 0, 26),
        ("openai_chat/openai_chat.responses.jsonl", "openai_chat/openai_chat.calls.jsonl", 3, 26),
        ("openai_responses/openai_responses.responses.jsonl", "openai_responses/openai_responses.calls.jsonl", 3, 30),
        ("anthropic_messages/anthropic_messages.calls.jsonl", "anthropic_messages/anthropic_messages.responses.jsonl",
         0, 33),
        ("litellm_spend_logs/litellm-1.106.2.spend_logs.jsonl", "litellm_spend_logs/litellm-1.106.2.spend_logs.csv",
         0, 28),
        ("litellm_spend_logs/litellm-1.106.2.spend_logs.csv", "litellm_standard_logging/litellm-1.106.2.jsonl", 1, 28),
    ],
)  # fmt: skip
def test_the_same_call_told_twice_counts_once(db: Path, first: str, second: str, added: int, duplicates: int) -> None:
    ingest(SAMPLES / first, db=db)
    before = totals(db)
    again = ingest(SAMPLES / second, db=db)
    assert (again["calls_added"], again["duplicates"], again["unreadable"]) == (added, duplicates, 0)
    after = totals(db)
    assert after.calls == before.calls + added
    assert after.tokens == before.tokens


def test_a_compacted_message_carries_what_the_compaction_used(db: Path) -> None:
    lines = (SAMPLES / "anthropic_messages/anthropic_messages.responses.jsonl").read_text(encoding="utf-8").splitlines()
    alone = db.parent / "compacted.jsonl"
    alone.write_text(lines[9] + "\n", encoding="utf-8")
    ingest(alone, db=db)
    assert totals(db).tokens == (55425, 0, 55096, 0, 136, 0)
