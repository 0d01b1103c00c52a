"""What is a query and what is not, with its line."""

from pathlib import Path

import pytest

from llmaudit.errors import NothingMeasured, ReadError
from llmaudit.replay.queries import Query, read


def _read(tmp_path: Path, text: str) -> tuple[Query, ...]:
    path = tmp_path / "q.jsonl"
    path.write_text(text, encoding="utf-8")
    return read(path)


def test_queries_keep_their_order_their_ids_and_what_else_they_say(tmp_path: Path) -> None:
    text = '{"query": "a", "id": 7}\n\n{"question": "b", "filter": {"language": "de"}}\n'
    assert _read(tmp_path, text) == (Query("7", "a"), Query("line 3", "b", {"filter": {"language": "de"}}))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Where is my order?", r"q\.jsonl:2: not JSON at character 1"),
        ('{"query": "a"', r"q\.jsonl:2: not JSON at character 14"),
        ('["a"]', r"q\.jsonl:2: is not a JSON object"),
        ('{"prompt": "a"}', r"q\.jsonl:2: has no query"),
        ('{"query": "  "}', r"q\.jsonl:2: has no query"),
        ('{"query": "a", "id": "line 1"}', r"q\.jsonl:2: the id 'line 1' stands twice"),
        ('{"query": "a", "id": {}}', r"q\.jsonl:2: its id is neither"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        _read(tmp_path, f'{{"query": "good"}}\n{line}\n')


def test_an_empty_file_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(NothingMeasured):
        _read(tmp_path, "\n\n")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="No such file"):
        read(tmp_path / "none.jsonl")
