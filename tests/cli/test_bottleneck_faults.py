"""Faults made in a provider over real sockets, and what `llmaudit bottleneck` says to them.

Faults are large and verdicts are ranks: nothing here is measured against a clock.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.transcripts import run
from tests.services.openai_server import Fault, OpenAIServer, serving

CORPUS = "".join(json.dumps({"text": f"parcel number {number} of shelf {number % 7}"}) + "\n" for number in range(30))
Asked = Callable[..., dict[str, Any]]


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with serving() as opened:
        yield opened


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    """The answer of the command to a pipeline at a server, as JSON. `parts` replace those of the usual pipeline."""
    (tmp_path / "corpus.jsonl").write_text(CORPUS)

    def ask(server: OpenAIServer, options: str = "", queries: int = 10, code: int = 0, **parts: str) -> dict[str, Any]:
        lines = [json.dumps({"query": "parcel " + "please " * (number * 40 % 400)}) for number in range(queries)]
        (tmp_path / "q.jsonl").write_text("\n".join(lines))
        usual = {
            "embed": "{kind: hashing}",
            "retrieve": "{kind: duckdb, corpus: corpus.jsonl, top_k: 5}",
            "generate": "{kind: openai, model: gpt-4o-mini, retries: 0, at}",
        }
        described = "".join(f"{slot}: {part}\n" for slot, part in {**usual, **parts}.items())
        (tmp_path / "pipeline.yaml").write_text(described.replace("at}", f'base_url: "{server.url}"}}'))
        environment = {} if server.certificate is None else {"SSL_CERT_FILE": str(server.certificate)}
        command = (
            f"llmaudit bottleneck --pipeline pipeline.yaml --queries q.jsonl --rounds 1 --yes --format json {options}"
        )
        said = run(command, tmp_path, environment)
        assert said.code == code, said.transcript
        return dict(json.loads(said.stdout))

    return ask


def findings(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [found for found in answer["findings"] if found["id"] == name]


def test_a_connection_for_every_query_is_the_network_s_time(asked: Asked) -> None:
    with serving(tls=True) as server:
        server.behaviour.handshake_seconds, server.behaviour.first_token_seconds = 0.15, 0.02
        unpooled = asked(server, generate="{kind: openai, model: gpt-4o-mini, connections: new, at}")
        pooled = asked(server)
    assert unpooled["bottleneck"] == "network"
    (found,) = findings(unpooled, "new_connections")
    assert found["evidence"]["tls_p50_seconds"] >= 0.15
    assert found["evidence"]["queries_opening"] == found["evidence"]["queries"]
    assert pooled["bottleneck"] == "generation"
    assert findings(pooled, "new_connections") == []
    assert found["predicted_p95_seconds"] < unpooled["wall"]["p50_seconds"]


def test_429s_of_the_embedding_are_waits_and_not_its_work(asked: Asked, server: OpenAIServer) -> None:
    """Every other question is refused once and told to come back in 0.4 s."""
    server.behaviour.embedding_seconds = 0.02
    embed = "{kind: openai, model: text-embedding-3-small, at}"
    # The corpus is embedded before anything is asked.
    server.refuse_every("/v1/embeddings", 2, Fault(429, {"retry-after": "0.4"}), after=CORPUS.count("\n"))
    answer = asked(server, "--warmup 0", embed=embed)
    assert answer["bottleneck"] == "retry"
    (found,) = findings(answer, "rate_limited")
    assert found["stage"] == "embedding"
    assert found["evidence"]["waited_max_seconds"] >= 0.4
    assert answer["errors"] == 0


def test_a_stage_that_raises_is_named_and_its_time_is_in_no_percentile(asked: Asked, server: OpenAIServer) -> None:
    server.next("/v1/chat/completions", *[Fault(500)] * 3)
    answer = asked(server, "--warmup 0")
    assert (answer["errors"], answer["measured"]) == (3, 10)
    (found,) = findings(answer, "failing_stage")
    assert (found["stage"], found["evidence"]["error_types"]) == ("generation", {"500": 3})
    assert {stage["stage"]: stage["errors"] for stage in answer["stages"]}["generation"] == 3


def test_a_hung_stage_is_a_timeout_and_no_slow_answer(asked: Asked, server: OpenAIServer) -> None:
    server.next("/v1/chat/completions", Fault("hang"), Fault("hang", after_tokens=2))
    answer = asked(server, "--warmup 0 --timeout 1s")
    assert (answer["timeouts"], answer["errors"]) == (2, 0)
    assert answer["wall"]["p95_seconds"] < 1, "the hung ones took a second each and are not in it"
    (found,) = findings(answer, "failing_stage")
    assert (found["stage"], found["evidence"]["ended"]) == ("generation", "timeout")


def test_a_dead_provider_opens_the_breaker_and_fallbacks_are_served(asked: Asked, server: OpenAIServer) -> None:
    """It dies after its third answer: five failures, then nobody asks it any more."""
    server.die_after(3)
    answer = asked(server, "--warmup 0", queries=20, resilience='{faq: {"parcel": "At the door."}}')
    assert (answer["measured"], answer["errors"], answer["fallbacks"]) == (20, 5, 12)
    assert answer["events"] == ["breaker of generation: closed → open, 5 failures in a row", "mode: full → degraded"]


def test_a_provider_that_hangs_beyond_its_time_opens_the_breaker_too(asked: Asked, server: OpenAIServer) -> None:
    server.next("/v1/chat/completions", *[Fault("hang")] * 2)
    answer = asked(server, "--warmup 0 --timeout 1.2s", queries=6, code=2, resilience="{failures: 2, timeout: 1s}")
    assert (answer["timeouts"], answer["fallbacks"]) == (2, 4)


def test_the_operator_turns_the_model_off(asked: Asked, server: OpenAIServer) -> None:
    answer = asked(server, queries=3, code=2, resilience="{maintenance: true}")
    assert (answer["fallbacks"], server.seen) == (3, [])


def test_a_cold_start_is_the_first_query_s_alone(asked: Asked, server: OpenAIServer) -> None:
    """The first answer takes 0.8 s longer; with a warm-up nobody measured feels it, and it is said all the same."""
    for options, tail in (("--warmup 0", True), ("--warmup 1", False)):
        server.behaviour.first_token_seconds = 0.02
        server.slow_once("/v1/chat/completions", 0.8)
        answer = asked(server, options)
        (found,) = findings(answer, "cold_start")
        assert found["stage"] == "generation"
        assert found["evidence"]["first_is_warmup"] is not tail
        assert (answer["wall"]["p95_seconds"] >= 0.8) is tail


def test_a_long_context_and_a_slow_pen_are_told_apart(asked: Asked, server: OpenAIServer) -> None:
    """The same model, slow to read the prompt or slow to write the answer."""
    server.behaviour.seconds_per_input_token = 0.0005
    reading = asked(server, queries=20)
    server.behaviour.seconds_per_input_token, server.behaviour.seconds_per_output_token = 0.0, 0.03
    writing = asked(server, queries=20)
    assert (reading["bottleneck"], writing["bottleneck"]) == ("generation", "generation")
    assert (len(findings(reading, "long_context")), findings(reading, "slow_decode")) == (1, [])
    assert (findings(writing, "long_context"), len(findings(writing, "slow_decode"))) == ([], 1)
    assert findings(writing, "slow_decode")[0]["evidence"]["seconds_per_output_token"] >= 0.02
