"""Answers to runs drawn by hand: who is named, in the middle and in the tail, and what is left out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.errors import ConfigError
from llmaudit.replay.attributes import FIRST_TOKEN_SECONDS, OUTPUT_TOKENS
from llmaudit.replay.bottleneck import Bottleneck, Verdict, diagnose
from llmaudit.replay.run import Outcome, QueryRun, Run
from llmaudit.replay.slo import Slo, with_options
from tests.replay.spans import MS, queries, query, run

USUAL = "embedding 0 10\nretrieval 10 70\nrerank 70 80\ngeneration 80 100"
SLOW = "embedding 0 10\nretrieval 10 70\nrerank 70 1070\ngeneration 1070 1090"


def _shares(found: Bottleneck, which: str = "critical_path_share") -> dict[str, float]:
    return {stage.stage: getattr(stage, which) for stage in found.stages}


def test_the_stage_with_most_of_the_critical_path_is_named() -> None:
    found = diagnose(run(*[query(USUAL)] * 20))
    assert (found.verdict, found.bottleneck) == (Verdict.BOTTLENECK, "retrieval")
    assert _shares(found) == {"embedding": 0.1, "retrieval": 0.6, "rerank": 0.1, "generation": 0.2}
    assert [stage.stage for stage in found.stages] == ["embedding", "retrieval", "rerank", "generation"]
    assert found.wall.p50 is not None
    assert (found.wall.p50.value, found.wall.p50.n) == (0.1, 20)


def test_what_is_slow_in_the_tail_is_not_what_is_slow_in_the_middle() -> None:
    found = diagnose(run(*[query(USUAL)] * 94, *[query(SLOW)] * 6))
    assert (found.slowest_p50, found.slowest_p95) == ("retrieval", "rerank")
    assert _shares(found, "p50_share")["rerank"] == 0.1
    assert _shares(found, "p95_share")["rerank"] == pytest.approx(1000 / 1090)
    # Overall: 94 times 10 ms and 6 times 1,000 ms of 94 times 100 ms and 6 times 1,090 ms.
    assert _shares(found)["rerank"] == pytest.approx((94 * 10 + 6 * 1000) / (94 * 100 + 6 * 1090))


def test_branches_whose_sum_is_not_the_wall_time_do_not_outweigh_a_longer_stage() -> None:
    drawn = "retrieval 0 50\n vectors 0 50\n keywords 0 50\n graph 0 50\ngeneration 50 110"
    found = diagnose(run(query(drawn)))
    assert found.bottleneck == "generation"
    assert sum(_shares(found).values()) == pytest.approx(1)


def test_failures_are_counted_where_they_began_and_are_in_no_percentile() -> None:
    failed = query("retrieval 0 9000 error\n network 0 9000 error", outcome=Outcome.ERROR, error_type="ConnectError")
    hung = query("embedding 0 10\nrerank 10 60000 timeout", outcome=Outcome.TIMEOUT)
    found = diagnose(run(query(USUAL), failed, failed, hung))
    assert (found.measured, found.errors, found.timeouts) == (4, 2, 1)
    assert found.wall.p99 is not None
    assert found.wall.p99.value == 0.1
    counts = {stage.stage: (stage.calls, stage.errors, stage.timeouts) for stage in found.stages}
    assert counts["retrieval"] == (3, 0, 0)
    assert counts["network"] == (2, 2, 0)
    assert counts["rerank"] == (2, 0, 1)
    times = {stage.stage: stage.times for stage in found.stages}
    assert times["network"].p50 is None
    assert times["retrieval"].p99 is not None
    assert times["retrieval"].p99.value == 0.06
    assert times["embedding"].p50 is not None
    assert times["embedding"].p50.n == 2


def test_a_stage_inside_itself_is_one_call() -> None:
    found = diagnose(run(query("retrieval 0 50\n retrieval 10 40\n  network 10 20")))
    assert {stage.stage: stage.calls for stage in found.stages} == {"retrieval": 1, "network": 1}
    assert _shares(found) == {"retrieval": 0.8, "network": 0.2}


def test_nothing_answered_is_no_good_answer() -> None:
    failed = query("retrieval 0 5 error", outcome=Outcome.ERROR)
    assert diagnose(run(failed)).verdict is Verdict.NO_SUCCESS
    assert diagnose(run(failed)).bottleneck is None
    assert [stage.critical_path_share for stage in diagnose(run(failed)).stages] == [None]
    assert diagnose(Run(())).verdict is Verdict.NO_SUCCESS


def test_the_warm_up_is_told_apart() -> None:
    cold, warm = query("retrieval 0 900", warmup=True), query("retrieval 0 30", warmup=True)
    found = diagnose(run(cold, replace(warm, start_ns=warm.start_ns + MS), query(USUAL)))
    assert (found.warmup.queries, found.warmup.first_seconds, found.warmup.p50_seconds) == (2, 0.9, 0.03)
    assert found.measured == 1


def test_within_the_limits_there_is_no_bottleneck() -> None:
    found = diagnose(run(query(USUAL)), Slo.model_validate({"p95": "100ms", "errors": "0%"}))
    assert (found.verdict, found.bottleneck, found.slowest) == (Verdict.WITHIN_SLO, None, "retrieval")
    assert found.missed == ()
    # One good query in a tenth of a second.
    assert found.goodput_per_second == 10


def test_a_missed_limit_is_named_and_one_that_nothing_can_be_held_against_is_not_met() -> None:
    slow = run(query(USUAL), query("retrieval 0 10 error", outcome=Outcome.ERROR))
    found = diagnose(slow, Slo.model_validate({"p95": "99ms", "ttft": "1s", "errors": "1%"}))
    assert [(each.name, each.value, each.met) for each in found.objectives] == [
        ("p95", 0.1, False), ("ttft", None, None), ("errors", 0.5, False),
    ]  # fmt: skip
    assert [each.name for each in found.missed] == ["p95", "errors"]
    assert found.bottleneck == "retrieval"


def test_the_first_token_is_taken_from_where_it_was_seen() -> None:
    seen = query("generation 0 1000")
    spans = tuple(replace(span, attributes={FIRST_TOKEN_SECONDS: 0.25}) for span in seen.spans)
    found = diagnose(run(replace(seen, spans=spans), query(USUAL)), Slo.model_validate({"ttft": "300ms"}))
    assert found.time_to_first_token.p50 is not None
    assert (found.time_to_first_token.p50.value, found.time_to_first_token.p50.n) == (0.25, 1)
    assert found.objectives[0].met is True


def test_the_pace_of_an_answer_is_that_of_the_tokens_after_the_first() -> None:
    def answered(**facts: float) -> QueryRun:
        seen = query("generation 0 1000")
        return replace(seen, spans=tuple(replace(span, attributes=facts) for span in seen.spans))

    paced = answered(**{FIRST_TOKEN_SECONDS: 0.25, OUTPUT_TOKENS: 31})
    # One token has no pace, and neither has an answer of which the first token or the number was not seen.
    others = [answered(**facts) for facts in ({FIRST_TOKEN_SECONDS: 1.0, OUTPUT_TOKENS: 1}, {OUTPUT_TOKENS: 31}, {})]
    found = diagnose(run(paced, *others)).time_per_output_token
    assert found.p50 is not None
    assert found.p50.value == pytest.approx(0.75 / 30)
    assert found.p50.n == 1


def test_options_outrank_the_file_and_say_what_is_wrong() -> None:
    slo = with_options(Slo.model_validate({"p95": "8s", "p50": "1s"}), ["p95=1.5s", "errors=0.5%"])
    assert slo.limits == {"p50": 1.0, "p95": 1.5, "errors": 0.005}
    for option, message in (("p95", "is not a limit"), ("p96=1s", "is not a limit"), ("p95=1", "a number above 0"),
                            ("errors=200%", "between 0 and 100%")):  # fmt: skip
        with pytest.raises(ConfigError, match=message):
            with_options(Slo(), [option])


@given(st.lists(queries(), min_size=1, max_size=8))
def test_the_shares_of_all_stages_add_up(found: list[QueryRun]) -> None:
    answer = diagnose(Run(tuple(found)))
    for which in ("critical_path_share", "p50_share", "p95_share"):
        assert sum(_shares(answer, which).values()) == pytest.approx(1)
    assert sum(stage.calls for stage in answer.stages) <= sum(len(each.spans) for each in found)
