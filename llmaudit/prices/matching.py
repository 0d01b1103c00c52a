"""Does a model name mean an entry of the book, or only look like it?

genai-prices matches many names by `starts_with` and `contains`: `gemini-1.5-flash-8b` would get the price of its
larger sister, `claude-haiku-4-5-turbo` that of Haiku. So a loose match counts only where everything around the matched
words is a provider's way to write a *version or a route* of the same model:

    claude-3-5-sonnet-20241022   claude-sonnet-4-5@20250929   gpt-5-nano-2025-08-07   gemini-2.5-pro-preview-05-06
    us.anthropic.claude-3-haiku-20240307-v1:0   magistral-medium-latest

Sources, read 2026-11-23: genai-prices 0.2.3 `data.py` (the clauses); the providers' lists of model ids.
A fine-tuned model has prices of its own, so its name never means an entry that is not a fine-tune.
"""

import re
from collections.abc import Iterator

_VERSION = re.compile(
    r"""(
        [-@]\d{8} | -\d{4}-\d{2}-\d{2} | -\d{2}-\d{4} | -\d{2}-\d{2} | -\d{4} | [-@]\d{3}  # dates, numbered versions
      | [-@](latest|default) | -(preview|exp|experimental)                                # moving names
      | -v\d+ | :\d+k?                                                                    # Bedrock: versions, windows
    ){0,6}""",
    re.VERBOSE,
)
_ROUTE = re.compile(r"((us|us-gov|eu|apac|jp|au|in|ca|sa|me|af|uk|global)\.)?([a-z0-9]+\.)?|omni-")
_COMPACT_DATE = re.compile(r"-(20\d{2})(\d{2})(\d{2})$")


def spelt_out(name: str) -> str:
    """`gpt-5.2-20251211`, as routers write it, the way OpenAI does: `gpt-5.2-2025-12-11`."""
    return _COMPACT_DATE.sub(r"-\1-\2-\3", name)


def is_fine_tuned(name: str) -> bool:
    """OpenAI writes `ft:base:org:name:id`, Azure `base.ft-id`."""
    return name.startswith("ft:") or ".ft-" in name


def is_precise(name: str, model_id: str, clause: object) -> bool:
    """Whether `name`, which this clause matches, is this model and no other."""
    if is_fine_tuned(name):
        return is_fine_tuned(model_id)
    if is_fine_tuned(model_id):
        return False
    return name == model_id.lower() or any(
        words == name or _is_version_of(words, name) for words in _matched_words(clause, name)
    )


def _matched_words(clause: object, name: str) -> Iterator[str]:
    """The part of the name that each clause of the tree recognised."""
    for kind, value in vars(clause).items():
        if kind in {"or_", "and_"}:
            for inner in value:
                yield from _matched_words(inner, name)
        elif kind == "regex":
            if found := re.search(value, name):
                yield found.group()
        elif kind == "equals":
            yield from [name] if value.lower() == name else []
        elif value.lower() in name:
            yield value.lower()


def _is_version_of(words: str, name: str) -> bool:
    start = name.find(words)
    end = start + len(words)
    # A clause may stop inside a date (`claude-sonnet-4-2025`) or at a separator (`gpt-5-nano-`): back to the word.
    digits = re.compile(r"\d{3,}")
    for run in digits.finditer(name):
        if run.start() < end < run.end() or (end == run.end() and run.start() < end and words[-1:].isdigit()):
            end = run.start()
    base = name[start:end].rstrip("-@")
    if not base:
        return False
    return bool(_ROUTE.fullmatch(name[:start]) and _VERSION.fullmatch(name[start + len(base) :]))
