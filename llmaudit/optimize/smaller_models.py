"""The next smaller model of a family: what a vendor sells beside a model for work that needs less.

Names only, and our choice of pairs; what each costs stands in the price book, and whether it answers as well is for
scores to say. A test holds that every one of them has a price and is cheaper than what it stands in for.
"""

from fnmatch import fnmatchcase

from llmaudit.levers import targets

_LADDER = (
    ("gpt-4o-mini*", None),
    ("gpt-4o*", "gpt-4o-mini"),
    ("gpt-4.1-nano*", None),
    ("gpt-4.1-mini*", "gpt-4.1-nano"),
    ("gpt-4.1*", "gpt-4.1-mini"),
    ("gpt-5-nano*", None),
    ("gpt-5-mini*", "gpt-5-nano"),
    ("gpt-5*", "gpt-5-mini"),
    ("gpt-4*", "gpt-4o-mini"),
    ("o3", "o4-mini"),
    ("claude-3-opus*", "claude-3-haiku-20240307"),
    ("claude-opus-4*", "claude-sonnet-4-5"),
    ("claude-sonnet-4*", "claude-haiku-4-5"),
    ("gemini-2.5-pro*", "gemini-2.5-flash"),
    ("gemini-2.5-flash-lite*", None),
    ("gemini-2.5-flash*", "gemini-2.5-flash-lite"),
    ("mistral-large*", "mistral-small-latest"),
)
"""Globs over a model's names, the first that fits decides; None is the smallest of its family."""


def smaller(provider_name: str | None, model: str) -> str | None:
    """The next smaller model that the same vendor sells; None where we know of none."""
    names = targets.named(provider_name, model)
    for pattern, target in _LADDER:
        if any(fnmatchcase(name, pattern) for name in names):
            return target
    return None
