-- Which attempt each record is, of one table of staged records.
-- A record repeats the one before it with the same `attempt_of` if that one failed, and had ended when this one began:
-- after an answer, or beside a call that still runs, another request begins. So what stands further down in a log never
-- changes what is said of the calls above it.
-- in: attempted (row_here, source_id, attempt_of, started_at, duration_seconds, status)   out: row_here, attempt
with ordered as (
    select
        *,
        coalesce(lag(status) over in_time in ('error', 'timeout', 'rate_limited')
                 and lag(started_at + to_microseconds(cast(round(duration_seconds * 1000000) as bigint))) over in_time
                     <= started_at, false) as repeats
    from attempted
    window in_time as (partition by source_id, attempt_of order by started_at, row_here)
),
requests as (
    select
        *,
        sum(case when repeats then 0 else 1 end)
            over (partition by source_id, attempt_of order by started_at, row_here) as request
    from ordered
),
numbered as (
    select
        row_here,
        row_number() over (partition by source_id, attempt_of, request order by started_at, row_here) as attempt
    from requests
)
select * from numbered where attempt > 1
