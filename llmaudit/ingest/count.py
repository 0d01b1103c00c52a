"""Tokens for records that have text and no usage: counted where the tokenizer is public, else estimated from bytes."""

from collections.abc import Sequence

from llmaudit.store import Store
from llmaudit.tokens import default_ratio, ratio

_UNKNOWN = (
    "skipped is null and problem is null and status = 'ok' and "
    "((input_tokens is null and input_bytes > 0) or (output_tokens is null and output_bytes > 0))"
)


def lacks_counts(store: Store, table: str) -> bool:
    """Whether a staging table holds records whose text has to be counted."""
    columns = {row[0] for row in store.rows(f"describe {table}")}
    if not {"input_bytes", "output_bytes", "input_tokens", "output_tokens"} <= columns:
        return False
    return bool(store.value(f"select count(*) from {table} where {_UNKNOWN}"))


def estimate(store: Store, tables: Sequence[str]) -> None:
    """Fill what could not be counted: bytes times the tokens per byte of the same model, as far as this store has seen
    it with usage, else the documented default."""
    for table in tables:
        if not lacks_counts(store, table):
            continue
        models = store.rows(f"""
            select distinct provider_name, coalesce(response_model, request_model) from {table} where {_UNKNOWN}""")
        for provider_name, model in models:
            for side in ("input", "output"):
                fitted = ratio(*_seen(store, table, provider_name, model, side))
                used = fitted or default_ratio(provider_name, model)
                # Rounded half up in whole numbers, and a text is never without a token.
                store.run(
                    f"""
                    update {table}
                    set {side}_tokens = greatest(({side}_bytes * 2 * $tokens + $bytes) // (2 * $bytes), 1),
                        token_basis = 'estimated'
                    where {_UNKNOWN.split(" and (")[0]} and {side}_tokens is null and {side}_bytes > 0
                          and provider_name is not distinct from $provider
                          and coalesce(response_model, request_model) is not distinct from $model""",
                    {"tokens": used.tokens, "bytes": used.bytes, "provider": provider_name, "model": model},
                )


def _seen(store: Store, table: str, provider_name: str | None, model: str | None, side: str) -> tuple[int, int, int]:
    """Tokens, bytes and calls of a model where the log gave both, in the store and in what was just read."""
    columns = (
        f"{side}_tokens as tokens, {side}_bytes as bytes, provider_name, request_model, response_model, token_basis"
    )
    tokens, size, calls = store.rows(
        f"""
        select coalesce(sum(tokens), 0)::bigint, coalesce(sum(bytes), 0)::bigint, count(*)
        from (select {columns} from calls union all by name
              select {columns} from {table} where skipped is null and problem is null)
        where token_basis = 'reported' and tokens is not null and bytes > 0
              and provider_name is not distinct from $provider
              and coalesce(response_model, request_model) is not distinct from $model""",
        {"provider": provider_name, "model": model},
    )[0]
    return tokens, size, calls
