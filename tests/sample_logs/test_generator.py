"""The sample month: the same on every run, as its README says, and true to what it claims to be."""

from __future__ import annotations

import csv
import gzip
import hashlib
import importlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs"
MONTH = SAMPLES / "company_month"
TORN = "assistant/chat-2026-10-29.jsonl.gz"

Record = dict[str, Any]


def text_of(path: Path) -> str:
    """The content, unpacked: packed bytes may differ between versions of zlib."""
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("ascii")


def logs(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): text_of(path) for path in sorted(folder.rglob("*.jsonl*"))}


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    return logs(MONTH)


@pytest.fixture(scope="module")
def records(written: dict[str, str]) -> dict[str, list[Record]]:
    """Every readable record, duplicates included, by file."""
    return {
        name: [json.loads(line) for line in text.splitlines()[: -1 if name == TORN else None]]
        for name, text in written.items()
    }


@pytest.fixture(scope="module")
def pairs(records: dict[str, list[Record]]) -> list[Record]:
    """The answered OpenAI calls, each once."""
    found = {
        record["response"]["id"]: record
        for name, rows in records.items()
        for record in rows
        if not name.startswith(("docsearch/anthropic", "nightly/summaries")) and record["status"] == 200
    }
    return list(found.values())


@pytest.fixture(scope="module")
def generator() -> Iterator[dict[str, ModuleType]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SAMPLES.parent))
        yield {name: importlib.import_module(f"sample_logs.generator.{name}") for name in ("month", "facts", "tokens")}


def test_generating_again_gives_the_same_files_and_facts(
    generator: dict[str, ModuleType], written: dict[str, str], tmp_path: Path
) -> None:
    made = generator["month"].build()
    generator["month"].write(made, tmp_path)
    assert logs(tmp_path) == written
    assert (tmp_path / "users.csv").read_bytes() == (MONTH / "users.csv").read_bytes()
    assert (SAMPLES / "company_scores" / "trial.csv").read_text(encoding="ascii") == made.scores_csv
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert generator["facts"].insert(readme, generator["facts"].render(made)) == readme


def test_packed_files_carry_no_time() -> None:
    assert {path.read_bytes()[4:8] for path in MONTH.rglob("*.gz")} == {b"\0\0\0\0"}


def test_the_month_is_small_and_one_file_can_be_looked_at() -> None:
    assert sum(path.stat().st_size for path in MONTH.rglob("*") if path.is_file()) < 4_000_000
    assert [path.name for path in MONTH.rglob("*.jsonl")] == ["anthropic-2026-10-29.jsonl"]


def test_lines_are_as_the_readme_says(written: dict[str, str]) -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    for name, text in written.items():
        assert f"| `{name}` | {len(text.splitlines())} |" in readme
    assert sum(len(text.splitlines()) for text in written.values()) == 6277


def test_one_line_is_torn_and_all_others_are_whole(written: dict[str, str], records: dict[str, list[Record]]) -> None:
    assert [name for name, text in written.items() if not text.endswith("\n")] == [TORN]
    with pytest.raises(json.JSONDecodeError):
        json.loads(written[TORN].splitlines()[-1])
    assert sum(map(len, records.values())) == 6276


def test_duplicates_are_four_repeated_lines_and_an_overlap_of_25(written: dict[str, str]) -> None:
    times = Counter(line for text in written.values() for line in text.splitlines())
    assert sum(times.values()) - len(times) == 29
    week = written["docsearch/openai-2026-10-15.jsonl.gz"].splitlines()
    following = written["docsearch/openai-2026-10-22.jsonl.gz"].splitlines()
    assert following[:25] == week[-25:]
    assert max(times.values()) == 2


def test_response_ids_name_one_answer_each(pairs: list[Record]) -> None:
    assert len(pairs) == 5835
    assert {len(pair["response"]["id"]) for pair in pairs} == {len("chatcmpl-") + 29}


def test_counts_equal_those_of_the_real_vocabulary(pairs: list[Record], generator: dict[str, ModuleType]) -> None:
    """By tiktoken, for every OpenAI call without tools: the text, 4 a message and 3 for the reply."""
    counting = pytest.importorskip("llmaudit.tokens")
    plain = [pair for pair in pairs if not pair["request"].get("tools")]
    texts = [message["content"] for pair in plain for message in pair["request"]["messages"]]
    answers = [pair["response"]["choices"][0]["message"]["content"] for pair in plain]
    tokens = dict(zip(texts + answers, counting.count(texts + answers, "o200k_base"), strict=True))
    for pair, answer in zip(plain, answers, strict=True):
        messages, usage = pair["request"]["messages"], pair["response"]["usage"]
        assert usage["prompt_tokens"] == sum(tokens[message["content"]] + 4 for message in messages) + 3
        assert usage["completion_tokens"] == tokens[answer]
    assert generator["tokens"].count("Where is QM-12345 now?") == 8


def test_seventy_percent_of_the_questions_are_simple(
    records: dict[str, list[Record]], pairs: list[Record], generator: dict[str, ModuleType]
) -> None:
    """Of all answered calls: a question of at most 60 tokens, an answer of at most 120, no tool call."""
    simple = answered = 0
    for pair in pairs:
        request, choice = pair["request"], pair["response"]["choices"][0]
        question = [message["content"] for message in request["messages"] if message["role"] == "user"][-1]
        question = question.rpartition("\nQuestion: ")[2]
        short = generator["tokens"].count(question) <= 60 and pair["response"]["usage"]["completion_tokens"] <= 120
        simple += short and choice["finish_reason"] == "stop"
        answered += 1
    for name, rows in records.items():
        if name.startswith("docsearch/anthropic"):
            for row in rows:
                if row["status"] == 200:
                    question = row["request"]["messages"][0]["content"][1]["text"].removeprefix("\nQuestion: ")
                    simple += (
                        generator["tokens"].count(question) <= 60 and row["response"]["usage"]["output_tokens"] <= 120
                    )
                    answered += 1
        if name.startswith("nightly/summaries"):
            answered += sum(row["status"] == "success" for row in rows)
    assert answered == 6193
    assert 0.68 < simple / answered < 0.72


