"""What the store itself knows of the models of a routing step: how they count tokens, and how well they answer.

Both are asked of `calls` as they were logged: after an earlier step the model of a call is no longer the one that
answered it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from llmaudit.errors import ConfigError
from llmaudit.levers import evidence, targets
from llmaudit.store import Store, load_sql
from llmaudit.tokens import ratio
from llmaudit.words import did_you_mean

SIZES = load_sql(__package__, "route_sizes")
QUALITY = load_sql(__package__, "route_quality")
_TARGET, _SOURCE = 1, 0


class Asked(Protocol):
    """What a plan asks of the answers."""

    @property
    def score(self) -> str: ...
    @property
    def max_drop(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Scale:
    """How many tokens of the target one token of the source is, and what that rests on."""

    inputs: Fraction
    outputs: Fraction
    source: str


def scale(store: Store, source: tuple[str | None, str], to: str, by_vendor: Fraction) -> Scale:
    """The ratio of tokens per byte over the features that both models served, else what their vendors say."""
    _bind_sides(store, {(source[0] or "", source[1])}, to)
    served: dict[int, dict[str, tuple[int, ...]]] = {_TARGET: {}, _SOURCE: {}}
    for side, feature, *sizes in store.rows(SIZES):
        served[side][feature] = tuple(sizes)
    fitted = [_fitted(served, place) for place in (0, 3)]
    inputs, outputs = (found or by_vendor for found in fitted)
    where = " and ".join(name for name, found in zip(("prompts", "answers"), fitted, strict=True) if found)
    return Scale(inputs, outputs, f"measured on the {where} of this log" if where else "the vendors' own figures")


def scores(store: Store) -> list[str]:
    """The names of the scores that the store has."""
    return [name for (name,) in store.rows("select distinct name from scores order by name")]


def known_score(setting: str, name: str, names: Sequence[str]) -> None:
    """Raises ConfigError for a score that is none of those in the store, where it has any: most likely a typo."""
    if not names or name in names:
        return
    hint = did_you_mean(name, names, otherwise=f"the scores there are: {', '.join(names)}")
    raise ConfigError(f"{setting} {name}: the store has no score of that name", hint=hint)


def quality(
    store: Store, asked: Asked | None, to: str, sources: Collection[tuple[str, str]], moved: Mapping[str | None, int]
) -> tuple[list[dict[str, Any]], list[str]]:
    """For each routed feature, of which so many calls moved, what the scores say, and what nobody should overlook."""
    if asked is None:
        return [], ["nobody asked whether the answers stay as good: name a score under `quality`"]
    samples = _samples(store, asked.score, to, sources)
    rows, warnings = [], []
    for feature, calls in moved.items():
        before, after = samples.get((feature, _SOURCE)), samples.get((feature, _TARGET))
        found = evidence.difference(before, after)
        rows.append(
            {
                "feature": feature,
                "moved_calls": calls,
                "score": asked.score,
                "from_n": before.n if before else 0,
                "from_mean": before.mean if before else None,
                "from_error": before.error if before else None,
                "to_n": after.n if after else 0,
                "to_mean": after.mean if after else None,
                "to_error": after.error if after else None,
                "difference": found.mean,
                "low": found.low,
                "high": found.high,
                "says": found.says,
            }
        )
        where = f"{asked.score} of {feature or 'calls without a feature'}"
        if found.mean is None:
            warnings.append(f"{where}: {found.says}")
        elif -found.mean > asked.max_drop:
            warnings.append(
                f"{where} drops by {-found.mean:.4g}, more than the {asked.max_drop:g} allowed: {found.says}"
            )
        elif found.low is None or -found.low > asked.max_drop:
            warnings.append(f"{where}: a drop of more than {asked.max_drop:g} is not ruled out; {found.says}")
    return rows, warnings


def in_words(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What `quality` found, a sentence for each feature."""
    said = []
    for row in rows:
        where = f"{row['score']} of {row['feature'] or 'calls without a feature'}"
        between = "" if row["low"] is None else f", between {row['low']:+.4f} and {row['high']:+.4f}"
        counts = f"n {row['from_n']:,} and {row['to_n']:,}"
        moved = "" if row["difference"] is None else f"{row['difference']:+.4f}{between} at 95 % ({counts}): "
        said.append(f"{where}: {moved}{row['says']}")
    return said


def _samples(
    store: Store, score: str, to: str, sources: Collection[tuple[str, str]]
) -> dict[tuple[str | None, int], evidence.Sample]:
    _bind_sides(store, sources, to)
    return {
        (feature, side): _sample(n, total, squares)
        for feature, side, n, total, squares in store.rows(QUALITY, {"score": score})
    }


def _sample(n: int, total: Decimal, squares: Decimal) -> evidence.Sample:
    # From exact sums, so that no digit is lost where the values hardly differ.
    spread = Fraction(squares) - Fraction(total) ** 2 / n
    return evidence.Sample(n, float(Fraction(total) / n), float(spread / (n - 1)) if n > 1 else 0.0)


def _fitted(served: dict[int, dict[str, tuple[int, ...]]], place: int) -> Fraction | None:
    """Tokens per byte of the target over those of the source, on the features in which both have any."""
    both = [
        feature
        for feature, sizes in served[_SOURCE].items()
        if sizes[place] and served[_TARGET].get(feature, (0,) * 6)[place]
    ]
    source, target = (
        ratio(*(sum(served[side][feature][place + part] for feature in both) for part in (1, 2, 0)))
        for side in (_SOURCE, _TARGET)
    )
    if source is None or target is None:
        return None
    return Fraction(target.tokens * source.bytes, target.bytes * source.tokens)


def _bind_sides(store: Store, sources: Collection[tuple[str, str]], to: str) -> None:
    """Make `route_sides`: the models of the store that are the target or routed from."""
    pairs = store.rows("""
        select distinct coalesce(provider_name, ''), coalesce(response_model, request_model) from calls
        where coalesce(response_model, request_model) is not null
        union select distinct '', model from scores where model is not null order by all""")
    wanted = to.lower()
    # A trial names models without their provider.
    names = {model for _, model in sources}
    sides = [
        (provider, model, _TARGET if wanted in targets.named(provider or None, model) else _SOURCE)
        for provider, model in pairs
        if (provider, model) in sources
        or (not provider and model in names)
        or wanted in targets.named(provider or None, model)
    ]
    store.run("create or replace temp table route_sides (provider_name varchar, model varchar, side integer)")
    store.insert("route_sides", sides)
