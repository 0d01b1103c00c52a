"""The nouns: what a call is, what reading leaves behind, what an analysis answers.

Ten million calls are never ten million objects: rows stay in the engine, and these dataclasses hold columns, counts and
results.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Group(StrEnum):
    """The groups of columns, in the order people read them."""

    IDENTITY = "identity"
    TIME = "time"
    WHAT = "what"
    WHOSE = "whose"
    TOKENS = "tokens"
    SEGMENTS = "segments"
    REPLAY = "replay keys"
    OUTCOME = "outcome"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of `calls`: its DuckDB type and what a value is.

    `given_by` says who fills it: a reader from the log, or llmaudit itself.
    """

    name: str
    type: str
    group: Group
    meaning: str
    given_by: str = "log"


_COUNT, _TEXT = "bigint", "varchar"

COLUMNS: tuple[Column, ...] = (
    Column("call_id", _TEXT, Group.IDENTITY, "provider and response id, or a hash of the record", "llmaudit"),
    Column("source_id", "integer", Group.IDENTITY, "the source it was read from", "llmaudit"),
    Column("record_number", _COUNT, Group.IDENTITY, "its place in the source, from 1", "llmaudit"),
    Column("started_at", "timestamp", Group.TIME, "when the request was sent, UTC"),
    Column("duration_seconds", "double", Group.TIME, "from the request to the end of the answer"),
    Column("time_to_first_token_seconds", "double", Group.TIME, "from the request to the first token; null if unknown"),
    Column("provider_name", _TEXT, Group.WHAT, "OTel GenAI name: openai, anthropic, aws.bedrock, gcp.gemini, …"),
    Column("operation_name", _TEXT, Group.WHAT, "chat, text_completion, embeddings"),
    Column("request_model", _TEXT, Group.WHAT, "the model that was asked for"),
    Column("response_model", _TEXT, Group.WHAT, "the model that answered"),
    Column("service_tier", _TEXT, Group.WHAT, "standard, batch, flex or priority"),
    Column("region", _TEXT, Group.WHAT, "where it was processed"),
    Column("streamed", "boolean", Group.WHAT, "whether the answer was streamed"),
    Column("temperature", "double", Group.WHAT, "the sampling temperature of the request"),
    Column("response_cache_hit", "boolean", Group.WHAT, "a gateway answered from its own cache; no model was called"),
    Column("feature", _TEXT, Group.WHOSE, "the product feature, by the attribution rules or the log's own word"),
    Column("tier", _TEXT, Group.WHOSE, "the customer's plan"),
    Column("environment", _TEXT, Group.WHOSE, "production, staging, …"),
    Column("user_id", _TEXT, Group.WHOSE, "keyed hash of the end user"),
    Column("conversation_id", _TEXT, Group.WHOSE, "session, thread or conversation"),
    Column("api_key_id", _TEXT, Group.WHOSE, "keyed fingerprint of the API key"),
    Column("project_id", _TEXT, Group.WHOSE, "project, team or working folder"),
    Column("system_prompt_hash", _TEXT, Group.WHOSE, "fingerprint of the system prompt, for attribution"),
    Column("tags", "map(varchar, varchar)", Group.WHOSE, "everything else the log says about whose call it is"),
    Column("input_tokens", _COUNT, Group.TOKENS, "all input tokens, both caches included"),
    Column("cache_read_input_tokens", _COUNT, Group.TOKENS, "the part read from the provider's prompt cache"),
    Column("cache_creation_input_tokens", _COUNT, Group.TOKENS, "the part written to it, however long it is kept"),
    Column("cache_creation_1h_input_tokens", _COUNT, Group.TOKENS, "the part of the writes that is kept an hour"),
    Column("output_tokens", _COUNT, Group.TOKENS, "all output tokens, reasoning included"),
    Column("reasoning_output_tokens", _COUNT, Group.TOKENS, "the part spent on reasoning"),
    Column("token_basis", _TEXT, Group.TOKENS, "reported, counted or estimated"),
    Column("system_tokens", _COUNT, Group.SEGMENTS, "system prompt"),
    Column("tool_definition_tokens", _COUNT, Group.SEGMENTS, "tool definitions and response schema"),
    Column("history_tokens", _COUNT, Group.SEGMENTS, "earlier turns and tool results"),
    Column("context_tokens", _COUNT, Group.SEGMENTS, "retrieved documents"),
    Column("context_documents", _COUNT, Group.SEGMENTS, "how many documents were retrieved"),
    Column("context_document_tokens", "bigint[]", Group.SEGMENTS, "tokens of each of them, in the order of the prompt"),
    Column("user_tokens", _COUNT, Group.SEGMENTS, "the last user message, without its documents"),
    Column("history_messages", _COUNT, Group.SEGMENTS, "how many messages stand before the last one of the user"),
    Column("question_has_code", "boolean", Group.SEGMENTS, "whether the last user message has program code in it"),
    Column("question_has_maths", "boolean", Group.SEGMENTS, "whether it has formulas or asks for mathematics"),
    Column("complexity", _TEXT, Group.SEGMENTS, "simple or complex, by rules over the columns of the call", "llmaudit"),
    Column("segment_basis", _TEXT, Group.SEGMENTS, "estimated (shared out by bytes) or counted"),
    Column("input_bytes", _COUNT, Group.SEGMENTS, "size of the request's text"),
    Column("output_bytes", _COUNT, Group.SEGMENTS, "size of the answer's text"),
    Column("request_hash", _COUNT, Group.REPLAY, "keyed hash of what decides the answer"),
    Column("prefix_hashes", "bigint[]", Group.REPLAY, "per prompt block, a keyed hash of it and all before"),
    Column("prefix_block_tokens", "double", Group.REPLAY, "tokens in one such block"),
    Column("status", _TEXT, Group.OUTCOME, "ok, error, timeout, rate_limited or cancelled"),
    Column("error_type", _TEXT, Group.OUTCOME, "the provider's word for the error"),
    Column("http_status", "integer", Group.OUTCOME, "HTTP status of the answer"),
    Column("finish_reason", _TEXT, Group.OUTCOME, "why the model stopped"),
    Column("attempt", "integer", Group.OUTCOME, "1 for the first try, 2 for the first retry, …"),
    Column("reported_cost", "decimal(24, 12)", Group.MONEY, "USD, the log's own word"),
    Column("list_cost", "decimal(24, 12)", Group.MONEY, "USD at the public price of the call's own date", "llmaudit"),
    Column("effective_cost", "decimal(24, 12)", Group.MONEY, "USD after your own prices and discounts", "llmaudit"),
    Column("price_basis", _TEXT, Group.MONEY, "exact, fallback, override or unpriced", "llmaudit"),
)

