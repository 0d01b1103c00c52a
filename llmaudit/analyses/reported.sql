-- What the logs themselves say their calls cost, against the prices in use, where both are known.
-- in: chosen (calls)   out: one row: calls, both sums, and the calls in which they differ by more than 1 %
select
    count(*) as calls,
    cast(coalesce(sum(reported_cost), 0) as decimal(38, 12)) as reported,
    cast(coalesce(sum(effective_cost), 0) as decimal(38, 12)) as effective,
    cast(coalesce(sum(case when abs(reported_cost - effective_cost) * 100 > effective_cost then 1 else 0 end), 0)
         as bigint) as differing_calls
from chosen
where reported_cost is not null and effective_cost is not null
