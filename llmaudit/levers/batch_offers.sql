-- Which calls could wait, and whether the model has a batch price at their instant and size.
-- in: lever_input, rates
-- out: one row per call that succeeded at the standard tier and has a known input: what grouping it needs, and which of
--      its cached tokens have a price in a batch
--
-- The conditions of the join are those of the pricing query, so at most one row of rates meets a call.
with waiting as (
    select
        call_id,
        provider_name,
        coalesce(response_model, request_model) as model,
        coalesce(provider_name, '') as rate_provider,
        coalesce(response_model, request_model, '') as rate_model,
        coalesce(region, '') as rate_region,
        coalesce(started_at_us, cast(253402300799000000 as bigint)) as rate_instant_us,
        started_at_us,
        input_tokens,
        coalesce(output_tokens, 0) as answer_tokens,
        coalesce(cache_read_input_tokens, 0) as read_tokens,
        coalesce(cache_creation_input_tokens, 0) as written_tokens,
        coalesce(cache_creation_1h_input_tokens, 0) as long_written_tokens,
        case when fits then 1 else 0 end as chosen,
        case when streamed or conversation_id is not null then 1 else 0 end as somebody_waits,
        case when feature is not null then 'feature'
             when system_prompt_hash is not null then 'system_prompt_hash'
             when api_key_id is not null then 'api_key_id' end as grouped_by,
        coalesce(feature, system_prompt_hash, api_key_id) as group_key
    from lever_input
    where status = 'ok' and service_tier = 'standard' and input_tokens is not null
)
select
    call_id,
    waiting.provider_name,
    waiting.model,
    started_at_us,
    input_tokens,
    answer_tokens,
    read_tokens,
    written_tokens,
    long_written_tokens,
    chosen,
    somebody_waits,
    grouped_by,
    group_key,
    case when effective_input is null then 0
         when effective_output is null and answer_tokens > 0 then 0
         else 1 end as has_price,
    case when effective_cache_read is null then 0 else 1 end as reads_have_price,
    case when effective_cache_write is null then 0 else 1 end as writes_have_price,
    case when effective_cache_write_1h is null then 0 else 1 end as long_writes_have_price
from waiting
left join rates
    on rates.provider_name = rate_provider
    and rates.model = rate_model
    and rates.service_tier = 'batch'
    and rates.region = rate_region
    and rate_instant_us >= valid_from_us and rate_instant_us < valid_to_us
    and rate_instant_us % 86400000000 >= from_second_of_day * cast(1000000 as bigint)
    and rate_instant_us % 86400000000 < to_second_of_day * cast(1000000 as bigint)
    and input_tokens > over_input_tokens and input_tokens <= up_to_input_tokens
