-- Calls under our own names.   in: named (the columns of the generic format, and misread: why a value is none)
-- out: one row per record
select
    source_id,
    case
        when misread is not null then misread
        when coalesce(request_model, response_model, cast(input_tokens as varchar), cast(output_tokens as varchar),
                      cast(reported_cost as varchar), status) is null then 'neither a model nor tokens nor a cost'
        when lower(status) not in ('ok', 'error', 'timeout', 'rate_limited', 'cancelled')
            then 'status is not one of ok, error, timeout, rate_limited, cancelled'
        when tier_of(service_tier) not in ('standard', 'batch', 'flex', 'priority')
            then 'service_tier is not one of standard, batch, flex, priority'
        when token_basis not in ('reported', 'counted', 'estimated')
            then 'token_basis is not one of reported, counted, estimated'
        when segment_basis not in ('counted', 'estimated') then 'segment_basis is not one of counted, estimated'
        when tags is not null and coalesce(json_type(unwrapped(tags)), '') not in ('OBJECT', 'ARRAY', 'NULL')
            then 'tags is not a JSON object'
        when not is_count(system_tokens) then 'system_tokens is not a count'
        when not is_count(tool_definition_tokens) then 'tool_definition_tokens is not a count'
        when not is_count(history_tokens) then 'history_tokens is not a count'
        when not is_count(context_tokens) then 'context_tokens is not a count'
        when not is_count(context_documents) then 'context_documents is not a count'
        when context_document_tokens is not null
             and (counts is null or not is_count(list_sum(counts))
                  or len(list_filter(counts, lambda count: count is null or not is_count(count))) > 0)
            then 'context_document_tokens is not a list of counts'
        when context_documents <> len(counts)
            then 'context_document_tokens does not have one count for each of context_documents'
        when context_tokens < list_sum(counts) then 'context_document_tokens are more than context_tokens'
        when not is_count(user_tokens) then 'user_tokens is not a count'
        when not is_count(history_messages) then 'history_messages is not a count'
        when not is_count(http_status) or http_status > 999 then 'http_status is not an HTTP status'
        when not is_count(attempt) or attempt > 1000000 then 'attempt is not a count'
    end as problem,
    response_id,
    instant(started_at) as started_at,
    duration_seconds,
    time_to_first_token_seconds,
    provider_name,
    operation_name,
    request_model,
    response_model,
    tier_of(service_tier) as service_tier,
    region,
    streamed,
    temperature,
    response_cache_hit,
    feature,
    tier,
    environment,
    user_id,
    conversation_id,
    api_key,
    -- What another store calls api_key_id names the key already.
    coalesce(api_key_alias, api_key_id) as api_key_alias,
    project_id,
    system_prompt_hash,
    case when json_type(unwrapped(tags)) = 'ARRAY' then listed_tags(from_json(unwrapped(tags), '["VARCHAR"]'))
         else metadata_tags(unwrapped(tags)) end as tags,
    input_tokens,
    cache_read_input_tokens,
    cache_creation_input_tokens,
    cache_creation_1h_input_tokens,
    output_tokens,
    reasoning_output_tokens,
    lower(token_basis) as token_basis,
    cast(case when is_count(system_tokens) then system_tokens end as bigint) as system_tokens,
    cast(case when is_count(tool_definition_tokens) then tool_definition_tokens end as bigint) as tool_definition_tokens,
    cast(case when is_count(history_tokens) then history_tokens end as bigint) as history_tokens,
    coalesce(cast(case when is_count(context_tokens) then context_tokens end as bigint),
             try_cast(case when counts is not null then coalesce(list_sum(counts), 0) end as bigint)) as context_tokens,
    coalesce(cast(case when is_count(context_documents) then context_documents end as bigint), len(counts))
        as context_documents,
    try_cast(counts as bigint[]) as context_document_tokens,
    cast(case when is_count(user_tokens) then user_tokens end as bigint) as user_tokens,
    cast(case when is_count(history_messages) then history_messages end as bigint) as history_messages,
    question_has_code,
    question_has_maths,
    segment_basis,
    cast(case when is_count(input_bytes) then input_bytes end as bigint) as input_bytes,
    cast(case when is_count(output_bytes) then output_bytes end as bigint) as output_bytes,
    -- One of our own is kept as it is; any other is hashed with the store's key, for it may be the request itself.
    case
        when request_hash is null then null
        when regexp_full_match(request_hash, '-?[0-9]+') and try_cast(request_hash as bigint) is not null
            then cast(request_hash as bigint)
        else cast(hash(request_hash_seed(), request_hash) >> 1 as bigint)
    end as request_hash,
    prefix_hashes,
    prefix_block_tokens,
    coalesce(lower(status), status_of(http_status, error_type)) as status,
    error_type,
    cast(case when is_count(http_status) and http_status <= 999 then http_status end as integer) as http_status,
    finish_reason,
    cast(case when is_count(attempt) and attempt <= 1000000 then attempt end as integer) as attempt,
    reported_cost
from (select *, try_cast(context_document_tokens as double[]) as counts from named)
