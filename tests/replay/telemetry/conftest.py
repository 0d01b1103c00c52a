"""Applications asked on the real clock, with everything listening that `--app` has listening."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from openinference.instrumentation.langchain import LangChainInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from llmaudit.replay.app import answering
from llmaudit.replay.clock import MonotonicClock
from llmaudit.replay.drive import Load, drive
from llmaudit.replay.http_timing import timing_http
from llmaudit.replay.queries import Query
from llmaudit.replay.run import Run
from llmaudit.replay.telemetry.capture import Listener, capturing
from tests.services.openai_server import OpenAIServer, serving
from tests.services.postgres import dsn, postgres

__all__ = ["dsn", "postgres"]

FIRST_TOKEN, EMBED = 0.4, 0.05


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    """A provider that takes its time to embed, and eight times that to the first token."""
    with serving() as opened:
        opened.behaviour.first_token_seconds = FIRST_TOKEN
        opened.behaviour.embedding_seconds = EMBED
        opened.behaviour.seconds_per_output_token = 0.005
        yield opened


@pytest.fixture(autouse=True, scope="session")
def tracing() -> None:
    """The application has set up tracing, as one that is instrumented has."""
    trace.set_tracer_provider(TracerProvider())


@contextmanager
def instrumented(*instrumentors: Any) -> Iterator[None]:
    for instrumentor in instrumentors:
        instrumentor().instrument()
    try:
        yield
    finally:
        for instrumentor in instrumentors:
            instrumentor().uninstrument()


LANGCHAIN, BOTH = (LangChainInstrumentor,), (LangChainInstrumentor, OpenAIInstrumentor)


@contextmanager
def listening(*instrumentors: Any) -> Iterator[Listener]:
    """What `--app` listens with, and an application that has switched on these instrumentations itself."""
    with timing_http(), capturing() as heard, instrumented(*instrumentors):
        yield heard


def asked(
    function: Callable[[str], Any],
    questions: Sequence[str] = ("fox", "hen"),
    *,
    timeout_seconds: float = 60,
    at_a_time: int = 1,
) -> Run:
    """The run of these questions, once each."""
    queries = [Query(question, question) for question in questions]
    load = Load(rounds=1, warmup=0, concurrency=at_a_time, timeout_seconds=timeout_seconds)
    return asyncio.run(drive(queries, answering(function), load, MonotonicClock()))
