"""Opening a store for questions: it is current, it stays readable to others, and answers come in three forms."""

from decimal import Decimal
from pathlib import Path

import pytest

from llmaudit.errors import ConfigError, NothingMeasured, StoreError
from llmaudit.ingest import IngestOptions, ingest
from llmaudit.opening import open_audit, over_logs
from llmaudit.store import open_store

LINE = (
    '{{"id": "chatcmpl-{n}", "object": "chat.completion", "created": 1790812800, "model": "gpt-4o-2024-08-06", '
    '"choices": [{{"finish_reason": "stop"}}], '
    '"usage": {{"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}}}}\n'
)


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with two calls of $0.0035 each: 1,000 tokens at $2.50 and 100 at $10 per million."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.jsonl").write_text(LINE.format(n=1) + LINE.format(n=2), encoding="utf-8")
    with open_store(tmp_path / "a.duckdb") as store:
        ingest(store, ["log.jsonl"], IngestOptions())
    return tmp_path / "a.duckdb"


def test_the_three_forms_of_an_answer(db: Path) -> None:
    with open_audit(db) as audit:
        answer = audit.breakdown(by=["model", "day"])
    assert answer.to_dict()["groups"][0]["key"] == {"model": "gpt-4o-2024-08-06", "day": "2026-10-01"}
    assert answer.to_dict()["total"]["effective_cost"] == "0.007"
    table = answer.to_arrow()
    assert table.column_names[:3] == ["model", "day", "calls"]
    assert table["effective_cost"].to_pylist() == [Decimal("0.007")]
    frame = answer.to_pandas()
    assert list(frame["model"]) == ["gpt-4o-2024-08-06"]
    assert frame["effective_cost"].sum() == Decimal("0.007")


def test_a_name_instead_of_a_list_of_names(db: Path) -> None:
    with open_audit(db) as audit:
        assert audit.breakdown("model,feature").to_dict()["by"] == ["model", "feature"]
        with pytest.raises(ConfigError, match="calls have no column of that name"):
            audit.breakdown(where="modle = 'x'")


def test_new_prices_hold_at_once_and_old_ones_again_without_them(db: Path) -> None:
    def cost() -> str:
        with open_audit(db) as audit:
            return str(audit.breakdown().to_dict()["total"]["effective_cost"])

    settings = Path("llmaudit.yaml")
    assert [cost(), cost()] == ["0.007", "0.007"]
    settings.write_text("prices:\n  gpt-4o*: {multiplier: 0.5}\n", encoding="utf-8")
    assert [cost(), cost()] == ["0.0035", "0.0035"]
    settings.unlink()
    assert [cost(), cost()] == ["0.007", "0.007"]


def test_many_may_read_at_once(db: Path) -> None:
    with open_audit(db) as one, open_audit(db) as other:
        assert one.breakdown().to_dict() == other.breakdown().to_dict()


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store here"), open_audit(tmp_path / "none.duckdb"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_logs_answer_as_their_store_does_and_leave_nothing_behind(db: Path) -> None:
    with open_audit(db) as stored:
        expected = stored.breakdown(by=["model", "day"]).to_dict()
    before = sorted(Path().iterdir())
    with over_logs("log.jsonl") as audit:
        assert audit.breakdown(by=["model", "day"]).to_dict() == expected
        assert audit.breakdown().to_dict()["total"]["effective_cost"] == "0.007"
        assert audit.read is not None
        assert (audit.read.records, audit.read.calls_added, audit.read.unreadable) == (2, 2, 0)
    assert sorted(Path().iterdir()) == before


def test_logs_are_read_with_the_settings_and_the_values_given(db: Path) -> None:
    Path("llmaudit.yaml").write_text("prices:\n  gpt-4o*: {multiplier: 0.5}\n", encoding="utf-8")
    with over_logs(["log.jsonl"], set_values=["conversation_id=c"]) as audit:
        found = audit.breakdown(by=["conversation"]).to_dict()
    assert [group["key"] for group in found["groups"]] == [{"conversation": "c"}]
    assert found["total"]["effective_cost"] == "0.0035"


def test_logs_without_a_call_give_no_answer(db: Path) -> None:
    Path("none.jsonl").write_text('{"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o"}\n')
    with over_logs("none.jsonl") as audit:
        assert audit.read is not None
        assert audit.read.calls_added == 0
        with pytest.raises(NothingMeasured, match="no call has been read"):
            audit.breakdown()
    Path("note.txt").write_text("no log\n", encoding="utf-8")
    with pytest.raises(NothingMeasured, match="no log that can be read"), over_logs("note.txt"):
        pass
