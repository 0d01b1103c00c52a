"""Which stage a request is, by where it goes."""

import re

EMBEDDING, RETRIEVAL, RERANK, GENERATION = "embedding", "retrieval", "rerank", "generation"
DATABASE, CACHE = "database", "cache"
NETWORK = "network"
"""Time in which nobody worked: names looked up, connections opened, a pool waited for."""
RETRY = "retry"
"""Time between two tries of one request, most of it because a provider asked to be left alone."""
HTTP = "http"
"""A request whose address says nothing about its stage."""

_PATHS = (
    (EMBEDDING, r"/embeddings$|/embed$|:embedContent$|:batchEmbedContents$|/embed/"),
    (RERANK, r"/rerank$"),
    (
        GENERATION,
        r"/(chat/)?completions$|/responses$|/messages$|/converse(-stream)?$|/invoke(-with-response-stream)?$"
        r"|:(streamG|g)enerateContent$|/api/(chat|generate)$",
    ),
    # Qdrant, Pinecone, Elasticsearch and OpenSearch, Chroma, Milvus, Weaviate.
    (
        RETRIEVAL,
        r"/points/(search|query)(/groups|/batch)?$|/query$|/_(k?nn_)?search$|/vectordb/entities/(hybrid_)?search$"
        r"|/v1/graphql$",
    ),
)
_by_path = [(stage, re.compile(pattern)) for stage, pattern in _PATHS]


def of_path(path: str) -> str | None:
    """The stage that a request to this path is; None for a path that no provider and no store is known by."""
    return next((stage for stage, pattern in _by_path if pattern.search(path)), None)
