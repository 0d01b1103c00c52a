"""Rewrites the company month, the handbook and the facts in the README, always to the same content.

python sample_logs/generate.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Write the logs, and what is true about them into the README."""
    # Started as a script, Python looks for modules in this folder only; the package is found from the one above.
    sys.path.insert(0, str(HERE.parent))
    from sample_logs.generator import facts, month, rag

    made = month.build()
    month.write(made, HERE / "company_month")
    rag.write(HERE / "rag")
    (HERE / "company_scores").mkdir(exist_ok=True)
    (HERE / "company_scores" / "trial.csv").write_text(made.scores_csv, encoding="ascii", newline="")
    readme = HERE / "README.md"
    readme.write_text(facts.insert(readme.read_text(encoding="utf-8"), facts.render(made)), encoding="utf-8")


if __name__ == "__main__":
    main()
