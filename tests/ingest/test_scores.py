"""Scores: each judgement once, whatever the order in which calls and scores are read; none is lost silently."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmaudit.ingest import IngestOptions, ingest
from llmaudit.model import IngestResult
from llmaudit.store import Store

CALLS = (
    "response_id,provider_name,response_model,input_tokens,output_tokens\nr1,openai,gpt-4o,9,1\nr2,openai,gpt-4o,9,1\n"
)
KNOWN = "select call_id, model, name, value, source from scores order by all"


def read(store: Store, path: Path, text: str, **options: Any) -> IngestResult:
    path.write_text(text, encoding="utf-8")
    return ingest(store, [str(path)], IngestOptions(**options))


def lines(*scores: dict[str, Any]) -> str:
    return "".join(json.dumps(score) + "\n" for score in scores)


def test_a_score_by_response_finds_its_call_whichever_comes_first(store: Store, tmp_path: Path) -> None:
    """Without a provider it waits for a call of that id; a response of nobody stays and is said."""
    said = lines(
        {"response_id": "r1", "name": "faithfulness", "value": 0.9, "source": "judge"},
        {"response_id": "r9", "name": "faithfulness", "value": 0.1, "source": "judge"},
    )
    first = read(store, tmp_path / "s.jsonl", said)
    assert (first.records, first.scores_added, first.scores_without_call) == (2, 2, 2)
    second = read(store, tmp_path / "c.csv", CALLS)
    assert (second.calls_added, second.scores_without_call) == (2, 1)
    judged = ("faithfulness", 0.1, "judge")
    assert set(store.rows(KNOWN)) == {("openai/r1", None, "faithfulness", 0.9, "judge"), (None, None, *judged)}


def test_an_id_that_two_providers_use_names_neither(store: Store, tmp_path: Path) -> None:
    read(store, tmp_path / "c.csv", CALLS + "r1,anthropic,claude-sonnet-4-5,9,1\n")
    result = read(store, tmp_path / "s.jsonl", lines({"response_id": "r1", "name": "ok", "value": 1}))
    assert (result.scores_without_call, store.value("select call_id from scores")) == (1, None)
    named = lines({"response_id": "r1", "provider_name": "anthropic", "name": "ok", "value": 1})
    assert read(store, tmp_path / "t.jsonl", named).scores_added == 1
    assert store.value("select count(*) from scores where call_id = 'anthropic/r1'") == 1


def test_reading_a_score_again_adds_nothing_and_a_newer_one_replaces_it(store: Store, tmp_path: Path) -> None:
    read(store, tmp_path / "c.csv", CALLS)
    first = {"call_id": "openai/r1", "name": "faithfulness", "value": 0.9, "source": "judge"}
    read(store, tmp_path / "a.jsonl", lines(first))
    copy = read(store, tmp_path / "b.jsonl", lines({**first, "response_id": "r1"}))
    assert (copy.scores_added, copy.duplicates) == (0, 1)
    newer = lines({**first, "value": 0.5}, {**first, "model": "gpt-4o-mini"}, {**first, "source": "me"})
    result = read(store, tmp_path / "d.jsonl", newer)
    assert (result.records, result.scores_added, result.duplicates) == (3, 2, 1)
    assert store.rows(KNOWN) == [
        ("openai/r1", "gpt-4o-mini", "faithfulness", 0.9, "judge"),
        ("openai/r1", None, "faithfulness", 0.5, "judge"),
        ("openai/r1", None, "faithfulness", 0.9, "me"),
    ]


def test_what_is_no_score_is_named_with_its_line(store: Store, tmp_path: Path) -> None:
    good = {"call_id": "openai/r1", "name": "faithfulness", "value": 0.9}
    wrong = [
        {**good, "value": "good"},
        {**good, "value": None},
        {**good, "name": " "},
        {"name": "faithfulness", "value": 1},
        {**good, "value": "inf"},
    ]
    result = read(store, tmp_path / "s.jsonl", lines(good, *wrong) + "{torn\n")
    assert (result.records, result.scores_added, result.unreadable) == (7, 1, 6)
    assert [(problem.line, problem.reason) for problem in result.problems][:5] == [
        (2, "the value is not a number"),
        (3, "the score has no value"),
        (4, "the score has no name"),
        (5, "names no call: neither call_id nor response_id"),
        (6, "the value is not a number"),
    ]


@pytest.mark.parametrize("value", [True, "true", 1, "1.0"])
def test_a_thumb_is_a_number(store: Store, tmp_path: Path, value: Any) -> None:
    read(store, tmp_path / "s.jsonl", lines({"call_id": "c", "name": "thumbs_up", "value": value}))
    assert store.rows("select value, source from scores") == [(1.0, "unknown")]


def test_parquet_and_an_option_that_names_the_provider(store: Store, tmp_path: Path) -> None:
    read(store, tmp_path / "c.csv", CALLS)
    table = pa.table({"response_id": ["r1", "r2"], "name": ["f", "f"], "value": [0.5, 0.25]})
    pq.write_table(table, tmp_path / "s.parquet")
    options = IngestOptions(constants={"provider_name": "openai"})
    assert ingest(store, [str(tmp_path / "s.parquet")], options).scores_added == 2
    assert store.rows("select call_id, value from scores order by all") == [("openai/r1", 0.5), ("openai/r2", 0.25)]


def test_a_credential_in_a_name_is_not_kept(store: Store, tmp_path: Path) -> None:
    secret = "sk-ant-api03-" + "a" * 93 + "AA"
    read(store, tmp_path / "s.jsonl", lines({"call_id": secret, "name": f"by {secret}", "value": 1, "source": secret}))
    assert secret not in repr(store.rows("select * from scores"))


def test_a_credential_as_a_provider_is_not_kept_in_the_name_of_the_call(store: Store, tmp_path: Path) -> None:
    secret = "sk-ant-api03-" + "a" * 93 + "AA"
    read(store, tmp_path / "s.jsonl", lines({"provider_name": secret, "response_id": "r1", "name": "f", "value": 1}))
    assert store.rows("select call_id from scores") == [("[redacted]/r1",)]


def test_a_file_read_with_other_options_is_taken_back(store: Store, tmp_path: Path) -> None:
    said = lines({"response_id": "r7", "name": "f", "value": 1})
    read(store, tmp_path / "s.jsonl", said, constants={"provider_name": "openai"})
    other = IngestOptions(constants={"provider_name": "anthropic"})
    again = ingest(store, [str(tmp_path / "s.jsonl")], other)
    assert (again.scores_added, store.rows("select call_id from scores")) == (0, [("anthropic/r7",)])
