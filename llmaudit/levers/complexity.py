"""How hard a call was, from what the log says about it: `simple` or `complex`.

A rule of thumb, and a column that plans may use (`when: "complexity = 'simple'"`); a plan may bring rules of its own.
A call is simple when all of this holds:

    the answer was short            output_tokens <= 300, and nothing was spent on reasoning
    the question was short          user_tokens <= 400, else (no segments in the log) input_tokens <= 1,500
    the conversation was short      history_tokens <= 1,000
    no tool was offered             tool_definition_tokens is 0 or unknown

Long instructions and retrieved documents do not make a question hard, so a long system prompt and a long context do not
count where the log tells them apart. The numbers are our choice; evidence for a routing is in `scores`, not here.
"""

from collections.abc import Mapping

from llmaudit.analyses.conditions import condition

SIMPLE = """output_tokens <= 300 and coalesce(reasoning_output_tokens, 0) = 0
    and case when user_tokens is null then input_tokens <= 1500 else user_tokens <= 400 end
    and coalesce(history_tokens, 0) <= 1000 and coalesce(tool_definition_tokens, 0) = 0"""


def complexity_expression(rules: Mapping[str, str] | None = None) -> str:
    """SQL for the column `complexity`: null where the token counts that decide it are unknown.

    `rules` are words and conditions (`{simple: "output_tokens < 100"}`); the first that holds names the call, and
    `complex` is what is left. Raises ConfigError for a condition that means nothing.
    """
    if not rules:
        return (
            f"case when {SIMPLE} then 'simple' "
            "when output_tokens is null or coalesce(user_tokens, input_tokens) is null then null else 'complex' end"
        )
    cases = " ".join(f"when {condition(text).sql} then '{_literal(word)}'" for word, text in rules.items())
    return f"case {cases} else 'complex' end"


def _literal(word: str) -> str:
    return word.replace("'", "''")
