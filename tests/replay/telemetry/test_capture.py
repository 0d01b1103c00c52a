"""An instrumented LangChain application has the stages that its author would have written by hand."""

from collections import Counter
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import openai
import pytest
from opentelemetry.sdk.trace import TracerProvider

from llmaudit.replay import attributes as names
from llmaudit.replay import stage
from llmaudit.replay.bottleneck import diagnose
from llmaudit.replay.run import Outcome, QueryRun
from llmaudit.replay.span import Status
from llmaudit.replay.telemetry import capture
from tests.replay.telemetry import rag_apps
from tests.replay.telemetry.conftest import BOTH, EMBED, FIRST_TOKEN, LANGCHAIN, asked, listening
from tests.services.openai_server import Fault, OpenAIServer

WAYS: dict[str, Callable[[OpenAIServer], Callable[[str], Any]]] = {
    "invoke": rag_apps.invoked,
    "stream": rag_apps.streamed,
    "ainvoke": rag_apps.invoked_async,
    "astream": rag_apps.streamed_async,
}


def tree(query: QueryRun) -> Counter[tuple[str, str | None]]:
    """Every stage but the network's, with the stage it is inside of."""
    stages = {span.span_id: span.stage for span in query.spans}
    return Counter(
        (span.stage, stages.get(span.parent_id or 0)) for span in query.spans if span.stage not in ("network", "retry")
    )


WANTED = Counter({("retrieval", None): 1, ("embedding", "retrieval"): 1, ("generation", None): 1})


def test_by_hand(server: OpenAIServer) -> None:
    with listening():
        run = asked(rag_apps.by_hand(server))
    assert [tree(query) for query in run.queries] == [WANTED, WANTED]
    told = run.queries[1].spans[-1].attributes
    assert (told[names.MODEL], told[names.OUTPUT_TOKENS], told[names.STREAMED]) == ("gpt-4o-mini", 8, True)


@pytest.mark.parametrize("instrumentors", [LANGCHAIN, BOTH], ids=["langchain", "langchain and openai"])
@pytest.mark.parametrize("way", WAYS)
def test_the_same_stages_as_by_hand(way: str, instrumentors: tuple[Any, ...], server: OpenAIServer) -> None:
    """Told once by the framework, again by the client under another root, and a third time by the request."""
    with listening(*instrumentors) as heard:
        run = asked(WAYS[way](server))
    assert [tree(query) for query in run.queries] == [WANTED, WANTED]
    assert len(heard.tellers) == len(instrumentors)
    answer = diagnose(run)
    assert answer.bottleneck == "generation"
    for query in run.queries:
        generation = next(span for span in query.spans if span.stage == "generation")
        embedding = next(span for span in query.spans if span.stage == "embedding")
        assert generation.duration_ns >= (FIRST_TOKEN + 7 * 0.005) * 1e9, "to the last byte, whatever a framework says"
        assert embedding.duration_ns >= EMBED * 1e9
        assert generation.attributes[names.MODEL] == "gpt-4o-mini"
        assert generation.attributes[names.OUTPUT_TOKENS] == 8
        first_token = generation.attributes.get(names.FIRST_TOKEN_SECONDS)
        if "stream" in way:
            assert isinstance(first_token, float)
            assert first_token >= FIRST_TOKEN
        else:
            assert first_token is None, "an answer that comes whole has no first token"
    with_documents = [span for span in run.queries[0].spans if names.DOCUMENTS in span.attributes]
    assert [(span.stage, span.attributes[names.DOCUMENTS]) for span in with_documents] == [("retrieval", 3)]


def test_without_any_instrumentation_requests_still_have_their_stages(server: OpenAIServer) -> None:
    with listening():
        run = asked(rag_apps.streamed(server))
    assert [tree(query) for query in run.queries] == [Counter({("embedding", None): 1, ("generation", None): 1})] * 2


def test_many_questions_at_a_time_keep_their_spans_apart(server: OpenAIServer) -> None:
    for way in ("stream", "astream"):
        with listening(*BOTH):
            run = asked(WAYS[way](server), [f"fox {number}" for number in range(8)], at_a_time=8)
        assert [tree(query) for query in run.queries] == [WANTED] * 8


