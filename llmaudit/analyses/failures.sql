-- How many calls failed in each stretch of time, by how they failed.
-- in: timed (the calls that were asked for, each with its `stretch`, null without a time)
-- out: one row per stretch with a failure, in order of time: stretch, calls, and the failed ones by status
select
    stretch,
    count(*) as calls,
    cast(sum(case when status = 'error' then 1 else 0 end) as bigint) as error_calls,
    cast(sum(case when status = 'timeout' then 1 else 0 end) as bigint) as timeout_calls,
    cast(sum(case when status = 'rate_limited' then 1 else 0 end) as bigint) as rate_limited_calls,
    cast(sum(case when status = 'cancelled' then 1 else 0 end) as bigint) as cancelled_calls
from timed
group by stretch
having sum(case when status in ('error', 'timeout', 'rate_limited', 'cancelled') then 1 else 0 end) > 0
order by stretch nulls last
