"""Route: send calls that a smaller model can answer to that model.

    provider_name, response_model := target      for the calls of the `from` models where the plan's `when` holds

- `from` names models or globs, matched against the name in the log, the price book's name for it (`gpt-4o` is every
  dated `gpt-4o`) and `provider/model`. A name that neither the log nor the price book knows is an error. Calls that the
  target answered already, and embeddings, are not eligible.
- `share` below 1 picks by a hash of the call's id: the same calls every time, and all of a smaller share's.
- The target is bought from the provider of the call if that one sells it, else from the one that is known to;
  `provider` says which. A call stays where the target has no price in its service tier (`kept_no_price`), or its
  prompt and answer together are longer than the target's context (`kept_too_long`).
- Where the tokenizers differ, counts are scaled by the ratio of tokens per byte of the two models over the features
  that both served (30 calls each at least), prompts and answers apart, else by what their vendors say
  (`llmaudit.tokens`): `estimated`.
- Cached tokens of the log are kept with the same provider, where the target has a price for them, since another model's
  cache need not be as warm: `estimated`. With another provider they are ordinary input.
- The router reads every eligible call, also those that stay, and none that `when` leaves out: `tokens_per_call` tokens
  of input (`assumed`, being the plan's word), else as many as the user's message has (`estimated`).
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Annotated, Any

from pydantic import ConfigDict, Field, WithJsonSchema, field_validator

from llmaudit.config import Section
from llmaudit.levers import route_evidence, targets
from llmaudit.levers.lever import IN_WORDS, Basis, Lever, Outcome, StepSettings
from llmaudit.store import Store, load_sql

SOURCES = load_sql(__package__, "route_sources")
CHANGES = load_sql(__package__, "route")

_COLUMNS = (
    "provider_name",
    "response_model",
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens",
    "output_tokens",
    "history_tokens",
    "context_tokens",
    "prefix_block_tokens",
)
_ROUTE_MODELS = """
    create or replace temp table route_models (
        from_provider varchar, from_model varchar, from_tier varchar, to_provider varchar, to_model varchar,
        has_price integer, keeps_read integer, keeps_write integer, keeps_long_write integer, context_limit bigint,
        is_estimate integer, is_rebased integer,
        input_times bigint, input_per bigint, output_times bigint, output_per bigint)"""
_EVERY_HASH = "g"  # sorts behind every hexadecimal digit
_MOST_STEPS = 10_000  # a ratio as a fraction of whole numbers this small keeps products exact in a double


class Router(Section):
    """The model that decides where a call goes, and what it reads for that."""

    model: str
    provider: str | None = None
    tokens_per_call: int | None = Field(default=None, ge=0)


class Quality(Section):
    """The score that must not fall by more than `max_drop`; higher scores are better."""

    score: str
    max_drop: float = Field(default=0.0, ge=0)


_NAMES = {"anyOf": [{"type": "array", "items": {"type": "string"}, "minItems": 1}, {"type": "string"}]}


class Settings(StepSettings):
    """Which calls go to which model."""

    model_config = ConfigDict(populate_by_name=True)

    from_: Annotated[tuple[str, ...], WithJsonSchema(_NAMES)] = Field(alias="from", min_length=1)
    to: str
    provider: str | None = None
    share: float = Field(default=1.0, ge=0, le=1)
    router: Router | None = None
    quality: Quality | None = None

    @field_validator("from_", mode="before")
    @classmethod
    def _one_or_many(cls, written: object) -> object:
        return (written,) if isinstance(written, str) else written


@dataclass(frozen=True, slots=True)
class _Route:
    """One row of `route_models`: a model and tier of the log, and what holds for its calls at the target."""

    from_provider: str
    from_model: str
    from_tier: str
    to_provider: str
    to_model: str
    has_price: int
    keeps_read: int
    keeps_write: int
    keeps_long_write: int
    context_limit: int | None
    is_estimate: int
    is_rebased: int
    input_times: int
    input_per: int
    output_times: int
    output_per: int


def apply(store: Store, settings: Settings) -> Outcome:
    """Route the calls; facts: eligible_calls, moved_calls, kept_too_long, kept_no_price, left_by_share, quality.

    Raises ConfigError for a model that has no known price or a score that the store does not have, with the nearest
    names that are known.
    """
    at = targets.seller(
        store, settings.to, settings.provider, setting="route.to", required=settings.provider is not None
    )
    router_at = _router_provider(store, settings, at)
    targets.refuse_unknown(store, settings.from_, setting="route.from")
    if settings.quality is not None:
        route_evidence.known_score("route.quality.score", settings.quality.score, route_evidence.scores(store))
    routes, rebased = _routes(store, settings)
    store.run(_ROUTE_MODELS)
    store.insert("route_models", [astuple(route) for route in routes])
    store.run(f"create or replace temp table route_plan as {CHANGES}", {"below": _below(settings.share)})
    store.run(f"""
        create or replace temp table lever_changes as
        select call_id, basis, {", ".join(_COLUMNS)} from route_plan where outcome = 'moved'""")
    if settings.router is not None:
        _add_router(store, settings.router, router_at)
    outcome = _outcome(store, settings, routes, rebased)
    store.run("drop table temp.route_plan")
    return outcome


def _routes(store: Store, settings: Settings) -> tuple[list[_Route], list[dict[str, Any]]]:
    """The rows of `route_models`, and how the counts of each model are scaled."""
    found: list[_Route] = []
    rebased: dict[tuple[str | None, str], dict[str, Any]] = {}
    for provider, model, tier, _ in store.rows(SOURCES):
        names = targets.named(provider, model)
        if not any(fnmatchcase(name, pattern.lower()) for name in names for pattern in settings.from_):
            continue
        at = settings.provider or targets.seller(store, settings.to, provider, setting="route.to")
        if provider in (None, at) and names & targets.named(at, settings.to):
            continue
        sold = targets.meters(store, at, settings.to, tier)
        by_vendor = targets.tokens_ratio(provider, model, at, settings.to)
        inputs = outputs = Fraction(1)
        if by_vendor is not None:
            scale = route_evidence.scale(store, (provider, model), settings.to, by_vendor)
            inputs = scale.inputs.limit_denominator(_MOST_STEPS)
            outputs = scale.outputs.limit_denominator(_MOST_STEPS)
            rebased[provider, model] = {
                "from": model,
                "input_ratio": round(float(inputs), 6),
                "output_ratio": round(float(outputs), 6),
                "source": scale.source,
            }
        keeps = provider == at
        found.append(
            _Route(
                *(provider or "", model, tier, at, settings.to),
                *(int(sold.input), int(keeps and sold.cache_read)),
                *(int(keeps and sold.cache_write), int(keeps and sold.cache_write_1h)),
                targets.context_limit(at, settings.to),
                *(int(by_vendor is not None), int(inputs != 1 or outputs != 1)),
                *(inputs.numerator, inputs.denominator, outputs.numerator, outputs.denominator),
            )
        )
    return found, list(rebased.values())


def _router_provider(store: Store, settings: Settings, at: str) -> str:
    if settings.router is None:
        return at
    named = settings.router.provider
    return targets.seller(
        store, settings.router.model, named or at, setting="route.router.model", required=named is not None
    )


def _add_router(store: Store, router: Router, provider: str) -> None:
    """One call of the router per eligible call, at the standard tier; its answer, a word, is not counted."""
    assumed = router.tokens_per_call is not None
    store.run(
        """
        create or replace temp table lever_extras as
        select call_id, cast($basis as varchar) as basis, cast($provider as varchar) as provider_name,
               cast($model as varchar) as response_model, 'standard' as service_tier,
               cast(coalesce($tokens, user_tokens, old_input) as bigint) as input_tokens,
               cast(0 as bigint) as output_tokens
        from route_plan""",
        {
            "basis": Basis.ASSUMED if assumed else Basis.ESTIMATED,
            "provider": provider,
            "model": router.model,
            "tokens": router.tokens_per_call,
        },
    )


def _outcome(store: Store, settings: Settings, routes: Sequence[_Route], rebased: list[dict[str, Any]]) -> Outcome:
    counts = dict(store.rows("select outcome, count(*) from route_plan group by outcome order by outcome"))
    quality: list[dict[str, Any]] = []
    warnings: list[str] = []
    if not routes:
        warnings.append(_no_source(store, settings))
    if counts.get("moved"):
        moved = dict(
            store.rows("""
                select feature, count(*) from route_plan where outcome = 'moved'
                group by feature order by feature nulls last""")
        )
        quality, warnings = route_evidence.quality(store, settings.quality, settings.to, _from(routes), moved)
        if any(route.context_limit is None for route in routes):
            warnings.append(f"the context limit of {settings.to} is not known: no call was held back as too long")
    facts = {
        IN_WORDS: route_evidence.in_words(quality),
        "eligible_calls": sum(counts.values()),
        "moved_calls": counts.get("moved", 0),
        "kept_too_long": counts.get("too_long", 0),
        "kept_no_price": counts.get("no_price", 0),
        "left_by_share": counts.get("left", 0),
        "rebased": rebased,
        "quality": quality,
    }
    return Outcome(facts, tuple(warnings))


def _no_source(store: Store, settings: Settings) -> str:
    """Why there is nothing to route: no call is of those models, or only ones that the target answered already."""
    wanted = ", ".join(settings.from_)
    for provider, model, *_ in store.rows(SOURCES):
        if any(fnmatchcase(name, one.lower()) for name in targets.named(provider, model) for one in settings.from_):
            return f"the calls of the models in `from` ({wanted}) are answered by {settings.to} already"
    return f"no call is of the models in `from` ({wanted})"


def _from(routes: Sequence[_Route]) -> set[tuple[str, str]]:
    return {(route.from_provider, route.from_model) for route in routes}


def _below(share: float) -> str:
    steps = round(share * 16**8)
    return _EVERY_HASH if steps >= 16**8 else f"{steps:08x}"


LEVER = Lever(
    name="route",
    settings=Settings,
    changes=_COLUMNS,
    apply=apply,
    assumes=("the target answers at the same length, and as well as the evidence says",),
    extras="router",
)
