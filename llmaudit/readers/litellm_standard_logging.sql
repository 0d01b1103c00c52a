-- LiteLLM's standard logging payloads as calls.   in: records   out: one row per record
with parsed as (
    select
        *,
        status = 'failure' as failed,
        coalesce(lower(cache_hit) = 'true', false) as from_cache,
        from_json(response, '{"id": "VARCHAR", "model": "VARCHAR", "service_tier": "VARCHAR",
            "choices": [{"finish_reason": "VARCHAR", "message": {"content": "JSON"}}],
            "usage": {"prompt_tokens": "DOUBLE", "prompt_tokens_details": {"cached_tokens": "DOUBLE"}}}') as body,
        from_json(model_parameters, '{"user": "VARCHAR", "tools": "JSON", "functions": "JSON", "response_format": "JSON",
            "tool_choice": "JSON", "temperature": "DOUBLE", "top_p": "DOUBLE", "max_tokens": "DOUBLE",
            "max_completion_tokens": "DOUBLE", "stop": "JSON", "n": "DOUBLE", "seed": "DOUBLE", "logit_bias": "JSON",
            "reasoning_effort": "VARCHAR", "thinking": "JSON"}') as parameters,
        -- With message logging turned off, LiteLLM puts this word in place of the text.
        case when not contains(messages, 'redacted-by-litellm') then messages end as prompt,
        metadata.usage_object as counts,
        instant(startTime) as began,
        instant(endTime) as ended,
        instant(completionStartTime) as first_token
    from records
),
turned as (
    select
        *,
        turns_of(prompt) as messages_sent,
        concat(coalesce(parameters.tools, parameters.functions), parameters.response_format) as definitions,
        counts.prompt_tokens is not null or body.usage.prompt_tokens is not null as says_cached
    from parsed
)
select
    source_id,
    case when call_type ilike '%mcp%' then 'a tool call, not a call of a model' end as skipped,
    case when not failed and (prompt_tokens is null or completion_tokens is null) then 'no usage' end as problem,
    -- A hit in LiteLLM's cache repeats the first answer's id, with the clock appended; its own call id is steady.
    case when from_cache then coalesce(litellm_call_id, id) else id end as response_id,
    began as started_at,
    coalesce((epoch_us(ended) - epoch_us(began)) / 1e6, response_time) as duration_seconds,
    case when stream then (epoch_us(first_token) - epoch_us(began)) / 1e6 end as time_to_first_token_seconds,
    litellm_provider(custom_llm_provider) as provider_name,
    litellm_operation(call_type) as operation_name,
    model as request_model,
    case when not failed then model end as response_model,
    case when call_type ilike '%batch%' then 'batch' else tier_of(coalesce(counts.service_tier, body.service_tier)) end
        as service_tier,
    nullif(nullif(counts.inference_geo, 'not_available'), '') as region,
    stream as streamed,
    parameters.temperature as temperature,
    from_cache as response_cache_hit,
    coalesce(nullif(end_user, ''), metadata.user_api_key_end_user_id, parameters."user", metadata.user_api_key_user_id)
        as user_id,
    coalesce(nullif(session_id, ''), trace_id) as conversation_id,
    metadata.user_api_key_hash as api_key,
    metadata.user_api_key_alias as api_key_alias,
    coalesce(metadata.user_api_key_team_alias, metadata.user_api_key_team_id) as project_id,
    map_concat(metadata_tags(metadata.spend_logs_metadata), metadata_tags(metadata.requester_metadata),
               case when model_group <> model and model_group <> '' then map {'model_group': model_group} end,
               listed_tags(request_tags)) as tags,
    -- A failed attempt is logged with zeros, which here mean: nobody counted.
    case when failed then nullif(prompt_tokens, 0) else prompt_tokens end as input_tokens,
    case when says_cached then
        coalesce(counts.prompt_tokens_details.cached_tokens, counts.cache_read_input_tokens,
                 body.usage.prompt_tokens_details.cached_tokens, 0) end as cache_read_input_tokens,
    case when says_cached then
        coalesce(counts.prompt_tokens_details.cache_creation_tokens, counts.prompt_tokens_details.cache_write_tokens,
                 counts.cache_creation_input_tokens, 0) end as cache_creation_input_tokens,
    case when says_cached then
        coalesce(counts.prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens, 0) end
        as cache_creation_1h_input_tokens,
    case when failed then nullif(completion_tokens, 0) else completion_tokens end as output_tokens,
    counts.completion_tokens_details.reasoning_tokens as reasoning_output_tokens,
    instructions_in(messages_sent) as system_text,
    definitions as tools_text,
    list_filter(messages_sent, lambda turn: turn.role not in ('system', 'developer')) as turns,
    case when messages_sent is not null then concat(definitions, prompt) end as prompt_text,
    case when messages_sent is not null then cast(hash(
        request_hash_seed(), model, prompt, definitions, parameters.tool_choice, parameters.temperature,
        parameters.top_p, parameters.max_tokens, parameters.max_completion_tokens, parameters.stop, parameters.n,
        parameters.seed, parameters.logit_bias, parameters.reasoning_effort, parameters.thinking) >> 1 as bigint)
    end as request_hash,
    case when messages_sent is not null then body.choices[1].message.content ->> '$' end as answer_text,
    case when failed then status_of(try_cast(error_information.error_code as integer),
                                    coalesce(nullif(error_information.error_class, ''), 'error')) else 'ok' end as status,
    case when failed then coalesce(nullif(error_information.error_class, ''), 'error') end as error_type,
    try_cast(error_information.error_code as integer) as http_status,
    body.choices[1].finish_reason as finish_reason,
    metadata.attempted_retries + 1 as attempt,
    -- LiteLLM gives the attempts of a request one trace, but a session that the caller names becomes the trace of all its
    -- requests, and versions that write no session do not tell which it is. A retry and a fallback repeat the messages.
    case when metadata.attempted_retries is null and session_id = '' and trace_id <> ''
         then cast(hash(trace_id, messages) >> 1 as bigint) end as attempt_of,
    response_cost as reported_cost
from turned
