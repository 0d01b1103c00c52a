"""The table of claims, on its own page and in README, says what the two plans are replayed to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.transcripts import CHECKOUT, run

CLAIMED = {"baseline": "$50,000", "route": "$17,000", "prompt_cache": "$12,000", "response_cache": "$8,000"}


def replayed(plan: str, month: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(f"llmaudit simulate --plan {plan} --format json", month).stdout)
    return answer


def months_after(answer: dict[str, Any]) -> dict[str, str]:
    """The month after each step, at 50,000 dollars, as people read it."""
    whole = float(answer["baseline_cost"])
    costs = {"baseline": whole, **{step["name"]: float(step["cost_after"]) for step in answer["steps"]}}
    scaled = {name: f"${cost * 50_000 / whole:,.0f}" for name, cost in costs.items()}
    return {**scaled, "altogether": f"{answer['saving_share'] * 100:.1f} % less"}


@pytest.mark.parametrize(("page", "columns"), [("docs/founding-claims.md", (2, 3, 4)), ("README.md", (1, 2, 3))])
def test_the_table_says_what_the_plans_are_replayed_to(page: str, columns: tuple[int, int, int], month: Path) -> None:
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    found = re.search(r"^\| baseline .*?\n\n", text, re.M | re.S)
    assert found is not None
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in found[0].strip().splitlines()]
    claimed, letter, scored = ({row[0]: row[column] for row in rows} for column in columns)
    assert {name: claimed[name] for name in CLAIMED} == CLAIMED
    literal, careful = replayed("plan_as_claimed.yaml", month), replayed("plan.yaml", month)
    assert letter == months_after(literal)
    assert scored == months_after(careful)
    bases = {row[0]: row[-1].removeprefix("part ") for row in rows if row[-1]}
    for steps in zip(literal["steps"], careful["steps"], strict=True):
        resting = [basis for step in steps for basis, amount in step["basis"].items() if float(amount)]
        weakest = next(basis for basis in ("assumed", "estimated", "measured") if basis in resting)
        assert bases[steps[0]["name"]] == weakest != "assumed"


def test_the_reasons_are_facts_of_the_replay(month: Path) -> None:
    answer = replayed("plan_as_claimed.yaml", month)
    facts = {step["name"]: step["facts"] for step in answer["steps"]}
    text = " ".join((CHECKOUT / "docs" / "founding-claims.md").read_text(encoding="utf-8").split())
    assert f"{facts['route']['moved_calls']:,} of {answer['calls']:,} calls (69.6 %) are simple" in text
    assert facts["route"]["moved_calls"] / answer["calls"] == pytest.approx(0.696, abs=0.0005)
    assert f"{facts['response_cache']['hit_share'] * 100:.1f} % of the calls at temperature 0" in text
    (search,) = [row for row in facts["route"]["quality"] if row["feature"] == "docsearch"]
    assert (round(search["difference"], 3), round(search["low"], 3), round(search["high"], 3)) == (
        -0.047,
        -0.061,
        -0.032,
    )
    (month / "search.yaml").write_text("steps:\n  - trim: {when: \"feature = 'docsearch'\", top_k: 3}\n")
    (trim,) = replayed("search.yaml", month)["steps"]
    assert f"{trim['facts']['tokens_dropped']:,} of 5,152,051" in text
    assert trim["facts"]["tokens_dropped"] / 5_152_051 == pytest.approx(0.381, abs=0.0005)
    assert float(trim["saving"]) / float(answer["baseline_cost"]) == pytest.approx(0.097, abs=0.0005)
