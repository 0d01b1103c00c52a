"""The parts that ask others, against a server over real sockets."""

from collections.abc import Callable
from pathlib import Path

import pytest

from llmaudit.errors import ReplayError
from llmaudit.replay import attributes
from llmaudit.replay.bottleneck import diagnose
from llmaudit.replay.drive import Load
from llmaudit.replay.pipeline import Plan
from llmaudit.replay.run import Outcome, QueryRun
from llmaudit.replay.span import Span, Status
from tests.replay.pipeline.conftest import Asked
from tests.services.openai_server import Fault, OpenAIServer

Written = Callable[..., Plan]
TINY = "{kind: duckdb, corpus: corpus.jsonl}"


@pytest.fixture
def remote(tmp_path: Path, plan: Written, server: OpenAIServer) -> Callable[..., Plan]:
    """A plan in which everything but the search is asked of the server; settings are added to those parts."""

    def written(
        embed: str = "",
        rerank: str = "",
        generate: str = "",
        beside: str = "",
        embed_with: str | None = None,
        rerank_with: str | None = None,
    ) -> Plan:
        def part(kind: str, model: str, more: str) -> str:
            return f'{{kind: {kind}, model: {model}, base_url: "{server.url}"{more and ", "}{more}}}'

        (tmp_path / "corpus.jsonl").write_text('{"text": "one parcel"}\n{"text": "two parcels"}\n')
        parts = {
            "embed": embed_with or part("openai", "text-embedding-3-small", embed),
            "retrieve": TINY,
            "rerank": rerank_with or part("cohere", "rerank-v3.5", rerank),
            "generate": part("openai", "gpt-4o-mini", generate),
        }
        return plan(beside=beside, **parts)

    return written


def _stages(query: QueryRun) -> dict[str, Span]:
    return {span.stage: span for span in query.spans}


def test_what_is_asked_and_what_is_taken_down(remote: Written, asked: Asked, server: OpenAIServer) -> None:
    run = asked(remote(), ["parcel"])
    # Two texts of the corpus are embedded before anything is measured.
    assert [seen.path for seen in server.seen] == [
        "/v1/embeddings", "/v1/embeddings", "/v1/embeddings", "/v1/rerank", "/v1/chat/completions",
    ]  # fmt: skip
    body = server.seen[-1].body
    assert (body["model"], body["stream"], body["max_completion_tokens"]) == ("gpt-4o-mini", True, 300)
    assert "one parcel" in body["messages"][1]["content"]
    found = _stages(run.queries[0])
    told = found["generation"].attributes
    assert told[attributes.MODEL] == "gpt-4o-mini"
    assert told[attributes.STREAMED] is True
    assert told[attributes.OUTPUT_TOKENS] == 8
    first = told[attributes.FIRST_TOKEN_SECONDS]
    assert isinstance(first, float)
    assert 0 < first * 1e9 <= found["generation"].duration_ns
    assert (found["rerank"].attributes[attributes.DOCUMENTS], found["embedding"].attributes[attributes.LOCAL]) == (
        2,
        False,
    )
    assert run.facts[attributes.CALLS_MADE] == 5


def test_an_answer_that_is_not_streamed_says_so(remote: Written, asked: Asked, server: OpenAIServer) -> None:
    (query,) = asked(remote(generate="stream: false"), ["parcel"]).queries
    told = _stages(query)["generation"].attributes
    assert told[attributes.STREAMED] is False
    assert attributes.FIRST_TOKEN_SECONDS not in told
    assert "stream" not in server.seen[-1].body


def test_connections_are_kept_unless_every_request_is_to_open_one(
    remote: Written, asked: Asked, server: OpenAIServer
) -> None:
    asked(remote(), ["a", "b", "c"])
    pooled = server.connections
    # One for each of the three parts.
    assert pooled == 3
    asked(remote(embed="connections: new", rerank="connections: new", generate="connections: new"), ["a", "b", "c"])
    assert server.connections - pooled == 2 + 3 * 3


