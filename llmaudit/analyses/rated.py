"""Which row of rates priced a call: the join of the pricing query, in no more words than the rates of a store need.

Every model of a store has rows in `rates`, and few have more than one. A condition that all rows meet, and a column by
which no two models differ, would only cost time: half of it, over ten million calls.
"""

from collections.abc import Collection

from llmaudit.store import Store

_NUMBERED = """
    select
        rates.*,
        row_number() over (order by provider_name, model, service_tier, region, valid_from_us, from_second_of_day,
                                    over_input_tokens) as rate_row
    from rates"""

# What tells the rows of a model apart: a column of theirs, and the condition on it as price.sql says it.
_MODEL = "rate_rows.model = coalesce(response_model, request_model, '')"
_INSTANT = "coalesce(started_at_us, cast(253402300799000000 as bigint))"
_CONDITIONS = {
    "provider_name": "rate_rows.provider_name = coalesce(chosen.provider_name, '')",
    "service_tier": "rate_rows.service_tier = chosen.service_tier",
    "region": "rate_rows.region = coalesce(chosen.region, '')",
    "valid_from_us": f"{_INSTANT} >= valid_from_us and {_INSTANT} < valid_to_us",
    "from_second_of_day": f"{_INSTANT} % 86400000000 >= from_second_of_day * cast(1000000 as bigint) "
    f"and {_INSTANT} % 86400000000 < to_second_of_day * cast(1000000 as bigint)",
    "over_input_tokens": "input_tokens > over_input_tokens and input_tokens <= up_to_input_tokens",
}


COSTLY = "effective_cost > 0"
REACHED = (
    "effective_cost is not null and coalesce(response_cache_hit, false) = false "
    "and (effective_cost > 0 or input_tokens + output_tokens > 0)"
)
"""The calls that a model answered, also for nothing: not those refused, nor those a gateway had the answer to."""


def bind_rated(store: Store, where: str = COSTLY) -> None:
    """Let `rated` mean the calls of `chosen` that cost anything, each with its `rate_row`, and `rate_rows` those rows.

    A call without a cost has no row, which also leaves out what is never billed. `where` may ask for others (REACHED).
    """
    told_apart_by = store.rows(f"select model, {', '.join(_CONDITIONS)} from rates")
    models = {row[0] for row in told_apart_by}
    needed = {
        column
        for place, column in enumerate(_CONDITIONS, start=1)
        if len({(row[0], row[place]) for row in told_apart_by}) > len(models)
    }
    store.bind("rate_rows", _NUMBERED)
    store.bind("rated", rated_select(needed, where))


def rated_select(needed: Collection[str] = frozenset(_CONDITIONS), where: str = COSTLY) -> str:
    """The select behind `rated`, with the conditions on these columns of `rates`: by default all, as in price.sql."""
    conditions = [condition for column, condition in _CONDITIONS.items() if column in needed]
    joined = " and ".join([_MODEL, *conditions])
    return f"select chosen.*, rate_row from chosen join rate_rows on {joined} where {where}"
