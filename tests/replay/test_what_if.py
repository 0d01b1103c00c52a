"""What-ifs by hand, and their laws over any tree of spans."""

from hypothesis import given
from hypothesis import strategies as st

from llmaudit.replay.critical_path import by_stage
from llmaudit.replay.run import QueryRun
from llmaudit.replay.what_if import replaced, with_stage
from tests.replay.spans import MS, queries, query, run


def _after(drawn: str, stage: str, milliseconds: int, **facts: int) -> float:
    changed = with_stage(run(query(drawn, **facts)), stage, lambda _span: milliseconds * MS)
    return changed.queries[0].latency_ns / MS


def test_a_stage_in_a_row_shortens_the_whole_by_what_it_lost() -> None:
    assert _after("embedding 0 5\nretrieval 6 40\ngeneration 40 100", "retrieval", 4, end=103) == 73


def test_beside_a_longer_branch_a_shorter_one_changes_nothing() -> None:
    drawn = "retrieval 0 100\n vectors 0 100\n keywords 0 60\nrerank 100 130"
    assert _after(drawn, "keywords", 1) == 130
    assert _after(drawn, "vectors", 1) == 90
    assert _after(drawn, "keywords", 150) == 180


def test_what_started_after_both_waits_for_both() -> None:
    drawn = "vectors 0 100\nkeywords 0 99\nrerank 100 130"
    assert _after(drawn, "vectors", 1) == 129
    assert _after(drawn, "keywords", 1) == 130


def test_waiting_to_start_stays() -> None:
    assert _after("a 30 50", "a", 5, start=30, intended=10) == 25


def test_what_was_inside_a_replaced_span_is_gone() -> None:
    changed = with_stage(run(query("retrieval 0 50\n network 0 40\ngeneration 50 60")), "retrieval", lambda _: 10 * MS)
    assert {stage: spent / MS for stage, spent in by_stage(changed.queries[0]).items()} == {
        "retrieval": 10, "generation": 10,
    }  # fmt: skip


@given(queries())
def test_with_the_durations_as_they_were_nothing_changes(found: QueryRun) -> None:
    again = replaced(run(found), {stage: lambda span: span.duration_ns for stage in "abcd"}).queries[0]
    assert again.end_ns == found.end_ns
    before = {span.span_id: span for span in found.spans}
    assert all(before[span.span_id] == span for span in again.spans)
    untouched = replaced(run(found), {}).queries[0]
    assert sorted(untouched.spans, key=lambda span: span.span_id) == sorted(found.spans, key=lambda span: span.span_id)
    assert untouched.end_ns == found.end_ns


@given(queries(), st.sampled_from("abcd"), st.floats(0, 1))
def test_faster_work_never_makes_a_query_slower(found: QueryRun, stage: str, factor: float) -> None:
    changed = with_stage(run(found), stage, lambda span: int(span.duration_ns * factor)).queries[0]
    assert changed.end_ns <= found.end_ns
    assert changed.start_ns <= changed.end_ns


@given(queries(), st.sampled_from("abcd"), st.integers(0, 20))
def test_slower_work_never_makes_a_query_faster(found: QueryRun, stage: str, longer: int) -> None:
    changed = with_stage(run(found), stage, lambda span: span.duration_ns + longer).queries[0]
    assert changed.end_ns >= found.end_ns
