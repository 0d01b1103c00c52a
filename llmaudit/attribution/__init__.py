"""Whose calls are they? Rules from llmaudit.yaml, the log's own word and a list of users → feature, tier, environment.

The log's own word stays in `tags`; `calls.feature`, `calls.tier` and `calls.environment` are derived from it, so that
changed rules need no re-ingest.
"""

from llmaudit.attribution.attribute import attributed, excluded_files, is_current, reattribute_if_changed
from llmaudit.attribution.rules import AttributionRules, Rule

__all__ = ["AttributionRules", "Rule", "attributed", "excluded_files", "is_current", "reattribute_if_changed"]
