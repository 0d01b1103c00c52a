"""The rates a store needs, and pricing it anew when the price book or the user's prices have changed."""

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from llmaudit.model import COLUMNS
from llmaudit.prices import book_version
from llmaudit.store import Store, load_sql

if TYPE_CHECKING:
    from llmaudit.prices import PriceOverrides
    from llmaudit.prices.known import Key

PRICE = load_sql(__package__, "price")
"""The one pricing query: `unpriced` and `rates` in, the same rows with their costs out."""

MONEY = ("list_cost", "effective_cost", "price_basis")
"""The columns of a call that pricing fills."""
_METER_COLUMNS = 12
_EVERYTHING = 253_402_300_800_000_000


def add_missing_rates(store: Store, relation: str, overrides: "PriceOverrides | None") -> None:
    """Put into `rates` the rates of every model in `relation` that is not there yet.

    A model without a price gets a row too, so that it is looked up once: its prices are null.
    """
    keys = store.rows(f"""
        select distinct coalesce(provider_name, ''), coalesce(response_model, request_model, ''), service_tier,
               coalesce(region, '')
        from {relation}
        except
        select provider_name, model, service_tier, region from rates
        order by all""")
    if not keys:
        return
    from llmaudit.prices.known import known_rates

    known = {} if overrides and overrides.rules else known_rates(keys)
    rows = [row for found in known.values() for row in found]
    rows += _looked_up([key for key in keys if key not in known], overrides)
    priced = {row[:4] for row in rows}
    nothing = (None,) * _METER_COLUMNS
    unknown = (0, _EVERYTHING, 0, 86_400, -1, 10**12, *nothing, "unpriced", "", "no price known", None)
    store.insert("rates", rows + [(*key, *unknown) for key in keys if key not in priced])


def _looked_up(keys: "list[Key]", overrides: "PriceOverrides | None") -> list[tuple[Any, ...]]:
    """The rates of these keys by the price book itself, as rows of `rates`."""
    if not keys:
        return []
    from llmaudit.prices import Use, rates

    uses = [
        Use(provider or None, model, tier, region or None, 0, _EVERYTHING - 1) for provider, model, tier, region in keys
    ]
    rows = []
    for rate in rates(uses, overrides):
        provider_name, model, service_tier, region, *rest = astuple(rate)
        rows.append((provider_name or "", model, service_tier, region or "", *rest))
    return rows


def reprice_if_changed(store: Store, overrides: "PriceOverrides | None") -> int:
    """Price every call again if the store was priced with another price book; returns how many cost something else."""
    return 0 if store.meta("price_book") == book_version(overrides) else reprice(store, overrides)


def reprice(store: Store, overrides: "PriceOverrides | None") -> int:
    """Look up every rate again, price every call with it, and write the costs that are not what they were."""
    columns = ", ".join(column.name for column in COLUMNS if column.name not in MONEY)
    before = ", ".join(f"{name} as old_{name}" for name in MONEY)
    differs = " or ".join(f"{name} is distinct from old_{name}" for name in MONEY)
    with store.transaction():
        store.run("delete from rates")
        add_missing_rates(store, "calls", overrides)
        store.bind("unpriced", f"select {columns}, started_at_us, rowid as place, {before} from calls")
        store.run(
            f"create or replace temp table repriced as select place, {', '.join(MONEY)} from ({PRICE}) where {differs}"
        )
        changed = int(store.value("select count(*) from repriced"))
        store.run(f"""
            update calls set {", ".join(f"{name} = repriced.{name}" for name in MONEY)}
            from repriced where calls.rowid = repriced.place""")
        store.run("drop table temp.repriced")
        store.set_meta({"price_book": book_version(overrides)})
    return changed
