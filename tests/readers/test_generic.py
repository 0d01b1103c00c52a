"""Tables under our own names."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from llmaudit.ingest import IngestOptions, ingest

from .conftest import Logs

ROW: dict[str, Any] = {"response_id": "r", "request_model": "gpt-4o", "input_tokens": 5, "output_tokens": 6}


def _problems(logs: Logs, **changes: Any) -> list[str]:
    result = logs.read([ROW, {**ROW, "response_id": "s", **changes}])
    assert result.records == result.calls_added + result.unreadable
    return [problem.reason for problem in result.problems]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"input_tokens": 2.5}, "input_tokens is not a count"),
        ({"output_tokens": -1}, "output_tokens is not a count"),
        ({"input_tokens": "many"}, "input_tokens is not a number"),
        ({"system_tokens": 1.5}, "system_tokens is not a count"),
        ({"status": "success"}, "status is not one of ok, error, timeout, rate_limited, cancelled"),
        ({"service_tier": "gold"}, "service_tier is not one of standard, batch, flex, priority"),
        ({"token_basis": "guess"}, "token_basis is not one of reported, counted, estimated"),
        ({"segment_basis": "guess"}, "segment_basis is not one of counted, estimated"),
        ({"tags": "a=b"}, "tags is not a JSON object"),
        ({"tags": 5}, "tags is not a JSON object"),
        ({"started_at": "yesterday"}, "the time of the call is not between 2000 and 2099"),
        ({"attempt": -3}, "attempt is not a count"),
        *[
            ({"context_document_tokens": said}, "context_document_tokens is not a list of counts")
            for said in (5, "many", [2.5], [-1], [3, None], ["x"], {"a": 1}, [10**12 - 1, 1], [1e300])
        ],
        (
            {"context_document_tokens": [9, 8], "context_documents": 3},
            "context_document_tokens does not have one count for each of context_documents",
        ),
        (
            {"context_document_tokens": [9, 8], "context_tokens": 16},
            "context_document_tokens are more than context_tokens",
        ),
        (
            {"cache_read_input_tokens": 6},
            "more cached tokens than input tokens: this log seems to count them beside the input",
        ),
    ],
)  # fmt: skip
def test_what_a_column_cannot_hold_is_named(logs: Logs, changes: dict[str, Any], reason: str) -> None:
    assert _problems(logs, **changes) == [reason]


def test_any_text_may_say_which_requests_are_equal(logs: Logs) -> None:
    """Whatever it is, it may be the request itself, so only a hash of it is kept."""
    texts = ["9f86d081884c7d65", "9f86d081884c7d65", "12.2", "12.4", "1e3", "1000", 1000, None]
    logs.read([{**ROW, "response_id": str(number), "request_hash": text} for number, text in enumerate(texts)])
    kept = [call["request_hash"] for call in logs.calls()]
    assert kept[0] == kept[1]
    assert kept[5:] == [1000, 1000, None]
    assert len(set(kept[:6])) == 5
    assert all(0 <= hashed < 2**63 for hashed in kept[:5])


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
        ({"input_tokens": "59200.0"}, "input_tokens", 59200),
        ({"service_tier": "default"}, "service_tier", "standard"),
        ({"status": "OK"}, "status", "ok"),
        ({"http_status": 429}, "status", "rate_limited"),
        ({"tags": '{"team": "search"}'}, "tags", {"team": "search"}),
        ({"tags": ["team:search"]}, "tags", {"team": "search"}),
        ({"tags": {"team": "search"}, "tier": "pro"}, "tags", {"team": "search", "tier": "pro"}),
        ({"request_hash": 4611686018427387905}, "request_hash", 4611686018427387905),
        ({"prefix_hashes": [9007199254740993, 2]}, "prefix_hashes", [9007199254740993, 2]),
        ({"system_prompt_hash": "abc", "user_tokens": 3}, "system_prompt_hash", "abc"),
        ({"user_tokens": 3, "segment_basis": "counted"}, "user_tokens", 3),
        ({"api_key_id": "web"}, "api_key_id", "web"),
        ({"response_cache_hit": True}, "list_cost", Decimal(0)),
        ({"started_at": "2026-03-01"}, "started_at", datetime(2026, 3, 1)),
        ({"started_at": 1767225600}, "started_at", datetime(2026, 1, 1)),
        ({"started_at": 1767225600000}, "started_at", datetime(2026, 1, 1)),
    ],
)
def test_what_a_column_may_hold(logs: Logs, changes: dict[str, Any], column: str, value: Any) -> None:
    logs.read([{**ROW, **changes}])
    (call,) = logs.calls()
    assert call[column] == value


@pytest.mark.parametrize(
    ("said", "tokens", "documents", "counts"),
    [
        ({"context_document_tokens": [9, 8, 0]}, 17, 3, [9, 8, 0]),
        ({"context_document_tokens": "[9, 8.0]"}, 17, 2, [9, 8]),
        ({"context_document_tokens": [9, 8], "context_tokens": 20, "context_documents": 2}, 20, 2, [9, 8]),
        ({"context_document_tokens": []}, 0, 0, []),
        ({"context_document_tokens": None, "context_documents": 4}, None, 4, None),
    ],
)
def test_documents_counted_one_by_one_say_how_many_and_how_long_they_are(
    logs: Logs, said: dict[str, Any], tokens: int | None, documents: int, counts: list[int] | None
) -> None:
    logs.read([{**ROW, **said}])
    (call,) = logs.calls()
    found = (call["context_tokens"], call["context_documents"], call["context_document_tokens"])
    assert found == (tokens, documents, counts)


def test_a_list_of_counts_in_a_csv_and_in_parquet(logs: Logs) -> None:
    """The last line of one has a cell too many, so all of that file is read the slow way."""
    header = "request_model,input_tokens,context_document_tokens\n"
    logs.read(f'{header}gpt-4o,5,"[3, 2]"\ngpt-4o,6,\n', "good.csv")
    logs.read(f'{header}gpt-4o,10,"[3, 2]"\ngpt-4o,11,\ngpt-4o,12,[],1\n', "broken.csv")
    lists = pa.array([[3, 2], None], pa.list_(pa.int32()))
    table = pa.table({"request_model": ["gpt-4o"] * 2, "input_tokens": [7, 8], "context_document_tokens": lists})
    parquet.write_table(table, logs.folder / "calls.parquet")
    ingest(logs.store, [str(logs.folder / "calls.parquet")], IngestOptions())
    found = [(call["context_document_tokens"], call["context_tokens"]) for call in logs.calls()]
    assert found == [([3, 2], 5), (None, None)] * 3


def test_parquet_with_types_of_its_own(logs: Logs) -> None:
    table = pa.table({
        "response_id": ["r1", "r2"],
        "response_model": pa.array(["gpt-4o", "gpt-4o"]).dictionary_encode(),
        "started_at": pa.array([datetime(2026, 3, 1, 9, tzinfo=UTC), None], pa.timestamp("us", "Europe/Paris")),
        "input_tokens": pa.array([5, 2**31], pa.uint64()),
        "output_tokens": pa.array([6, None], pa.int32()),
        "tags": pa.array([[("team", "search")], None], pa.map_(pa.string(), pa.string())),
        "prefix_hashes": pa.array([[1, 2], None], pa.list_(pa.int64())),
        "reported_cost": pa.array([Decimal("0.000000000001"), None], pa.decimal128(24, 12)),
    })  # fmt: skip
    path = Path(logs.folder / "calls.parquet")
    parquet.write_table(table, path)
    assert ingest(logs.store, [str(path)], IngestOptions()).calls_added == 2
    first, second = logs.calls()
    assert (first["started_at"], first["tags"]) == (datetime(2026, 3, 1, 9), {"team": "search"})
    assert (first["prefix_hashes"], first["reported_cost"]) == ([1, 2], Decimal("0.000000000001"))
    assert (second["input_tokens"], second["output_tokens"], second["tags"]) == (2147483648, None, None)


def test_a_csv_with_semicolons_and_empty_cells(logs: Logs) -> None:
    logs.read("request_model;input_tokens;output_tokens;feature;tags\ngpt-4o;5;6;;\ngpt-4o;5;6;chat;\n", "calls.csv")
    first, second = logs.calls()
    assert (first["tags"], second["tags"]) == (None, {"feature": "chat"})


def test_an_option_fills_what_the_rows_leave_out(logs: Logs) -> None:
    logs.read([ROW, {**ROW, "response_id": "s", "provider_name": "azure.ai.openai"}],
              constants={"provider_name": "openai"})  # fmt: skip
    assert [call["provider_name"] for call in logs.calls()] == ["openai", "azure.ai.openai"]
