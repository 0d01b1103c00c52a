"""Cost against quality as more and more of a plan's routed calls move: the plan is replayed for each split.

The quality of a split is the mean score of the calls that may move, each feature by the share of it that moves:

    sum over features of  moved / all x mean of the target  +  (1 - moved / all) x mean of the source

with its 95 % interval from the standard errors of these means (normal; the means of different features and models are
taken as independent). Two splits rest on the same means, so they are compared by the interval of their difference. A
point dominates another if it costs no more and that interval lies above zero. What is not scored is never compared.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmaudit.errors import ConfigError
from llmaudit.levers.waterfall import Planned, Replay
from llmaudit.store import Store

if TYPE_CHECKING:
    from llmaudit.levers.route import Settings
    from llmaudit.prices import PriceOverrides

SHARES = tuple(Decimal(tenth) / 10 for tenth in range(11))
_WITHIN = 1.959964
"""Standard errors on either side of a mean that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Point:
    """The plan with this share of the routed calls moved, as a whole: cost in USD, quality with its 95 % interval.

    Quality is None where a feature that this split concerns is not scored. `dominated_by` is the share of the cheapest
    point that costs no more and is surely better.
    """

    share: Decimal
    moved_calls: int
    projected_cost: Decimal
    quality: float | None
    low: float | None
    high: float | None
    dominated_by: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Frontier:
    """A point for each split; `score` is what quality means, None where the plan does not say."""

    step: str
    to: str
    score: str | None
    calls: int
    baseline_cost: Decimal
    points: tuple[Point, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Split:
    """A step with other settings."""

    lever: Any
    name: str
    settings: "Settings"


def frontier(
    store: Store,
    steps: Sequence[Planned],
    *,
    condition: str = "true",
    prices: "PriceOverrides | None" = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Frontier:
    """The points for the plan's first route step, the other steps as they are.

    Raises ConfigError for a plan that routes nothing, NothingMeasured when no call with a known cost is there.
    """
    place = next((place for place, step in enumerate(steps) if step.lever.name == "route"), None)
    if place is None:
        raise ConfigError("--frontier: the plan has no route step", hint="it varies the share of a route step")
    from llmaudit.levers.route import Settings

    route = steps[place]
    assert isinstance(route.settings, Settings)
    others = [step.name for step in steps[place + 1 :] if step.lever.name == "route"]
    replay = Replay(store, condition, prices, keep=True)
    for step in steps[:place]:
        replay.take(step)
    found: list[tuple[Point, list[dict[str, Any]]]] = []
    warnings: tuple[str, ...] = ()
    for share in reversed(SHARES):
        progress(f"moving {share:.0%} of the calls of {route.name}")
        # Where nothing moves, nothing has to be decided.
        said: dict[str, Any] = {"share": float(share)} if share else {"share": 0.0, "router": None}
        made = replay.take(_Split(route.lever, route.name, route.settings.model_copy(update=said)))
        for step in steps[place + 1 :]:
            replay.take(step)
        found.append(
            (Point(share, made.facts["moved_calls"], replay.costs[-1], None, None, None), made.facts["quality"])
        )
        warnings = warnings or made.warnings
        replay.back(place)
    evidence = [_Scores.of(row) for row in found[0][1]]
    splits = [_Placed(point, _gone(evidence, rows)) for point, rows in reversed(found)]
    return Frontier(
        step=route.name,
        to=route.settings.to,
        score=route.settings.quality.score if route.settings.quality else None,
        calls=replay.calls,
        baseline_cost=replay.costs[0],
        points=tuple(_answered(split, splits, evidence) for split in splits),
        warnings=(*_held(route.name, others), *warnings),
    )


def _held(varied: str, others: Sequence[str]) -> tuple[str, ...]:
    if not others:
        return ()
    return (f"only the share of {varied}, the first route, is varied; as the plan says: {', '.join(others)}",)


@dataclass(frozen=True, slots=True)
class _Scores:
    """What is known of one feature: how many calls move at most, the means of both models and their errors."""

    feature: str | None
    calls: int
    source: tuple[float | None, float | None]
    target: tuple[float | None, float | None]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "_Scores":
        source, target = ((row[f"{side}_mean"], row[f"{side}_error"]) for side in ("from", "to"))
        return cls(row["feature"], row["moved_calls"], source, target)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A point, and the share of each feature that moves there."""

    point: Point
    gone: tuple[float, ...]


def _gone(evidence: Sequence[_Scores], rows: Sequence[Mapping[str, Any]]) -> tuple[float, ...]:
    moved = {row["feature"]: row["moved_calls"] for row in rows}
    return tuple(moved.get(one.feature, 0) / one.calls for one in evidence)


def _answered(split: _Placed, splits: Sequence[_Placed], evidence: Sequence[_Scores]) -> Point:
    """The point with its quality, and the cheapest of those that dominate it."""
    quality, low, high = _weighed(split.gone, [1 - gone for gone in split.gone], evidence)
    over = [
        other.point
        for other in splits
        if other.point.projected_cost <= split.point.projected_cost
        and (least := _difference(other.gone, split.gone, evidence)) is not None
        and least > 0
    ]
    best = min(over, key=lambda point: (point.projected_cost, -point.share), default=None)
    return replace(split.point, quality=quality, low=low, high=high, dominated_by=best.share if best else None)


def _difference(gone: Sequence[float], other: Sequence[float], evidence: Sequence[_Scores]) -> float | None:
    """The least by which the quality of one split surely exceeds another's."""
    more = [one - two for one, two in zip(gone, other, strict=True)]
    return _weighed(more, [-part for part in more], evidence)[1]


def _weighed(
    of_target: Sequence[float], of_source: Sequence[float], evidence: Sequence[_Scores]
) -> tuple[float | None, float | None, float | None]:
    """The weighted sum of the means with its interval; None where a mean that counts, or its error, is not known."""
    calls = sum(one.calls for one in evidence)
    mean, variance = 0.0, 0.0
    sure = True
    for one, target, source in zip(evidence, of_target, of_source, strict=True):
        for part, (value, error) in ((target, one.target), (source, one.source)):
            if not part:
                continue
            if value is None:
                return None, None, None
            sure = sure and error is not None
            weight = part * one.calls / calls
            mean += weight * value
            variance += (weight * (error or 0.0)) ** 2
    if not evidence:
        return None, None, None
    half = _WITHIN * math.sqrt(variance)
    return (mean, mean - half, mean + half) if sure else (mean, None, None)
