-- The calls that were paid for nothing, or for less than was asked, each under the first heading that fits.
-- in: chosen (calls)   out: one row per such call: call_id, kind, cost (null where it is unknown)
--
-- A call stands under one heading only, so no cent counts twice. Repeats are answers of a model to a request that it
-- had answered before, word for word at temperature 0.
with answered as (
    select
        call_id,
        row_number() over (partition by request_hash order by started_at_us nulls last, call_id) as occurrence
    from chosen
    where request_hash is not null
        and temperature = 0
        and status = 'ok'
        and coalesce(response_cache_hit, false) = false
),
repeats as (
    select call_id from answered where occurrence > 1
),
headed as (
    select
        chosen.call_id,
        case
            when status in ('error', 'timeout', 'rate_limited', 'cancelled') and coalesce(attempt, 1) > 1
                then 'failed_again'
            when status in ('error', 'timeout', 'rate_limited', 'cancelled') then 'failed'
            when lower(finish_reason) in ('length', 'max_tokens', 'max_output_tokens', 'model_context_window_exceeded')
                then case when output_tokens > 0 and reasoning_output_tokens >= output_tokens
                    then 'reasoning_exhausted' else 'truncated' end
            when repeats.call_id is not null then 'repeated'
        end as kind,
        effective_cost as cost
    from chosen
    left join repeats on repeats.call_id = chosen.call_id
)
select call_id, kind, cost
from headed
where kind is not null
