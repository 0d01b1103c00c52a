-- What was paid on top of plain input for writes to a prompt cache that nothing can have read while they were kept.
-- in: chosen (calls), wasted (calls that count as waste already), rated and rate_rows (the price of each call)
-- out: one row: calls, and the premium that they paid   params: kept_us, long_kept_us
--
-- A write is certainly unread when no later call to the same model read any cache before it had expired; that other
-- calls read something does not prove that they read this one. So it is the least that it can have been.
with touching as (
    select
        call_id,
        coalesce(provider_name, '') as provider,
        coalesce(response_model, request_model, '') as model,
        started_at_us as instant_us,
        coalesce(cache_creation_1h_input_tokens, 0) as long_written,
        coalesce(cache_creation_input_tokens, 0) - coalesce(cache_creation_1h_input_tokens, 0) as short_written,
        case when cache_read_input_tokens > 0 then started_at_us end as read_us
    from chosen
    where started_at_us is not null and (cache_read_input_tokens > 0 or cache_creation_input_tokens > 0)
),
followed as (
    select
        touching.*,
        min(read_us) over (partition by provider, model order by instant_us, call_id
                           rows between 1 following and unbounded following) as next_read_us
    from touching
),
unread as (
    select
        followed.call_id,
        case when next_read_us is null or next_read_us > instant_us + $kept_us then short_written else 0 end as short,
        case when next_read_us is null or next_read_us > instant_us + $long_kept_us then long_written else 0 end as long
    from followed
    left join wasted on wasted.call_id = followed.call_id
    where wasted.call_id is null
),
used as (
    select
        rate_row,
        count(*) as writes,
        cast(sum(short) as decimal(17, 0)) as short_tokens,
        cast(sum(long) as decimal(17, 0)) as long_tokens
    from unread
    join rated on rated.call_id = unread.call_id
    where short > 0 or long > 0
    group by rate_row
)
select
    cast(coalesce(sum(writes), 0) as bigint) as calls,
    cast(coalesce(sum(short_tokens * cast(effective_cache_write - effective_input as decimal(20, 12))), 0)
         as decimal(36, 12))
        + cast(coalesce(sum(long_tokens * cast(effective_cache_write_1h - effective_input as decimal(20, 12))), 0)
               as decimal(36, 12)) as premium
from used
join rate_rows on rate_rows.rate_row = used.rate_row
where coalesce(effective_cache_write, effective_input) > effective_input
    or coalesce(effective_cache_write_1h, effective_input) > effective_input
