"""Prices of the user's that speak of no model of the store: a misspelt name is a discount that nobody gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmaudit.errors import Location
from llmaudit.store import Store
from llmaudit.words import nearest

if TYPE_CHECKING:
    from llmaudit.prices import PriceOverrides, PriceRule

_USED = "select distinct provider_name, model, priced_as from rates where model <> '' order by all"


@dataclass(frozen=True, slots=True)
class IdlePrice:
    """One row of `prices:` that fits no model, and where it stands, if that is known.

    `elsewhere` are the providers at which it would fit, `nearest` is the model whose name is nearest to it.
    """

    model: str
    provider: str | None
    at: Location | None
    elsewhere: tuple[str, ...]
    nearest: str | None


def idle_prices(
    store: Store, overrides: "PriceOverrides | None", places: Sequence[Location] = ()
) -> tuple[IdlePrice, ...]:
    """The rows that fit no model of the store's calls, in their order; none while the store has no calls.

    `places` are those of the rows, where a file says them.
    """
    used = store.rows(_USED) if overrides is not None and overrides.rules else []
    if overrides is None or not used:
        return ()
    idle = set(range(len(overrides.rules)))
    for provider, model, priced_as in used:
        also = (model, priced_as, priced_as.rpartition("/")[2])
        idle -= {
            place
            for place in idle
            if (rule := overrides.rules[place]).concerns([provider.lower()], [model] if rule.alias else also)
        }
    if not idle:
        return ()
    # Names have more spellings than the store keeps, but the price book that knows them takes long to import.
    from llmaudit.prices import concerning

    for provider, model, _ in used:
        spoken = concerning(provider or None, model, overrides)
        idle -= {place for place in idle if overrides.rules[place] in spoken}
    return tuple(
        IdlePrice(
            rule.model,
            rule.provider,
            places[place] if places else None,
            _elsewhere(rule, used),
            _nearest(rule.model, sorted({model for _, model, _ in used})),
        )
        for place, rule in enumerate(overrides.rules)
        if place in idle
    )


def _elsewhere(rule: "PriceRule", used: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    anywhere = rule.model_copy(update={"provider": None})
    return tuple(dict.fromkeys(provider for provider, model, _ in used if anywhere.concerns([], [model])))


def _nearest(pattern: str, models: Sequence[str]) -> str | None:
    """The model that the pattern was meant for, if it looks like one or like its beginning."""
    wanted = pattern.replace("*", "").rpartition("/")[2]
    starts = {model[: len(wanted)]: model for model in reversed(models)}
    near = nearest(wanted, [*models, *starts], cutoff=0.7)
    return starts.get(near, near) if near else None
