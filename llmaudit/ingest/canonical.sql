-- What every format's records become: rows of `calls` without money, with `skipped` and `problem` beside them.
-- in: logged (a reader's rows, columns it does not know null)   out: one row per record
with split as (
    select
        * replace (nullif(trim(response_id), '') as response_id),
        coalesce(response_model, request_model) as model,
        -- The question is the last message of the user; what follows it (tool calls and results) is history.
        list_filter(turns, lambda turn: turn.role = 'user')[-1].content as question
    from logged
),
texts as (
    select
        *,
        wants_exact_tokens() and has_tokenizer(provider_name, model) as exact,
        context_of(question) as context_text,
        own_words(question) as question_text,
        array_to_string(list_transform(turns, lambda turn: turn.content), chr(10)) as turns_text
    from split
),
sized as (
    select
        *,
        case when exact then tokens_of(provider_name, model, system_text) else strlen(system_text) end as system_size,
        case when exact then tokens_of(provider_name, model, tools_text) else strlen(tools_text) end as tools_size,
        case when exact then tokens_of(provider_name, model, context_text) else strlen(context_text) end as context_size,
        case when exact then tokens_of(provider_name, model, content_text(question)) else strlen(question) end
            as question_size,
        case when exact then tokens_of(provider_name, model, array_to_string(
                list_transform(turns, lambda turn: content_text(turn.content)), chr(10)))
             else strlen(turns_text) end as turns_size,
        case when input_tokens is null and status = 'ok' and prompt_text is not null
             then tokens_of(provider_name, model, prompt_text) end as counted_input_tokens,
        case when output_tokens is null and status = 'ok' and answer_text is not null
             then tokens_of(provider_name, model, answer_text) end as counted_output_tokens,
        case when prompt_text is not null then block_hashes(prompt_text) end as blocks
    from texts
),
shared as (
    select
        *,
        coalesce(input_tokens, counted_input_tokens) as known_input,
        coalesce(output_tokens, counted_output_tokens) as known_output,
        -- The prompt as a line: tools, system, history, context, question; where each segment ends on it.
        coalesce(tools_size, 0) as tools_end,
        coalesce(tools_size, 0) + coalesce(system_size, 0) as system_end,
        coalesce(tools_size, 0) + coalesce(system_size, 0) + turns_size - coalesce(question_size, 0) as history_end,
        coalesce(tools_size, 0) + coalesce(system_size, 0) + turns_size - coalesce(question_size, 0)
            + coalesce(context_size, 0) as context_end,
        nullif(coalesce(tools_size, 0) + coalesce(system_size, 0) + turns_size, 0) as whole
    from sized
)
select
    case when response_id is not null then concat(provider_name, '/', key_name(response_id))
         -- Without an id a record is named by what it says; `settle` numbers equal ones.
         when skipped is null then md5(said) end as call_id,
    response_id is not null as has_id,
    attempt_of,
    source_id,
    skipped,
    case
        when skipped is not null then null
        when problem is not null then problem
        when started_at is not null and not started_at between timestamp '2000-01-01' and timestamp '2099-12-31'
            then 'the time of the call is not between 2000 and 2099'
        when not is_count(known_input) then 'input_tokens is not a count'
        when not is_count(cache_read_input_tokens) then 'cache_read_input_tokens is not a count'
        when not is_count(cache_creation_input_tokens) then 'cache_creation_input_tokens is not a count'
        when not is_count(cache_creation_1h_input_tokens) then 'cache_creation_1h_input_tokens is not a count'
        when not is_count(known_output) then 'output_tokens is not a count'
        when not is_count(reasoning_output_tokens) then 'reasoning_output_tokens is not a count'
        when coalesce(cache_read_input_tokens, 0) + coalesce(cache_creation_input_tokens, 0) > known_input
            then 'more cached tokens than input tokens: this log seems to count them beside the input'
        when cache_creation_1h_input_tokens > coalesce(cache_creation_input_tokens, 0)
            then 'more tokens cached for an hour than cached at all'
    end as problem,
    started_at,
    case when duration_seconds >= 0 and isfinite(duration_seconds) then duration_seconds end as duration_seconds,
    case when time_to_first_token_seconds >= 0 and isfinite(time_to_first_token_seconds)
         then time_to_first_token_seconds end as time_to_first_token_seconds,
    without_secrets(provider_name) as provider_name,
    without_secrets(operation_name) as operation_name,
    without_secrets(request_model) as request_model,
    without_secrets(response_model) as response_model,
    coalesce(service_tier, 'standard') as service_tier,
    without_secrets(region) as region,
    streamed,
    case when isfinite(temperature) then temperature end as temperature,
    response_cache_hit,
    cast(null as varchar) as feature,
    cast(null as varchar) as tier,
    cast(null as varchar) as environment,
    case when user_id <> '' then case when wants_plain_user_ids() then without_secrets(user_id) else keyed(user_id) end
        end as user_id,
    without_secrets(nullif(conversation_id, '')) as conversation_id,
    -- A name of a key is kept as it is, a key itself only as a fingerprint, wherever it stands.
    coalesce(key_name(api_key_alias), key_name(api_key_id), keyed(nullif(api_key, ''))) as api_key_id,
    without_secrets(nullif(project_id, '')) as project_id,
    coalesce(system_prompt_hash, left(sha256(system_text), 16)) as system_prompt_hash,
    case when feature is null and tier is null and environment is null and api_key_alias is null then tags
         else map_concat(tags, named_tags([{'key': 'feature', 'value': without_secrets(feature)}, {'key': 'tier', 'value': without_secrets(tier)},
                                           {'key': 'environment', 'value': without_secrets(environment)},
                                           {'key': 'api_key_alias', 'value': without_secrets(api_key_alias)}])) end as tags,
    try_cast(known_input as bigint) as input_tokens,
    try_cast(cache_read_input_tokens as bigint) as cache_read_input_tokens,
    try_cast(cache_creation_input_tokens as bigint) as cache_creation_input_tokens,
    try_cast(cache_creation_1h_input_tokens as bigint) as cache_creation_1h_input_tokens,
    try_cast(known_output as bigint) as output_tokens,
    try_cast(reasoning_output_tokens as bigint) as reasoning_output_tokens,
    coalesce(token_basis, case when input_tokens is not null then 'reported'
                               when counted_input_tokens is not null then 'counted' end) as token_basis,
    coalesce(system_tokens, segment(tools_end, system_end, whole, known_input, exact)) as system_tokens,
    coalesce(tool_definition_tokens, segment(0, tools_end, whole, known_input, exact)) as tool_definition_tokens,
    coalesce(history_tokens, segment(system_end, history_end, whole, known_input, exact)) as history_tokens,
    coalesce(context_tokens, segment(history_end, context_end, whole, known_input, exact)) as context_tokens,
    coalesce(context_documents, case when turns is not null then coalesce(cast(documents_in(context_text) as bigint), 0) end)
        as context_documents,
    context_document_tokens,
    coalesce(user_tokens, segment(context_end, whole, whole, known_input, exact)) as user_tokens,
    coalesce(history_messages, greatest(len(turns) - 1, 0)) as history_messages,
    coalesce(question_has_code, looks_like_code(question_text)) as question_has_code,
    coalesce(question_has_maths, looks_like_maths(question_text)) as question_has_maths,
    case when turns is null then segment_basis when exact then 'counted' when known_input is not null then 'estimated' end
        as segment_basis,
    coalesce(input_bytes, strlen(prompt_text)) as input_bytes,
    coalesce(output_bytes, strlen(answer_text)) as output_bytes,
    request_hash,
    coalesce(prefix_hashes, chained(blocks)) as prefix_hashes,
    -- How many tokens one block of the prompt holds, the reported input shared out evenly over its characters.
    coalesce(prefix_block_tokens, known_input * 512.0 / nullif(length(prompt_text), 0)) as prefix_block_tokens,
    status,
    case when regexp_full_match(error_type, '[A-Za-z0-9_.:-]{1,80}') then without_secrets(error_type)
         when error_type is not null then 'error' end as error_type,
    try_cast(http_status as integer) as http_status,
    without_secrets(finish_reason) as finish_reason,
    try_cast(coalesce(attempt, 1) as integer) as attempt,
    try_cast(reported_cost as decimal(24, 12)) as reported_cost
from shared
