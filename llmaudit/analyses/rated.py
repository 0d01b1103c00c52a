"""Which row of rates priced a call: the join of the pricing query, in no more words than the rates of a store need.

Every model of a store has rows in `rates`, and few have more than one. A condition that all rows meet, and a column by
which no two models differ, would only cost time: half of it, over ten million calls.
"""

from llmaudit.store import Store

_NUMBERED = """
    select
        rates.*,
        row_number() over (order by provider_name, model, service_tier, region, valid_from_us, from_second_of_day,
                                    over_input_tokens) as rate_row
    from rates"""

# What tells rows of rates apart, as price.sql says it: when the condition is needed, and the condition.
_MODEL = "rate_rows.model = coalesce(response_model, request_model, '')"
_INSTANT = "coalesce(started_at_us, cast(253402300799000000 as bigint))"
_CONDITIONS = {
    "providers_matter": "rate_rows.provider_name = coalesce(chosen.provider_name, '')",
    "service_tiers_matter": "rate_rows.service_tier = chosen.service_tier",
    "regions_matter": "rate_rows.region = coalesce(chosen.region, '')",
    "instants_matter": f"{_INSTANT} >= valid_from_us and {_INSTANT} < valid_to_us",
    "times_of_day_matter": f"{_INSTANT} % 86400000000 >= from_second_of_day * cast(1000000 as bigint) "
    f"and {_INSTANT} % 86400000000 < to_second_of_day * cast(1000000 as bigint)",
    "sizes_matter": "input_tokens > over_input_tokens and input_tokens <= up_to_input_tokens",
}
_WHICH_MATTER = """
    select
        coalesce(max(case when providers > 1 then 1 else 0 end), 0) as providers_matter,
        coalesce(max(case when service_tiers > 1 then 1 else 0 end), 0) as service_tiers_matter,
        coalesce(max(case when regions > 1 then 1 else 0 end), 0) as regions_matter,
        coalesce(max(case when instants > 1 then 1 else 0 end), 0) as instants_matter,
        coalesce(max(case when times_of_day > 1 then 1 else 0 end), 0) as times_of_day_matter,
        coalesce(max(case when sizes > 1 then 1 else 0 end), 0) as sizes_matter
    from (
        select
            count(distinct provider_name) as providers,
            count(distinct service_tier) as service_tiers,
            count(distinct region) as regions,
            count(distinct valid_from_us) as instants,
            count(distinct from_second_of_day) as times_of_day,
            count(distinct over_input_tokens) as sizes
        from rates
        group by model
    ) as by_model"""


def bind_rated(store: Store) -> None:
    """Let `rated` mean the calls of `chosen` that cost anything, each with its `rate_row`, and `rate_rows` those rows.

    A call without a cost has no row, which also leaves out what is never billed.
    """
    store.bind("rate_rows", _NUMBERED)
    store.bind("rated", rated_select(needed=store.records(_WHICH_MATTER)[0]))


def rated_select(needed: dict[str, int] | None = None) -> str:
    """The select behind `rated`, with every condition of the pricing query unless only some are `needed`."""
    conditions = [text for name, text in _CONDITIONS.items() if needed is None or needed[name]]
    joined = " and ".join([_MODEL, *conditions])
    return f"select chosen.*, rate_row from chosen join rate_rows on {joined} where effective_cost > 0"
