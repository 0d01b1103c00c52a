"""The waterfall: levers in plan order, each on the calls as the last one left them, priced by one query.

Every call is in exactly one state at a time and its cost is known before and after each step, so the steps add up to
the total to the last decimal and no saving counts twice.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from llmaudit.analyses.conditions import condition
from llmaudit.errors import NothingMeasured
from llmaudit.levers import bootstrap
from llmaudit.levers.answer import Attribution, Step, Waterfall
from llmaudit.levers.lever import Basis, Lever, StepSettings
from llmaudit.levers.pace import Pace
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
_BASIS = "enum('assumed', 'estimated', 'measured')"
"""From the weakest on. A byte a call, where the words would be sixteen in each of the engine's tables."""
_PRICED_BY = ("request_model", "region", "started_at_us", "status")
_RATED_BY = ("provider_name", "response_model", "service_tier")
_EXTRA = ("provider_name", "response_model", "service_tier", "input_tokens", "output_tokens")


class Planned(Protocol):
    """What the engine needs of a step of a plan."""

    @property
    def lever(self) -> Lever[Any]: ...
    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> StepSettings: ...


class Replay:
    """The calls of a period on their way through the steps of a plan: `take` goes on by one, `back` returns.

    With `keep`, every state that was passed stays in a table of its own until `back` goes behind it.
    Raises NothingMeasured when no call with a known cost is there to replay.
    """

    def __init__(
        self, store: Store, condition: str = "true", prices: "PriceOverrides | None" = None, *, keep: bool = False
    ) -> None:
        self._store, self._prices, self._keep = store, prices, keep
        self._changed_rates: list[int] = []
        self.calls, self.unpriced_calls = _start(store, condition)
        # What each model costs in batch, for the lever that asks whether it can be had.
        _add_batch_rates(store, "select provider_name, request_model, response_model, region from calls", prices)
        self.days = Decimal(str(store.value("select max(day) - min(day) + 1 from replayed") or 1))
        self.costs = [_cost(store)]

    @property
    def taken(self) -> int:
        """How many steps were taken to where the calls are now."""
        return len(self.costs) - 1

    def bind(self) -> None:
        """Let `lever_input` mean the calls as they are, for questions that belong to no step."""
        _bind_input(self._store, "true")

    def look(self, step: Planned) -> Step:
        """What the step would do to the calls as they are; they stay so, and so do the rates."""
        found = self._measured(step)
        self._restore_rates(self.taken)
        return found

    def take(self, step: Planned) -> Step:
        """What the step does to the calls as they are, and on to what it leaves."""
        found = self._measured(step)
        _advance(self._store, self.taken)
        if not self._keep:
            self._store.run(f"drop table temp.replayed_{self.taken}")
        self.costs.append(found.cost_after)
        return found

    def back(self, taken: int) -> None:
        """To the calls as they were after so many steps."""
        self._store.bind("replayed", f"select * from replayed_{taken}")
        for number in range(taken + 1, self.taken + 1):
            self._store.run(f"drop table temp.replayed_{number}")
        self._restore_rates(taken)
        del self.costs[taken + 1 :]

    def waterfall(self, steps: Sequence[Step], attribution: Attribution | None = None) -> Waterfall:
        """The answer that these steps make, taken from the first state on."""
        return Waterfall(self.calls, self.unpriced_calls, self.days, self.costs[0], tuple(steps), attribution)

    def _measured(self, step: Planned) -> Step:
        def before_rates_change() -> None:
            self._store.run(f"create or replace temp table rates_{self.taken} as select * from rates")
            self._changed_rates.append(self.taken)

        return _apply(self._store, step, self.costs[-1], self._prices, before_rates_change)

    def _restore_rates(self, taken: int) -> None:
        """The rates as they were before the step behind so many changed them, if one since then did."""
        while self._changed_rates and self._changed_rates[-1] >= taken:
            number = self._changed_rates.pop()
            self._store.run(f"create or replace temp table rates as select * from rates_{number}")
            self._store.run(f"drop table temp.rates_{number}")


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
    replay = Replay(store, condition, prices)
    pace, done = Pace(len(steps), replay.calls), []
    for step in steps:
        progress(pace.next(step.name))
        done.append(replay.take(step))
    return replay.waterfall(done)


def _start(store: Store, condition: str) -> tuple[int, int]:
    """Bind the state before the first step: `replayed`, one row per call with a known cost; counts all."""
    changing = ", ".join(_CHANGING[:-2])
    # A copy to add to, in place of the store's own while this connection lives.
    database = store.value("select current_database()")
    store.run(f'create or replace temp table rates as select * from "{database}".main.rates')
    store.run(f"""
        create or replace temp table replayed_0 as
        select rowid as call_id, {changing}, cast(null as bigint[]) as prefix_hashes,
               cast(null as double) as prefix_block_tokens, effective_cost as cost,
               cast('measured' as {_BASIS}) as basis,
               coalesce(cast(started_at as date) - date '1970-01-01', 0) as day
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


def _apply(
    store: Store,
    step: Planned,
    cost: Decimal,
    prices: "PriceOverrides | None",
    before_rates_change: Callable[[], None],
) -> Step:
    """What a step does: `repriced` has the calls that it changes, as they would be."""
    lever = step.lever
    _bind_input(store, step.settings.when)
    store.run(
        "create or replace temp table lever_extras (call_id bigint, basis varchar, provider_name varchar, "
        "response_model varchar, service_tier varchar, input_tokens bigint, output_tokens bigint)"
    )
    store.run("drop table if exists temp.lever_rates")
    outcome = lever.apply(store, step.settings)
    _take_rates(store, before_rates_change)
    _price(store, lever, prices)
    if "response_model" in lever.changes:
        # A model that the log never saw may be asked for its batch price by a later step, too.
        _add_batch_rates(
            store,
            """select distinct repriced.provider_name, request_model, repriced.response_model, region
               from repriced join calls on calls.rowid = repriced.call_id""",
            prices,
        )
    fitting = step.settings.when.strip().lower() == "true" or store.value("select count(*) from lever_input where fits")
    warnings = list(outcome.warnings) if fitting else ["no call fits `when`"]
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


def _add_batch_rates(store: Store, models: str, prices: "PriceOverrides | None") -> None:
    store.bind("batch_uses", f"select *, 'batch' as service_tier from ({models})")
    add_missing_rates(store, "batch_uses", prices)


def _take_rates(store: Store, before_change: Callable[[], None]) -> None:
    """Let rates that a plan overrides (`lever_rates`) stand in for those of the same key."""
    if store.value("select count(*) from duckdb_tables() where table_name = 'lever_rates'"):
        before_change()
        key = "provider_name, model, service_tier, region"
        store.run(f"delete from rates where ({key}) in (select {key} from lever_rates)")
        store.run("insert into rates by name select * from lever_rates")


def _bind_input(store: Store, when: str) -> None:
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


def _price(store: Store, lever: Lever[Any], prices: "PriceOverrides | None") -> None:
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


def _advance(store: Store, taken: int) -> None:
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


def _cost(store: Store) -> Decimal:
    cost = store.value("select cast(coalesce(sum(cost), 0) as decimal(38, 12)) from replayed")
    assert isinstance(cost, Decimal)
    return cost


assert all(column(name) for name in _CHANGING), "a lever may only change columns of calls"
