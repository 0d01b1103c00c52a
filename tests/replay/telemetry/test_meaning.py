"""What spans mean, in the words of each convention."""

from typing import Any

import pytest

from llmaudit.replay import attributes as names
from llmaudit.replay.labels import of_path
from llmaudit.replay.span import Status
from llmaudit.replay.telemetry.meaning import facts_of, failure_of, short_name, stage_named, stage_of


@pytest.mark.parametrize(
    ("attributes", "stage"),
    [
        ({"openinference.span.kind": "LLM"}, "generation"),
        ({"openinference.span.kind": "RETRIEVER"}, "retrieval"),
        ({"openinference.span.kind": "EMBEDDING"}, "embedding"),
        ({"openinference.span.kind": "RERANKER"}, "rerank"),
        ({"openinference.span.kind": "CHAIN"}, None),
        ({"openinference.span.kind": "AGENT", "gen_ai.operation.name": "chat"}, None),
        ({"gen_ai.operation.name": "chat"}, "generation"),
        ({"gen_ai.operation.name": "embeddings"}, "embedding"),
        ({"gen_ai.operation.name": "execute_tool"}, "tool"),
        ({"gen_ai.operation.name": "invoke_agent"}, None),
        ({"ai.operationId": "ai.streamText", "gen_ai.operation.name": "chat"}, None),
        ({"ai.operationId": "ai.streamText.doStream"}, "generation"),
        ({"llm.request.type": "rerank"}, "rerank"),
        ({"traceloop.span.kind": "workflow"}, None),
        ({"db.system": "postgresql", "db.statement": "select 1"}, "database"),
        ({"db.system.name": "postgresql", "db.query.text": "select id from docs order by e <=> %s"}, "retrieval"),
        ({"db.system": "redis", "db.statement": "GET ?"}, "cache"),
        ({"db.system": "redis", "db.statement": "FT.SEARCH idx ?"}, "retrieval"),
        ({"db.system": "qdrant"}, "retrieval"),
        ({"http.request.method": "POST", "url.full": "https://api.example/v1/chat/completions?x=1"}, "generation"),
        ({"http.method": "POST", "http.url": "http://host:6333/collections/a/points/query"}, "retrieval"),
        ({"http.method": "GET", "http.url": "https://example.org"}, "http"),
        ({"http.request.method": "POST", "http.route": "/ask"}, None),
        ({"llmaudit.stage": "guard", "openinference.span.kind": "LLM"}, "guard"),
        ({}, None),
    ],
)  # fmt: skip
def test_the_stage_of_a_span(attributes: dict[str, Any], stage: str | None) -> None:
    assert stage_of(attributes) == stage


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("/v1/embeddings", "embedding"),
        ("/openai/deployments/large/chat/completions", "generation"),
        ("/v1/messages", "generation"),
        ("/v1/responses", "generation"),
        ("/v2/rerank", "rerank"),
        ("/model/anthropic.claude/invoke-with-response-stream", "generation"),
        ("/v1beta/models/gemini:streamGenerateContent", "generation"),
        ("/v1beta/models/embedding:batchEmbedContents", "embedding"),
        ("/api/generate", "generation"),
        ("/docs/_search", "retrieval"),
        ("/api/v2/tenants/t/databases/d/collections/c/query", "retrieval"),
        ("/v1/models", None),
        ("/", None),
    ],
)
def test_the_stage_of_a_request(path: str, stage: str | None) -> None:
    assert of_path(path) == stage


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("ChatOpenAI", "generation"), ("VectorStoreRetriever", "retrieval"), ("OpenAIEmbeddings", "embedding"),
        ("CohereRerank", "rerank"), ("RunnableSequence", None), ("ChatPromptTemplate", None),
    ],
)  # fmt: skip
def test_a_span_that_did_not_live_to_say_it_goes_by_its_name(name: str, stage: str | None) -> None:
    assert stage_named(name) == stage


def test_facts_are_counts_and_names_and_never_a_text() -> None:
    said = {
        "llm.model_name": "large",
        "llm.token_count.prompt": 12,
        "gen_ai.usage.output_tokens": 34,
        "input.value": "a secret question",
        "retrieval.documents.0.document.content": "a secret answer",
        "retrieval.documents.1.document.content": "another",
        "retrieval.documents.1.document.id": "1",
        "db.system": "postgresql",
    }
    assert facts_of("retrieval", said) == {
        names.MODEL: "large", names.INPUT_TOKENS: 12, names.OUTPUT_TOKENS: 34, names.DOCUMENTS: 2,
        "db.system.name": "postgresql",
    }  # fmt: skip


def test_a_name_that_may_be_a_text_is_not_kept() -> None:
    assert short_name("SELECT documents", "database") == "SELECT documents"
    assert short_name("select * from users where email = 'a@b'", "database") == "database"
    assert short_name("Where is my order?", None) == "(long name)"


def test_equal_texts_have_equal_hashes() -> None:
    one, same, other = (
        facts_of("embedding", {"embedding.embeddings.0.embedding.text": text})[names.INPUT_HASH]
        for text in ("red fox", "red fox", "hen")
    )
    assert one == same != other


def test_a_failure_is_named_by_its_class_and_not_by_its_message() -> None:
    assert failure_of({"error.type": "openai.RateLimitError"}, []) == (Status.ERROR, "RateLimitError")
    assert failure_of({}, [{"exception.type": "httpx.ReadTimeout"}]) == (Status.TIMEOUT, "ReadTimeout")
    assert failure_of({}, [{"exception.message": "sk-…"}]) == (Status.ERROR, None)
