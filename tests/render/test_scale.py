"""A waterfall at the scale of another bill: the same in every form, and what added up still does."""

import csv
import io
import json
from decimal import Decimal

import pytest

from llmaudit.levers.answer import Attribution, Share, Step, Waterfall
from llmaudit.levers.lever import Basis
from llmaudit.render.formats import Format
from llmaudit.render.scale import scaled
from llmaudit.render.simulate import rendered

STEP = Step(
    lever="trim",
    name="trim",
    cost_before=Decimal(4),
    cost_after=Decimal(3),
    calls_changed=7,
    low=Decimal("0.5"),
    high=Decimal("1.5"),
    basis={Basis.MEASURED: Decimal("0.75"), Basis.ESTIMATED: Decimal("0.25"), Basis.ASSUMED: Decimal(0)},
    facts={
        "in_words": ["it is shorter"],
        "summaries": 2,
        "summary_cost": Decimal("0.125"),
        "costs": {"search": Decimal("0.5")},
        "dearest": [{"feature": "search", "cost_burned": Decimal("0.25"), "calls": 3}],
    },
    warnings=(),
)
FOUND = Waterfall(
    calls=10,
    unpriced_calls=0,
    days=Decimal(1),
    baseline_cost=Decimal(4),
    steps=(STEP,),
    attribution=Attribution((Share(Decimal(1), Decimal(1)),), 1),
)
"""$4 a day, of which a step takes $1. At $1,000 a month everything is 250 times as much."""


def test_a_sheet_has_every_amount_at_that_scale() -> None:
    (row,) = csv.DictReader(io.StringIO(rendered(FOUND, Format.CSV, Decimal(1_000))))
    assert (row["cost_before"], row["cost_after"], row["saving"]) == ("1000", "750", "250")
    assert (row["low"], row["high"]) == ("125", "375")
    assert (row["measured"], row["estimated"], row["assumed"]) == ("187.5", "62.5", "0")
    assert (row["standalone_saving"], row["shapley_saving"]) == ("250", "250")
    assert (row["saving_share"], row["calls_changed"]) == ("0.25", "7")
    facts = json.loads(row["facts"])
    assert (facts["summaries"], facts["summary_cost"], facts["costs"]) == (2, "31.25", {"search": "125"})
    assert facts["dearest"] == [{"feature": "search", "cost_burned": "62.5", "calls": 3}]


@pytest.mark.parametrize("form", [Format.TABLE, Format.MARKDOWN])
def test_people_read_every_amount_at_that_scale(form: Format) -> None:
    said = rendered(FOUND, form, Decimal(1_000))
    for amount in ("$1,000.00", "$750.00", "$250.00", "$125.00…$375.00", "summary cost", "$31.25"):
        assert amount in said
    assert "costs: search $125.00" in said or "costs (search $125.00)" in said
    assert "| search | $62.50 | 3 |" in said or form is Format.TABLE
    assert "$4.00" not in said


def test_json_has_the_dollars_of_the_logs_and_the_scaled_ones_beside_them() -> None:
    said = json.loads(rendered(FOUND, Format.JSON, Decimal(1_000)))
    assert (said["baseline_cost"], said["steps"][0]["saving"]) == ("4", "1")
    assert said["monthly"] == {
        "baseline_cost": "1000",
        "projected_cost": "750",
        "saving": "250",
        "saving_share": 0.25,
    }
    assert said["steps"][0]["monthly"] == {
        "cost_before": "1000",
        "cost_after": "750",
        "saving": "250",
        "low": "125",
        "high": "375",
    }


def test_without_a_scale_a_sheet_has_the_dollars_of_the_logs() -> None:
    (row,) = csv.DictReader(io.StringIO(rendered(FOUND, Format.CSV)))
    assert (row["cost_before"], row["saving"], json.loads(row["facts"])["summary_cost"]) == ("4", "1", "0.125")


def test_what_added_up_still_does() -> None:
    """Thirds of a cent, rounded each by itself, would miss their sum."""
    third = Decimal("0.333333333333")
    parts = {Basis.MEASURED: third, Basis.ESTIMATED: third, Basis.ASSUMED: Decimal(1) - 2 * third}
    steps = [
        Step("a", "a", Decimal(4), Decimal(3), 1, None, None, parts, {}, ()),
        Step("b", "b", Decimal(3), Decimal("2.9"), 1, None, None, dict.fromkeys(Basis, Decimal(0)), {}, ()),
    ]
    shares = (Share(Decimal(1), third), Share(Decimal("0.1"), Decimal("1.1") - third))
    found = scaled(
        Waterfall(10, 0, Decimal(1), Decimal(4), tuple(steps), Attribution(shares, 3)), Decimal("1.111111111111111")
    )
    assert found.baseline_cost == found.steps[0].cost_before == Decimal("4.444444444444")
    assert found.steps[0].cost_after == found.steps[1].cost_before == Decimal("3.333333333333")
    assert found.steps[0].saving == sum(found.steps[0].basis.values()) == Decimal("1.111111111111")
    assert found.attribution is not None
    assert sum(share.shapley_saving for share in found.attribution.shares) == found.saving == Decimal("1.222222222222")
