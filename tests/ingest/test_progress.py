"""How far an ingest says it is, in bytes."""

from collections.abc import Callable
from pathlib import Path

from llmaudit.ingest import IngestOptions, ingest
from llmaudit.store import Store


def test_bytes_add_up_to_all_of_them_also_when_a_file_must_be_read_again(store: Store, tmp_path: Path) -> None:
    body = '{"id": "%d", "object": "chat.completion", "created": 1790000000, "model": "gpt-4o", "usage": {%s}}\n'
    whole = body % (1, '"prompt_tokens": 10, "completion_tokens": 1')
    texts = {
        "a.jsonl": whole,
        "b.jsonl": whole * 3 + "{torn\n",
        "c.jsonl": whole * 2,
        "d.json": f"[{whole}]",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    size = {name: len(text) for name, text in texts.items()}
    steps: list[tuple[str, int, int]] = []
    asked: list[Callable[[], int]] = []

    def progress(doing: str, done: Callable[[], int] | None = None, total: int = 0, /) -> None:
        if done is not None:
            asked.append(done)
            steps.append((doing, done(), total))

    result = ingest(store, [str(tmp_path)], IngestOptions(), progress)
    assert (result.records, result.unreadable) == (8, 1)
    assert {total for _, _, total in steps} == {sum(size.values())}
    # The array first; then all lines together, which fails on b, and so each part of them.
    array, lines = "reading 1 openai-chat file", "reading 3 openai-chat files"
    begun = [(doing, done) for doing, done, _ in steps]
    assert begun == [
        (array, 0),
        (lines, size["d.json"]),
        (array, size["d.json"]),
        (array, size["d.json"] + size["a.jsonl"]),
        (array, size["d.json"] + size["a.jsonl"] + size["b.jsonl"]),
    ]
    assert asked[-1]() == sum(size.values())
