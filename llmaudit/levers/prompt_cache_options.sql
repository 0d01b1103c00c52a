-- What each call's caches would hold, and its input would cost, under each policy that is considered.
-- in: prompt_cache_calls (prompt_cache_calls.sql), prompt_cache_prefixes (prompt_cache_prefixes.sql),
--     prompt_cache_policies (policy: short, long or off)
-- out: one row per call with a rule and policy
--
-- What the log shows is not sold again: a call keeps the larger of what it read and what the replay finds, unless the
-- policy keeps entries for a shorter time than the log did. Costs here only decide; nothing writes them.
with kept as (
    -- Which models the log shows writing for an hour.
    select provider, model, max(case when logged_write_1h > 0 then 1 else 0 end) as logged_long
    from prompt_cache_calls
    group by provider, model
),
found as (
    select
        prompt_cache_calls.*,
        policy,
        logged_long,
        case when policy = 'long' then long_meter_1h when policy = 'short' then short_meter_1h
             else false end as meter_1h,
        case when policy = 'off' or not takes_part then 0
             when policy = 'long' then depth_long
             else depth_short end as depth,
        case when policy = 'off' then 0 else coalesce(seen_depth, 0) end as known_depth
    from prompt_cache_calls
    join kept on kept.provider = prompt_cache_calls.provider and kept.model = prompt_cache_calls.model
    cross join prompt_cache_policies
    left join prompt_cache_prefixes on prompt_cache_prefixes.call_id = prompt_cache_calls.call_id
    where min_tokens is not null
),
whole as (
    select
        found.*,
        least(cacheable_tokens, cast(floor(depth * block_tokens) as bigint)) as whole_tokens,
        least(cacheable_tokens, cast(floor(known_depth * block_tokens) as bigint)) as seen_tokens,
        -- Had blocks been as small as a token, the first that is not found would at most be found but for its last.
        case when takes_part and policy <> 'off'
             then greatest(least(cacheable_tokens, cast(ceil((depth + 1) * block_tokens) as bigint) - 1), 0)
             else cast(0 as bigint) end as most_tokens
    from found
),
reused as (
    select
        whole.*,
        case when whole_tokens - whole_tokens % step_tokens < first_read_tokens then cast(0 as bigint)
             else coalesce(whole_tokens - whole_tokens % step_tokens, 0) end as reused_tokens
    from whole
),
read as (
    select
        reused.*,
        case when policy = 'off' and charges_writes then cast(0 as bigint)
             when policy = 'off' or not takes_part then logged_read
             when charges_writes and logged_long = 1 and not meter_1h then reused_tokens
             else greatest(reused_tokens, logged_read) end as new_read
    from reused
),
written as (
    select
        read.*,
        case when policy = 'off' and charges_writes then cast(0 as bigint)
             when policy = 'off' or not takes_part then logged_write
             when not charges_writes then least(logged_write, input_tokens - new_read)
             when logged_read + logged_write > 0 and new_read = logged_read then logged_write
             else greatest(cacheable_tokens - new_read, 0) end as new_write
    from read
),
metered as (
    select
        written.*,
        case when policy = 'off' and charges_writes then cast(0 as bigint)
             when policy = 'off' or not takes_part or not charges_writes then least(logged_write_1h, new_write)
             when meter_1h then new_write
             else cast(0 as bigint) end as new_write_1h
    from written
),
priced as (
    select
        metered.*,
        new_read = logged_read and new_write = logged_write and new_write_1h = logged_write_1h as as_logged,
        cast(
            (input_tokens - new_read - new_write) * cast(input_price as decimal(20, 12))
            + case when new_read = 0 then 0 else new_read * cast(policy_read_price as decimal(20, 12)) end
            + case when new_write = new_write_1h then 0
                   else (new_write - new_write_1h) * cast(policy_write_price as decimal(20, 12)) end
            + case when new_write_1h = 0 then 0
                   else new_write_1h * cast(policy_write_1h_price as decimal(20, 12)) end
            as decimal(24, 12)) as cost_policy
    from metered
)
select
    call_id, feature_name, provider, model, policy, basis, takes_part, charges_writes, short_us, long_us, depth,
    input_tokens, min_tokens, logged_read, logged_write, new_read, new_write, new_write_1h, reused_tokens, seen_tokens,
    most_tokens, as_logged, cost_before,
    case when as_logged then cost_before else cost_policy end as cost_after
from priced
