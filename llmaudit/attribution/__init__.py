"""Whose calls are they? Rules from llmaudit.yaml, the log's own word and a list of users → feature, tier, environment.

The log's own word stays in `tags`; `calls.feature`, `calls.tier` and `calls.environment` are derived from it, so that
changed rules need no re-ingest. Rules are None where nobody wrote any: most stores pay nothing for them.
"""

from typing import TYPE_CHECKING, Any

from llmaudit.attribution.attribute import attributed, excluded_files, fingerprint, is_current, reattribute_if_changed

if TYPE_CHECKING:
    from llmaudit.attribution.rules import AttributionRules, Rule

__all__ = [
    "AttributionRules",
    "Rule",
    "attributed",
    "excluded_files",
    "fingerprint",
    "is_current",
    "reattribute_if_changed",
]


def __getattr__(name: str) -> Any:
    """The rules' types, imported when a settings file has rules: pydantic takes as long as a small ingest."""
    if name in {"AttributionRules", "Rule"}:
        from llmaudit.attribution import rules

        return getattr(rules, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
