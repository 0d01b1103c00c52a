-- How many calls each group made, and what became of them.
-- in: keyed (the calls that were asked for, each with its group's `key`)
-- out: one row per key: calls, queries, response_cache_hits, unpriced_calls, failed_calls, cost
--
-- A query is what the application asked once, however often it was tried: a first attempt. Where a first attempt was
-- answered and nobody knows its cost, it is left out with its cost; where it failed, the query happened all the same.
select
    key,
    count(*) as calls,
    cast(sum(case when coalesce(attempt, 1) > 1 then 0
                  when effective_cost is null and coalesce(status, 'ok') = 'ok' then 0
                  else 1 end) as bigint) as queries,
    cast(sum(case when response_cache_hit and effective_cost is not null then 1 else 0 end) as bigint)
        as response_cache_hits,
    cast(sum(case when effective_cost is null then 1 else 0 end) as bigint) as unpriced_calls,
    cast(sum(case when coalesce(status, 'ok') = 'ok' then 0 else 1 end) as bigint) as failed_calls,
    cast(coalesce(sum(effective_cost), 0) as decimal(38, 12)) as cost
from keyed
group by key
order by key nulls last
