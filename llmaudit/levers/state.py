"""The state of a replay, in the engine's tables: the calls as they are, what a lever changes of them, what that costs.

`replayed` has one row per call with a known cost, `rates` the prices that hold for this replay. A lever reads
`lever_input` and answers `lever_changes` and `lever_extras`; of these `repriced` and `lever_savings` are made.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmaudit.analyses.conditions import condition
from llmaudit.errors import NothingMeasured
from llmaudit.levers.lever import Lever
from llmaudit.model import column
from llmaudit.pricing import PRICE, add_missing_rates
from llmaudit.store import Store

if TYPE_CHECKING:
    from llmaudit.prices import PriceOverrides

BILLED = (
    "provider_name",
    "response_model",
    "service_tier",
    "response_cache_hit",
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens",
    "output_tokens",
)
"""What a lever may change of what a call is paid by."""
_CHANGING = (
    *BILLED,
    "history_tokens",
    "context_tokens",
    "context_documents",
    "prefix_hashes",
    "prefix_block_tokens",
)
"""The columns of a call that a lever may change."""
_BASIS = "enum('assumed', 'estimated', 'measured')"
"""From the weakest on. A byte a call, where the words would be sixteen in each of the engine's tables."""
_PRICED_BY = ("request_model", "region", "started_at_us", "status")
_RATED_BY = ("provider_name", "response_model", "service_tier")
_EXTRA = ("provider_name", "response_model", "service_tier", "input_tokens", "output_tokens")


def start(store: Store, condition: str) -> tuple[int, int]:
    """Bind the state before the first step: `replayed`, one row per call with a known cost; counts all.

    The day of a call without a time is null: it was on some day, and a day of its own would stretch the period.
    """
    changing = ", ".join(_CHANGING[:-2])
    # A copy to add to, in place of the store's own while this connection lives.
    database = store.value("select current_database()")
    store.run(f'create or replace temp table rates as select * from "{database}".main.rates')
    store.run(f"""
        create or replace temp table replayed_0 as
        select rowid as call_id, {changing}, cast(null as bigint[]) as prefix_hashes,
               cast(null as double) as prefix_block_tokens, effective_cost as cost,
               cast('measured' as {_BASIS}) as basis,
               cast(started_at as date) - date '1970-01-01' as day
        from calls where {condition} and effective_cost is not null""")
    store.bind("replayed", "select * from replayed_0")
    calls, unpriced = store.rows(f"""
        select coalesce(sum(case when effective_cost is null then 0 else 1 end), 0)::bigint,
               coalesce(sum(case when effective_cost is null then 1 else 0 end), 0)::bigint
        from calls where {condition}""")[0]
    if not calls:
        raise NothingMeasured(
            "no call with a known cost is left to replay", hint="llmaudit breakdown says what there is"
        )
    return calls, unpriced


def add_batch_rates(store: Store, models: str, prices: "PriceOverrides | None") -> None:
    """Put into `rates` what the models of a select (provider and model names, region) cost in batch."""
    store.bind("batch_uses", f"select *, 'batch' as service_tier from ({models})")
    add_missing_rates(store, "batch_uses", prices)


def take_rates(store: Store, before_change: Callable[[], None]) -> None:
    """Let rates that a plan overrides (`lever_rates`) stand in for those of the same key."""
    if store.value("select count(*) from duckdb_tables() where table_name = 'lever_rates'"):
        before_change()
        key = "provider_name, model, service_tier, region"
        store.run(f"delete from rates where ({key}) in (select {key} from lever_rates)")
        store.run("insert into rates by name select * from lever_rates")


def bind_input(store: Store, when: str) -> None:
    """Bind `lever_input`, the calls that still reach a model as they are now, and which of them the step is about."""
    now = ", ".join(
        f"coalesce(replayed.{name}, calls.{name}) as {name}"
        if name.startswith("prefix_")
        else f"replayed.{name} as {name}"
        for name in _CHANGING
    )
    holds = "true" if when.strip().lower() == "true" else condition(when).sql
    store.bind(
        "lever_input",
        f"""select *, coalesce({holds}, false) as fits
            from (select calls.* exclude call_id replace (
                             {now},
                             -- The log counted the documents that it saw: fewer of them, or in another model's tokens,
                             -- are not those.
                             case when replayed.context_tokens = calls.context_tokens then context_document_tokens end
                                 as context_document_tokens),
                         calls.started_at_us, replayed.call_id, calls.call_id as call_name
                  from calls join replayed on replayed.call_id = calls.rowid
                  where coalesce(replayed.response_cache_hit, false) = false)""",
    )


def price(store: Store, lever: Lever[Any], prices: "PriceOverrides | None") -> None:
    """Price what the lever changed and made: `repriced` (calls with their new state) and `lever_savings`."""
    state = ", ".join(
        f"coalesce(lever_changes.{name}, replayed.{name}) as {name}" if name in lever.changes else f"replayed.{name}"
        for name in _CHANGING
    )
    store.bind(
        "unpriced",
        f"""select lever_changes.call_id, {_weakest("lever_changes")}, replayed.cost as old_cost, replayed.day, {state},
                   {", ".join(f"calls.{name}" for name in _PRICED_BY)}
            from lever_changes join replayed using (call_id) join calls on calls.rowid = lever_changes.call_id""",
    )
    # What keeps its model and tier has a rate already, and looking for it would join all calls once more.
    if set(_RATED_BY) & set(lever.changes):
        add_missing_rates(store, "unpriced", prices)
    store.run(f"""
        create or replace temp table repriced as
        select call_id, basis, old_cost, effective_cost as new_cost, day, {", ".join(_CHANGING)} from ({PRICE})""")
    store.bind(
        "unpriced",
        f"""select lever_extras.call_id, {_weakest("lever_extras")}, replayed.day,
                   {", ".join(f"lever_extras.{name}" for name in _EXTRA)},
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


def _weakest(table: str) -> str:
    """What the change of a call rests on, and every change before it: what follows an estimate is one."""
    return f"least(cast({table}.basis as {_BASIS}), replayed.basis) as basis"


def advance(store: Store, taken: int) -> None:
    """Lay the changes over the state, for the next step to find.

    Into a new table: an update in place would keep no state to go back to, and is no faster.
    """
    changed = ", ".join(
        f"case when repriced.call_id is null then replayed.{name} else repriced.{name} end as {name}"
        for name in _CHANGING
    )
    store.run(f"""
        create or replace temp table replayed_{taken + 1} as
        select replayed.call_id, {changed},
               case when repriced.call_id is null then replayed.cost else repriced.new_cost end as cost,
               case when repriced.call_id is null then replayed.basis else repriced.basis end as basis, replayed.day
        from replayed left join repriced on repriced.call_id = replayed.call_id""")
    store.bind("replayed", f"select * from replayed_{taken + 1}")


def cost(store: Store) -> Decimal:
    """What all calls cost as they are."""
    amount = store.value("select cast(coalesce(sum(cost), 0) as decimal(38, 12)) from replayed")
    assert isinstance(amount, Decimal)
    return amount


assert all(column(name) for name in _CHANGING), "a lever may only change columns of calls"
