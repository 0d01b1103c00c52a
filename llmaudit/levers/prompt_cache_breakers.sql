-- Where prompts stop being alike: the shared prefixes after which new tokens cost most above what reading them would.
-- in: prompt_cache_calls (prompt_cache_calls.sql), prompt_cache_prefixes (prompt_cache_prefixes.sql)
-- out: one row per place that more than one call broke at, the dearest first; cost_burned is of the calls with a known
--      price, null where none has one, and unpriced_calls are the others   params: top
--
-- A place without a shared prefix is the very first block: a date or an id at the top of a prompt ends there.
with broken as (
    select
        provider,
        model,
        feature_name,
        seen_prefix as after_prefix,
        seen_depth + 1 as first_divergent_block,
        cacheable_tokens - least(cacheable_tokens, cast(floor(seen_depth * block_tokens) as bigint)) as tokens,
        cast(input_price as decimal(20, 12)) - cast(policy_read_price as decimal(20, 12)) as above_reading
    from prompt_cache_calls
    join prompt_cache_prefixes on prompt_cache_prefixes.call_id = prompt_cache_calls.call_id
    where seen_depth < blocks and evidence = 'measured'
)
select
    provider,
    model,
    feature_name,
    after_prefix,
    first_divergent_block,
    count(*) as calls,
    cast(sum(tokens) as bigint) as tokens_burned,
    cast(sum(cast(tokens * above_reading as decimal(24, 12))) as decimal(38, 12)) as cost_burned,
    count(*) - count(above_reading) as unpriced_calls
from broken
group by provider, model, feature_name, after_prefix, first_divergent_block
having count(*) > 1
order by cost_burned desc nulls last, tokens_burned desc, provider, model, feature_name, first_divergent_block, after_prefix
limit $top
