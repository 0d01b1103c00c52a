"""What becomes of records between a file and the store, beside what the acceptance tests see from outside."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llmaudit.ingest import IngestOptions, ingest
from llmaudit.store import Store
from tests.ingest.records import chat


def write(path: Path, records: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_every_call_knows_its_place_in_its_file(store: Store, tmp_path: Path) -> None:
    """Reading is parallel and unordered between files; the n-th record of a file is still the n-th."""
    for file in range(120):
        write(tmp_path / f"{file:03}.jsonl", (chat(file * 1000 + place) for place in range(1, 41)))
    ingest(store, [str(tmp_path)], IngestOptions())
    rows = store.rows("select call_id, record_number, name from calls join sources using (source_id)")
    assert len(rows) == 120 * 40
    for call_id, record_number, name in rows:
        number = int(call_id.rpartition("-")[2])
        assert (f"{number // 1000:03}.jsonl", number % 1000) == (Path(name).name, record_number)


def test_a_bad_file_among_many_costs_only_its_bad_record(store: Store, tmp_path: Path) -> None:
    for file in range(50):
        write(tmp_path / f"{file:03}.jsonl", [chat(file * 10 + place) for place in range(3)])
    broken = tmp_path / "017.jsonl"
    broken.write_text(broken.read_text(encoding="utf-8") + '{"id": \n' + json.dumps(chat(999)) + "\n", encoding="utf-8")
    result = ingest(store, [str(tmp_path)], IngestOptions())
    assert (result.records, result.calls_added, result.unreadable) == (152, 151, 1)
    assert [(Path(one.file).name, one.line) for one in result.problems] == [("017.jsonl", 4)]
    assert store.rows("select record_number from calls where call_id = 'openai/chatcmpl-999'") == [(5,)]


def test_reading_again_with_other_options_replaces_what_was_read(store: Store, tmp_path: Path) -> None:
    """A value that an option fills is part of what a record without an id says: it must not make another call of it."""
    log = tmp_path / "usage.csv"
    log.write_text("request_model,input_tokens,output_tokens\nm,1,2\nm,1,2\n", encoding="utf-8")
    first = ingest(store, [str(log)], IngestOptions())
    again = ingest(store, [str(log)], IngestOptions(constants={"feature": "search"}))
    assert (first.calls_added, again.calls_added, again.calls_updated) == (2, 0, 2)
    assert store.rows("select feature, count(*) from calls group by all") == [("search", 2)]


def test_an_unrelated_file_improves_nothing(store: Store, tmp_path: Path) -> None:
    ingest(store, [str(write(tmp_path / "a.jsonl", [chat(1), chat(2)]))], IngestOptions())
    result = ingest(store, [str(write(tmp_path / "b.jsonl", [chat(3)]))], IngestOptions())
    assert (result.calls_added, result.calls_updated, result.duplicates) == (1, 0, 0)


class TestTokens:
    """Records with text; `tiktoken is great!` is 6 tokens in o200k_base (OpenAI cookbook, How to count tokens)."""

    TEXT = "tiktoken is great!"

    def pair(self, number: int, model: str, usage: dict[str, int] | None) -> dict[str, Any]:
        """A request with a system prompt and its answer, both the text above."""
        messages = [{"role": "system", "content": self.TEXT}, {"role": "user", "content": "Go"}]
        choices = [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": self.TEXT}}]
        answer = chat(number, model=model, choices=choices, usage=usage)
        return {"request": {"model": model, "messages": messages}, "response": answer}

    def test_text_without_usage_is_counted(self, store: Store, tmp_path: Path) -> None:
        ingest(store, [str(write(tmp_path / "a.jsonl", [self.pair(1, "gpt-4o", None)]))], IngestOptions())
        assert store.rows("select output_tokens, token_basis from calls") == [(6, "counted")]
        assert store.value("select input_tokens from calls") > 6

    def test_text_of_a_model_without_a_public_tokenizer_is_estimated(self, store: Store, tmp_path: Path) -> None:
        """18 bytes at the documented 3.5 characters per token of an older Claude: 5.14 tokens."""
        log = write(tmp_path / "a.jsonl", [self.pair(1, "claude-sonnet-4-5", None)])
        ingest(store, [str(log)], IngestOptions())
        assert store.rows("select output_tokens, token_basis from calls") == [(5, "estimated")]

    def test_the_ratio_comes_from_calls_with_text_and_usage(self, store: Store, tmp_path: Path) -> None:
        """Thirty answers of 18 bytes and 9 tokens: half a token per byte."""
        known = [self.pair(n, "claude-x", {"prompt_tokens": 40, "completion_tokens": 9}) for n in range(30)]
        log = write(tmp_path / "a.jsonl", [*known, self.pair(99, "claude-x", None)])
        ingest(store, [str(log)], IngestOptions())
        sql = "select output_tokens, token_basis from calls where call_id = 'openai/chatcmpl-99'"
        assert store.rows(sql) == [(9, "estimated")]

    def test_segments_share_out_the_reported_input(self, store: Store, tmp_path: Path) -> None:
        usage = {"prompt_tokens": 1000, "completion_tokens": 6}
        ingest(store, [str(write(tmp_path / "a.jsonl", [self.pair(1, "gpt-4o", usage)]))], IngestOptions())
        found = store.rows(
            "select system_tokens + tool_definition_tokens + history_tokens + context_tokens + user_tokens, "
            "segment_basis from calls"
        )
        assert found == [(1000, "estimated")]

    def test_exact_tokens_are_counted_by_segment(self, store: Store, tmp_path: Path) -> None:
        usage = {"prompt_tokens": 1000, "completion_tokens": 6}
        log = write(tmp_path / "a.jsonl", [self.pair(1, "gpt-4o", usage)])
        ingest(store, [str(log)], IngestOptions(exact_tokens=True))
        found = store.rows("select system_tokens, user_tokens, input_tokens, segment_basis from calls")
        assert found == [(6, 1, 1000, "counted")]
