"""Tokens of a text, by a public vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from llmaudit.errors import ReadError
from llmaudit.tokens.vocabulary import load

if TYPE_CHECKING:
    import pyarrow as pa
    import tiktoken

LONG_BLANK = re.compile(r"\s{131072,}")
"""White space long enough to be cut: tiktoken's own limit lies somewhere above 600,000 characters."""

CUT_EVERY = 65_536
"""Characters between cuts; a multiple of the longest run of one blank in either vocabulary (128 spaces)."""


def count(texts: Sequence[str | None], encoding: str) -> list[int | None]:
    """Tokens of each text, None for None. A text that spells a special token is counted as the text it is.

    A text that comes twice is counted once. Exact, as the provider's own tokenizer, but for a text with more than
    600,000 blanks in a row, where tiktoken gives up (0.14.0: "Max stack size exceeded for backtracking" on
    `\\s+(?!\\S)`): its blanks are then counted in slices, exact for a run of one character, else within about a token
    per slice. Unpaired surrogates count as U+FFFD, as in tiktoken. Needs tiktoken >= 0.13: older ones take quadratic
    time on a long word, or abort.

    Raises ReadError when tiktoken cannot split a text even so, or the vocabulary is damaged.
    """
    coder = load(encoding)
    distinct = {text: _tokens(coder, text) for text in dict.fromkeys(texts) if text is not None}
    return [None if text is None else distinct[text] for text in texts]


def count_column(texts: pa.Array | pa.ChunkedArray, encoding: str) -> pa.Array:
    """`count` over a column of strings: int64, as long as `texts`, null where it is null."""
    import pyarrow as pa

    return pa.array(count(texts.to_pylist(), encoding), type=pa.int64())


def chat_overhead(messages: int) -> int:
    """Input tokens that a chat of so many messages costs beside the text of their contents.

    Each message costs 3 and its role 1 (`system`, `developer`, `user`, `assistant` and `tool` are one token each in
    cl100k_base and o200k_base), and 3 open the reply. A `name` costs its own tokens and 1 more, and tool definitions
    are counted otherwise: neither is in here. OpenAI calls the rule an estimate that may change with the model.
    Source: OpenAI cookbook, "How to count tokens with tiktoken", section 6, read 2026-11-23.
    """
    return 4 * messages + 3 if messages else 0


def _tokens(coder: tiktoken.Encoding, text: str) -> int:
    # Not encode_ordinary(): where its regex gives up it panics (a BaseException), where encode() raises ValueError.
    try:
        return len(coder.encode(text, disallowed_special=()))
    except ValueError:
        pass
    try:
        return sum(len(coder.encode(part, disallowed_special=())) for part in _slices(text))
    except ValueError as exc:
        raise ReadError(f"tiktoken cannot split a text of {len(text)} characters: {exc}") from exc


def _slices(text: str) -> Iterator[str]:
    """`text` in parts, cut only within its long runs of white space. Joined, they are `text`."""
    done = 0
    for blank in LONG_BLANK.finditer(text):
        for cut in range(blank.start() + CUT_EVERY, blank.end() - CUT_EVERY, CUT_EVERY):
            yield text[done:cut]
            done = cut
    yield text[done:]
