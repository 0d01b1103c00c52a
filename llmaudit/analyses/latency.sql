-- How long the calls of each group took: percentiles by nearest rank, a value that was observed.
-- in: keyed (the calls that were asked for, each with its group's `key`)
-- out: one row per group of calls that were answered by a model and timed: key, timed calls, three percentiles; the
--      calls with a time to first token, two percentiles of it
--
-- Failed calls are no latencies (a refusal is fast, a timeout is a limit), and neither are answers from a cache.
select
    key,
    count(*) as timed_calls,
    percentile_disc(0.5) within group (order by duration_seconds) as p50,
    percentile_disc(0.95) within group (order by duration_seconds) as p95,
    percentile_disc(0.99) within group (order by duration_seconds) as p99,
    count(time_to_first_token_seconds) as streamed_calls,
    percentile_disc(0.5) within group (order by time_to_first_token_seconds) as first_p50,
    percentile_disc(0.95) within group (order by time_to_first_token_seconds) as first_p95
from keyed
where duration_seconds is not null
    and coalesce(status, 'ok') = 'ok'
    and coalesce(response_cache_hit, false) = false
group by key
order by timed_calls desc, key nulls last