def test_a_hand_written_stage_around_and_inside(server: OpenAIServer) -> None:
    """A stage around the chain holds its stages; one inside a retriever is held by it."""
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever

    class Reranking(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
            with stage("rerank"):
                return [Document(query)]

    retriever = Reranking()

    def answer(question: str) -> None:
        with stage("search"):
            retriever.invoke(question)

    with listening(*LANGCHAIN):
        run = asked(answer, ["fox"])
    assert tree(run.queries[0]) == Counter(
        {("search", None): 1, ("retrieval", "search"): 1, ("rerank", "retrieval"): 1}
    )


def test_an_error_is_of_the_stage_it_happened_in(server: OpenAIServer) -> None:
    server.next("/v1/chat/completions", Fault(500))
    with listening(*BOTH):
        run = asked(rag_apps.invoked(server), ["fox", "hen"])
    first, second = run.queries
    assert (first.outcome, first.error_type, second.outcome) == (Outcome.ERROR, "500", Outcome.OK)
    assert tree(first) == WANTED
    failed = [span for span in first.spans if span.status is Status.ERROR]
    assert [span.stage for span in failed] == ["generation"]
    assert {each.stage: each.errors for each in diagnose(run).stages}["generation"] == 1


def test_a_hung_model_is_a_timeout_of_generation(server: OpenAIServer) -> None:
    for way in ("invoke", "astream"):
        server.always = None
        with listening(*LANGCHAIN):
            function = WAYS[way](server)
            server.next("/v1/chat/completions", Fault("hang"))
            run = asked(function, ["fox"], timeout_seconds=0.8)
        (query,) = run.queries
        assert query.outcome is Outcome.TIMEOUT
        assert [span.stage for span in query.spans if span.status is Status.TIMEOUT] == ["generation"]


def test_429_is_waited_for_apart(server: OpenAIServer) -> None:
    """The client waits 0.4 s as told: that is no work of the embedding."""
    client = openai.OpenAI(base_url=server.url, api_key="none", max_retries=2)
    server.next("/v1/embeddings", Fault(429, {"retry-after": "0.4"}))

    def embed(question: str) -> None:
        client.embeddings.create(model="embed", input=question)

    with listening(BOTH[1]):
        run = asked(embed, ["fox"])
    (query,) = run.queries
    assert tree(query) == Counter({("embedding", None): 1})
    embedding = next(span for span in query.spans if span.stage == "embedding")
    wait = next(span for span in query.spans if span.stage == "retry")
    assert wait.parent_id == embedding.span_id
    assert wait.duration_ns >= 0.4 * 1e9
    assert diagnose(run).bottleneck == "retry"
    assert embedding.attributes[names.RATE_LIMITED] == 1


def test_an_application_with_a_provider_of_its_own(server: OpenAIServer) -> None:
    """Given explicitly to the instrumentation and never set as the global one."""
    from openinference.instrumentation.langchain import LangChainInstrumentor

    with listening() as heard:
        LangChainInstrumentor().instrument(tracer_provider=TracerProvider())
        try:
            run = asked(rag_apps.streamed(server), ["fox"])
        finally:
            LangChainInstrumentor().uninstrument()
    assert tree(run.queries[0]) == WANTED
    assert heard.tellers == {"openinference.instrumentation.langchain"}


def test_spans_of_nobody_s_query_are_counted_and_left_out(server: OpenAIServer) -> None:
    with listening(*LANGCHAIN) as heard:
        rag_apps.invoked(server)("fox")
    assert heard.homeless > 0
    assert heard.tellers == set()


def test_an_installed_instrumentation_that_cannot_be_switched_on_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("torn", "no_such_instrumentation:Instrumentor", "opentelemetry_instrumentor")
    monkeypatch.setattr(capture, "entry_points", lambda group: [broken])
    said: dict[str, str] = {}
    assert list(capture._switched_on(said)) == []
    assert said == {"torn": "ModuleNotFoundError"}
