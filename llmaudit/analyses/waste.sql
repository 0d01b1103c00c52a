-- What each kind of waste cost.
-- in: wasted (call_id, kind, cost, as waste_calls.sql has them)
-- out: one row per kind: kind, calls, those that cost something, their cost, those whose cost is unknown
select
    kind,
    count(*) as calls,
    cast(sum(case when cost > 0 then 1 else 0 end) as bigint) as billed_calls,
    cast(coalesce(sum(cost), 0) as decimal(38, 12)) as kind_cost,
    cast(sum(case when cost is null then 1 else 0 end) as bigint) as unpriced_calls
from wasted
group by kind
order by kind
