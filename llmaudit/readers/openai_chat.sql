-- OpenAI chat completions as calls.   in: records   out: one row per record
with unwrapped as (
    select
        *,
        custom_id is not null as in_batch,
        coalesce(response.body.object, response.object, object) as kind,
        coalesce(response.body.usage, response.usage, usage) as counts,
        coalesce(response.body.choices, response.choices, choices) as answers,
        coalesce(response.body.error, response.error, error) as failure,
        coalesce(response.body.model, response.model, case when request is null then model end) as answered_by,
        coalesce(request.messages, messages) as prompt,
        coalesce(request.tools, request.functions, tools, functions) as tool_definitions,
        coalesce(request.response_format, response_format) as answer_schema,
        try_cast(coalesce(response.status_code, status_code, try_cast(status as double)) as integer) as http
    from records
),
turned as (
    select
        *,
        turns_of(prompt) as messages_sent,
        coalesce(failure ->> '$.code', failure ->> '$.type', case when failure is not null then 'error' end) as error_word
    from unwrapped
)
select
    source_id,
    case when kind = 'chat.completion.chunk' then 'a chunk of a stream' end as skipped,
    case
        when kind not in ('chat.completion', 'chat.completion.chunk') then 'a record of another format'
        when error_word is not null and request is null and messages is null and http is null and not in_batch
            then 'an error without the request that met it'
        when (counts.prompt_tokens is null or counts.completion_tokens is null) and error_word is null
             and coalesce(http, 200) < 400 and (prompt is null or answers is null)
            then 'no usage, and no text to count instead'
    end as problem,
    coalesce(response.body.id, response.id, id) as response_id,
    coalesce(instant(coalesce(timestamp, started_at)),
             from_epoch(coalesce(response.body.created, response.created, created))) as started_at,
    coalesce(duration_seconds, duration_ms / 1000, response_headers."openai-processing-ms" / 1000) as duration_seconds,
    coalesce(time_to_first_token_seconds, time_to_first_token_ms / 1000) as time_to_first_token_seconds,
    'chat' as operation_name,
    coalesce(request.model, case when messages is not null then model end) as request_model,
    answered_by as response_model,
    case when in_batch then 'batch' else tier_of(coalesce(response.service_tier, service_tier)) end as service_tier,
    coalesce(request.stream, stream) as streamed,
    coalesce(request.temperature, temperature) as temperature,
    feature,
    tier,
    environment,
    coalesce(request.safety_identifier, request."user", safety_identifier, "user") as user_id,
    coalesce(conversation_id, session_id, conversation_in(request.metadata), conversation_in(metadata)) as conversation_id,
    api_key,
    api_key_alias,
    project_id,
    map_concat(metadata_tags(request.metadata), metadata_tags(metadata), tags_of(tags)) as tags,
    counts.prompt_tokens as input_tokens,
    -- The API leaves the details out where nothing can be cached or reasoned about: 0 then.
    case when counts is not null then coalesce(counts.prompt_tokens_details.cached_tokens, 0) end
        as cache_read_input_tokens,
    case when counts is not null then coalesce(counts.prompt_tokens_details.cache_write_tokens, 0) end
        as cache_creation_input_tokens,
    counts.completion_tokens as output_tokens,
    counts.completion_tokens_details.reasoning_tokens as reasoning_output_tokens,
    instructions_in(messages_sent) as system_text,
    concat(tool_definitions, answer_schema) as tools_text,
    list_filter(messages_sent, lambda turn: turn.role not in ('system', 'developer')) as turns,
    -- OpenAI caches tools and schema before the messages (platform.openai.com/docs/guides/prompt-caching, 2026-11-23).
    case when prompt is not null then concat(tool_definitions, answer_schema, prompt) end as prompt_text,
    case when prompt is not null then cast(hash(
        request_hash_seed(), coalesce(request.model, model), prompt, tool_definitions, answer_schema,
        coalesce(request.tool_choice, tool_choice), coalesce(request.temperature, temperature),
        coalesce(request.top_p, top_p), coalesce(request.max_tokens, max_tokens),
        coalesce(request.max_completion_tokens, max_completion_tokens), coalesce(request.stop, stop),
        coalesce(request.n, n), coalesce(request.seed, seed), coalesce(request.logit_bias, logit_bias),
        coalesce(request.presence_penalty, presence_penalty), coalesce(request.frequency_penalty, frequency_penalty),
        coalesce(request.reasoning_effort, reasoning_effort)) >> 1 as bigint) end as request_hash,
    case when prompt is not null then answers[1].message.content ->> '$' end as answer_text,
    status_of(http, error_word) as status,
    error_word as error_type,
    http as http_status,
    answers[1].finish_reason as finish_reason,
    attempt
from turned
