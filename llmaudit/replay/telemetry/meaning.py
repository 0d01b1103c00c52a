"""What a span of an instrumentation means: its stage, and the facts about its work that llmaudit has a name for.

Sources, all read 2026-11-27: OpenInference semantic conventions (`openinference.span.kind` and its kinds), OTel GenAI
conventions (`gen_ai.operation.name`), OTel database conventions (`db.system.name`, formerly `db.system`),
OpenLLMetry (`traceloop.span.kind`, `llm.request.type`), Vercel AI SDK (`ai.operationId`: the outer spans hold the inner
ones), LangSmith (`langsmith.span.kind`). A span may also say it itself: `llmaudit.stage`.

Texts are looked at here and never kept. A time to the first *chunk* is not taken for one to the first token: the first
chunk is the empty one with the role.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from llmaudit.replay import attributes as names
from llmaudit.replay.labels import CACHE, DATABASE, EMBEDDING, GENERATION, HTTP, RERANK, RETRIEVAL, of_path
from llmaudit.replay.span import Status, Value

Attributes = Mapping[str, Any]

TOOL, GUARDRAIL, EVALUATION = "tool", "guardrail", "evaluation"

_KINDS: dict[str, dict[str, str | None]] = {
    "openinference.span.kind": {
        "llm": GENERATION, "embedding": EMBEDDING, "retriever": RETRIEVAL, "reranker": RERANK, "tool": TOOL,
        "guardrail": GUARDRAIL, "evaluator": EVALUATION,
    },
    "ai.operationId": {
        "ai.generatetext.dogenerate": GENERATION, "ai.streamtext.dostream": GENERATION,
        "ai.generateobject.dogenerate": GENERATION, "ai.streamobject.dostream": GENERATION,
        "ai.embed.doembed": EMBEDDING, "ai.embedmany.doembed": EMBEDDING, "ai.rerank.dorerank": RERANK,
        "ai.toolcall": TOOL,
    },
    "gen_ai.operation.name": {
        "chat": GENERATION, "text_completion": GENERATION, "generate_content": GENERATION, "embeddings": EMBEDDING,
        "retrieval": RETRIEVAL, "rerank": RERANK, "execute_tool": TOOL,
    },
    "llm.request.type": {"chat": GENERATION, "completion": GENERATION, "embedding": EMBEDDING, "rerank": RERANK},
    "langsmith.span.kind": {"llm": GENERATION, "embedding": EMBEDDING, "retriever": RETRIEVAL, "tool": TOOL},
    "traceloop.span.kind": {"llm": GENERATION, "tool": TOOL},
}  # fmt: skip
"""In this order, values in lower case; a kind that is not named is a shell around work (a chain, an agent)."""

_VECTOR_STORES = frozenset(
    ("chroma", "pinecone", "qdrant", "milvus", "weaviate", "lancedb", "marqo", "vespa", "elasticsearch", "opensearch")
)
_CACHES = frozenset(("redis", "valkey", "memcached"))
_VECTOR_SEARCH = re.compile(r"<(->|=>|#>|\+>|~>|%>)|\bFT\.SEARCH\b|vector_search|\$vectorSearch", re.IGNORECASE)
_NAMED = (
    (RERANK, re.compile(r"rerank|compressor", re.IGNORECASE)),
    (RETRIEVAL, re.compile(r"retriev|vectorstore|similarity_search", re.IGNORECASE)),
    (EMBEDDING, re.compile(r"embed", re.IGNORECASE)),
    (GENERATION, re.compile(r"^Chat(?!Prompt)|LLM|completion", re.IGNORECASE)),
)

_SAME = {
    names.MODEL: ("gen_ai.request.model", "llm.model_name", "embedding.model_name", "reranker.model_name",
                  "gen_ai.response.model", "ai.model.id"),
    names.INPUT_TOKENS: ("gen_ai.usage.input_tokens", "llm.token_count.prompt", "gen_ai.usage.prompt_tokens",
                         "ai.usage.inputTokens", "ai.usage.promptTokens"),
    names.OUTPUT_TOKENS: ("gen_ai.usage.output_tokens", "llm.token_count.completion",
                          "gen_ai.usage.completion_tokens", "ai.usage.outputTokens", "ai.usage.completionTokens"),
    names.STREAMED: ("gen_ai.is_streaming", "llm.is_streaming"),
    names.FIRST_TOKEN_SECONDS: ("gen_ai.latency.time_to_first_token",),
    names.DOCUMENTS_WANTED: ("reranker.top_k", "gen_ai.request.top_k_documents"),
    "db.system.name": ("db.system.name", "db.system"),
    names.SERVER_ADDRESS: ("server.address", "net.peer.name"),
}  # fmt: skip
_DOCUMENTS = re.compile(r"(?:retrieval\.documents|reranker\.input_documents)\.(\d+)\.")


def stage_of(attributes: Attributes) -> str | None:
    """The stage that a span is; None for a shell around work and for what no convention names."""
    said = attributes.get("llmaudit.stage")
    if isinstance(said, str) and said:
        return said
    for key, kinds in _KINDS.items():
        if key in attributes:
            return kinds.get(str(attributes[key]).lower())
    system = attributes.get("db.system.name") or attributes.get("db.system")
    if system is not None:
        return _of_database(str(system).lower(), attributes)
    if "http.request.method" in attributes or "http.method" in attributes:
        return _of_request(attributes)
    return None


def stage_named(name: str) -> str | None:
    """The stage that a span is most likely, by its name: for one that did not live to say it."""
    return next((stage for stage, pattern in _NAMED if pattern.search(name)), None)


def short_name(name: str, stage: str | None) -> str:
    """The name of a span, or its stage where the name may hold a text: a statement, a question."""
    return name if len(name) <= 80 and len(name.split()) <= 3 else stage or "(long name)"


def facts_of(stage: str | None, attributes: Attributes) -> dict[str, Value]:
    """What the span says about its work, in our names."""
    found: dict[str, Value] = {}
    for ours, theirs in _SAME.items():
        value = next((attributes[key] for key in theirs if key in attributes), None)
        if isinstance(value, str | int | float | bool):
            found[ours] = value
    documents = {match[1] for key in attributes if (match := _DOCUMENTS.match(key)) is not None}
    if documents:
        found[names.DOCUMENTS] = len(documents)
    text = attributes.get("embedding.embeddings.0.embedding.text")
    if stage == EMBEDDING and isinstance(text, str):
        found[names.INPUT_HASH] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return found


def failure_of(attributes: Attributes, events: Iterable[Attributes]) -> tuple[Status, str | None]:
    """How a span that failed did, and the name of the class or the provider's code.

    The status of a span has a message too, which may quote anything.
    """
    said = [attributes.get("error.type"), *(event.get("exception.type") for event in events)]
    name = next((str(each).rpartition(".")[2] for each in said if each), None)
    return (Status.TIMEOUT if "timeout" in (name or "").lower() else Status.ERROR), name


def _of_database(system: str, attributes: Attributes) -> str:
    asked = str(attributes.get("db.query.text") or attributes.get("db.statement") or "")
    if system in _VECTOR_STORES or _VECTOR_SEARCH.search(asked):
        return RETRIEVAL
    return CACHE if system in _CACHES else DATABASE


def _of_request(attributes: Attributes) -> str | None:
    if "http.route" in attributes or "http.target" in attributes:
        return None  # The request that the application itself was asked with.
    address = str(attributes.get("url.full") or attributes.get("http.url") or "")
    path = re.sub(r"^\w+://[^/?#]*", "", address).partition("?")[0]
    return of_path(path) or HTTP
