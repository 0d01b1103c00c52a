"""Prompt cache: prompts that begin alike are paid for once, replayed call by call in the order of time.

    cache_read_input_tokens, cache_creation_input_tokens, cache_creation_1h_input_tokens := what the policy would hold

A prompt is a chain of blocks (`prefix_hashes`), each named by itself and all before it. A call reads the longest prefix
of which every block was used before in its cache (the same provider, model and scope), and:

    readable   the earlier use counts from its first token on (the end of its answer, where that is all the log knows;
               at once, where it knows neither). Of two calls at one instant the later one in the log sees the earlier.
    live       now - last use <= ttl. A use, write or read, dates from its request and renews the lifetime.
    tokens     of i blocks: least(input_tokens, floor(i x prefix_block_tokens)), rounded down to the provider's step.
    minimum    of the prompt: a shorter one neither reads nor writes. Where the provider says so, of what is read too.

Where writes are charged, the rest of the prompt is written: one breakpoint at its end, as automatic caching sets it.
With a system prompt's size but no hashes, that prompt is the one block (`estimated`): told by its fingerprint where the
log has one, else by its feature and size. With the plan's `cacheable_share` only, that share is (`assumed`). So is a
lifetime that the provider does not offer, unless `rules` say that it does. Only the calls of the step warm the cache.

`ttl: auto` takes, per feature, the cheapest of what the log shows, the provider's shorter lifetime, its longer one,
and no caching. Any other `ttl`, or one in `rules`, is replayed as it is, also where it loses money.

Multipliers in `rules` are prices, which a lever does not touch: `apply` leaves `lever_rates`, the rates of the models
concerned with those cache prices in place, and whoever prices `lever_changes` reads them instead of the rows of `rates`
with the same key. Without multipliers there is no such table.

What providers do is in `cache_rules`, with its sources.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from llmaudit.config import duration
from llmaudit.levers import prompt_cache_replay
from llmaudit.levers.cache_rules import RULES, CacheRule, rule_of
from llmaudit.levers.lever import IN_WORDS, Basis, Lever, Outcome
from llmaudit.levers.prompt_cache_settings import Rules, Settings
from llmaudit.store import Store, load_sql
from llmaudit.words import count, counted

CALLS = load_sql(__package__, "prompt_cache_calls")
CACHES = load_sql(__package__, "prompt_cache_caches")
OPTIONS = load_sql(__package__, "prompt_cache_options")
COSTS = load_sql(__package__, "prompt_cache_costs")
CHANGES = load_sql(__package__, "prompt_cache")
FACTS = load_sql(__package__, "prompt_cache_facts")
BREAKERS = load_sql(__package__, "prompt_cache_breakers")
RATES = load_sql(__package__, "prompt_cache_rates")

FOREVER_US = 2**62
SECOND_US = 1_000_000
SHORT_METER_SECONDS = 5 * 60
"""What is kept longer than this is written at the price of an hour, where the provider has one."""
TOP_BREAKERS = 10
_ONLY_FOR_WORDS = ("before", "after", "uncached", "calls_of_unknown_prompt", "calls_below_minimum")
_TABLES = ("rules", "calls", "caches", "prefixes", "policies", "chosen", "choices")


def apply(store: Store, settings: Settings) -> Outcome:
    """Lay the chosen policy over the calls; facts as the names say, tokens in whole numbers, shares 0 to 1."""
    prices = {
        "read_multiplier": settings.rules.read_multiplier,
        "write_multiplier": settings.rules.write_multiplier,
    }
    store.run("drop table if exists temp.lever_rates")
    _put_rules(store, settings)
    _replay(store, settings, prices)
    labels = _choose(store, settings)
    store.run(f"create or replace temp table lever_changes as {CHANGES}")
    if any(multiplier is not None for multiplier in prices.values()):
        store.run(f"create or replace temp table lever_rates as {RATES}", prices)
    (sums,) = store.records(FACTS)
    breakers = store.records(BREAKERS, {"top": TOP_BREAKERS})
    for name in _TABLES:
        store.run(f"drop table temp.prompt_cache_{name}")
    return Outcome(_facts(sums, labels, breakers), tuple(_warnings(sums, off=settings.kept == "off")))


def _put_rules(store: Store, settings: Settings) -> None:
    """Make `prompt_cache_rules`: for each provider and model among the calls, how its cache works under this plan."""
    store.run("""
        create or replace temp table prompt_cache_rules (
            provider_name varchar, model varchar, min_tokens bigint, step_tokens bigint, first_read_tokens bigint,
            charges_writes boolean, short_us bigint, long_us bigint, short_meter_1h boolean, long_meter_1h boolean,
            rule_basis varchar)""")
    models = store.rows("""
        select distinct coalesce(provider_name, ''), coalesce(response_model, request_model, '')
        from lever_input where fits order by all""")
    rows = [
        (provider, model, *_rule_row(rule, settings))
        for provider, model in models
        if (rule := rule_of(provider, model) or _as_the_plan_says(settings)) is not None
    ]
    store.insert("prompt_cache_rules", rows)


def _as_the_plan_says(settings: Settings) -> CacheRule | None:
    """A rule for a model that has none: only a plan that says how it caches makes it cache."""
    if settings.rules == Rules():
        return None
    return CacheRule("PLAN", (), "", min_tokens=0)


def _rule_row(rule: CacheRule, settings: Settings) -> tuple[Any, ...]:
    own, kept = settings.rules, settings.kept
    fixed = kept not in ("auto", "off")
    short_us = rule.short_seconds * SECOND_US
    long_us = rule.long_seconds * SECOND_US
    if fixed:
        short_us = long_us = FOREVER_US if kept == "unlimited" else int(kept) * SECOND_US
    least = rule.min_tokens if own.min_tokens is None else own.min_tokens
    # A minimum of the plan's own replaces the provider's in both places: a prompt's, and that of what is read of it.
    first_read = min(rule.first_read_tokens, least)
    charges = rule.charges_writes or own.write_multiplier is not None
    limit = SHORT_METER_SECONDS * SECOND_US
    return (
        least,
        rule.step_tokens if own.step_tokens is None else own.step_tokens,
        first_read,
        charges,
        short_us,
        long_us,
        rule.long_meter and short_us > limit,
        rule.long_meter and long_us > limit,
        _basis(rule, settings),
    )


def _basis(rule: CacheRule, settings: Settings) -> Basis:
    """What a replay rests on: the provider's word (or the plan's `rules`), our guess, or a wish."""
    if settings.kept == "off" or settings.rules.ttl is not None or rule not in RULES:
        return Basis.MEASURED
    wish = FOREVER_US if settings.kept == "unlimited" else settings.kept
    offered = (rule.short_seconds, rule.long_seconds)
    # Where a write is charged for a lifetime, there are these; elsewhere entries go some time in between.
    unsold = isinstance(wish, int) and (wish > max(offered) or (rule.charges_writes and wish not in offered))
    if settings.rules == Rules() and unsold:
        return Basis.ASSUMED
    return Basis.MEASURED if rule.promised else Basis.ESTIMATED


def _replay(store: Store, settings: Settings, prices: Mapping[str, Decimal | None]) -> None:
    """Make `prompt_cache_options`: each call under each policy that is considered."""
    # Arrays are the engine's own business: what follows reads their length, and one row per block.
    store.bind("prompt_cache_input", "select lever_input.*, len(prefix_hashes) as prefix_blocks from lever_input")
    parameters = {"scope": settings.scope, "cacheable_share": settings.cacheable_share, **prices}
    store.run(f"create or replace temp table prompt_cache_calls as {CALLS}", parameters)
    store.run(f"create or replace temp table prompt_cache_caches as {CACHES}")
    prompt_cache_replay.replay(store)
    policies = {"auto": ["short", "long", "off"], "off": ["off"]}.get(str(settings.kept), ["short"])
    store.run("create or replace temp table prompt_cache_policies (policy varchar)")
    store.insert("prompt_cache_policies", [(policy,) for policy in policies])
    # A view until a policy is chosen for each feature: every policy of every call would be three tables of calls.
    store.bind("prompt_cache_options", OPTIONS)


def _choose(store: Store, settings: Settings) -> dict[str, str]:
    """Make `prompt_cache_choices`, a policy for each feature; returns what each is called, by feature."""
    by_feature: dict[str, list[dict[str, Any]]] = {}
    for row in store.records(COSTS):
        by_feature.setdefault(row["feature_name"], []).append(row)
    policies, labels = [], {}
    for feature, options in by_feature.items():
        best = _cheapest(options) if settings.kept == "auto" else options[0]
        policies.append((feature, best["policy"]))
        labels[feature] = _label(best)
    store.run("create or replace temp table prompt_cache_choices (feature_name varchar, policy varchar)")
    store.insert("prompt_cache_choices", policies)
    store.run("""
        create or replace temp table prompt_cache_chosen as
        select prompt_cache_options.* from prompt_cache_options
        join prompt_cache_choices
            on prompt_cache_choices.feature_name = prompt_cache_options.feature_name
            and prompt_cache_choices.policy = prompt_cache_options.policy""")
    store.bind("prompt_cache_options", "select * from prompt_cache_chosen")
    return labels


def _cheapest(options: list[dict[str, Any]]) -> dict[str, Any]:
    """The option that costs least; of equals the one that asks least of anybody."""
    logged = options[0] | {"policy": "logged", "feature_after": options[0]["feature_before"]}
    ease = {"logged": 0, "off": 1, "short": 2, "long": 3}
    possible = [row for row in options if row["unpriceable"] == 0 and row["feature_after"] is not None]
    if logged["feature_after"] is None:
        return logged
    return min([logged, *possible], key=lambda row: (row["feature_after"], ease[row["policy"]]))


def _label(option: Mapping[str, Any]) -> str:
    if option["policy"] == "logged":
        return "as logged" if option["logged_tokens"] else "off"
    if option["policy"] == "off":
        return "off"
    spelt = [
        "unlimited" if us == FOREVER_US else duration.text(us // SECOND_US)
        for us in dict.fromkeys((option["least_us"], option["most_us"]))
    ]
    return " to ".join(spelt)


def _facts(sums: Mapping[str, Any], labels: Mapping[str, str], breakers: list[dict[str, Any]]) -> dict[str, Any]:
    before, after, uncached = sums["before"], sums["after"], sums["uncached"]
    tokens = {name: value for name, value in sums.items() if name not in _ONLY_FOR_WORDS}
    return tokens | {
        IN_WORDS: _in_words(sums, breakers),
        "achieved_saving": None if uncached is None or before is None else uncached - before,
        "achieved_saving_share": _share(uncached, before),
        "input_saving_share": _share(before, after),
        "ttl_by_feature": {feature or "(no feature)": label for feature, label in labels.items()},
        "top_breakers_cost": _sum(row["cost_burned"] for row in breakers),
        "top_breakers_unpriced_calls": sum(row["unpriced_calls"] for row in breakers),
        "top_breakers": [
            {
                "provider_name": row["provider"],
                "model": row["model"],
                "feature": row["feature_name"] or None,
                "after_prefix": None if row["after_prefix"] is None else f"{row['after_prefix'] % 2**64:016x}",
                "first_divergent_block": row["first_divergent_block"],
                "calls": row["calls"],
                "tokens_burned": row["tokens_burned"],
                "cost_burned": row["cost_burned"],
                "unpriced_calls": row["unpriced_calls"],
            }
            for row in breakers
        ],
    }


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is known; unknown where there are amounts and none of them is."""
    all_of_them = list(amounts)
    known = [amount for amount in all_of_them if amount is not None]
    return sum(known, Decimal(0)) if known or not all_of_them else None


