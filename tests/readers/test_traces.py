"""Public traces: their published totals, and times that count from a start which somebody has to name."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmaudit.errors import ConfigError, NothingMeasured
from llmaudit.ingest import IngestOptions, ingest, parse_constants
from llmaudit.store import Store

from .conftest import Logs

TRACES = Path(__file__).resolve().parents[2] / ".." / "shared" / "traces"
MOONCAKE = TRACES / "mooncake_fast25_conversation_trace.jsonl.gz"
AZURE = TRACES / "AzureLLMInferenceTrace_code.csv.gz"
beside_this_checkout = pytest.mark.skipif(not TRACES.is_dir(), reason="the shared traces are not beside this checkout")

ORIGIN = {"started_at": "2026-10-01"}
MODEL = {"provider_name": "openai", "response_model": "gpt-4o"}
ROW: dict[str, Any] = {"timestamp": 1500, "input_length": 600, "output_length": 7, "hash_ids": [4, 9]}


@beside_this_checkout
def test_mooncakes_conversations_add_up_to_what_was_published(store: Store) -> None:
    result = ingest(store, [str(MOONCAKE)], IngestOptions(constants=ORIGIN | MODEL))
    assert (result.records, result.calls_added, result.unpriced_calls) == (12_031, 12_031, 0)
    (sums,) = store.records("""
        select cast(sum(input_tokens) as bigint) as input_tokens, cast(sum(output_tokens) as bigint) as output_tokens,
               round(avg(input_tokens)) as mean_input, round(avg(output_tokens)) as mean_output,
               cast(sum(len(prefix_hashes)) as bigint) as blocks,
               min(started_at) as first, max(started_at) as last, sum(list_cost) as cost
        from calls where prefix_block_tokens = 512""")
    assert sums == {
        "input_tokens": 144_793_823,
        "output_tokens": 4_122_048,
        "mean_input": 12_035,
        "mean_output": 343,
        "blocks": 288_500,
        "first": datetime(2026, 10, 1),
        "last": datetime(2026, 10, 1, 0, 58, 56, 999000),
        # 144,793,823 tokens at 2.50 and 4,122,048 at 10.00 dollars per million.
        "cost": Decimal("403.2050375"),
    }


@beside_this_checkout
def test_the_blocks_of_mooncake_are_in_the_order_of_the_prompt(store: Store) -> None:
    """A walk over the stored prefixes with a cache that forgets nothing finds as many hits as one over the file."""
    ingest(store, [str(MOONCAKE)], IngestOptions(constants=ORIGIN))
    seen: set[int] = set()
    hits = tokens = 0
    for size, blocks in store.rows("select input_tokens, prefix_hashes from calls order by started_at, record_number"):
        known = next((place for place, block in enumerate(blocks) if block not in seen), len(blocks))
        hits, tokens = hits + known, tokens + min(known * 512, size)
        seen.update(blocks)
    assert (hits, tokens) == (105_710, 54_098_411)


@beside_this_checkout
def test_azures_code_completions_without_a_model_are_unpriced(store: Store) -> None:
    result = ingest(store, [str(AZURE)], IngestOptions())
    assert (result.records, result.calls_added, result.unpriced_calls) == (8_819, 8_819, 8_819)
    (sums,) = store.rows("""
        select cast(sum(input_tokens) as bigint), cast(sum(output_tokens) as bigint), min(started_at), max(started_at)
        from calls""")
    assert sums == (
        *(18_059_974, 245_896),
        *(datetime(2023, 11, 16, 18, 17, 3, 979960), datetime(2023, 11, 16, 19, 14, 19, 928016)),
    )


@beside_this_checkout
@pytest.mark.parametrize("trace", [MOONCAKE, AZURE], ids=["mooncake", "azure"])
def test_a_trace_that_is_read_again_adds_nothing(store: Store, trace: Path, tmp_path: Path) -> None:
    options = IngestOptions(constants=ORIGIN | MODEL)
    first = ingest(store, [str(trace)], options)
    copy = tmp_path / f"copy-{trace.name}"
    copy.write_bytes(trace.read_bytes())
    assert ingest(store, [str(trace)], options).unchanged_files == 1
    again = ingest(store, [str(copy)], options)
    assert (again.calls_added, again.duplicates) == (0, first.records)


def test_a_trace_without_an_origin_is_not_read(logs: Logs) -> None:
    with pytest.raises(NothingMeasured) as refusal:
        logs.read([ROW], constants=MODEL)
    assert "say when that was, such as --set started_at=2026-10-01" in str(refusal.value.hint)


def test_other_logs_are_read_though_a_trace_has_no_origin(logs: Logs) -> None:
    (logs.folder / "calls.csv").write_text("request_model,input_tokens,output_tokens\ngpt-4o,5,6\n", encoding="utf-8")
    (logs.folder / "trace.jsonl").write_text(
        '{"timestamp": 0, "input_length": 3, "output_length": 2, "hash_ids": [1]}\n', encoding="utf-8"
    )
    result = ingest(logs.store, [str(logs.folder)], IngestOptions())
    (problem,) = result.problems
    assert (result.records, result.calls_added, Path(problem.file).name) == (1, 1, "trace.jsonl")
    assert problem.reason.startswith("its times count from its start")
    # Nothing of it was taken down, so with an origin it is read as if for the first time.
    assert logs.read([ROW], "trace.jsonl", constants=ORIGIN).calls_added == 1


def test_an_origin_moves_the_times_of_a_trace_only(logs: Logs) -> None:
    logs.read([ROW], constants={"started_at": "2026-10-01T09:00:00"})
    logs.read("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,48,1\n", "azure.csv",
              constants=ORIGIN)  # fmt: skip
    assert [call["started_at"] for call in logs.calls()] == [
        datetime(2026, 10, 1, 9, 0, 1, 500000),
        datetime(2023, 11, 16, 18, 17, 3, 979960),
    ]


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("2026-10-01", "2026-10-01T00:00:00"),
        ("2026-10-01T09:30:00Z", "2026-10-01T09:30:00"),
        ("2026-10-01 00:30:00+02:00", "2026-09-30T22:30:00"),
    ],
)
def test_an_origin_is_an_instant_in_utc(written: str, origin: str) -> None:
    assert parse_constants([f"started_at={written}"]) == {"started_at": origin}


@pytest.mark.parametrize("written", ["", "yesterday", "2026-13-01", "1970-01-01", "9999-12-31T23:59:59-12:00"])
def test_an_origin_that_is_no_time_is_refused_before_anything_is_read(written: str) -> None:
    with pytest.raises(ConfigError, match="not a time between 2000 and 2099"):
        parse_constants([f"started_at={written}"])


def test_equal_rows_are_calls_of_their_own(logs: Logs) -> None:
    assert logs.read([ROW, ROW, {**ROW, "hash_ids": [5, 10]}], constants=ORIGIN).calls_added == 3
    # Another trace in which only the blocks differ is not a copy of this one.
    assert logs.read([{**ROW, "hash_ids": [8, 11]}], "other.jsonl", constants=ORIGIN).calls_added == 1


def test_a_request_without_blocks_is_a_call_without_prefixes(logs: Logs) -> None:
    logs.read([ROW, {**ROW, "hash_ids": None}, {**ROW, "input_length": 0, "hash_ids": []}], constants=ORIGIN)
    found = [(call["prefix_hashes"], call["prefix_block_tokens"]) for call in logs.calls()]
    assert found == [([4, 9], 512), (None, None), ([], 512)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"timestamp": None}, "no timestamp"),
        ({"timestamp": "soon"}, "timestamp is not a number"),
        ({"timestamp": -1}, "timestamp is not milliseconds from the start of a trace"),
        ({"timestamp": 1_792_483_380_000}, "timestamp is not milliseconds from the start of a trace"),
        ({"input_length": None}, "no input_length"),
        ({"output_length": None}, "no output_length"),
        ({"output_length": -7}, "output_tokens is not a count"),
        ({"hash_ids": [1]}, "hash_ids is not one id per 512 tokens of input_length"),
        ({"hash_ids": list(range(38))}, "hash_ids is not one id per 512 tokens of input_length"),
        ({"hash_ids": [4, None]}, "hash_ids is not a list of whole numbers"),
        ({"hash_ids": [4, "9"]}, "hash_ids is not a list of whole numbers"),
        ({"hash_ids": [4, 1.5]}, "hash_ids is not a list of whole numbers"),
        ({"hash_ids": [4, 2**63]}, "hash_ids is not a list of whole numbers"),
        ({"hash_ids": "4, 9"}, "hash_ids is not a list of whole numbers"),
    ],
)
def test_what_a_trace_cannot_mean_is_named(logs: Logs, changes: dict[str, Any], reason: str) -> None:
    result = logs.read([ROW, {**ROW, **changes}], constants=ORIGIN)
    assert (result.calls_added, result.unreadable) == (1, 1)
    assert [(problem.line, problem.reason) for problem in result.problems] == [(2, reason)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",48,1", "no TIMESTAMP"),
        ("2023-11-16 18:17:03,,1", "no ContextTokens"),
        ("2023-11-16 18:17:03,48,", "no GeneratedTokens"),
        ("2023-11-16 18:17:03,many,1", "ContextTokens is not a number"),
        ("12.5,48,1", "the time of the call is not between 2000 and 2099"),
    ],
)
def test_what_an_azure_row_leaves_out_is_named(logs: Logs, row: str, reason: str) -> None:
    good = "2023-11-16 18:17:03.9799600,48,1"
    result = logs.read(f"TIMESTAMP,ContextTokens,GeneratedTokens\r\n{good}\r\n{row}", "azure.csv")
    assert (result.calls_added, result.unreadable) == (1, 1)
    assert [(problem.line, problem.reason) for problem in result.problems] == [(3, reason)]
