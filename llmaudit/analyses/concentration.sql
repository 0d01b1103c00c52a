-- Where the 80 % line falls among items sorted by cost: the amount that crosses it, and what lies above that amount.
-- in: items (one row per item: cost; null where it is unknown)
-- out: one row: items and cost of all; items_before and cost_before, of those dearer than `amount`
--
-- Sorting every item would not distribute. Items are first counted in buckets of similar cost, and only the bucket that
-- crosses the line is looked at amount by amount. The root is only there to make buckets of useful sizes: whichever
-- bucket an engine rounds a cost into, dearer items never land in a lower one, and the answer is exact.
with buckets as (
    select
        cast(sqrt(cast(cost as double)) * 10000 as bigint) as bucket,
        count(*) as bucket_items,
        cast(sum(cost) as decimal(36, 12)) as bucket_cost
    from items
    where cost is not null
    group by cast(sqrt(cast(cost as double)) * 10000 as bigint)
),
running as (
    select
        bucket,
        cast(sum(bucket_items) over (order by bucket desc rows between unbounded preceding and current row) as bigint)
            - bucket_items as items_above,
        cast(cast(sum(bucket_cost) over (order by bucket desc rows between unbounded preceding and current row)
                  as decimal(36, 12)) - bucket_cost as decimal(36, 12)) as cost_above,
        cast(sum(bucket_cost) over (order by bucket desc rows between unbounded preceding and current row)
             as decimal(36, 12)) as cost_reached
    from buckets
),
whole as (
    select
        cast(sum(bucket_items) as bigint) as items,
        cast(sum(bucket_cost) as decimal(36, 12)) as cost
    from buckets
),
crossing as (
    select max(bucket) as crossing_bucket
    from running
    cross join whole
    where cost_reached * 10 >= whole.cost * 8
),
amounts as (
    select
        items.cost as amount,
        count(*) as amount_items,
        cast(sum(items.cost) as decimal(36, 12)) as amount_cost
    from items
    join crossing on cast(sqrt(cast(items.cost as double)) * 10000 as bigint) = crossing_bucket
    group by items.cost
),
steps as (
    select
        amount,
        items_above - amount_items
            + cast(sum(amount_items) over (order by amount desc rows between unbounded preceding and current row)
                   as bigint) as items_before,
        cast(cost_above + cast(sum(amount_cost) over (order by amount desc rows between unbounded preceding and current row)
                               as decimal(36, 12)) - amount_cost as decimal(36, 12)) as cost_before,
        amount_cost
    from amounts
    cross join crossing
    join running on bucket = crossing_bucket
),
line as (
    select max(amount) as crossing_amount
    from steps
    cross join whole
    where (cost_before + amount_cost) * 10 >= whole.cost * 8
)
select whole.items, whole.cost, items_before, cost_before, amount
from whole
cross join line
join steps on amount = crossing_amount