def test_a_429_is_waited_for_and_told_apart(remote: Written, asked: Asked, server: OpenAIServer) -> None:
    server.next("/v1/chat/completions", Fault(429, {"retry-after": "0.2"}), Fault(503))
    (query,) = asked(remote(embed="retries: 0", generate="retries: 2"), ["parcel"]).queries
    assert query.outcome is Outcome.OK
    told = _stages(query)["generation"].attributes
    assert (told[attributes.RATE_LIMITED], told[attributes.RETRIES]) == (1, 2)
    waited = told[attributes.RETRY_WAIT_SECONDS]
    assert isinstance(waited, float)
    assert waited >= 0.2 + 1.0


def test_a_refusal_is_an_error_of_its_stage_named_by_its_status(
    remote: Written, asked: Asked, server: OpenAIServer
) -> None:
    server.next("/v1/rerank", Fault(400))
    run = asked(remote(), ["parcel", "box"])
    assert [query.outcome for query in run.queries] == [Outcome.ERROR, Outcome.OK]
    failed = _stages(run.queries[0])["rerank"]
    assert (failed.status, failed.error_type) == (Status.ERROR, "400")
    assert {stage.stage: stage.errors for stage in diagnose(run).stages}["rerank"] == 1


def test_a_limit_on_requests_is_kept_to_the_request(remote: Written, asked: Asked, server: OpenAIServer) -> None:
    # Two for the corpus, then three for each query: the third query would be one too many.
    run = asked(remote(), ["a", "b", "c", "d"], most=9)
    assert len(server.seen) == 9
    assert len(run.queries) == 2
    assert run.facts[attributes.STOPPED] == "--max-calls 9 was reached"


def test_what_goes_wrong_before_the_first_query_is_an_end_and_no_measurement(
    remote: Written, asked: Asked, server: OpenAIServer
) -> None:
    with pytest.raises(ReplayError, match="--max-calls 1 was reached before the first query"):
        asked(remote(), ["a"], most=1)
    server.next("/v1/embeddings", Fault(401))
    with pytest.raises(ReplayError, match="does not answer as it should: HTTP status 401"):
        asked(remote(), ["a"])
    server.next("/v1/embeddings", Fault(200))
    with pytest.raises(ReplayError, match=r"does not answer as it should: the answer has no data\.0\.embedding"):
        asked(remote(), ["a"])
    described = remote()
    server.die()
    with pytest.raises(ReplayError, match="does not answer as it should: ConnectError"):
        asked(described, ["a"])


def test_a_dead_server_opens_the_breaker_and_the_fallback_is_served(
    remote: Written, asked: Asked, server: OpenAIServer
) -> None:
    described = remote(
        embed_with="{kind: hashing}", rerank_with="{kind: none}", beside="resilience: {failures: 2, wait: 3600s}\n"
    )
    server.die()
    run = asked(described, ["a", "b", "c", "d"])
    assert [query.outcome for query in run.queries] == [
        Outcome.ERROR, Outcome.ERROR, Outcome.FALLBACK, Outcome.FALLBACK,
    ]  # fmt: skip
    assert [event.text for event in run.events] == [
        "breaker of generation: closed → open, 2 failures in a row",
        "mode: full → maintenance",
    ]


def test_a_hung_server_is_a_timeout_of_its_stage(remote: Written, asked: Asked, server: OpenAIServer) -> None:
    server.next("/v1/chat/completions", Fault("hang", after_tokens=2))
    run = asked(remote(), ["a", "b"], Load(rounds=1, warmup=0, timeout_seconds=4))
    assert [query.outcome for query in run.queries] == [Outcome.TIMEOUT, Outcome.OK]
    assert _stages(run.queries[0])["generation"].status is Status.TIMEOUT
    assert {stage.stage: stage.timeouts for stage in diagnose(run).stages}["generation"] == 1
