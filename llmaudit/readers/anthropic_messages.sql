-- Anthropic messages as calls.   in: records   out: one row per record
with unwrapped as (
    select
        *,
        coalesce(result.message, response, case when usage is not null then
            {'id': id, 'type': type, 'model': model, 'content': content, 'stop_reason': stop_reason, 'usage': usage,
             'error': error} end) as body,
        coalesce(result.error, response.error, error) as failure,
        coalesce(request.model, case when messages is not null then model end) as asked_model,
        coalesce(request.system, system) as system_prompt,
        coalesce(request.messages, messages) as prompt,
        coalesce(request.tools, tools) as tool_definitions,
        coalesce(request.output_config, output_config) as output_settings,
        try_cast(coalesce(status_code, try_cast(status as double)) as integer) as http,
        coalesce(duration_seconds, duration_ms / 1000) as took_seconds
    from records
),
counted as (
    select
        *,
        -- What compaction used is billed and not in the totals (docs.claude.com, "Compaction", 2026-11-23).
        list_filter(body.usage.iterations, lambda step: step.type = 'compaction') as compactions,
        coalesce(body.usage.cache_read_input_tokens, 0) as read_tokens,
        coalesce(body.usage.cache_creation_input_tokens, 0) as written_tokens,
        coalesce(body.usage.cache_creation.ephemeral_1h_input_tokens, 0) as long_written_tokens,
        body.usage.input_tokens is not null and body.usage.output_tokens is not null as has_usage,
        coalesce(failure ->> '$.error.type', failure ->> '$.type', case when failure is not null then 'error' end,
                 nullif(result.type, 'succeeded')) as error_word,
        case when tool_definitions is not null or output_settings is not null
             then concat(tool_definitions, output_settings -> '$.format') end as definitions
    from unwrapped
),
billed as (
    select
        *,
        read_tokens + coalesce(list_sum(list_transform(compactions, lambda step: step.cache_read_input_tokens)), 0)
            as all_read,
        written_tokens + coalesce(list_sum(list_transform(compactions, lambda step: step.cache_creation_input_tokens)), 0)
            as all_written,
        long_written_tokens + coalesce(list_sum(list_transform(
            compactions, lambda step: step.cache_creation.ephemeral_1h_input_tokens)), 0) as all_long_written,
        body.usage.input_tokens + coalesce(list_sum(list_transform(compactions, lambda step: step.input_tokens)), 0)
            as all_fresh,
        body.usage.output_tokens + coalesce(list_sum(list_transform(compactions, lambda step: step.output_tokens)), 0)
            as all_output
    from counted
)
select
    source_id,
    case
        when error_word is not null and request is null and messages is null and http is null and result is null
            then 'an error without the request that met it'
        when has_usage and body.type is distinct from 'message' then 'a record of another format'
        when not coalesce(has_usage, false) and error_word is null and coalesce(http, 200) < 400 then 'no usage'
    end as problem,
    body.id as response_id,
    coalesce(instant(coalesce(timestamp, started_at)),
             try_strptime(response_headers.date, '%a, %d %b %Y %H:%M:%S GMT')
             - to_microseconds(cast(coalesce(took_seconds, 0) * 1000000 as bigint))) as started_at,
    took_seconds as duration_seconds,
    coalesce(time_to_first_token_seconds, time_to_first_token_ms / 1000) as time_to_first_token_seconds,
    'chat' as operation_name,
    asked_model as request_model,
    case when has_usage then body.model end as response_model,
    case when result is not null then 'batch' else tier_of(body.usage.service_tier) end as service_tier,
    nullif(nullif(body.usage.inference_geo, 'not_available'), '') as region,
    coalesce(request.stream, stream) as streamed,
    coalesce(request.temperature, temperature) as temperature,
    feature,
    tier,
    environment,
    coalesce(request.metadata ->> '$.user_id', metadata ->> '$.user_id') as user_id,
    coalesce(conversation_id, session_id, conversation_in(metadata)) as conversation_id,
    api_key,
    api_key_alias,
    project_id,
    map_concat(metadata_tags(json_merge_patch(metadata, '{"user_id": null}')), tags_of(tags)) as tags,
    case when has_usage then all_fresh + all_read + all_written end as input_tokens,
    case when has_usage then all_read end as cache_read_input_tokens,
    case when has_usage then all_written end as cache_creation_input_tokens,
    case when has_usage then all_long_written end as cache_creation_1h_input_tokens,
    case when has_usage then all_output end as output_tokens,
    coalesce(body.usage.output_tokens_details.thinking_tokens, body.usage.output_tokens_details.reasoning_tokens)
        as reasoning_output_tokens,
    content_text(system_prompt) as system_text,
    definitions as tools_text,
    -- Results of tools come in messages of the user, but nobody asked them: they are history.
    list_transform(turns_of(prompt), lambda turn: {
        'role': case when turn.role = 'user' and contains(turn.content, '"tool_result"')
                          and turn.content ->> '$[0].type' = 'tool_result' then 'tool' else turn.role end,
        'content': turn.content}) as turns,
    -- The order in which Anthropic caches: tools, system, messages (docs.claude.com, "Prompt caching", 2026-11-23).
    case when prompt is not null then concat(definitions, system_prompt, prompt) end as prompt_text,
    case when prompt is not null then cast(hash(
        request_hash_seed(), asked_model, prompt, system_prompt, tool_definitions, output_settings,
        coalesce(request.tool_choice, tool_choice), coalesce(request.thinking, thinking),
        coalesce(request.temperature, temperature), coalesce(request.top_p, top_p), coalesce(request.top_k, top_k),
        coalesce(request.max_tokens, max_tokens), coalesce(request.stop_sequences, stop_sequences)) >> 1 as bigint)
    end as request_hash,
    case when prompt is not null then content_text(body.content) end as answer_text,
    status_of(http, error_word) as status,
    error_word as error_type,
    http as http_status,
    body.stop_reason as finish_reason,
    attempt
from billed
