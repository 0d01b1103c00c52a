-- What the chosen policies come to, over all calls that the step looked at. A call that no policy concerns costs
-- what it did; one whose price is not known, before or after, is in none of the three costs.
-- in: prompt_cache_calls (prompt_cache_calls.sql), prompt_cache_options (prompt_cache_options.sql),
--     prompt_cache_choices (per feature the policy, or `logged`: none)   out: one row
with chosen as (
    select prompt_cache_options.*
    from prompt_cache_options
    join prompt_cache_choices
        on prompt_cache_choices.feature_name = prompt_cache_options.feature_name
        and prompt_cache_choices.policy = prompt_cache_options.policy
)
select
    count(*) as calls,
    coalesce(cast(sum(case when prompt_cache_calls.takes_part then 1 else 0 end) as bigint), 0) as calls_replayed,
    coalesce(cast(sum(case when prompt_cache_calls.min_tokens is null then 1 else 0 end) as bigint), 0)
        as calls_without_rules,
    coalesce(cast(sum(case when prompt_cache_calls.min_tokens is not null and prompt_cache_calls.evidence is null
                           then 1 else 0 end) as bigint), 0) as calls_of_unknown_prompt,
    coalesce(cast(sum(case when prompt_cache_calls.evidence is not null
                                and prompt_cache_calls.cacheable_tokens < prompt_cache_calls.min_tokens
                           then 1 else 0 end) as bigint), 0) as calls_below_minimum,
    coalesce(cast(sum(case when prompt_cache_calls.evidence = 'measured' then prefix_blocks else 0 end) as bigint), 0)
        as blocks,
    coalesce(cast(sum(case when prompt_cache_calls.evidence = 'measured' then depth else 0 end) as bigint), 0)
        as block_hits,
    coalesce(cast(sum(prompt_cache_calls.input_tokens) as bigint), 0) as input_tokens,
    coalesce(cast(sum(coalesce(reused_tokens, 0)) as bigint), 0) as reused_tokens,
    coalesce(cast(sum(case when reused_tokens < chosen.min_tokens then reused_tokens else 0 end) as bigint), 0)
        as reused_below_minimum_tokens,
    coalesce(cast(sum(case when prompt_cache_calls.evidence = 'measured'
                           then greatest(most_tokens, reused_tokens) else coalesce(reused_tokens, 0) end) as bigint), 0)
        as reused_tokens_at_most,
    coalesce(cast(sum(case when seen_tokens > reused_tokens then seen_tokens - reused_tokens else 0 end) as bigint), 0)
        as expired_tokens,
    coalesce(cast(sum(prompt_cache_calls.logged_read) as bigint), 0) as achieved_tokens,
    coalesce(cast(sum(greatest(coalesce(new_read - chosen.logged_read, 0), 0)) as bigint), 0) as available_tokens,
    coalesce(cast(sum(greatest(coalesce(chosen.logged_read - new_read, 0), 0)) as bigint), 0) as lost_tokens,
    coalesce(cast(sum(case when chosen.takes_part and prompt_cache_calls.evidence = 'measured'
                            and chosen.basis = 'estimated' then 1 else 0 end) as bigint), 0) as calls_unpromised,
    coalesce(cast(sum(case when chosen.takes_part and prompt_cache_calls.evidence = 'measured'
                            and chosen.basis = 'assumed' then 1 else 0 end) as bigint), 0) as calls_beyond_lifetime,
    cast(sum(case when cost_after is null and chosen.call_id is not null then null
                  when prompt_cache_calls.cost_before is not null then cost_uncached end)
         as decimal(38, 12)) as uncached,
    cast(sum(case when cost_after is null and chosen.call_id is not null then null
                  else prompt_cache_calls.cost_before end) as decimal(38, 12)) as before,
    cast(sum(case when chosen.call_id is null then prompt_cache_calls.cost_before
                  when prompt_cache_calls.cost_before is not null then cost_after end) as decimal(38, 12)) as after,
    cast(coalesce(sum(greatest(chosen.cost_before - cost_after, 0)), 0) as decimal(38, 12)) as available_saving,
    cast(coalesce(sum(greatest(cost_after - chosen.cost_before, 0)), 0) as decimal(38, 12)) as lost_saving
from prompt_cache_calls
left join chosen on chosen.call_id = prompt_cache_calls.call_id
