"""How hard a call was, from what the log says about it: the column `complexity`, by default `simple` or `complex`.

By default a call is simple when all of this holds:

    the answer was short            output_tokens <= 300, and nothing was spent on reasoning
    the question was short          user_tokens <= 400, else (no segments in the log) input_tokens <= 1,500
    the conversation was short      history_tokens <= 1,000 and history_messages <= 20
    no tool was offered             tool_definition_tokens is 0 or unknown
    nothing technical was asked     neither code nor maths in the question, as far as the log has its text

and complex otherwise; it is unknown where the token counts that decide it are. Long instructions and retrieved
documents do not make a question hard, so a long system prompt and a long context do not count where the log tells them
apart. The numbers are our choice; evidence that a smaller model answers as well is in `scores`, not here.

`complexity:` in llmaudit.yaml puts words and conditions of its own in place of these rules. Like features, the column
is decided from columns that the store keeps, so changed rules take effect without reading the logs again.
"""

import hashlib
from dataclasses import dataclass

from llmaudit.store import Store

SIMPLE = """output_tokens <= 300 and coalesce(reasoning_output_tokens, 0) = 0
    and case when user_tokens is null then input_tokens <= 1500 else user_tokens <= 400 end
    and coalesce(history_tokens, 0) <= 1000 and coalesce(history_messages, 0) <= 20
    and coalesce(tool_definition_tokens, 0) = 0
    and not coalesce(question_has_code, false) and not coalesce(question_has_maths, false)"""
REST = "complex"
"""What a call is that no rule holds for."""
UNDECIDED = frozenset({"complexity", "list_cost", "effective_cost", "price_basis"})
"""Columns that are not known yet when the complexity of a call is decided."""


@dataclass(frozen=True, slots=True)
class ComplexityRules:
    """Words, each with the condition (SQL that was checked) under which a call is that; the first that holds counts."""

    cases: tuple[tuple[str, str], ...]


def complexity_expression(rules: ComplexityRules | None) -> str:
    """SQL for the column, over the other columns of a call."""
    if rules is None or not rules.cases:
        return (
            f"case when {SIMPLE} then 'simple' "
            f"when output_tokens is null or coalesce(user_tokens, input_tokens) is null then null else '{REST}' end"
        )
    cases = " ".join(f"when {condition} then {_literal(word)}" for word, condition in rules.cases)
    return f"case {cases} else '{REST}' end"


def is_current(store: Store, rules: ComplexityRules | None) -> bool:
    """Whether the complexity of the store's calls was decided by these rules."""
    return store.meta("complexity") == fingerprint(rules)


def decide_if_changed(store: Store, rules: ComplexityRules | None, *, again: bool = False) -> int:
    """Decide for every call anew if the rules have changed (`again`: or what they look at has); how many are not as
    they were."""
    if is_current(store, rules) and not again:
        return 0
    with store.transaction():
        # What an update answers is how many rows it changed.
        changed = store.value(f"""
            update calls set complexity = decided.complexity
            from (select rowid as place, complexity as before, {complexity_expression(rules)} as complexity
                  from calls) as decided
            where calls.rowid = decided.place and decided.complexity is distinct from decided.before""")
        store.set_meta({"complexity": fingerprint(rules)})
    return int(changed)


def _literal(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def fingerprint(rules: ComplexityRules | None) -> str:
    """What tells these rules from others."""
    return hashlib.sha256(complexity_expression(rules).encode()).hexdigest()
