"""What reader queries may ask of Python: token counts. Nothing is imported before the first text is counted."""

from functools import lru_cache

from llmaudit.ingest.batch import literal
from llmaudit.redaction import SECRET_PATTERN
from llmaudit.store import Store, load_sql


def install(store: Store, *, exact_tokens: bool, plain_user_ids: bool) -> None:
    """Give the connection the words that readers' queries use."""
    # Constants rather than variables: DuckDB compiles a constant pattern once, another one for every chunk of rows.
    words = {
        "store_key": store.key,
        "secret_pattern": SECRET_PATTERN,
        "exact_tokens": exact_tokens,
        "plain_user_ids": plain_user_ids,
    }
    macros = load_sql("llmaudit.readers", "macros")
    for name, value in words.items():
        macros = macros.replace(f"${name}", literal(value) if isinstance(value, str) else str(value))
    store.run(macros)
    # It would turn a longer `in (…)` into a join, which does not keep the records in the order they are read.
    store.run("set disabled_optimizers = 'in_clause'")
    if exact_tokens:
        count_tokens(store)
    else:
        store.run("""
            create or replace temp macro tokens_of(provider_name, model, content) as cast(null as bigint);
            create or replace temp macro has_tokenizer(provider_name, model) as false""")


def uninstall(store: Store) -> None:
    """Give the connection its usual optimizer back; the words stay, they mean nothing to other queries."""
    store.run("reset disabled_optimizers")


def count_tokens(store: Store) -> None:
    """Let `tokens_of` really count. Not before it is needed: DuckDB imports numpy to call Python."""
    if store.value("select count(*) from duckdb_functions() where function_name = 'count_tokens'"):
        return
    store.add_function("count_tokens", _tokens_of, ["varchar", "varchar", "varchar"], "bigint")
    store.add_function("knows_tokenizer", _has_tokenizer, ["varchar", "varchar"], "boolean")
    store.run("""
        create or replace temp macro tokens_of(provider_name, model, content) as
            count_tokens(provider_name, model, content);
        create or replace temp macro has_tokenizer(provider_name, model) as knows_tokenizer(provider_name, model)""")


def _tokens_of(provider_name: str | None, model: str | None, text: str | None) -> int | None:
    """The tokens of a text, or None where the model's tokenizer is not public."""
    encoding = _encoding(provider_name, model)
    if encoding is None or text is None:
        return None
    from llmaudit.tokens import count

    return count([text], encoding)[0]


def _has_tokenizer(provider_name: str | None, model: str | None) -> bool:
    return _encoding(provider_name, model) is not None


@lru_cache(maxsize=1024)
def _encoding(provider_name: str | None, model: str | None) -> str | None:
    from llmaudit.tokens import encoding_name

    return encoding_name(provider_name, model) if model else None
