"""Did a plan save what it promised? Its prediction and what happened, split alike, and held against each other.

Both are told per call, so that more or fewer calls are nobody's merit. Each lever works on one part of the cost: what
happened to that part in between is put down to it, whatever else may have moved it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from llmaudit.analyses.explain import Explanation

WORKS_ON = {
    "route": "model_mix",
    "prompt_cache": "cache",
    "response_cache": "response_cache",
    "trim": "input_tokens",
    "batch": "rate_mix",
}
"""The part of the cost that each lever changes."""
_WORKED, _SOME = Decimal("0.8"), Decimal("0.2")


class Merit(StrEnum):
    """How much of a predicted saving came true: at least 80 %, at least 20 %, less, or the cost rose instead."""

    WORKED = "worked"
    PARTLY = "partly"
    NO_EFFECT = "no effect"
    COSTS_MORE = "costs more"
    NOTHING_PREDICTED = "nothing predicted"


@dataclass(frozen=True, slots=True)
class Realised:
    """What a lever was to save per call, USD, and what its part of the cost saved. `share` is of the prediction."""

    lever: str
    part: str
    predicted_saving: Decimal
    realised_saving: Decimal

    @property
    def share(self) -> float | None:
        return float(self.realised_saving / self.predicted_saving) if self.predicted_saving > 0 else None

    @property
    def merit(self) -> Merit:
        if self.predicted_saving <= 0:
            return Merit.NOTHING_PREDICTED
        share = self.realised_saving / self.predicted_saving
        if share >= _WORKED:
            return Merit.WORKED
        if share >= _SOME:
            return Merit.PARTLY
        return Merit.NO_EFFECT if share > -_SOME else Merit.COSTS_MORE


def realised(happened: Explanation, planned: Explanation, levers: Iterable[str]) -> tuple[Realised, ...]:
    """One line per lever of the plan, in its order; steps of the same lever are one."""
    sides = [each.measures["per_call"].parts for each in (planned, happened)]
    return tuple(
        Realised(lever, WORKS_ON[lever], -sides[0][WORKS_ON[lever]], -sides[1][WORKS_ON[lever]])
        for lever in dict.fromkeys(levers)
    )
