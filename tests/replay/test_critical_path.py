"""The critical path by hand, and its laws over any tree of spans."""

from hypothesis import given

from llmaudit.replay.critical_path import by_stage, pieces
from llmaudit.replay.run import QueryRun
from tests.replay.spans import MS, queries, query


def _ms(shares: dict[str, int]) -> dict[str, float]:
    return {stage: spent / MS for stage, spent in shares.items()}


def test_stages_in_a_row_keep_their_own_time() -> None:
    drawn = "embedding 0 5\nretrieval 6 40\ngeneration 40 100"
    assert _ms(by_stage(query(drawn, end=103))) == {
        "embedding": 5, "(no stage)": 4, "retrieval": 34, "generation": 60,
    }  # fmt: skip


def test_of_branches_side_by_side_only_the_one_that_was_waited_for_counts() -> None:
    drawn = """
retrieval 0 100
 vectors 0 90
 keywords 0 60
rerank 100 130
"""
    assert _ms(by_stage(query(drawn))) == {"retrieval": 10, "vectors": 90, "rerank": 30}


def test_work_going_on_when_the_next_began_counts_up_to_then() -> None:
    assert _ms(by_stage(query("a 0 50\nb 30 100"))) == {"a": 30, "b": 70}


def test_what_outlives_its_parent_is_cut() -> None:
    assert _ms(by_stage(query("retrieval 0 50\n log 10 80\ngeneration 50 90"))) == {
        "retrieval": 10, "log": 40, "generation": 40,
    }  # fmt: skip


def test_work_in_the_background_that_nobody_waits_for_is_not_what_took_the_time() -> None:
    assert _ms(by_stage(query("upload 0 500\nretrieval 0 50\ngeneration 51 90", end=90))) == {
        "retrieval": 50, "upload": 1, "generation": 39,
    }  # fmt: skip


def test_waiting_to_start_is_part_of_the_latency() -> None:
    assert _ms(by_stage(query("a 30 50", start=30, intended=10))) == {"(waiting to start)": 20, "a": 20}


def test_an_unknown_parent_is_the_query() -> None:
    found = query("a 0 10")
    orphan = QueryRun("q", 1, False, 0, 0, found.end_ns, found.outcome, None, tuple(
        type(span)(span.span_id, 999, span.stage, span.name, span.start_ns, span.end_ns) for span in found.spans
    ))  # fmt: skip
    assert _ms(by_stage(orphan)) == {"a": 10}


@given(queries())
def test_the_pieces_follow_each_other_and_add_up_to_the_latency(found: QueryRun) -> None:
    assert sum(by_stage(found).values()) == found.latency_ns
    moment = found.start_ns
    for _, start, end in sorted(pieces(found), key=lambda piece: piece[1]):
        assert start == moment < end
        moment = end
    assert moment == found.end_ns


@given(queries())
def test_no_piece_is_given_to_a_stage_that_was_not_open(found: QueryRun) -> None:
    for stage, start, end in pieces(found):
        if stage != "(no stage)":
            assert any(span.stage == stage and span.start_ns <= start and end <= span.end_ns for span in found.spans)


@given(queries())
def test_the_query_itself_gets_time_only_where_nothing_directly_in_it_was_open(found: QueryRun) -> None:
    roots = [span for span in found.spans if span.parent_id is None]
    for stage, start, end in pieces(found):
        if stage == "(no stage)":
            assert not any(span.start_ns < end and start < span.end_ns for span in roots)
