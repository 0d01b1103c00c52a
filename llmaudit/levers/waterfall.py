"""The waterfall: levers in plan order, each on the calls as the last one left them, priced by one query.

Every call is in exactly one state at a time and its cost is known before and after each step, so the steps add up to
the total to the last decimal and no saving counts twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from llmaudit.analyses.conditions import condition
from llmaudit.errors import NothingMeasured
from llmaudit.levers import bootstrap
from llmaudit.levers.complexity import complexity_expression
from llmaudit.levers.lever import PLAN_COLUMNS, Basis, Lever, StepSettings
from llmaudit.model import column
from llmaudit.pricing import PRICE, add_missing_rates
from llmaudit.store import Store

if TYPE_CHECKING:
    from llmaudit.prices import PriceOverrides

ZERO = Decimal(0)
_CHANGING = (
    "provider_name",
    "response_model",
    "service_tier",
    "response_cache_hit",
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens",
    "output_tokens",
    "history_tokens",
    "context_tokens",
    "context_documents",
    "prefix_hashes",
    "prefix_block_tokens",
)
"""The columns of a call that a lever may change."""
_PRICED_BY = ("request_model", "region", "started_at_us", "status")
_EXTRA = ("provider_name", "response_model", "service_tier", "input_tokens", "output_tokens")


class Planned(Protocol):
    """What the engine needs of a step of a plan."""

    @property
    def lever(self) -> Lever[Any]: ...
    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> StepSettings: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One lever of a waterfall, as it worked on what the steps before it had left.

    Costs are USD. `saving` may be negative. The parts of `basis` add up to `saving`; `low` and `high` bound it at 95 %
    as far as days differ (null with fewer than two days).
    """

    lever: str
    name: str
    cost_before: Decimal
    cost_after: Decimal
    calls_changed: int
    low: Decimal | None
    high: Decimal | None
    basis: Mapping[Basis, Decimal]
    facts: Mapping[str, Any]
    warnings: tuple[str, ...]

    @property
    def saving(self) -> Decimal:
        return self.cost_before - self.cost_after


@dataclass(frozen=True, slots=True)
class Waterfall:
    """What a plan would have cost. `unpriced_calls` are in neither cost."""

    calls: int
    unpriced_calls: int
    days: Decimal
    baseline_cost: Decimal
    steps: tuple[Step, ...]

    @property
    def projected_cost(self) -> Decimal:
        return self.steps[-1].cost_after if self.steps else self.baseline_cost

    @property
    def saving(self) -> Decimal:
        return self.baseline_cost - self.projected_cost


