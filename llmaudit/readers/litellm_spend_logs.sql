-- LiteLLM's spend logs as calls.   in: records   out: one row per record
with parsed as (
    select
        *,
        from_json(unwrapped(try_cast(metadata as json)), '{
            "user_api_key_alias": "VARCHAR", "user_api_key_team_id": "VARCHAR", "user_api_key_team_alias": "VARCHAR",
            "spend_logs_metadata": "JSON", "litellm_call_id": "VARCHAR", "status": "VARCHAR", "attempted_retries": "DOUBLE",
            "error_information": {"error_code": "VARCHAR", "error_class": "VARCHAR"},
            "usage_object": {"prompt_tokens": "DOUBLE",
                "cache_read_input_tokens": "DOUBLE", "cache_creation_input_tokens": "DOUBLE",
                "prompt_tokens_details": {"cached_tokens": "DOUBLE", "cache_creation_tokens": "DOUBLE",
                    "cache_write_tokens": "DOUBLE",
                    "cache_creation_token_details": {"ephemeral_1h_input_tokens": "DOUBLE"}},
                "completion_tokens_details": {"reasoning_tokens": "DOUBLE"},
                "service_tier": "VARCHAR", "inference_geo": "VARCHAR"},
            "additional_usage_values": {
                "cache_read_input_tokens": "DOUBLE", "cache_creation_input_tokens": "DOUBLE",
                "prompt_tokens_details": {"cached_tokens": "DOUBLE"}}}') as known,
        from_json(unwrapped(try_cast(request_tags as json)), '["VARCHAR"]') as labels,
        try_cast(nullif(messages, '{}') as json) as prompt,
        from_json(try_cast(nullif(response, '{}') as json), '{"service_tier": "VARCHAR",
            "choices": [{"finish_reason": "VARCHAR", "message": {"content": "JSON"}}]}') as body,
        coalesce(lower(cache_hit) = 'true', false) as from_cache,
        instant(nullif(startTime, '')) as began,
        instant(nullif(endTime, '')) as ended,
        instant(nullif(completionStartTime, '')) as first_token
    from records
),
turned as (
    select
        *,
        coalesce(nullif(status, ''), known.status) = 'failure' as failed,
        known.usage_object as counts,
        known.additional_usage_values as older,
        turns_of(prompt) as messages_sent,
        known.usage_object.prompt_tokens is not null or known.additional_usage_values is not null as says_cached,
        nullif(known.error_information.error_class, '') as error_word,
        -- Not streamed, the first token comes with the last.
        first_token < ended as streamed_answer
    from parsed
)
select
    source_id,
    case when mcp_namespaced_tool_name <> '' or call_type ilike '%mcp%' then 'a tool call, not a call of a model'
    end as skipped,
    case when failed is not true and (prompt_tokens is null or completion_tokens is null) then 'no usage' end as problem,
    -- A hit in LiteLLM's cache repeats the first answer's id, with the clock appended; its own call id is steady.
    case when from_cache then coalesce(nullif(litellm_call_id, ''), known.litellm_call_id, request_id)
         else request_id end as response_id,
    began as started_at,
    coalesce((epoch_us(ended) - epoch_us(began)) / 1e6, request_duration_ms / 1000) as duration_seconds,
    case when streamed_answer then (epoch_us(first_token) - epoch_us(began)) / 1e6 end as time_to_first_token_seconds,
    litellm_provider(nullif(custom_llm_provider, '')) as provider_name,
    litellm_operation(call_type) as operation_name,
    model as request_model,
    case when failed is not true then model end as response_model,
    case when call_type ilike '%batch%' then 'batch' else tier_of(coalesce(counts.service_tier, body.service_tier)) end
        as service_tier,
    nullif(nullif(counts.inference_geo, 'not_available'), '') as region,
    case when streamed_answer then true end as streamed,
    from_cache as response_cache_hit,
    coalesce(nullif(end_user, ''), nullif("user", '')) as user_id,
    session_id as conversation_id,
    api_key,
    nullif(known.user_api_key_alias, '') as api_key_alias,
    coalesce(nullif(known.user_api_key_team_alias, ''), nullif(team_id, ''), known.user_api_key_team_id) as project_id,
    map_concat(metadata_tags(known.spend_logs_metadata),
               case when model_group <> model and model_group <> '' then map {'model_group': model_group} end,
               listed_tags(labels)) as tags,
    -- A failed attempt is logged with zeros, which here mean: nobody counted.
    case when failed then nullif(prompt_tokens, 0) else prompt_tokens end as input_tokens,
    case when says_cached then
        coalesce(counts.prompt_tokens_details.cached_tokens, counts.cache_read_input_tokens,
                 older.prompt_tokens_details.cached_tokens, older.cache_read_input_tokens, 0) end
        as cache_read_input_tokens,
    case when says_cached then
        coalesce(counts.prompt_tokens_details.cache_creation_tokens, counts.prompt_tokens_details.cache_write_tokens,
                 counts.cache_creation_input_tokens, older.cache_creation_input_tokens, 0) end
        as cache_creation_input_tokens,
    case when says_cached then
        coalesce(counts.prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens, 0) end
        as cache_creation_1h_input_tokens,
    case when failed then nullif(completion_tokens, 0) else completion_tokens end as output_tokens,
    counts.completion_tokens_details.reasoning_tokens as reasoning_output_tokens,
    instructions_in(messages_sent) as system_text,
    list_filter(messages_sent, lambda turn: turn.role not in ('system', 'developer')) as turns,
    case when messages_sent is not null then body.choices[1].message.content ->> '$' end as answer_text,
    case when failed then status_of(try_cast(known.error_information.error_code as integer), coalesce(error_word, 'error'))
         else 'ok' end as status,
    case when failed then coalesce(error_word, 'error') end as error_type,
    try_cast(known.error_information.error_code as integer) as http_status,
    body.choices[1].finish_reason as finish_reason,
    known.attempted_retries + 1 as attempt,
    spend as reported_cost
from turned
