"""The headline of a waterfall says in words what a number cannot: nothing to save, and a plan that costs more."""

from decimal import Decimal

import pytest

from llmaudit.levers.answer import Step, Waterfall
from llmaudit.levers.lever import Basis
from llmaudit.render.report.sections.levers import levers
from llmaudit.render.simulate import as_dict
from llmaudit.render.waterfall import Words


def one_step(before: str, after: str, unpriced_calls: int = 0) -> Waterfall:
    """What a plan makes of ten days; a month of 30.4375 days is 3.04375 times as much."""
    cost_before, cost_after = Decimal(before), Decimal(after)
    basis = {Basis.MEASURED: cost_before - cost_after, Basis.ESTIMATED: Decimal(0), Basis.ASSUMED: Decimal(0)}
    step = Step("route", "route", cost_before, cost_after, 7, None, None, basis, {}, ())
    return Waterfall(8, unpriced_calls, Decimal(10), cost_before, (step,))


@pytest.mark.parametrize(
    ("found", "headline", "lead"),
    [
        (
            one_step("100", "80"),
            "8 calls cost $100.00; with this plan $80.00 (20.0 % less; $60.88 less a month).",
            "$100.00 would have been $80.00: $20.00 (20.0 %) less, $60.88 in a month.",
        ),
        (
            one_step("100", "120"),
            "8 calls cost $100.00; with this plan $120.00 (20.0 % more; $60.88 more a month).",
            "$100.00 would have been $120.00: $20.00 (20.0 %) more, $60.88 in a month.",
        ),
        (
            one_step("0", "0"),
            "8 calls cost $0.00; there is nothing to save.",
            "The calls cost $0.00; there is nothing to save.",
        ),
        (
            one_step("0", "0", unpriced_calls=2),
            "8 of 10 calls with a known cost: $0.00; there is nothing to save.",
            "The calls cost $0.00; there is nothing to save.",
        ),
        (
            one_step("0", "20"),
            "8 calls cost $0.00; with this plan $20.00 ($60.88 more a month).",
            "$0.00 would have been $20.00: $20.00 more, $60.88 in a month.",
        ),
    ],
)
def test_a_change_is_said_in_words(found: Waterfall, headline: str, lead: str) -> None:
    assert Words(found, None).headline == headline
    section = levers({"simulate": as_dict(found), "plan": None})
    assert section is not None
    assert section.lead.startswith(lead)