TOKEN_COLUMNS = tuple(c.name for c in COLUMNS if c.group is Group.TOKENS and c.type == _COUNT)
STATUSES = ("ok", "error", "timeout", "rate_limited", "cancelled")
SERVICE_TIERS = ("standard", "batch", "flex", "priority")
MOST_TOKENS = 10**12 - 1
"""A count beyond this is not a count; it also keeps tokens times price inside a 38-digit decimal on every engine."""


def column(name: str) -> Column | None:
    """The column of that name, or None."""
    return next((c for c in COLUMNS if c.name == name), None)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a source that did not become a call: where it stands and why."""

    file: str
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class FormatCounts:
    """What was read of one format."""

    files: int
    records: int
    calls: int
    scores: int = 0


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of every record: `records == calls_added + scores_added + duplicates + skipped + unreadable`.

    A record that improves a call the store already had (`calls_updated`) is one of the duplicates, as is a score that
    replaces an older one. `scores_without_call` counts those in the store that are about a call it does not have (yet).
    `earlier_problems` are those of the unchanged files, from when they were read.
    """

    files: int = 0
    unchanged_files: int = 0
    records: int = 0
    calls_added: int = 0
    calls_updated: int = 0
    scores_added: int = 0
    scores_without_call: int = 0
    duplicates: int = 0
    skipped: int = 0
    unreadable: int = 0
    unpriced_calls: int = 0
    formats: dict[str, FormatCounts] = field(default_factory=dict)
    skipped_reasons: dict[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    earlier_problems: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        accounted = self.calls_added + self.scores_added + self.duplicates + self.skipped + self.unreadable
        if accounted != self.records:
            raise ValueError(f"{self.records} records were read but {accounted} are accounted for")


@dataclass(frozen=True, slots=True)
class Measures:
    """Sums over a set of calls. Costs are USD over the priced calls; `unpriced_calls` says how many are left out."""

    calls: int
    input_tokens: int
    cache_read_input_tokens: int
    cache_creation_input_tokens: int
    output_tokens: int
    list_cost: Decimal
    effective_cost: Decimal
    unpriced_calls: int
