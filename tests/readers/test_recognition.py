"""No file is claimed by two formats, and none by a format it is not in."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmaudit.ingest.recognise import Unrecognised, recognise
from llmaudit.readers import all_readers
from llmaudit.sources import find

CHECKOUT = Path(__file__).resolve().parents[2]
SHARED = CHECKOUT / ".." / "shared" / "formats" / "samples"
TRACES = CHECKOUT / ".." / "shared" / "traces"
OURS = sorted(CHECKOUT.glob("sample_logs/*/input.*"))
KNOWN = {
    "anthropic_messages": "anthropic-messages",
    "azure_openai_chat": "openai-responses",
    "claude_code": "claude-code",
    "litellm_spend_logs": "litellm-spend-logs",
    "litellm_standard_logging": "litellm-standard-logging",
    "openai_batch_output": "openai-chat",
    "openai_chat": "openai-chat",
    "openai_responses": "openai-responses",
    "openrouter": "openai-chat",
}
"""The shared folders that we read. Azure's file begins with responses; OpenRouter answers in OpenAI's shape."""


def _format(path: Path, temporary: Path) -> str | None:
    """The format that claims a file, or None. Raises Unrecognised when two do."""
    (source,), _ = find([str(path)], temporary, frozenset())
    try:
        found = recognise(source, all_readers())
    except Unrecognised as reason:
        if "two formats" in str(reason):
            raise
        return None
    return found.reader.name if found else None


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.parent.name)
def test_our_samples_are_claimed_by_their_format(path: Path, tmp_path: Path) -> None:
    kinds = {"openai-batch": "openai-chat", "anthropic-batch": "anthropic-messages"}
    name = path.parent.name.removesuffix("_csv").replace("_", "-")
    assert _format(path, tmp_path) == kinds.get(name, name)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared samples are not beside this checkout")
def test_shared_samples_are_claimed_by_their_format_or_by_nobody(tmp_path: Path) -> None:
    wrong = {}
    for path in sorted(SHARED.rglob("*.*")):
        if path.is_file():
            folder = path.relative_to(SHARED).parts[0]
            expected = KNOWN.get(folder) if path.suffix in {".json", ".jsonl", ".csv"} else None
            if (found := _format(path, tmp_path)) != expected:
                wrong[str(path.relative_to(SHARED))] = found
    assert wrong == {}


@pytest.mark.skipif(not TRACES.is_dir(), reason="the shared traces are not beside this checkout")
def test_shared_traces_are_claimed_by_their_format_or_by_nobody(tmp_path: Path) -> None:
    found = {path.name: _format(path, tmp_path) for path in TRACES.iterdir()}
    assert {name: claimed for name, claimed in found.items() if claimed} == {
        "AzureLLMInferenceTrace_code.csv.gz": "azure-llm-trace",
        "mooncake_fast25_conversation_trace.jsonl.gz": "mooncake-trace",
    }


@pytest.mark.parametrize(
    "text",
    [
        '{"model": "gpt-4o", "prompt_tokens": 5, "completion_tokens": 6}\n',
        '{"request_model": "gpt-4o", "latency": 5}\n',
        '{"object": "list", "data": [], "model": "text-embedding-3-small", "usage": {"prompt_tokens": 4}}\n',
        '{"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 4}}}\n',
        "model,input_tokens,output_tokens\ngpt-4o,5,6\n",
        '{"chat_id": 1, "timestamp": 61.1, "input_length": 20, "output_length": 2, "type": "text", "turn": 1, '
        '"hash_ids": [1, 2]}\n',
        "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n2024-10-15 00:00:00.0,1,900,40\n",
        '{"timestamp": 0, "input_length": 20, "output_length": 2}\n',
    ],
    ids=[
        *("unknown names", "no tokens", "embeddings", "stream event", "no model column of ours"),
        *("Bailian trace", "Azure's multimodal trace", "a trace without blocks"),
    ],
)
def test_nobody_claims_what_only_looks_alike(text: str, tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text(text, encoding="utf-8")
    assert _format(path, tmp_path) is None


def test_litellm_rows_that_hold_a_providers_body_are_litellms(tmp_path: Path) -> None:
    bodies = ('{"object": "chat.completion", "choices": []}', '{"object": "response"}',
              '{"type": "message", "usage": {"input_tokens": 1}}')  # fmt: skip
    for number, body in enumerate(bodies):
        path = tmp_path / f"{number}.jsonl"
        path.write_text(
            '{"id": "x", "call_type": "acompletion", "status": "success", "startTime": 1767225600.0, "model": "m", '
            f'"metadata": {{}}, "response": {body}}}\n',
            encoding="utf-8",
        )
        assert _format(path, tmp_path) == "litellm-standard-logging"
