"""The waterfall: levers in plan order, each on the calls as the last one left them, priced by one query.

Every call is in exactly one state at a time and its cost is known before and after each step, so the steps add up to
the total to the last decimal and no saving counts twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from llmaudit.levers import bootstrap, state
from llmaudit.levers.answer import Attribution, Step, Waterfall
from llmaudit.levers.lever import Basis, Lever, StepSettings
from llmaudit.levers.pace import Pace
from llmaudit.store import Store
from llmaudit.words import count, counted

if TYPE_CHECKING:
    from llmaudit.prices import PriceOverrides

ZERO = Decimal(0)
_MAKE_OTHERS = {"response_cache_hit", "response_model", "prefix_hashes"}
"""What a lever changes of a call that is then another for those who lean on it: gone, at another model, shorter."""


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
        self.calls, self.unpriced_calls = state.start(store, condition)
        # What each model costs in batch, for the lever that asks whether it can be had.
        state.add_batch_rates(store, "select provider_name, request_model, response_model, region from calls", prices)
        self.days = Decimal(str(store.value("select max(day) - min(day) + 1 from replayed") or 1))
        self.costs = [state.cost(store)]

    @property
    def taken(self) -> int:
        """How many steps were taken to where the calls are now."""
        return len(self.costs) - 1

    def bind(self) -> None:
        """Let `lever_input` mean the calls as they are, for questions that belong to no step."""
        state.bind_input(self._store, "true")

    def look(self, step: Planned) -> Step:
        """What the step would do to the calls as they are; they stay so, and so do the rates."""
        found = self._measured(step)
        self._restore_rates(self.taken)
        return found

    def take(self, step: Planned) -> Step:
        """What the step does to the calls as they are, and on to what it leaves."""
        found = self._measured(step)
        state.advance(self._store, self.taken)
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
    return replay.waterfall(warned_of_order(steps, done))


def warned_of_order(steps: Sequence[Planned], done: Sequence[Step]) -> list[Step]:
    """The steps, with a warning where one leans on calls that a later one takes away or changes.

    No step is replayed again for what comes behind it, so it may be credited with more than it would then save.
    """
    warned = list(done)
    for place, step in enumerate(steps):
        if not step.lever.leans_on_others or not done[place].calls_changed:
            continue
        later = [
            other.name
            for other, found in zip(steps[place + 1 :], done[place + 1 :], strict=True)
            if found.calls_changed and _MAKE_OTHERS.intersection(other.lever.changes)
        ]
        if later:
            said = (
                f"replayed before {', '.join(later)}: calls taken away or changed there still count here as they were"
            )
            warned[place] = replace(done[place], warnings=(*done[place].warnings, said))
    return warned


def _apply(
    store: Store,
    step: Planned,
    cost: Decimal,
    prices: "PriceOverrides | None",
    before_rates_change: Callable[[], None],
) -> Step:
    """What a step does: `repriced` has the calls that it changes, as they would be."""
    lever = step.lever
    state.bind_input(store, step.settings.when)
    store.run(
        "create or replace temp table lever_extras (call_id bigint, basis varchar, provider_name varchar, "
        "response_model varchar, service_tier varchar, input_tokens bigint, output_tokens bigint)"
    )
    store.run("drop table if exists temp.lever_rates")
    outcome = lever.apply(store, step.settings)
    state.take_rates(store, before_rates_change)
    state.price(store, lever, prices)
    if "response_model" in lever.changes:
        # A model that the log never saw may be asked for its batch price by a later step, too.
        state.add_batch_rates(
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
        stay = counted(unpriceable, "call stays as it is", "calls stay as they are")
        warnings.append(f"{stay}: what the step would make of such a call has no known price")
    extras_cost, extras, priced_extras = store.rows(
        "select cast(coalesce(sum(cost), 0) as decimal(38, 12)), count(*), count(cost) from extra_costs"
    )[0]
    unpriced_extras = extras - priced_extras
    if unpriced_extras:
        charged = counted(unpriced_extras, "has no known price or size and is", "have no known price or size and are")
        warnings.append(f"of {count(extras, 'call')} that the step itself makes, {charged} not charged")
    made: dict[str, Decimal | int | None] = {}
    if lever.extras is not None:
        made[f"{lever.extras}_cost"] = extras_cost if priced_extras or not extras else None
        made[f"{lever.extras}_unpriced_calls"] = unpriced_extras
    by_basis = {
        Basis(basis): amount
        for basis, amount in store.rows("""
            select basis, cast(sum(saving) as decimal(38, 12)) from lever_savings group by basis order by basis""")
    }
    by_day = dict(
        store.rows("select day, cast(sum(saving) as decimal(38, 12)) from lever_savings group by day order by day")
    )
    undated = by_day.pop(None, ZERO)
    quiet_days = store.value("select count(distinct day) from replayed") - len(by_day)
    low, high = bootstrap.interval([*by_day.values(), *[ZERO] * quiet_days], undated)
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
