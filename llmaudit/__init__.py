"""llmaudit: what an LLM application costs and why it is slow, from the logs it already writes.

import llmaudit

with llmaudit.open("llmaudit.duckdb") as audit:
    audit.breakdown(by=["model", "feature"]).to_pandas()

with llmaudit.over_logs("logs/") as audit:
    audit.breakdown(by=["model", "feature"]).to_pandas()
"""

from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "open", "over_logs"]


def __getattr__(name: str) -> Any:
    """`llmaudit.open` and `over_logs`, imported when used: the command line must not pay for what it does not need."""
    if name == "open":
        from llmaudit.opening import open_audit

        return open_audit
    if name == "over_logs":
        from llmaudit.opening import over_logs

        return over_logs
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
