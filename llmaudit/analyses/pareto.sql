-- How many items cost about how much, dearest first: the steps of a Pareto curve.
-- in: items (one row per item: cost; null where it is unknown)   out: one row per bucket of similar costs: items, cost
--
-- Sorting every item would not distribute, and a curve needs a hundred points, not ten million. The root makes buckets
-- of useful sizes, as in concentration.sql; dearer items are never in a lower one, so the curve is exact at each step.
select
    cast(floor(sqrt(cast(cost as double)) * 10000) as bigint) as bucket,
    count(*) as bucket_items,
    cast(sum(cost) as decimal(38, 12)) as bucket_cost
from items
where cost is not null
group by cast(floor(sqrt(cast(cost as double)) * 10000) as bigint)
order by bucket desc
