-- OpenAI responses as calls.   in: records   out: one row per record
with unwrapped as (
    select
        *,
        coalesce(response.body.object, response.object, object) as kind,
        coalesce(response.body.usage, response.usage, usage) as counts,
        coalesce(response.body.output, response.output, output) as answers,
        coalesce(response.body.status, response.status, case when object = 'response' then status ->> '$' end) as ended,
        coalesce(response.body.error, response.error, error) as failure,
        coalesce(request.input, input) as asked,
        coalesce(request.instructions, response.body.instructions, response.instructions, instructions) as system_prompt,
        coalesce(request.tools, response.body.tools, response.tools, tools) as tool_definitions,
        coalesce(request.text.format, text.format) as answer_schema,
        coalesce(request.previous_response_id, response.body.previous_response_id, response.previous_response_id,
                 previous_response_id) as continues,
        coalesce(request.conversation, response.body.conversation, response.conversation, conversation) as thread,
        try_cast(coalesce(response.status_code, status_code, try_cast(status as double)) as integer) as http
    from records
),
turned as (
    select
        *,
        -- An item without a role is a tool call, its result or reasoning; its content is the item itself.
        case json_type(asked)
            when 'VARCHAR' then [{'role': 'user', 'content': asked}]
            when 'ARRAY' then list_transform(from_json(asked, '["JSON"]'), lambda item: {
                'role': coalesce(item ->> '$.role', 'tool'), 'content': coalesce(item -> '$.content', item)})
        end as items,
        continues is not null or thread is not null as partly_held_by_provider,
        case when json_type(thread) = 'VARCHAR' then thread ->> '$' else thread ->> '$.id' end as thread_id,
        case when json_type(system_prompt) = 'VARCHAR' then system_prompt ->> '$' else cast(system_prompt as varchar) end
            as instruction_text,
        coalesce(failure ->> '$.code', failure ->> '$.type', case when failure is not null or ended = 'failed' then 'error' end,
                 case when ended = 'cancelled' then 'cancelled' end) as error_word
    from unwrapped
)
select
    source_id,
    case
        when type like 'response.%' and type not in ('response.completed', 'response.incomplete', 'response.failed')
            then 'an event within a stream'
        when ended in ('in_progress', 'queued') then 'not finished yet'
    end as skipped,
    case
        when kind <> 'response' or (kind is null and counts is not null) then 'a record of another format'
        when error_word is not null and kind is null and request is null and input is null and http is null
             and custom_id is null
            then 'an error without the request that met it'
        when (counts.input_tokens is null or counts.output_tokens is null) and error_word is null
             and coalesce(http, 200) < 400 and (asked is null or answers is null or partly_held_by_provider)
            then 'no usage, and no text to count instead'
    end as problem,
    coalesce(response.body.id, response.id, id) as response_id,
    coalesce(instant(coalesce(timestamp, started_at)),
             from_epoch(coalesce(response.body.created_at, response.created_at, created_at))) as started_at,
    coalesce(duration_seconds, duration_ms / 1000, response_headers."openai-processing-ms" / 1000) as duration_seconds,
    coalesce(time_to_first_token_seconds, time_to_first_token_ms / 1000) as time_to_first_token_seconds,
    'chat' as operation_name,
    coalesce(request.model, case when input is not null then model end) as request_model,
    coalesce(response.body.model, response.model, case when request is null then model end) as response_model,
    case when custom_id is not null then 'batch'
         else tier_of(coalesce(response.body.service_tier, response.service_tier, service_tier)) end as service_tier,
    coalesce(request.stream, stream, case when type like 'response.%' then true end) as streamed,
    coalesce(request.temperature, response.body.temperature, response.temperature, temperature) as temperature,
    feature,
    tier,
    environment,
    coalesce(request.safety_identifier, request."user", response.body.safety_identifier, response.body."user",
             response.safety_identifier, response."user", safety_identifier, "user") as user_id,
    coalesce(conversation_id, session_id, thread_id, conversation_in(metadata), continues) as conversation_id,
    api_key,
    api_key_alias,
    project_id,
    map_concat(metadata_tags(coalesce(request.metadata, response.body.metadata, response.metadata)),
               metadata_tags(metadata), tags_of(tags)) as tags,
    counts.input_tokens as input_tokens,
    -- The API leaves the details out where nothing can be cached or reasoned about: 0 then.
    case when counts.input_tokens is not null then coalesce(counts.input_tokens_details.cached_tokens, 0) end
        as cache_read_input_tokens,
    case when counts.input_tokens is not null then coalesce(counts.input_tokens_details.cache_write_tokens, 0) end
        as cache_creation_input_tokens,
    case when counts.input_tokens is not null then 0 end as cache_creation_1h_input_tokens,
    counts.output_tokens as output_tokens,
    counts.output_tokens_details.reasoning_tokens as reasoning_output_tokens,
    nullif(concat_ws(chr(10), nullif(instruction_text, ''), array_to_string(list_transform(
        list_filter(items, lambda item: item.role in ('system', 'developer')),
        lambda item: content_text(item.content)), chr(10))), '') as system_text,
    concat(tool_definitions, answer_schema) as tools_text,
    case when not partly_held_by_provider then
        list_filter(items, lambda item: item.role not in ('system', 'developer')) end as turns,
    -- OpenAI caches tools and schema before the messages (platform.openai.com/docs/guides/prompt-caching, 2026-11-23).
    case when asked is not null and not partly_held_by_provider
         then concat(tool_definitions, answer_schema, instruction_text, asked) end as prompt_text,
    case when asked is not null then cast(hash(
        request_hash_seed(), coalesce(request.model, model), asked, instruction_text, tool_definitions, answer_schema,
        continues, thread_id, coalesce(request.text.verbosity, text.verbosity), coalesce(request.prompt, prompt),
        coalesce(request.tool_choice, tool_choice), coalesce(request.reasoning, reasoning),
        coalesce(request.temperature, temperature), coalesce(request.top_p, top_p),
        coalesce(request.max_output_tokens, max_output_tokens), coalesce(request.truncation, truncation)) >> 1 as bigint)
    end as request_hash,
    case when asked is not null then array_to_string(list_transform(
        list_filter(answers, lambda item: item.type = 'message'), lambda item: content_text(item.content)), chr(10))
    end as answer_text,
    case when ended = 'cancelled' then 'cancelled' else status_of(http, error_word) end as status,
    error_word as error_type,
    http as http_status,
    coalesce(response.body.incomplete_details.reason, response.incomplete_details.reason, incomplete_details.reason,
             ended) as finish_reason,
    attempt
from turned
