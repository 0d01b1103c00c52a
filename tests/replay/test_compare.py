"""Two pipelines in turns: who goes first, what a pair is, and when a difference is real."""

from llmaudit.replay.bottleneck import diagnose
from llmaudit.replay.compare import Comparison, Verdict, difference, in_turns
from llmaudit.replay.queries import Query
from llmaudit.replay.run import Outcome, Run
from tests.replay.spans import query


def _run(*milliseconds: int) -> Run:
    return Run(tuple(query(f"a 0 {took}", query_id=f"q{number}") for number, took in enumerate(milliseconds)))


def _compared(first: Run, second: Run) -> Comparison:
    found, left_out = difference(first, second)
    return Comparison(diagnose(first), diagnose(second), found, left_out)


def test_the_one_that_goes_first_changes_from_query_to_query() -> None:
    asked = in_turns([Query("1", "x"), Query("2", "y"), Query("3", "z")])
    assert [each.query_id for each in asked] == ["a 1", "b 1", "b 2", "a 2", "a 3", "b 3"]
    assert [each.text for each in asked] == ["x", "x", "y", "y", "z", "z"]


def test_pairs_tell_what_the_spread_between_queries_would_hide() -> None:
    # Queries take from 100 to 2,000 ms; the second pipeline takes 10 ms more for every one of them.
    usual = list(range(100, 2100, 100))
    found = _compared(_run(*usual), _run(*(took + 10 for took in usual)))
    assert found.verdict is Verdict.SLOWER
    assert found.difference is not None
    assert (found.difference.value, found.difference.low, found.difference.high, found.difference.n) == (
        0.01, 0.01, 0.01, 20,
    )  # fmt: skip
    assert _compared(_run(*(took + 10 for took in usual)), _run(*usual)).verdict is Verdict.FASTER


def test_differences_to_both_sides_are_none() -> None:
    found = _compared(_run(*[100] * 10), _run(*[90] * 5, *[120] * 5))
    # Of ten differences the interval runs from the second to the ninth.
    assert found.verdict is Verdict.NO_DIFFERENCE
    assert found.difference is not None
    assert (found.difference.low, found.difference.high) == (-0.01, 0.02)


def test_five_pairs_tell_nothing() -> None:
    assert _compared(_run(*[100] * 5), _run(*[900] * 5)).verdict is Verdict.NOT_ESTIMABLE
    assert _compared(_run(*[100] * 6), _run(*[900] * 6)).verdict is Verdict.SLOWER
    assert _compared(Run(()), Run(())).verdict is Verdict.NOT_ESTIMABLE


def test_a_pair_that_one_did_not_answer_is_left_out() -> None:
    failed = query("a 0 9000 error", query_id="q1", outcome=Outcome.ERROR)
    first = Run((*_run(100).queries, failed, query("a 0 5", query_id="q2", round=2)))
    found, left_out = difference(first, _run(110, 120))
    assert found is not None
    # q0 makes a pair; q1 failed on one side; the second round of q2 has nothing to stand against.
    assert (found.n, found.value, left_out) == (1, 0.01, 2)


def test_the_warm_up_makes_no_pair() -> None:
    warm = Run((query("a 0 900", query_id="q0", round=0, warmup=True), *_run(100).queries))
    found, left_out = difference(warm, warm)
    assert found is not None
    assert (found.n, left_out) == (1, 0)
