"""The model that a plan names as a target: who sells it, how much it can read, in which tokens it counts.

The price book is imported when it is first asked; a run without a plan never is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from llmaudit.errors import ConfigError
from llmaudit.store import Store
from llmaudit.words import nearest

TIER = "standard"
_GLOB = frozenset("*?[")
_METERS = ("effective_input", "effective_cache_read", "effective_cache_write", "effective_cache_write_1h")


@dataclass(frozen=True, slots=True)
class Meters:
    """Whether a model has a price for input, and for tokens read from and written to the provider's cache."""

    input: bool
    cache_read: bool
    cache_write: bool
    cache_write_1h: bool


def seller(store: Store, model: str, provider_name: str | None, *, setting: str, required: bool = False) -> str:
    """The provider through which calls of `provider_name` would reach `model`: the same one if it sells it.

    `required`: only this provider will do. Raises ConfigError, with the nearest names that have a price, when nobody is
    known to sell the model, or several are and the plan does not say which.
    """
    from llmaudit.prices import suggestions

    for provider in (provider_name,) if required else (provider_name, None):
        found = _sold_as(store, model, provider)
        if found is not None:
            return found
    in_log = store.rows(
        "select distinct provider_name from rates "
        "where model = $model and effective_input is not null and provider_name <> ''",
        {"model": model},
    )
    if len(in_log) == 1 and not required:
        return str(in_log[0][0])
    near = suggestions(model, provider_name if required else None)
    at = f" at {provider_name}" if required else ""
    if required and provider_name is not None and not near:
        provider = nearest(provider_name, _providers(store))
        near = [provider] if provider else []
    raise ConfigError(
        f"{setting}: {model}: no model of that name has a known price{at}",
        hint=f"did you mean {', '.join(near)}?" if near else "name its provider, or give it a price under `prices`",
    )


def refuse_unknown(store: Store, names: Sequence[str], *, setting: str) -> None:
    """Raises ConfigError for a name that no model of the store goes by and the price book does not know: a typo.

    Globs are taken as they are: they may be meant for logs to come.
    """
    from llmaudit.prices import suggestions

    for name in names:
        if _GLOB & set(name) or _sold_as(store, name, None) is not None:
            continue
        models = store.rows("""
            select distinct provider_name, coalesce(response_model, request_model) from calls
            where coalesce(response_model, request_model) is not null order by all""")
        known = {spelt for provider, model in models for spelt in named(provider, model)}
        if name.lower() not in known:
            spelling = nearest(name.lower(), sorted(known))
            near = [spelling] if spelling else suggestions(name)
            raise ConfigError(
                f"{setting}: {name}: no call is of a model of that name, and the price book knows none",
                hint=f"did you mean {', '.join(near)}?" if near else None,
            )


def named(provider_name: str | None, model: str) -> set[str]:
    """Every name by which a plan may mean this model of a log: as it stands, without its date, with its provider."""
    from llmaudit.prices.overrides import PriceOverrides
    from llmaudit.prices.resolve import resolve

    found = resolve(provider_name, model, PriceOverrides())
    if found is None:
        return {model.lower()}
    return {name.lower() for name in (model, found.model, found.priced_as, f"{found.provider_name}/{found.model}")}


def context_limit(provider_name: str | None, model: str) -> int | None:
    """The most tokens that a prompt and its answer may have together; None where the price book does not say.

    Source: `context_window` of genai-prices, which counts both for OpenAI and Anthropic; for Gemini it is the limit of
    the input alone, so a call very near to it is held back for nothing.
    """
    from llmaudit.prices.overrides import PriceOverrides
    from llmaudit.prices.resolve import resolve

    found = resolve(provider_name, model, PriceOverrides())
    return found.entry.info.context_window if found is not None and found.entry is not None else None


def meters(store: Store, provider_name: str, model: str, service_tier: str) -> Meters:
    """What the model has prices for in this tier, whatever the day: by the store's rates, else by the price book."""
    from llmaudit.prices import Use, rates

    kept = store.rows(
        f"""select {", ".join(_METERS)} from rates
            where provider_name = $provider and model = $model and service_tier = $tier""",
        {"provider": provider_name, "model": model, "tier": service_tier},
    )
    if not kept:
        use = Use(provider_name, model, service_tier, None, 0, 253_402_300_799_999_999)
        kept = [tuple(getattr(rate, meter) for meter in _METERS) for rate in rates([use], None)]
    return Meters(*(bool(kept) and all(row[place] is not None for row in kept) for place in range(len(_METERS))))


def tokens_ratio(from_provider: str | None, from_model: str, to_provider: str, to_model: str) -> Fraction | None:
    """How many tokens of the target one token of the source is, by what vendors say; None: the same tokenizer.

    A family whose vendor says nothing about its tokenizer is compared as it is estimated, and is never None.
    """
    from llmaudit.tokens import DEFAULT_TOKENS_PER_BYTE, default_ratio, encoding_name

    before, after = encoding_name(from_provider, from_model), encoding_name(to_provider, to_model)
    if before is not None and before == after:
        return None
    source, target = default_ratio(from_provider, from_model), default_ratio(to_provider, to_model)
    if before is None and after is None and source == target != DEFAULT_TOKENS_PER_BYTE["other"]:
        return None
    return Fraction(target.tokens * source.bytes, target.bytes * source.tokens)


def _providers(store: Store) -> list[str]:
    """The providers that the store has rates of, and those that make models."""
    from llmaudit.prices.names import FIRST_PARTIES

    rows = store.rows("select distinct provider_name from rates where provider_name <> '' order by all")
    return [*dict.fromkeys([*(name for (name,) in rows), *FIRST_PARTIES])]


def _sold_as(store: Store, model: str, provider_name: str | None) -> str | None:
    """The provider's name if it sells the model, by the store's rates or by the price book."""
    from llmaudit.prices.overrides import PriceOverrides
    from llmaudit.prices.resolve import resolve

    known = provider_name is not None and store.value(
        "select count(*) from rates where provider_name = $provider and model = $model and effective_input is not null",
        {"provider": provider_name, "model": model},
    )
    if known:
        return provider_name
    found = resolve(provider_name, model, PriceOverrides())
    if found is None:
        return None
    # Under the log's own name for the provider, so that what it says of regions and deployments still holds.
    return provider_name if provider_name is not None else found.provider_name
