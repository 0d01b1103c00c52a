"""Faults made in servers over real sockets: the tail of a reranker, branches that run side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import httpx

from llmaudit.replay import stage
from llmaudit.replay.bottleneck import Bottleneck, diagnose
from llmaudit.replay.clock import MonotonicClock
from llmaudit.replay.drive import Load, drive
from llmaudit.replay.findings import Finding, ProbeInput, find
from llmaudit.replay.http_timing import timing_http
from llmaudit.replay.queries import Query
from tests.services.openai_server import OpenAIServer, serving


def _client(server: OpenAIServer) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20)


def _measured(
    answer: Callable[[Query], Awaitable[object]], questions: int, *clients: httpx.AsyncClient
) -> tuple[Bottleneck, dict[str, list[Finding]]]:
    queries = [Query(f"q{number}", f"question {number}") for number in range(questions)]

    async def measured() -> tuple[Bottleneck, tuple[Finding, ...]]:
        async with AsyncExitStack() as stack:
            stack.enter_context(timing_http())
            for client in clients:
                await stack.enter_async_context(client)
            run = await drive(queries, answer, Load(rounds=1, warmup=2), MonotonicClock())
        return diagnose(run), find(ProbeInput(run))

    bottleneck, findings = asyncio.run(measured())
    by_id: dict[str, list[Finding]] = {}
    for finding in findings:
        by_id.setdefault(finding.id, []).append(finding)
    return bottleneck, by_id


def test_a_slow_tail_of_the_reranker_is_not_the_model_that_is_slow_as_a_rule() -> None:
    with serving() as server:
        server.behaviour.rerank_seconds = 0.002
        server.behaviour.first_token_seconds = 0.02
        server.behaviour.slow_seconds = 0.4
        client = _client(server)

        async def answer(query: Query) -> None:
            server.behaviour.slow_every = 20
            with stage("rerank"):
                await client.post("/rerank", json={"model": "r", "query": query.text, "documents": ["a", "b"]})
            server.behaviour.slow_every = 0
            with stage("generation"):
                await client.post("/chat/completions", json={"model": "m", "messages": []})

        bottleneck, findings = _measured(answer, 60, client)
    assert bottleneck.slowest_p50 == "generation"
    assert bottleneck.slowest_p95 == "rerank"
    (tail,) = [finding for finding in findings["slow_tail"] if finding.stage == "rerank"]
    # Every twentieth of 62 requests, two of which were warm-up; a busy machine may add any number of its own.
    assert tail.evidence["slow_calls"] >= 3


def test_of_branches_side_by_side_the_longer_one_is_what_is_waited_for() -> None:
    with serving() as vectors, serving() as words:
        vectors.behaviour.embedding_seconds = 0.06
        words.behaviour.embedding_seconds = 0.15
        one, other = _client(vectors), _client(words)

        async def branch(name: str, client: httpx.AsyncClient, text: str) -> None:
            async with stage(name):
                await client.post("/embeddings", json={"model": "e", "input": text})

        async def answer(query: Query) -> None:
            async with asyncio.TaskGroup() as branches:
                branches.create_task(branch("search vectors", one, query.text))
                branches.create_task(branch("search words", other, query.text))

        bottleneck, _ = _measured(answer, 12, one, other)
    stages = {each.stage: each for each in bottleneck.stages}
    longer = stages["search words"].times.p50
    assert longer is not None
    assert bottleneck.wall.p50 is not None
    assert longer.value <= bottleneck.wall.p50.value
    assert bottleneck.bottleneck == "search words"
    assert (stages["search vectors"].critical_path_share or 0) < 0.2