def test_cached_tokens_stay_within_the_prompt_and_in_steps(pairs: list[Record]) -> None:
    usages = [pair["response"]["usage"] for pair in pairs]
    cached = [usage["prompt_tokens_details"]["cached_tokens"] for usage in usages]
    assert all(count % 128 == 0 and (count == 0 or count >= 1024) for count in cached)
    assert all(count < usage["prompt_tokens"] for count, usage in zip(cached, usages, strict=True))
    assert 0.15 < sum(count > 0 for count in cached) / len(cached) < 0.25


def test_anthropic_caches_only_what_was_marked(records: dict[str, list[Record]]) -> None:
    rows = [row for name in records if "anthropic" in name for row in records[name] if row["status"] == 200]
    marked = [row["response"]["usage"] for row in rows if "cache_control" in row["request"]["system"][0]]
    plain = [row["response"]["usage"] for row in rows if "cache_control" not in row["request"]["system"][0]]
    assert all(u["cache_creation_input_tokens"] == u["cache_read_input_tokens"] == 0 for u in plain)
    # 2,027 tokens of o200k_base times 1.12, rounded down: written or read, never both.
    assert {u["cache_creation_input_tokens"] + u["cache_read_input_tokens"] for u in marked} == {2270}
    assert 0 < len(marked) < len(plain)


def test_errors_are_about_one_percent_and_timeouts_have_no_response(records: dict[str, list[Record]]) -> None:
    rows = [row for name, found in records.items() if not name.startswith("nightly/summaries") for row in found]
    failed = [row for row in rows if row["status"] != 200]
    assert 0.008 < len(failed) / len(rows) < 0.015
    assert all((row["response"] is None) == (row["status"] == 408) for row in failed)
    assert {row["attempt"] for row in rows} == {1, 2, 3}


def test_a_retry_follows_and_repeats_the_request(records: dict[str, list[Record]]) -> None:
    rows = [row for name in records if name.startswith("docsearch") for row in records[name]]
    retries = [row for row in rows if row["attempt"] == 2]
    assert retries
    for retry in retries:
        first = [row for row in rows if row["request"] == retry["request"] and row["attempt"] == 1]
        assert any(row["status"] != 200 and row["timestamp"] < retry["timestamp"] for row in first)


def test_document_search_sends_ten_marked_documents(pairs: list[Record]) -> None:
    searches = [pair["request"]["messages"][1]["content"] for pair in pairs if "top_k" in pair.get("metadata", {})]
    assert {text.count("<document index=") for text in searches} == {10}


def test_the_prompt_of_the_assistant_grew_on_20_october(pairs: list[Record]) -> None:
    chats = [pair for pair in pairs if pair.get("metadata", {}).get("app") == "assistant"]
    prompts = {
        day: {
            len(pair["request"]["messages"][0]["content"])
            for pair in chats
            if pair["timestamp"][:10] == f"2026-10-{day}"
        }
        for day in ("16", "21")
    }
    # Characters: about 1,200 tokens more.
    assert [len(sizes) for sizes in prompts.values()] == [1, 1]
    assert 4500 < prompts["21"].pop() - prompts["16"].pop() < 6500


def test_litellm_costs_are_prompt_and_answer_at_list_price(records: dict[str, list[Record]]) -> None:
    rows = [row for name in records if name.startswith("nightly/summaries") for row in records[name]]
    assert {row["custom_llm_provider"] for row in rows} == {"gemini"}
    first = rows[0]
    # $0.30 and $2.50 per million: in units of a hundred thousandth of a cent, 3 a prompt token and 25 an answer token.
    assert round(first["response_cost"] * 10_000_000) == 3 * first["prompt_tokens"] + 25 * first["completion_tokens"]


def test_attribution_names_the_prompt_of_the_faq_bot(records: dict[str, list[Record]]) -> None:
    settings = (SAMPLES / "llmaudit.yaml").read_text(encoding="utf-8")
    prompts = {
        hashlib.sha256(row["request"]["messages"][0]["content"].encode()).hexdigest()
        for name in records
        if name.startswith("gateway/")
        for row in records[name]
    }
    assert len(prompts) == 2  # the bot's, and that of the script that nobody remembers
    assert sum(prompt in settings for prompt in prompts) == 1


def test_every_user_in_the_logs_is_in_the_list(pairs: list[Record]) -> None:
    with (MONTH / "users.csv").open(newline="") as file:
        tiers = {row["user_id"]: row["tier"] for row in csv.DictReader(file)}
    assert set(tiers.values()) == {"free", "pro", "enterprise"}
    assert {pair["request"]["user"] for pair in pairs if "user" in pair["request"]} <= set(tiers)
    assert Counter(tiers.values()).most_common()[-1] == ("enterprise", 12)


def test_the_handbook_and_its_questions_are_as_the_generator_writes_them(tmp_path: Path) -> None:
    rag = importlib.import_module("sample_logs.generator.rag")
    rag.write(tmp_path / "rag")
    for name in ("corpus.jsonl", "queries.jsonl"):
        assert (tmp_path / "rag" / name).read_bytes() == (SAMPLES / "rag" / name).read_bytes()
    questions = [json.loads(line) for line in (SAMPLES / "rag" / "queries.jsonl").read_text().splitlines()]
    assert (len(questions), len({each["query"] for each in questions})) == (40, 32)
