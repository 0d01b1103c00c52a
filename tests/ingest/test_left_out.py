"""What a person is told when something cannot be read: nothing is passed over in silence, and the rest is kept."""

import json
import os
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from llmaudit import settings
from llmaudit.errors import ConfigError, NothingMeasured
from llmaudit.ingest import IngestOptions, ingest
from llmaudit.sources import find
from llmaudit.store import Store
from tests.ingest.records import chat


def body(number: int, **changes: Any) -> str:
    """A chat completion body."""
    return json.dumps(chat(number, **changes)) + "\n"


def _packed(text: str) -> bytes:
    return bytes(pa.compress(text.encode(), codec="zstd", asbytes=True))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named_with_what_to_do(store: Store, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "windows.jsonl").write_bytes(body(1).encode(encoding))
    with pytest.raises(NothingMeasured) as caught:
        ingest(store, [str(tmp_path)], IngestOptions())
    assert "is UTF-16 text; make it UTF-8, such as with `iconv" in str(caught.value.hint)


def test_a_folder_that_is_closed_or_only_linked_to_is_said(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = tmp_path / "logs"
    for name in ("open", "closed"):
        (logs / name).mkdir(parents=True)
        (logs / name / "a.jsonl").write_text(body(1), encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (logs / "linked").symlink_to(tmp_path / "elsewhere")
    looked = os.scandir

    def refused(path: Any) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return looked(path)

    monkeypatch.setattr(os, "scandir", refused)
    result = ingest(store, [str(logs)], IngestOptions())
    assert result.calls_added == 1
    assert [(Path(problem.file).name, problem.reason) for problem in result.problems] == [
        ("closed", "cannot be opened: Permission denied"),
        ("linked", "a link to a folder, which is not followed; name the folder itself"),
    ]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_both_read(store: Store, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("a.jsonl", body(1))
        archive.writestr("a.jsonl", body(2))
    result = ingest(store, [str(tmp_path / "logs.zip")], IngestOptions())
    assert (result.files, result.calls_added) == (2, 2)
    assert ingest(store, [str(tmp_path / "logs.zip")], IngestOptions()).unchanged_files == 2


def test_a_torn_zstd_gives_what_was_there(store: Store, tmp_path: Path) -> None:
    # Random ids, so that the stream has several blocks of 128 KB.
    whole = _packed("".join(body(n, system_fingerprint=os.urandom(40).hex()) for n in range(4000)))
    (tmp_path / "log.jsonl.zst").write_bytes(whole[: len(whole) // 2])
    result = ingest(store, [str(tmp_path)], IngestOptions())
    assert 1000 < result.calls_added < 3000
    assert result.problems


def test_a_skippable_frame_before_zstd_is_skipped(store: Store, tmp_path: Path) -> None:
    frame = bytes((0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0)) + b"abc"
    (tmp_path / "log.zst").write_bytes(frame + _packed(body(1)))
    assert ingest(store, [str(tmp_path)], IngestOptions()).calls_added == 1


def test_a_large_unknown_log_is_refused_with_little_memory(store: Store, tmp_path: Path) -> None:
    line = json.dumps({"event": "click", "text": "x" * 4000}) + "\n"
    (tmp_path / "events.jsonl").write_text(line * 10_000, encoding="utf-8")
    sources, _ = find([str(tmp_path)], tmp_path)
    assert sources[0].size_bytes > 40_000_000
    tracemalloc.start()
    with pytest.raises(NothingMeasured):
        ingest(store, [str(tmp_path)], IngestOptions())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000


def test_a_log_whose_first_record_is_larger_than_a_head_is_recognised(store: Store, tmp_path: Path) -> None:
    first = body(1, choices=[{"message": {"content": "x" * 3_000_000}}])
    (tmp_path / "log.jsonl").write_text(first + body(2), encoding="utf-8")
    assert ingest(store, [str(tmp_path)], IngestOptions()).calls_added == 2


MAP = """\
map:
  ours:
    when: [uid]
    columns:
      response_id: uid
      request_model: model
      input_tokens: used
      finish_reason: {sql: "%s"}
"""


@pytest.mark.parametrize(
    "expression", ["regexp_extract(why, '(')", "cast(why as decimal(99, 2))", "regexp_replace(why, '[a', '')"]
)
def test_an_expression_that_duckdb_refuses_is_named_with_its_line(tmp_path: Path, expression: str) -> None:
    (tmp_path / "llmaudit.yaml").write_text(MAP % expression, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"llmaudit\.yaml:8: .*cannot be calculated: ") as caught:
        settings.load(tmp_path / "llmaudit.yaml")
    assert expression in str(caught.value)


def test_a_record_that_an_expression_cannot_take_costs_that_record_only(store: Store, tmp_path: Path) -> None:
    (tmp_path / "llmaudit.yaml").write_text(MAP % "cast(cast(why as int) as varchar)", encoding="utf-8")
    said = settings.load(tmp_path / "llmaudit.yaml")
    records = [
        {"uid": str(n), "model": "gpt-4o", "used": 5, "why": "seven" if n in (3, 40) else "7"} for n in range(60)
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    result = ingest(store, [str(log)], said.ingest_options(constants={}, exact_tokens=False))
    assert (result.records, result.calls_added, result.unreadable) == (60, 58, 2)
    assert [(problem.line, problem.reason) for problem in result.problems] == [
        (4, "cannot be read as ours"),
        (41, "cannot be read as ours"),
    ]
    assert store.rows("select record_number from calls where response_model is null") != []
    numbers = [row[0] for row in store.rows("select record_number from calls order by 1")]
    assert numbers == [n for n in range(1, 61) if n not in (4, 41)]


def test_a_list_of_tags_beside_a_request_is_kept(store: Store, tmp_path: Path) -> None:
    pair = {
        "request": {"model": "gpt-4o", "messages": []},
        "response": json.loads(body(1)),
        "tags": ["team:search", "beta"],
    }
    (tmp_path / "log.jsonl").write_text(json.dumps(pair) + "\n", encoding="utf-8")
    ingest(store, [str(tmp_path)], IngestOptions())
    assert store.value("select tags from calls") == {"team": "search", "beta": "true"}


def test_every_message_of_the_system_is_part_of_its_prompt(store: Store, tmp_path: Path) -> None:
    messages = [
        {"role": "system", "content": "a" * 100},
        {"role": "user", "content": "b" * 100},
        {"role": "developer", "content": "c" * 100},
    ]
    response = json.loads(body(1)) | {"usage": {"prompt_tokens": 300, "completion_tokens": 1}}
    pair = {"request": {"model": "gpt-4o", "messages": messages}, "response": response}
    (tmp_path / "log.jsonl").write_text(json.dumps(pair) + "\n", encoding="utf-8")
    ingest(store, [str(tmp_path)], IngestOptions())
    system, user = store.rows("select system_tokens, user_tokens from calls")[0]
    assert (round(system / 100), round(user / 100)) == (2, 1)
