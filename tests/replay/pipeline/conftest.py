"""A pipeline as a test writes it, opened and asked."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from llmaudit.replay.clock import MonotonicClock
from llmaudit.replay.drive import Load
from llmaudit.replay.measure import Task, run_of
from llmaudit.replay.pipeline import Plan, built_in, opened, read
from llmaudit.replay.pipeline.budget import Budget
from llmaudit.replay.queries import Query
from llmaudit.replay.run import Run
from llmaudit.replay.slo import Slo
from tests.services.openai_server import OpenAIServer, serving

LOCAL = {"embed": "hashing", "retrieve": "duckdb", "generate": "extractive"}
Asked = Callable[..., Run]


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., Plan]:
    """The plan of a file with these slots, each as YAML; those left out are built in, without a rerank."""

    def written(*, beside: str = "", **slots: str) -> Plan:
        parts = {slot: f"{{kind: {kind}}}" for slot, kind in LOCAL.items()} | slots
        path = tmp_path / "pipeline.yaml"
        path.write_text("".join(f"{slot}: {said}\n" for slot, said in parts.items()) + beside)
        return read(path)

    return written


@pytest.fixture
def asked() -> Asked:
    """The run of a plan: each question once, after no warm-up, unless the load says otherwise."""

    def asking(
        described: Plan | None = None,
        questions: Sequence[str] = ("How long does single sign-on take?",),
        load: Load | None = None,
        most: int | None = None,
    ) -> Run:
        queries = [Query(f"q{number}", text) for number, text in enumerate(questions)]

        async def work() -> Run:
            clock = MonotonicClock()
            async with opened(described or built_in(), clock, Budget(most)) as pipeline:
                return await run_of(pipeline, Task(queries, load or Load(rounds=1, warmup=0), Slo(), clock))

        return asyncio.run(work())

    return asking


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with serving() as running:
        yield running
