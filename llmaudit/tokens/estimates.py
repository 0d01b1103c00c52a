"""Tokens of a text from its size, for models whose tokenizer is not public.

    tokens = bytes x ratio

The ratio is fitted from calls that have both text and usage (`ratio`), else it is a documented default
(`default_ratio`). Sizes are bytes of UTF-8 and not characters: a vocabulary is made of bytes, so a ratio found on
English carries better to other scripts that way. The defaults are stated by their vendors in English characters, which
are a byte each. Ratios are pairs of whole numbers, so an estimate is the same on every machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FIT_MINIMUM = 30
"""Calls below which a fitted ratio says more about those calls than about the model. Our choice."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """`tokens` tokens for every `bytes` bytes of text, and what this rests on. Both are above 0."""

    tokens: int
    bytes: int
    source: str

    def __post_init__(self) -> None:
        if self.tokens < 1 or self.bytes < 1:
            raise ValueError(f"a ratio needs tokens and bytes above 0, not {self.tokens} and {self.bytes}")

    def estimate(self, text_bytes: int) -> int:
        """Tokens of a text of so many bytes, half rounded up; at least 1, and 0 only for an empty text."""
        if text_bytes <= 0:
            return 0
        return max(1, (2 * text_bytes * self.tokens + self.bytes) // (2 * self.bytes))


DEFAULT_TOKENS_PER_BYTE = {
    "claude": Ratio(2, 5, "1M tokens is roughly 2.5M Unicode characters on the tokenizer introduced with Opus 4.7"),
    "claude_before_4_7": Ratio(2, 7, "for Claude, a token approximately represents 3.5 English characters"),
    "gemini": Ratio(1, 4, "for Gemini models, a token is equivalent to about 4 characters"),
    "deepseek": Ratio(3, 10, "1 English character is about 0.3 token"),
    "other": Ratio(1, 4, "on average, in practice, each token corresponds to about 4 bytes"),
}
"""Tokens per byte by family of models.

claude             platform.claude.com, Models overview, note on the context window
claude_before_4_7  platform.claude.com, Glossary, "Tokens" (that overview's older models: 3.4M characters in 1M tokens)
gemini             ai.google.dev/gemini-api/docs/tokens
deepseek           api-docs.deepseek.com, "Token & Token Usage"
other              tiktoken 0.14.0, README, "What is BPE anyway?": no vendor's word, for Mistral, Llama and the unknown
All read 2026-11-23.
"""

FAMILIES = (("claude", "claude"), ("gemini", "gemini"), ("gemma", "gemini"), ("deepseek", "deepseek"))
"""Word in a model's name, and its family in DEFAULT_TOKENS_PER_BYTE."""

PROVIDERS = {"anthropic": "claude", "gcp.gemini": "gemini", "gemini": "gemini", "deepseek": "deepseek"}
"""Family by provider, where the model's name does not say."""

CLAUDE_VERSION = re.compile(r"claude-(?:v|[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")
"""Version in a name: 4.7 of `claude-opus-4-7`, 4 of `claude-opus-4-20250514`, 3.5 of `claude-3-5-sonnet-20241022`."""


def default_ratio(provider_name: str | None, model: str | None) -> Ratio:
    """The documented ratio for the family of `model`, else of the provider, else `other`."""
    name = (model or "").lower()
    family = next((family for word, family in FAMILIES if word in name), None)
    if family is None:
        family = PROVIDERS.get((provider_name or "").lower(), "other")
    if family == "claude" and _before_4_7(name):
        family = "claude_before_4_7"
    return DEFAULT_TOKENS_PER_BYTE[family]


def ratio(tokens_total: int, bytes_total: int, n: int, minimum: int = FIT_MINIMUM) -> Ratio | None:
    """The ratio fitted from `n` calls of one model: their reported tokens over the bytes of their text.

    None, so that a default is used, when there are fewer than `minimum` calls, when a total is 0, and when there are
    more tokens than bytes: no vocabulary of bytes can do that, so the log did not hold all that was sent (images,
    tool definitions, a cut text).
    """
    if n < minimum or not 0 < tokens_total <= bytes_total:
        return None
    return Ratio(tokens_total, bytes_total, f"fitted from {n} calls of this log")


def _before_4_7(name: str) -> bool:
    """Whether a Claude model has the older tokenizer. A name without a version counts as older."""
    version = CLAUDE_VERSION.search(name)
    return version is None or (int(version[1]), int(version[2] or 0)) < (4, 7)
