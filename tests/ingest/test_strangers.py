"""A file that mixes formats: each record is read by the reader of its own format, wherever it stands."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmaudit.ingest import IngestOptions, ingest
from llmaudit.store import Store, open_store
from tests.ingest import records


def chat(number: int, **changes: Any) -> str:
    usage = {"prompt_tokens": 1_000, "completion_tokens": 100}
    return json.dumps(records.chat(number, **{"usage": usage, **changes})) + "\n"


def message(number: int, **changes: Any) -> str:
    said = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5"}
    usage = {"input_tokens": 2_000, "output_tokens": 200}
    return json.dumps({**said, "content": [], "stop_reason": "end_turn", "usage": usage, **changes}) + "\n"


def response(number: int) -> str:
    said = {"id": f"resp_{number}", "object": "response", "created_at": 1_790_000_000, "model": "gpt-4o"}
    return json.dumps({**said, "output": [], "usage": {"input_tokens": 3_000, "output_tokens": 300}}) + "\n"


CALLS = "select call_id, record_number, input_tokens, effective_cost from calls order by all"


def read(store: Store, path: Path, **options: Any) -> Any:
    return ingest(store, [str(path)], IngestOptions(**options))


def test_each_record_is_read_by_the_reader_of_its_format(store: Store, tmp_path: Path) -> None:
    """gpt-4o: 1,000 x $2.50 + 100 x $10 per million; claude-sonnet-4-5: 2,000 x $3 + 200 x $15.

    Six records (a blank line is none), two of them neither.
    """
    odd = message(2, created="yesterday")  # no column of a chat completion takes that
    lines = [chat(1), message(1), "\n", '{"hello": 1}\n', chat(2), odd, "{torn\n"]
    (tmp_path / "mixed.jsonl").write_text("".join(lines), encoding="utf-8")
    result = read(store, tmp_path)
    assert (result.records, result.calls_added, result.unreadable) == (6, 4, 2)
    assert store.rows(CALLS) == [
        ("anthropic/msg_1", 2, 2_000, Decimal("0.009")),
        ("anthropic/msg_2", 5, 2_000, Decimal("0.009")),
        ("openai/chatcmpl-1", 1, 1_000, Decimal("0.0035")),
        ("openai/chatcmpl-2", 4, 1_000, Decimal("0.0035")),
    ]
    assert [problem.line for problem in result.problems] == [4, 7]
    assert {name: (counts.records, counts.calls) for name, counts in result.formats.items()} == {
        "anthropic-messages": (2, 2),
        "openai-chat": (4, 2),
    }


def test_answers_of_other_formats_among_lines_of_claude_code_are_calls(store: Store, tmp_path: Path) -> None:
    """The lines of a session that are no answers are skipped as ever; an answer that nobody claims is named."""
    session = {"sessionId": "s", "timestamp": "2026-10-01T00:00:01Z"}
    usage = {"input_tokens": 10, "output_tokens": 1}
    answer = {"id": "msg_7", "model": "claude-sonnet-4-5", "usage": usage}
    lines = [
        json.dumps({**session, "type": "assistant", "message": answer, "requestId": "r"}) + "\n",
        json.dumps({**session, "type": "user", "toolUseResult": {"total_tokens": 3}}) + "\n",
        json.dumps({"type": "summary", "summary": "it reads"}) + "\n",
        chat(1),
        message(1),
        response(1),
        json.dumps({"request": {"messages": []}, "response": json.loads(chat(2))}) + "\n",
        json.dumps({"usage": {"input_tokens": 1}}) + "\n",
    ]
    (tmp_path / "mixed.jsonl").write_text("".join(lines), encoding="utf-8")
    result = read(store, tmp_path)
    assert (result.records, result.calls_added, result.skipped, result.unreadable) == (8, 5, 2, 1)
    assert [row[:3] for row in store.rows(CALLS)] == [
        ("anthropic/msg_1", 5, 2_000),
        ("anthropic/msg_7:r", 1, 10),
        ("openai/chatcmpl-1", 4, 1_000),
        ("openai/chatcmpl-2", 7, 1_000),
        ("openai/resp_1", 6, 3_000),
    ]
    assert [(problem.line, problem.reason) for problem in result.problems] == [(8, "no line of Claude Code")]


def test_a_mixed_file_is_known_again_and_may_grow(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "mixed.jsonl"
    log.write_text(chat(1) + message(1), encoding="utf-8")
    assert read(store, log).calls_added == 2
    assert (read(store, log).unchanged_files, read(store, log).calls_added) == (1, 0)
    log.write_text(chat(1) + message(1) + message(2) + chat(2), encoding="utf-8")
    result = read(store, log)
    assert (result.records, result.calls_added, result.duplicates) == (4, 2, 2)


def test_other_options_replace_what_every_format_of_a_file_gave(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "mixed.jsonl"
    log.write_text(chat(1, id=None) + message(1, id=None) + message(2, id=None), encoding="utf-8")
    assert read(store, log).calls_added == 3
    result = read(store, log, constants={"environment": "staging"})
    assert (result.calls_added, result.calls_updated) == (0, 3)
    assert store.rows("select environment, count(*) from calls group by all") == [("staging", 3)]


def test_a_broken_record_of_another_format_is_named_in_the_words_of_that_format(store: Store, tmp_path: Path) -> None:
    bad = message(2, usage={"input_tokens": 5, "output_tokens": "many"})
    (tmp_path / "mixed.jsonl").write_text(chat(1) + message(1) + bad, encoding="utf-8")
    result = read(store, tmp_path)
    assert (result.calls_added, result.unreadable) == (2, 1)
    assert [(problem.line, problem.reason) for problem in result.problems] == [
        (3, "usage.output_tokens is not a number")
    ]


def test_a_record_that_two_formats_claim_is_left_to_the_person(store: Store, tmp_path: Path) -> None:
    claude_code = {"timestamp": "2026-10-01T00:00:00Z", "sessionId": "s", "message": {"usage": {}, "model": "m"}}
    both = json.dumps({**json.loads(message(1)), **claude_code}) + "\n"
    (tmp_path / "mixed.jsonl").write_text(chat(1) + both, encoding="utf-8")
    result = read(store, tmp_path)
    assert (result.calls_added, result.unreadable) == (1, 1)
    assert result.problems[0].reason == (
        "looks like anthropic-messages or claude-code in a file that is read as openai-chat; put the lines of each "
        "format into a file of their own"
    )


@pytest.mark.parametrize("ending", ["\n", ""])
def test_a_mixed_file_may_break_off(store: Store, tmp_path: Path, ending: str) -> None:
    (tmp_path / "mixed.jsonl").write_text(chat(1) + message(1) + message(2)[:40] + ending, encoding="utf-8")
    result = read(store, tmp_path)
    assert (result.records, result.calls_added, result.unreadable) == (3, 2, 1)


FORMATS = {"chat": chat, "message": message, "response": response}


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(sorted(FORMATS)), st.integers(1, 4)), min_size=1, max_size=12))
def test_mixed_or_apart_the_calls_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    (folder / "mixed").mkdir()
    (folder / "apart").mkdir()
    texts = [FORMATS[kind](number) for kind, number in kinds]
    (folder / "mixed/log.jsonl").write_text("".join(texts), encoding="utf-8")
    for name in FORMATS:
        own = "".join(text for (kind, _), text in zip(kinds, texts, strict=True) if kind == name)
        (folder / f"apart/{name}.jsonl").write_text(own, encoding="utf-8")
    found = []
    for way in ("mixed", "apart"):
        with open_store(":memory:") as store:
            result = read(store, folder / way)
            assert result.records == len(kinds) == result.calls_added + result.duplicates
            found.append(store.rows("select call_id, input_tokens, effective_cost from calls order by all"))
    assert found[0] == found[1]