def waterfall(
    store: Store,
    steps: Sequence[Planned],
    *,
    condition: str = "true",
    prices: "PriceOverrides | None" = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Waterfall:
    """What the calls where `condition` holds (SQL that was checked) would have cost under the steps.

    Raises NothingMeasured when no call with a known cost is left to replay.
    """
    calls, unpriced = _start(store, condition)
    # What each model costs in batch, for the lever that asks whether it can be had.
    store.bind(
        "batch_uses", "select provider_name, request_model, response_model, 'batch' as service_tier, region from calls"
    )
    add_missing_rates(store, "batch_uses", prices)
    cost = _cost(store)
    baseline, done = cost, []
    for step in steps:
        progress(f"replaying {step.name}")
        made = _apply(store, step, cost, prices)
        done.append(made)
        cost = made.cost_after
    days = Decimal(str(store.value("select max(day) - min(day) + 1 from replayed") or 1))
    return Waterfall(calls, unpriced, days, baseline, tuple(done))


def _start(store: Store, condition: str) -> tuple[int, int]:
    """Bind the state before the first step: `replayed`, one row per call with a known cost."""
    changing = ", ".join(_CHANGING[:-2])
    # A copy to add to, in place of the store's own while this connection lives.
    database = store.value("select current_database()")
    store.run(f'create or replace temp table rates as select * from "{database}".main.rates')
    store.run(f"""
        create or replace temp table replayed as
        select rowid as call_id, {changing}, cast(null as bigint[]) as prefix_hashes,
               cast(null as double) as prefix_block_tokens, effective_cost as cost,
               coalesce(cast(started_at as date) - date '1970-01-01', 0) as day
        from calls where {condition} and effective_cost is not null""")
    calls, unpriced = store.rows(f"""
        select coalesce(sum(case when effective_cost is null then 0 else 1 end), 0)::bigint,
               coalesce(sum(case when effective_cost is null then 1 else 0 end), 0)::bigint
        from calls where {condition}""")[0]
    if not calls:
        raise NothingMeasured(
            "no call with a known cost is left to replay", hint="llmaudit breakdown says what there is"
        )
    return calls, unpriced


def _apply(store: Store, step: Planned, cost: Decimal, prices: "PriceOverrides | None") -> Step:
    lever = step.lever
    _bind_input(store, step.settings.when)
    store.run(
        "create or replace temp table lever_extras (call_id bigint, basis varchar, provider_name varchar, "
        "response_model varchar, service_tier varchar, input_tokens bigint, output_tokens bigint)"
    )
    store.run("drop table if exists temp.lever_rates")
    outcome = lever.apply(store, step.settings)
    _take_rates(store)
    _price(store, lever, prices)
    warnings = list(outcome.warnings)
    unpriceable = store.value("select count(*) from repriced where new_cost is null")
    if unpriceable:
        store.run("delete from repriced where new_cost is null")
        warnings.append(f"{unpriceable:,} calls stay as they are: what they would become has no known price")
    extras_cost, unpriced_extras = store.rows(
        "select cast(coalesce(sum(cost), 0) as decimal(38, 12)), count(*) - count(cost) from extra_costs"
    )[0]
    if unpriced_extras:
        warnings.append(f"{unpriced_extras:,} calls that the step itself makes have no known price and are not charged")
    made = {lever.extras_cost: None if unpriced_extras else extras_cost} if lever.extras_cost else {}
    by_basis = {
        Basis(basis): amount
        for basis, amount in store.rows("""
            select basis, cast(sum(saving) as decimal(38, 12)) from lever_savings group by basis order by basis""")
    }
    days = store.rows("select cast(sum(saving) as decimal(38, 12)) from lever_savings group by day order by day")
    by_day = [saving for (saving,) in days]
    quiet_days = store.value("select count(distinct day) from replayed") - len(by_day)
    low, high = bootstrap.interval([*by_day, *[ZERO] * quiet_days])
    changed = store.value("select count(*) from repriced")
    saving = sum(by_basis.values(), ZERO)
    _advance(store)
    return Step(
        lever=lever.name,
        name=step.name,
        cost_before=cost,
        cost_after=cost - saving,
        calls_changed=changed,
        low=low,
        high=high,
        basis={basis: by_basis.get(basis, ZERO) for basis in Basis},
        facts={**outcome.facts, **made},
        warnings=tuple(warnings),
    )


def _take_rates(store: Store) -> None:
    """Let rates that a plan overrides (`lever_rates`) stand in for those of the same key."""
    if store.value("select count(*) from duckdb_tables() where table_name = 'lever_rates'"):
        key = "provider_name, model, service_tier, region"
        store.run(f"delete from rates where ({key}) in (select {key} from lever_rates)")
        store.run("insert into rates by name select * from lever_rates")


def _bind_input(store: Store, when: str) -> None:
    """Bind `lever_input`, the calls that still reach a model as they are now, and `lever_condition` among them."""
    now = ", ".join(
        f"coalesce(replayed.{name}, calls.{name}) as {name}"
        if name.startswith("prefix_")
        else f"replayed.{name} as {name}"
        for name in _CHANGING
    )
    store.bind(
        "lever_input",
        f"""select *, {complexity_expression()} as complexity
            from (select calls.* exclude call_id replace ({now}), calls.started_at_us, replayed.call_id
                  from calls join replayed on replayed.call_id = calls.rowid
                  where coalesce(replayed.response_cache_hit, false) = false)""",
    )
    holds = "true" if when.strip().lower() == "true" else condition(when, PLAN_COLUMNS).sql
    store.bind("lever_condition", f"select call_id from lever_input where {holds}")


def _price(store: Store, lever: Lever[Any], prices: "PriceOverrides | None") -> None:
    """Price what the lever changed and made: `repriced` (calls with their new state) and `lever_savings`."""
    state = ", ".join(
        f"coalesce(lever_changes.{name}, replayed.{name}) as {name}" if name in lever.changes else f"replayed.{name}"
        for name in _CHANGING
    )
    store.bind(
        "unpriced",
        f"""select lever_changes.call_id, lever_changes.basis, replayed.cost as old_cost, replayed.day, {state},
                   {", ".join(f"calls.{name}" for name in _PRICED_BY)}
            from lever_changes join replayed using (call_id) join calls on calls.rowid = lever_changes.call_id""",
    )
    add_missing_rates(store, "unpriced", prices)
    store.run(f"""
        create or replace temp table repriced as
        select call_id, basis, old_cost, effective_cost as new_cost, day, {", ".join(_CHANGING)} from ({PRICE})""")
    store.bind(
        "unpriced",
        f"""select lever_extras.call_id, basis, replayed.day, {", ".join(f"lever_extras.{name}" for name in _EXTRA)},
                   cast(0 as bigint) as cache_read_input_tokens, cast(0 as bigint) as cache_creation_input_tokens,
                   cast(0 as bigint) as cache_creation_1h_input_tokens, false as response_cache_hit,
                   {", ".join(f"calls.{name}" for name in _PRICED_BY)}
            from lever_extras join replayed using (call_id) join calls on calls.rowid = lever_extras.call_id""",
    )
    add_missing_rates(store, "unpriced", prices)
    store.run(f"create or replace temp table extra_costs as select basis, day, effective_cost as cost from ({PRICE})")
    store.bind(
        "lever_savings",
        """select basis, day, old_cost - new_cost as saving from repriced
           union all select basis, day, -cost as saving from extra_costs where cost is not null""",
    )


def _advance(store: Store) -> None:
    """Lay the changes over the state, for the next step to find."""
    changed = ", ".join(f"{name} = repriced.{name}" for name in _CHANGING)
    store.run(f"update replayed set {changed}, cost = new_cost from repriced where repriced.call_id = replayed.call_id")


def _cost(store: Store) -> Decimal:
    cost = store.value("select cast(coalesce(sum(cost), 0) as decimal(38, 12)) from replayed")
    assert isinstance(cost, Decimal)
    return cost


assert all(column(name) for name in _CHANGING), "a lever may only change columns of calls"
