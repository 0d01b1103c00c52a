"""From `staged` to `calls`: each call counted once, within the files and against what the store already holds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmaudit.attribution import attributed
from llmaudit.complexity import complexity_expression
from llmaudit.model import COLUMNS
from llmaudit.pricing import MONEY, PRICE, add_missing_rates
from llmaudit.store import Store, load_sql

if TYPE_CHECKING:
    from llmaudit.attribution import AttributionRules
    from llmaudit.complexity import ComplexityRules
    from llmaudit.prices import PriceOverrides


@dataclass(frozen=True, slots=True)
class Merged:
    """How many calls a merge improved and left without a price, and how many it added per source."""

    updated: int
    unpriced: int
    added_by_source: dict[int, int]


def settle(store: Store) -> None:
    """Bind `settled` to the staged records with their final ids.

    A record without an id is named by what it says and how often its source said that before: the n-th of several
    equal ones is the same call as the n-th in a copy of the source, and another call than the first.
    """
    if not store.value("select count(*) from staged where not has_id and skipped is null and problem is null"):
        store.bind("settled", "select * from staged")
        return
    store.run("""
        create or replace temp table numbered as
        select source_id, record_number,
               concat(call_id, '#', row_number() over same) as numbered_id
        from staged where not has_id and skipped is null and problem is null
        window same as (partition by source_id, call_id order by record_number)""")
    store.bind(
        "settled",
        """select staged.* replace (coalesce(numbered_id, call_id) as call_id)
           from staged left join numbered using (source_id, record_number)""",
    )


def merge(
    store: Store,
    prices: "PriceOverrides | None",
    attribution: "AttributionRules | None",
    complexity: "ComplexityRules | None",
) -> Merged:
    """Attribute and price the staged calls and put them into `calls`; to be run inside a transaction."""
    candidates = "select *, false as known from settled where skipped is null and problem is null and score is null"
    has_calls = bool(store.value("select count(*) from calls"))
    if not has_calls:
        store.bind("candidates", candidates)
    else:
        store.run("create or replace temp table read_ids as select distinct call_id from (" + candidates + ")")
        columns = ", ".join(column.name for column in COLUMNS if column.name not in MONEY)
        store.bind(
            "candidates",
            f"""{candidates} union all by name
                select {columns}, true as known from calls where call_id in (select call_id from read_ids)""",
        )
    store.run(f"create or replace temp table kept as {load_sql(__package__, 'merge')}")
    # A view, for copying every column of every call once more takes as long as writing them into `calls`.
    store.bind(
        "fresh",
        """select candidates.* replace (earliest as started_at), replaces
           from candidates join kept using (source_id, record_number, known)
           where not (known and started_at is not distinct from earliest)""",
    )
    if has_calls:
        store.run("""
            create or replace temp table outdated as
            select rowid as place from calls where call_id in (select call_id from fresh where replaces)""")
    add_missing_rates(store, "candidates", prices)
    names = ", ".join(column.name for column in COLUMNS)
    store.bind(
        "unpriced",
        f"""select * replace ({complexity_expression(complexity)} as complexity), epoch_us(started_at) as started_at_us
            from ({attributed(store, "fresh", attribution)})""",
    )
    with store.joins_as_written():
        store.run(f"insert into calls ({names}) select {names} from ({PRICE})")
    if has_calls:
        store.run("delete from calls where rowid in (select place from outdated)")
    counts = store.rows("""
        select source_id, sum(added), sum(unpriced)
        from (select source_id, 1 as added, case when price_basis = 'unpriced' then 1 else 0 end as unpriced
              from calls where source_id in (select source_id from staged_sources)
              union all
              select source_id, -1 as added, 0 as unpriced from kept where replaces and not known) as counted
        group by source_id""")
    return Merged(
        updated=store.value("select count(*) from outdated") if has_calls else 0,
        unpriced=sum(unpriced for _, _, unpriced in counts),
        added_by_source={source_id: added for source_id, added, _ in counts},
    )
