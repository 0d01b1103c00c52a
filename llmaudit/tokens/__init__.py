"""How many tokens a text is, without a network: counted where the tokenizer is public, estimated elsewhere.

    encoding = encoding_name("openai", "gpt-4o")            # "o200k_base"; None for Claude, Gemini, …
    count(["hello world", None], encoding)                  # [2, None]            token_basis = counted
    default_ratio("anthropic", "claude-sonnet-4-5").estimate(7_000)    # 2000      token_basis = estimated

Texts are UTF-8 strings, sizes are bytes, counts are tokens. tiktoken and pyarrow are imported on first use.
"""

from llmaudit.tokens.counting import chat_overhead, count, count_column
from llmaudit.tokens.encodings import encoding_name
from llmaudit.tokens.estimates import DEFAULT_TOKENS_PER_BYTE, Ratio, default_ratio, ratio
from llmaudit.tokens.vocabulary import ENCODINGS, load

__all__ = [
    "DEFAULT_TOKENS_PER_BYTE",
    "ENCODINGS",
    "Ratio",
    "chat_overhead",
    "count",
    "count_column",
    "default_ratio",
    "encoding_name",
    "load",
    "ratio",
]
