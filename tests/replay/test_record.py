"""A recorded run comes back as it was, and what is none says so."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit import schemas
from llmaudit.errors import ReadError
from llmaudit.replay import record
from llmaudit.replay.run import Event, QueryRun, Run
from tests.replay.spans import queries, query


@given(st.lists(queries(), max_size=4), st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text()))
def test_a_run_comes_back_but_for_the_zero_of_its_clock(
    tmp_path_factory: pytest.TempPathFactory, found: list[QueryRun], facts: dict[str, str | int | None]
) -> None:
    run = Run(tuple(found), facts, (Event(3, "breaker of generation: closed → open"),))
    path = tmp_path_factory.mktemp("run") / "run.json"
    record.write(run, path)
    jsonschema.validate(json.loads(path.read_text()), json.loads(schemas.text("run")))
    back = record.read(path)
    zero = min((each.intended_start_ns for each in found), default=0)
    assert back.facts == run.facts
    assert [event.at_ns for event in back.events] == [3 - zero]
    assert [each.latency_ns for each in back.queries] == [each.latency_ns for each in found]
    assert [[replace(span, start_ns=span.start_ns + zero, end_ns=span.end_ns + zero) for span in each.spans]
            for each in back.queries] == [list(each.spans) for each in found]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a recorded run"),
        ('{"schema": "llmaudit/run/2"}', "is not a recorded run of this version"),
        ('{"schema": "llmaudit/run/1", "facts": {}, "events": [], "queries": [{"spans": []}]}', "is damaged"),
    ],
)
def test_what_is_no_run_says_so(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(ReadError, match=message):
        record.read(path)


def test_a_span_that_ends_before_it_starts_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    text = record.text(Run((query("retrieval 0 5"),)))
    path.write_text(text.replace('"end_ns": 5000000', '"end_ns": -5'))
    with pytest.raises(ReadError, match="damaged"):
        record.read(path)
