-- What still costs after a plan, by feature, the dearest first.
-- in: calls_left (feature, cost_after: of every call, with the plan)   out: one row per feature
select
    feature,
    cast(sum(cost_after) as decimal(38, 12)) as cost
from calls_left
group by feature
having sum(cost_after) > 0
order by cost desc, feature nulls last
