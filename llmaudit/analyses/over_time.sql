-- What the calls of each stretch of time cost, by key: the $top dearest keys of all, and the others as one.
-- in: timed (the calls that were asked for, each with its `stretch`, null without a time, and a `key`)
-- out: one row per stretch and key, in order of time: stretch, place (1 to $top, then $top + 1 for the others), key
--      (null for the others), calls, cost, unpriced_calls   params: top
with cells as (
    select
        stretch,
        key,
        count(*) as cell_calls,
        cast(coalesce(sum(effective_cost), 0) as decimal(36, 12)) as cell_cost,
        cast(sum(case when effective_cost is null then 1 else 0 end) as bigint) as cell_unpriced
    from timed
    group by stretch, key
),
weighed as (
    select cells.*, cast(sum(cell_cost) over (partition by key) as decimal(36, 12)) as key_cost
    from cells
),
placed as (
    select weighed.*, dense_rank() over (order by key_cost desc, key nulls last) as own_place
    from weighed
),
folded as (
    select
        placed.*,
        case when own_place <= $top then own_place else $top + 1 end as place,
        case when own_place <= $top then key end as own_key
    from placed
)
select
    stretch,
    place,
    max(own_key) as key,
    cast(sum(cell_calls) as bigint) as calls,
    cast(sum(cell_cost) as decimal(38, 12)) as cost,
    cast(sum(cell_unpriced) as bigint) as unpriced_calls
from folded
group by stretch, place
order by stretch nulls last, place
