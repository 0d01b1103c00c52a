-- What each group of calls cost, dearest first; the groups beyond the first $top are one row, which comes last.
-- in: keyed (the calls that were asked for, each with its group's `key`)
-- out: one row per group: place, the number of groups in it, key, the measures   params: top
with grouped as (
    select
        key,
        count(*) as calls,
        cast(coalesce(sum(input_tokens), 0) as bigint) as input_tokens_sum,
        cast(coalesce(sum(cache_read_input_tokens), 0) as bigint) as cache_read_sum,
        cast(coalesce(sum(cache_creation_input_tokens), 0) as bigint) as cache_creation_sum,
        cast(coalesce(sum(output_tokens), 0) as bigint) as output_tokens_sum,
        cast(coalesce(sum(list_cost), 0) as decimal(38, 12)) as list_cost_sum,
        cast(coalesce(sum(effective_cost), 0) as decimal(38, 12)) as effective_cost_sum,
        cast(sum(case when effective_cost is null then 1 else 0 end) as bigint) as unpriced
    from keyed
    group by key
),
placed as (
    select
        grouped.*,
        row_number() over (order by effective_cost_sum desc, calls desc, key nulls last) as own_place
    from grouped
),
folded as (
    select placed.*, case when own_place <= $top then own_place else $top + 1 end as place from placed
)
select
    place,
    count(*) as group_count,
    -- One group to a row, so any key is the key; the last row stands for many and its key means nothing.
    any_value(key) as key,
    cast(sum(calls) as bigint) as calls,
    cast(sum(input_tokens_sum) as bigint) as input_tokens,
    cast(sum(cache_read_sum) as bigint) as cache_read_input_tokens,
    cast(sum(cache_creation_sum) as bigint) as cache_creation_input_tokens,
    cast(sum(output_tokens_sum) as bigint) as output_tokens,
    cast(sum(list_cost_sum) as decimal(38, 12)) as list_cost,
    cast(sum(effective_cost_sum) as decimal(38, 12)) as effective_cost,
    cast(sum(unpriced) as bigint) as unpriced_calls
from folded
group by place
order by place
