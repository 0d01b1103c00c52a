-- The calls that a prompt cache concerns: what of them can be cached, when others can read it, what the log says.
-- in: prompt_cache_input (lever_input with prefix_blocks, how many prefix_hashes there are),
--     prompt_cache_rules (per provider and model: the rules of its cache), rates
-- out: one row per call with input tokens, with what its input costs; one without a rule, a time or a cacheable part
--     takes no part
-- params: scope, cacheable_share, read_multiplier, write_multiplier
--
-- Where the log has no prefix hashes, the system prompt is one block (estimated), or the plan's share of the prompt is
-- one block that all calls of a feature have in common (assumed).
with named as (
    select
        call_id,
        coalesce(feature, '') as feature_name,
        coalesce(provider_name, '') as provider,
        coalesce(response_model, request_model, '') as model,
        coalesce(case when $scope = 'project' then project_id when $scope = 'key' then api_key_id end, '') as scope,
        case when prefix_blocks > 0 and prefix_block_tokens > 0 then 'measured'
             when system_tokens > 0 then 'estimated'
             when $cacheable_share is not null then 'assumed' end as evidence,
        service_tier as tier_of_rate,
        coalesce(region, '') as region_of_rate,
        started_at_us as instant_us,
        started_at_us + cast(round(greatest(coalesce(time_to_first_token_seconds, duration_seconds, 0), 0) * 1000000)
                             as bigint) as readable_us,
        input_tokens,
        coalesce(prefix_blocks, 0) as prefix_blocks,
        prefix_block_tokens,
        system_tokens,
        system_prompt_hash,
        coalesce(cache_read_input_tokens, 0) as logged_read,
        coalesce(cache_creation_input_tokens, 0) as logged_write,
        coalesce(cache_creation_1h_input_tokens, 0) as logged_write_1h
    from prompt_cache_input
    where fits and input_tokens > 0 and coalesce(operation_name, '') <> 'embeddings'
),
sized as (
    select
        named.*,
        case when evidence = 'measured' then input_tokens
             when evidence = 'estimated' then least(system_tokens, input_tokens)
             when evidence = 'assumed'
                 then cast(floor(input_tokens * cast($cacheable_share as decimal(8, 6))) as bigint)
             else cast(0 as bigint) end as cacheable_tokens
    from named
)
select
    call_id, feature_name, provider, sized.model, scope, evidence, instant_us, readable_us, input_tokens, prefix_blocks,
    cacheable_tokens, logged_read, logged_write, logged_write_1h, min_tokens, step_tokens, first_read_tokens,
    charges_writes, short_us, long_us, short_meter_1h, long_meter_1h,
    case when evidence = 'measured' then prefix_block_tokens
         else cast(cacheable_tokens as double) end as block_tokens,
    -- Without a fingerprint, system prompts of a feature that are as long as each other are taken for the same one.
    case when evidence = 'estimated'
         then coalesce(system_prompt_hash, concat(feature_name, '/', cast(system_tokens as varchar(20))))
         when evidence = 'assumed' then feature_name
         end as single_block,
    case when evidence = 'measured' then rule_basis else evidence end as basis,
    coalesce(min_tokens is not null and evidence is not null and instant_us is not null
             and cacheable_tokens >= min_tokens and cacheable_tokens > 0, false) as takes_part,
    effective_input as input_price,
    cast(input_tokens * cast(effective_input as decimal(20, 12)) as decimal(24, 12)) as cost_uncached,
    cast(
        (input_tokens - logged_read - logged_write) * cast(effective_input as decimal(20, 12))
        + case when logged_read = 0 then 0 else logged_read * cast(effective_cache_read as decimal(20, 12)) end
        + case when logged_write = logged_write_1h then 0
               else (logged_write - logged_write_1h) * cast(effective_cache_write as decimal(20, 12)) end
        + case when logged_write_1h = 0 then 0
               else logged_write_1h * cast(effective_cache_write_1h as decimal(20, 12)) end
        as decimal(24, 12)) as cost_before,
    coalesce(cast(effective_input * cast($read_multiplier as decimal(8, 4)) as decimal(18, 12)),
             effective_cache_read) as policy_read_price,
    coalesce(cast(effective_input * cast($write_multiplier as decimal(8, 4)) as decimal(18, 12)),
             effective_cache_write) as policy_write_price,
    coalesce(cast(effective_input * cast($write_multiplier as decimal(8, 4)) as decimal(18, 12)),
             effective_cache_write_1h) as policy_write_1h_price
from sized
left join prompt_cache_rules
    on prompt_cache_rules.provider_name = provider and prompt_cache_rules.model = sized.model
left join rates
    on rates.provider_name = provider
    and rates.model = sized.model
    and rates.service_tier = tier_of_rate
    and rates.region = region_of_rate
    and coalesce(instant_us, cast(253402299800000000 as bigint)) >= rates.valid_from_us
    and coalesce(instant_us, cast(253402299800000000 as bigint)) < rates.valid_to_us
    and coalesce(instant_us, cast(253402299800000000 as bigint)) % 86400000000
        >= rates.from_second_of_day * cast(1000000 as bigint)
    and coalesce(instant_us, cast(253402299800000000 as bigint)) % 86400000000
        < rates.to_second_of_day * cast(1000000 as bigint)
    and input_tokens > rates.over_input_tokens and input_tokens <= rates.up_to_input_tokens
