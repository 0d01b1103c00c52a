"""The names of what spans say about their work: OTel GenAI and HTTP names where there is one, else ours.

Sources: OTel semantic conventions, "Gen AI spans" and "HTTP spans", read 2026-11-27. Whoever records a span writes
these, the findings read them, and a fact that nobody wrote is unknown and not zero.
"""

MODEL = "gen_ai.request.model"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"

FIRST_TOKEN_SECONDS = "llmaudit.time_to_first_token_seconds"
"""From the start of the span to the first token with content."""
STREAMED = "llmaudit.streamed"
LOCAL = "llmaudit.local"
"""Whether the work was done in this process, without a request."""
INPUT_HASH = "llmaudit.input_hash"
"""A hash of what was embedded, so that repeats can be told; never the text."""
DOCUMENTS = "llmaudit.documents"
"""The rows that a retrieval returned; the documents that a reranker was given, or that stand in a prompt."""
DOCUMENTS_WANTED = "llmaudit.documents_wanted"
"""The `k` that a retrieval asked for."""

RETRIES = "llmaudit.retries"
RATE_LIMITED = "llmaudit.rate_limited"
"""How many answers were 429 before the one that counted."""
RETRY_WAIT_SECONDS = "llmaudit.retry_wait_seconds"
"""Time spent waiting between tries, which is no work of the stage."""

SERVER_ADDRESS = "server.address"
STATUS_CODE = "http.response.status_code"
RETRY_AFTER_SECONDS = "llmaudit.retry_after_seconds"
"""How long the server asked to be left alone, in its answer to the try before."""
REQUESTS = "llmaudit.requests"
"""How many HTTP requests a span made, retries included."""
CONNECTIONS = "llmaudit.connections_opened"
"""How many connections had to be opened for them."""
POOL_WAIT_SECONDS = "llmaudit.pool_wait_seconds"
"""Time until the client's pool had a connection to give, without the opening of a new one."""
CONNECTION_REUSED = "llmaudit.connection_reused"
DNS_SECONDS = "llmaudit.dns_seconds"
CONNECT_SECONDS = "llmaudit.connect_seconds"
TLS_SECONDS = "llmaudit.tls_seconds"
FIRST_BYTE_SECONDS = "llmaudit.first_byte_seconds"
"""From the last byte of the request to the first of the answer: the server's own time and one round trip."""
