-- What each call that may be routed would be at the target, and whether it goes there.
-- in: lever_input, route_models (per provider, model and tier in the log: the target and its rules)
-- out: one row per eligible call: outcome (moved, too_long, no_price, left), basis, the columns that change
-- params: below
--
-- A share picks the calls whose hash, eight hexadecimal digits, sorts before $below, so that whatever a share of 0.3
-- picks, one of 0.5 picks too. Counts are rounded half up; of the cached tokens, only what a rounded input can hold.
with eligible as (
    select
        call_id,
        feature,
        to_provider,
        to_model,
        route_models.has_price,
        context_limit,
        is_estimate,
        keeps_read,
        keeps_write,
        keeps_long_write,
        is_rebased,
        case when substring(md5(call_name), 1, 8) < $below then 1 else 0 end as picked,
        user_tokens,
        input_tokens as old_input,
        coalesce(cache_read_input_tokens, 0) + coalesce(cache_creation_input_tokens, 0) as old_cached,
        prefix_block_tokens * input_times / input_per as new_block,
        cast(floor(cast(input_tokens * input_times as double) / input_per + 0.5) as bigint) as new_input,
        cast(floor(cast(cache_read_input_tokens * input_times as double) / input_per + 0.5) as bigint) as new_read,
        cast(floor(cast(cache_creation_input_tokens * input_times as double) / input_per + 0.5) as bigint) as new_write,
        cast(floor(cast(cache_creation_1h_input_tokens * input_times as double) / input_per + 0.5) as bigint)
            as new_long_write,
        cast(floor(cast(history_tokens * input_times as double) / input_per + 0.5) as bigint) as new_history,
        cast(floor(cast(context_tokens * input_times as double) / input_per + 0.5) as bigint) as new_context,
        cast(floor(cast(output_tokens * output_times as double) / output_per + 0.5) as bigint) as new_output
    from lever_input
    join route_models
        on route_models.from_provider = coalesce(provider_name, '')
        and route_models.from_model = coalesce(response_model, request_model)
        and route_models.from_tier = service_tier
    where fits and coalesce(operation_name, '') <> 'embeddings'
),
reading as (
    -- Unknown stays unknown: least() would pass over a null.
    select eligible.*, case when new_read is not null then least(new_read * keeps_read, new_input) end as kept_read
    from eligible
),
writing as (
    select
        reading.*,
        case when new_write is not null then least(new_write * keeps_write, new_input - coalesce(kept_read, 0)) end
            as kept_write
    from reading
)
select
    call_id,
    feature,
    user_tokens,
    old_input,
    case when picked = 0 then 'left'
         when has_price = 0 then 'no_price'
         when new_input + coalesce(new_output, 0) > context_limit then 'too_long'
         else 'moved' end as outcome,
    case when is_estimate = 1 or old_cached > 0 then 'estimated' else 'measured' end as basis,
    to_provider as provider_name,
    to_model as response_model,
    -- A null leaves a column as it was.
    case when is_rebased = 1 then new_input end as input_tokens,
    kept_read as cache_read_input_tokens,
    kept_write as cache_creation_input_tokens,
    case when new_long_write is not null then least(new_long_write * keeps_write * keeps_long_write, kept_write) end
        as cache_creation_1h_input_tokens,
    case when is_rebased = 1 then new_output end as output_tokens,
    case when is_rebased = 1 then new_history end as history_tokens,
    case when is_rebased = 1 then new_context end as context_tokens,
    case when is_rebased = 1 then new_block end as prefix_block_tokens
from writing
