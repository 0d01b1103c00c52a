-- Where prompts stop being alike: the shared prefixes after which most tokens are new.
-- in: prompt_cache_calls (prompt_cache_calls.sql), prompt_cache_prefixes (prompt_cache_prefixes.sql)
-- out: one row per place that more than one call broke at, the most tokens first   params: top
--
-- A place without a shared prefix is the very first block: a date or an id at the top of a prompt ends there.
with broken as (
    select
        provider,
        model,
        feature_name,
        seen_prefix as after_prefix,
        seen_depth + 1 as first_divergent_block,
        cacheable_tokens - least(cacheable_tokens, cast(floor(seen_depth * block_tokens) as bigint)) as tokens
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
    cast(sum(tokens) as bigint) as tokens_burned
from broken
group by provider, model, feature_name, after_prefix, first_divergent_block
having count(*) > 1
order by tokens_burned desc, provider, model, feature_name, first_divergent_block, after_prefix
limit $top
