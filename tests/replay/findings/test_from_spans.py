"""Findings that need nothing but spans: each fault made by hand, with its numbers and what its fix would bring."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.replay import attributes as names
from llmaudit.replay.findings import Rest, all_probes, find
from llmaudit.replay.findings.finding import ProbeInput
from llmaudit.replay.findings.fit import line, student
from llmaudit.replay.host import CPU_WAIT_SHARE, Host
from llmaudit.replay.run import Outcome
from llmaudit.replay.span import Status, Value
from tests.replay.findings.made import MS, Part, query, run, seen


def test_a_quick_and_even_run_has_no_findings() -> None:
    parts = (Part("embedding", 5), Part("retrieval", 10), Part("rerank", 10), Part("generation", 100))
    assert find(ProbeInput(run(*[query(*parts, id=str(number), start=200 * number) for number in range(20)]))) == ()


def test_a_run_in_which_nothing_was_answered_is_told_where_it_failed_and_nothing_else() -> None:
    failed = Part("generation", 900, status=Status.ERROR, error_type="APIConnectionError")
    limited = Part("embedding", 500, inside=[Part("retry", 400, {names.STATUS_CODE: 429})])
    (finding,) = find(ProbeInput(run(query(limited, failed, outcome=Outcome.ERROR))))
    assert (finding.id, finding.stage) == ("failing_stage", "generation")
    assert finding.predicted_p95_seconds is None


def test_probes_have_names_of_their_own_and_say_what_they_look_at() -> None:
    ids = [probe.id for probe in all_probes()]
    assert len(set(ids)) == len(ids) >= 15
    assert all(probe.looks_at and probe.fix for probe in all_probes())


class TestEmbedding:
    def test_repeats_within_a_round_are_a_cache_that_is_missing(self) -> None:
        # Texts a b a c a: two of five were there before. The second round asks the same again and does not count.
        queries = [
            query(Part("embedding", 40, {names.INPUT_HASH: text}), Part("generation", 60), id=str(number), round=round)
            for round, (number, text) in product((1, 2), enumerate("abaca"))
        ]
        (finding,) = seen("repeated_inputs", run(*queries))
        assert finding.evidence["repeat_share"] == 2 / 5
        assert (finding.evidence["embedded"], finding.evidence["distinct"]) == (5, 3)
        # Six of ten answers keep their 100 ms, so the p95 does too; the other four would take 60 ms.
        assert finding.predicted_p95_seconds == 0.1

    def test_a_cache_takes_the_repeats_out_of_the_prediction(self) -> None:
        slow_first = [query(Part("embedding", 40, {names.INPUT_HASH: "a"}), id="0")]
        repeats = [
            query(Part("embedding", 80, {names.INPUT_HASH: "a"}), id=str(number), start=100 * number)
            for number in range(1, 5)
        ]
        (finding,) = seen("repeated_inputs", run(*slow_first, *repeats))
        assert finding.predicted_p95_seconds == 0.04

    def test_texts_that_nobody_hashed_are_not_known_to_repeat(self) -> None:
        assert seen("repeated_inputs", run(*[query(Part("embedding", 40), id=str(n)) for n in range(9)])) == []

    @pytest.mark.parametrize(("local", "generation", "found"), [(False, 100, 1), (True, 100, 0), (False, 900, 0)])
    def test_a_remote_embedding_is_named_where_it_weighs(self, local: bool, generation: int, found: int) -> None:
        measured = run(query(Part("embedding", 100, {names.LOCAL: local}), Part("generation", generation)))
        findings = seen("remote_embedding", measured)
        assert len(findings) == found
        assert all(finding.predicted_p95_seconds == generation / 1000 for finding in findings)


class TestRateLimits:
    REFUSED = Part("retry", 300, {names.STATUS_CODE: 429, names.RETRY_AFTER_SECONDS: 0.25})

    def test_waiting_inside_a_stage_is_told_apart_from_its_work(self) -> None:
        limited = Part("embedding", 350, inside=[self.REFUSED])
        generation = Part("generation", 50)
        (finding,) = seen("rate_limited", run(query(limited, generation), query(Part("embedding", 50), generation)))
        assert finding.stage == "embedding"
        assert (finding.evidence["limited_share"], finding.evidence["refusals"]) == (0.5, 1)
        assert (finding.evidence["waited_seconds"], finding.evidence["retry_after_max_seconds"]) == (0.3, 0.25)
        # Without the 300 ms of waiting the slower answer takes 50 + 50.
        assert finding.predicted_p95_seconds == 0.1
        assert finding.basis is Rest.MEASURED

    def test_waiting_between_two_tries_belongs_to_the_second(self) -> None:
        refused = Part("embedding", 20, status=Status.ERROR, error_type="429")
        measured = run(query(refused, self.REFUSED, Part("embedding", 50), Part("generation", 50)))
        (finding,) = seen("rate_limited", measured)
        assert finding.stage == "embedding"
        assert finding.predicted_p95_seconds == 0.12

    def test_a_wait_for_another_reason_is_no_limit(self) -> None:
        overloaded = Part("retry", 300, {names.STATUS_CODE: 503})
        assert seen("rate_limited", run(query(Part("embedding", 350, inside=[overloaded])))) == []


class TestTails:
    def test_five_percent_of_slow_reranks_are_found(self) -> None:
        # 100 queries; every twentieth rerank takes 20 times as long.
        queries = [
            query(Part("rerank", 200 if number % 20 == 0 else 10), Part("generation", 90), id=str(number))
            for number in range(1, 101)
        ]
        (finding,) = seen("slow_tail", run(*queries))
        assert finding.stage == "rerank"
        assert finding.evidence["slow_share"] == 0.05
        assert finding.evidence["slow_times_median"] == 20
        assert "5 % of rerank calls take 20 × the median" in finding.says
        # Five of 100 are slow, so the 95th is not; with six of 100 it would be the hedged 30 ms.
        assert finding.predicted_p95_seconds == 0.1

    def test_the_prediction_is_of_a_second_request_after_twice_the_median(self) -> None:
        queries = [
            query(Part("rerank", 200 if number % 10 == 0 else 10), Part("generation", 90), id=str(number))
            for number in range(1, 101)
        ]
        (finding,) = seen("slow_tail", run(*queries))
        assert finding.predicted_p95_seconds == 0.12

    @pytest.mark.parametrize("slow", [1, 50])
    def test_one_slow_call_is_no_tail_and_half_of_them_is_none_either(self, slow: int) -> None:
        queries = [query(Part("rerank", 200 if n < slow else 10), Part("generation", 90)) for n in range(100)]
        assert seen("slow_tail", run(*queries)) == []

    def test_a_tail_that_nobody_would_feel_is_not_mentioned(self) -> None:
        queries = [query(Part("rerank", 20 if n % 10 else 2), Part("generation", 2000)) for n in range(100)]
        assert seen("slow_tail", run(*queries)) == []


class TestRerank:
    def test_the_cost_of_a_document_is_told_from_the_rest(self) -> None:
        # 20 ms plus 2 ms a document.
        queries = [
            query(Part("rerank", 20 + 2 * documents, {names.DOCUMENTS: documents}))
            for documents in (40, 60, 80, 100, 120, 100, 80, 100, 100)
        ]
        (finding,) = seen("rerank_documents", run(*queries))
        assert math.isclose(finding.evidence["seconds_per_document"], 0.002, rel_tol=1e-9)
        assert finding.evidence["documents_p50"] == 100
        # The slowest has 120 documents; with 20 it takes 20 + 40 ms.
        assert finding.predicted_p95_seconds == pytest.approx(0.06, abs=1e-6)

    def test_few_documents_are_no_reason(self) -> None:
        assert seen("rerank_documents", run(*[query(Part("rerank", 300, {names.DOCUMENTS: 20}))] * 9)) == []


def _generation(input_tokens: int, output_tokens: int, per_input: float, per_output: float, **more: int) -> Part:
    """50 ms of anything, then so many milliseconds per token read and per token written after the first."""
    first = 50 + per_input * input_tokens
    whole = first + per_output * (output_tokens - 1)
    said: dict[str, Value] = {
        names.INPUT_TOKENS: input_tokens,
        names.OUTPUT_TOKENS: output_tokens,
        names.FIRST_TOKEN_SECONDS: first / 1000,
        names.STREAMED: True,
        names.MODEL: "m-1",
    }
    return Part("generation", whole, said | {getattr(names, name): value for name, value in more.items()})


class TestGeneration:
    TOKENS = tuple(zip((4000, 6000, 8000, 8000, 8000, 8200, 7600, 9000), (20, 25, 40, 30, 30, 25, 35, 30), strict=True))

    def test_a_long_context_is_told_from_slow_writing(self) -> None:
        queries = [query(_generation(*tokens, 0.15, 1, DOCUMENTS=10)) for tokens in self.TOKENS]
        (finding,) = seen("long_context", run(*queries))
        assert seen("slow_decode", run(*queries)) == []
        assert finding.evidence["seconds_per_1000_input_tokens"] == pytest.approx(0.15)
        assert finding.evidence["input_tokens_p50"] == 8000
        # 3 of 10 documents spare 70 % of 9,000 tokens at 0.15 ms: 945 of 50 + 1350 + 29 ms are gone.
        assert finding.predicted_p95_seconds == pytest.approx(1.429 - 0.945, abs=1e-6)
        assert "8,000 tokens of prompt cost 1.20 s of 1.25 s" in finding.says
        assert "top 3 documents would save 840 ms" in finding.says

    def test_slow_writing_is_told_from_a_long_context(self) -> None:
        queries = [query(_generation(*tokens, 0.01, 30)) for tokens in self.TOKENS]
        (finding,) = seen("slow_decode", run(*queries))
        assert seen("long_context", run(*queries)) == []
        assert finding.evidence["seconds_per_output_token"] == pytest.approx(0.03)
        assert finding.evidence["models"] == ["m-1"]
        # The longest answer: 50 + 80 + 39 × 30 ms; half of its 40 tokens are 600 ms.
        assert finding.predicted_p95_seconds == pytest.approx(1.3 - 0.6, abs=1e-6)

    def test_prompts_of_one_length_say_nothing_about_length(self) -> None:
        assert seen("long_context", run(*[query(_generation(8000, 20, 0.15, 1))] * 20)) == []

    def test_noise_is_no_slope(self) -> None:
        noise = Random(3)
        queries = [
            query(Part("generation", 900, {names.INPUT_TOKENS: noise.randint(7000, 9000),
                                           names.FIRST_TOKEN_SECONDS: noise.uniform(0.5, 0.8)}))
            for _ in range(40)
        ]  # fmt: skip
        assert seen("long_context", run(*queries)) == []

    def test_an_answer_that_comes_whole_is_seen_late_and_is_not_slower(self) -> None:
        whole = query(Part("generation", 800, {names.STREAMED: False, names.OUTPUT_TOKENS: 90}))
        (finding,) = seen("not_streamed", run(whole))
        assert finding.predicted_p95_seconds == 0.8
        unknown = query(Part("generation", 800, {names.OUTPUT_TOKENS: 90}))
        streamed = query(Part("generation", 800, {names.STREAMED: True}))
        assert seen("not_streamed", run(unknown, streamed)) == []


class TestFailures:
    def test_a_stage_that_raises_is_named_where_it_began(self) -> None:
        inner = Part("network", 5, status=Status.ERROR, error_type="ConnectError")
        failed = Part("rerank", 10, status=Status.ERROR, error_type="ConnectError", inside=[inner])
        good = query(Part("rerank", 10), Part("generation", 50))
        bad = query(Part("retrieval", 5), failed, outcome=Outcome.ERROR)
        (finding,) = seen("failing_stage", run(good, good, bad, good))
        assert finding.stage == "network"
        assert finding.evidence["failed_share"] == 0.25
        assert finding.evidence["error_types"] == {"ConnectError": 1}

    def test_a_hung_stage_is_a_timeout_and_in_no_percentile(self) -> None:
        hung = query(Part("generation", 60_000, status=Status.TIMEOUT), outcome=Outcome.TIMEOUT)
        good = query(Part("generation", 50))
        (finding,) = find(ProbeInput(run(good, good, hung)))
        assert (finding.id, finding.stage, finding.evidence["ended"]) == ("failing_stage", "generation", "timeout")
        assert "does not come back in 1 of 3 queries" in finding.says


class TestColdStart:
    @pytest.mark.parametrize("warmup", [True, False])
    def test_only_the_first_query_is_slow_and_one_stage_is_why(self, warmup: bool) -> None:
        first = query(Part("embedding", 900), Part("generation", 110), warmup=warmup)
        later = [query(Part("embedding", 10), Part("generation", 100), start=2000 + 200 * n) for n in range(9)]
        (finding,) = seen("cold_start", run(*later, first))
        assert finding.stage == "embedding"
        assert finding.evidence["beyond_usual_seconds"] == pytest.approx({"embedding": 0.89, "generation": 0.01})
        assert finding.evidence["first_is_warmup"] is warmup
        # Without the first query all that were measured take 110 ms.
        assert finding.predicted_p95_seconds == 0.11

    def test_a_first_query_slower_than_usual_but_not_than_others_is_no_cold_start(self) -> None:
        queries = [query(Part("generation", 300 if n % 3 == 0 else 100), start=1000 * n) for n in range(9)]
        assert seen("cold_start", run(*queries)) == []


class TestHost:
    def test_a_busy_machine_is_said(self) -> None:
        (finding,) = seen("contended_host", run(query(Part("generation", 9)), facts={CPU_WAIT_SHARE: 0.3}))
        assert finding.says.startswith("for 30 % of the time")
        assert seen("contended_host", run(query(Part("generation", 9)), facts={CPU_WAIT_SHARE: 0.01})) == []
        assert seen("contended_host", run(query(Part("generation", 9)), facts={CPU_WAIT_SHARE: None})) == []

    def test_the_wait_for_a_processor_is_read_from_the_system(self, tmp_path: Path) -> None:
        file = tmp_path / "schedstat"
        times = iter((0, 100 * MS))

        class Clock:
            def now_ns(self) -> int:
                return next(times)

        file.write_text("70000000 5000000 12\n", encoding="ascii")
        host = Host(Clock(), file)
        file.write_text("90000000 30000000 40\n", encoding="ascii")
        assert host.facts() == {CPU_WAIT_SHARE: 0.25}

    def test_a_system_that_does_not_say_is_not_idle(self, tmp_path: Path) -> None:
        times = iter((0, 100))

        class Clock:
            def now_ns(self) -> int:
                return next(times)

        assert Host(Clock(), tmp_path / "none").facts() == {CPU_WAIT_SHARE: None}


def _asking(milliseconds: float, server: str = "api.example", connect: float | None = None) -> Part:
    """A generation that asks a server once; `connect` milliseconds of it go into a connection, two thirds into TLS."""
    said: dict[str, Value] = {names.SERVER_ADDRESS: server, names.REQUESTS: 1}
    opening = []
    if connect is not None:
        facts: dict[str, Value] = {
            names.SERVER_ADDRESS: server,
            names.CONNECTION_REUSED: False,
            names.DNS_SECONDS: 0.001,
            names.CONNECT_SECONDS: (connect / 3 - 1) / 1000,
            names.TLS_SECONDS: connect * 2 / 3 / 1000,
        }
        opening.append(Part("network", connect, facts))
    return Part("generation", milliseconds, said, inside=opening)


class TestNetwork:
    def test_a_connection_for_every_query_is_named_with_what_it_costs(self) -> None:
        queries = [query(_asking(190, connect=90), start=1000 * number) for number in range(10)]
        (finding,) = seen("new_connections", run(*queries))
        assert finding.stage == "network"
        # The first query has to open one.
        assert (finding.evidence["queries"], finding.evidence["queries_opening"]) == (9, 9)
        assert finding.evidence["connection_p50_seconds"] == 0.09
        assert (finding.evidence["tls_p50_seconds"], finding.evidence["connect_p50_seconds"]) == (0.06, 0.029)
        assert "open a new TLS connection: pool it, 90.0 ms each" in finding.says
        assert finding.predicted_p95_seconds == 0.1

    def test_a_connection_for_the_first_query_is_a_cold_start_and_no_habit(self) -> None:
        queries = [query(_asking(190, connect=90)), *[query(_asking(60), start=1000 * n) for n in range(1, 10)]]
        assert seen("new_connections", run(*queries)) == []
        (cold,) = seen("cold_start", run(*queries))
        assert cold.stage == "generation"

    def test_a_connection_that_costs_next_to_nothing_is_not_mentioned(self) -> None:
        assert seen("new_connections", run(*[query(_asking(900, connect=3), start=1000 * n) for n in range(9)])) == []

    def test_a_server_far_away_is_measured_by_its_connect(self) -> None:
        # 61 ms connect in the warm-up: the round trip. Two requests for an answer of 400 ms.
        warm = query(_asking(500, connect=3 * 61), warmup=True)
        queries = [query(_asking(200), _asking(200), start=1000 * number) for number in range(1, 6)]
        (finding,) = seen("far_away", run(warm, *queries))
        assert finding.evidence["round_trip_seconds"] == pytest.approx(0.06)
        assert finding.evidence["requests_p50"] == 2
        assert finding.predicted_p95_seconds == pytest.approx(0.28, abs=1e-6)

    def test_a_server_nearby_or_never_connected_to_is_not(self) -> None:
        near = query(_asking(500, connect=12), warmup=True)
        queries = [query(_asking(200), start=1000 * number) for number in range(1, 6)]
        assert seen("far_away", run(near, *queries)) == []
        assert seen("far_away", run(*queries)) == []


class TestFit:
    def test_a_line_worked_by_hand(self) -> None:
        # x = 1..8, y = x with 1 added to the even ones: slope 44/42, what is left 1.9047…, t(6) = 2.447.
        fitted = line([1, 2, 3, 4, 5, 6, 7, 8], [1, 3, 3, 5, 5, 7, 7, 9])
        assert fitted is not None
        assert fitted.slope == pytest.approx(44 / 42)
        assert fitted.intercept == pytest.approx(5 - 4.5 * 44 / 42)
        margin = 2.447 * math.sqrt(1.904762 / 6 / 42)
        assert (fitted.low, fitted.high) == pytest.approx((44 / 42 - margin, 44 / 42 + margin), rel=1e-3)

    @pytest.mark.parametrize(("freedom", "tabled"), [(6, 2.447), (10, 2.228), (20, 2.086), (30, 2.042), (120, 1.980)])
    def test_students_t_is_that_of_the_tables(self, freedom: int, tabled: float) -> None:
        assert student(freedom) == pytest.approx(tabled, abs=0.002)

    @given(st.floats(-5, 5), st.floats(-5, 5), st.lists(st.integers(0, 50), min_size=8, max_size=30))
    def test_points_on_a_line_give_the_line(self, slope: float, intercept: float, x: list[int]) -> None:
        fitted = line(x, [intercept + slope * each for each in x])
        if len(set(x)) == 1:
            assert fitted is None
        else:
            assert fitted is not None
            assert fitted.slope == pytest.approx(slope, abs=1e-6)
            assert fitted.low - 1e-6 <= slope <= fitted.high + 1e-6

    def test_seven_points_are_too_few(self) -> None:
        assert line(range(7), range(7)) is None