def _in_words(sums: Mapping[str, Any], breakers: list[dict[str, Any]]) -> list[str]:
    """What the numbers come to: how exact the reuse is known, and where most of it breaks."""
    said = []
    if sums["input_tokens"] and sums["calls_replayed"]:
        least, most = (sums[name] / sums["input_tokens"] for name in ("reused_tokens", "reused_tokens_at_most"))
        reused = f"{100 * least:.1f} % of the input tokens are reused"
        # Where only the size of what is shared is known, there are no blocks to be whole.
        said.append(
            f"{reused} in whole blocks, at most {100 * most:.1f} % token by token" if sums["blocks"] else reused
        )
    said += [
        f"{counted(row['calls'], f'call of {feature} is', f'calls of {feature} are')} new from block "
        f"{row['first_divergent_block']:,} on ({count(row['tokens_burned'], 'token')})"
        for row in breakers[:1]
        for feature in [row["feature_name"] or "no feature"]
    ]
    return said


def _share(whole: Decimal | None, rest: Decimal | None) -> float | None:
    """What is saved of `whole` when `rest` is left; negative when it is more. None without a known, positive cost."""
    return None if whole is None or rest is None or whole <= 0 else float(1 - rest / whole)


def _warnings(sums: Mapping[str, Any], *, off: bool) -> list[str]:
    said = []
    if sums["calls_without_rules"]:
        said.append(
            f"{_stay(sums['calls_without_rules'])}: it is not known here how the model caches prompts; "
            "`rules` in the plan can say it"
        )
    if sums["calls_of_unknown_prompt"]:
        said.append(
            f"{_stay(sums['calls_of_unknown_prompt'])}: the log does not say how the prompt begins; "
            "`cacheable_share` in the plan can assume it"
        )
    if sums["calls_below_minimum"] and not sums["calls_replayed"]:
        said.append(f"{_stay(sums['calls_below_minimum'])}: the prompt is shorter than the least that is cached")
    if sums["before"] is not None and sums["after"] is not None and sums["after"] > sums["before"]:
        why = "it gives up what the log read" if off else "writing costs more than reading saves"
        said.append(f"this policy loses money: {why}; `ttl: auto` takes none that does")
    if sums["reused_below_minimum_tokens"]:
        are = counted(sums["reused_below_minimum_tokens"], "token is", "tokens are")
        said.append(
            f"{are} read as prefixes shorter than the minimum, "
            "in prompts that reach it; the provider may not serve that"
        )
    if sums["calls_unpromised"]:
        rest = counted(sums["calls_unpromised"], "call rests", "calls rest")
        said.append(f"{rest} on a lifetime that the provider does not promise")
    if sums["calls_beyond_lifetime"]:
        rest = counted(sums["calls_beyond_lifetime"], "call rests", "calls rest")
        said.append(f"{rest} on a lifetime that the provider does not offer")
    return said


def _stay(calls: int) -> str:
    return counted(calls, "call stays as it is", "calls stay as they are")


LEVER = Lever(
    name="prompt_cache",
    settings=Settings,
    changes=("cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation_1h_input_tokens"),
    apply=apply,
    assumes=(
        "every prompt is written to the cache to its end",
        "the provider keeps an entry for its whole lifetime and finds it again",
        "no step behind it takes away or changes a call that warms the cache for others: such steps belong before it",
    ),
    leans_on_others=True,
)
