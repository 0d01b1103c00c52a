-- What every format's records become: rows of `calls` without money, with `skipped` and `problem` beside them.
-- in: told (a reader's rows and what their texts say, columns it does not know null)   out: one row per record
with named as (
    select
        *,
        -- One look at all names at once; only where it finds something is each one looked at.
        holds_secret(concat_ws(chr(0), response_id, provider_name, operation_name, request_model, response_model, region,
                               user_id, conversation_id, api_key_alias, api_key_id, project_id, system_prompt_hash,
                               feature, tier, environment, error_type, finish_reason)) as is_suspect
    from told
)
select
    case when response_id is not null
         then concat(safe_name(is_suspect, provider_name), '/', safe_key_name(is_suspect, response_id))
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
        when not is_count(input_tokens) then 'input_tokens is not a count'
        when not is_count(cache_read_input_tokens) then 'cache_read_input_tokens is not a count'
        when not is_count(cache_creation_input_tokens) then 'cache_creation_input_tokens is not a count'
        when not is_count(cache_creation_1h_input_tokens) then 'cache_creation_1h_input_tokens is not a count'
        when not is_count(output_tokens) then 'output_tokens is not a count'
        when not is_count(reasoning_output_tokens) then 'reasoning_output_tokens is not a count'
        when coalesce(cache_read_input_tokens, 0) + coalesce(cache_creation_input_tokens, 0) > input_tokens
            then 'more cached tokens than input tokens: this log seems to count them beside the input'
        when cache_creation_1h_input_tokens > coalesce(cache_creation_input_tokens, 0)
            then 'more tokens cached for an hour than cached at all'
    end as problem,
    started_at,
    case when duration_seconds >= 0 and isfinite(duration_seconds) then duration_seconds end as duration_seconds,
    case when time_to_first_token_seconds >= 0 and isfinite(time_to_first_token_seconds)
         then time_to_first_token_seconds end as time_to_first_token_seconds,
    safe_name(is_suspect, provider_name) as provider_name,
    safe_name(is_suspect, operation_name) as operation_name,
    safe_name(is_suspect, request_model) as request_model,
    safe_name(is_suspect, response_model) as response_model,
    coalesce(service_tier, 'standard') as service_tier,
    safe_name(is_suspect, region) as region,
    streamed,
    case when isfinite(temperature) then temperature end as temperature,
    response_cache_hit,
    cast(null as varchar) as feature,
    cast(null as varchar) as tier,
    cast(null as varchar) as environment,
    case when user_id <> ''
         then case when wants_plain_user_ids() then safe_name(is_suspect, user_id) else keyed(user_id) end end as user_id,
    safe_name(is_suspect, nullif(conversation_id, '')) as conversation_id,
    -- A name of a key is kept as it is, a key itself only as a fingerprint, wherever it stands.
    coalesce(safe_key_name(is_suspect, api_key_alias), safe_key_name(is_suspect, api_key_id),
             keyed(nullif(api_key, ''))) as api_key_id,
    safe_name(is_suspect, nullif(project_id, '')) as project_id,
    safe_name(is_suspect, system_prompt_hash) as system_prompt_hash,
    case when feature is null and tier is null and environment is null and api_key_alias is null then tags
         else map_concat(tags, named_tags([
             {'key': 'feature', 'value': safe_name(is_suspect, feature)},
             {'key': 'tier', 'value': safe_name(is_suspect, tier)},
             {'key': 'environment', 'value': safe_name(is_suspect, environment)},
             {'key': 'api_key_alias', 'value': safe_name(is_suspect, api_key_alias)}])) end as tags,
    try_cast(input_tokens as bigint) as input_tokens,
    try_cast(cache_read_input_tokens as bigint) as cache_read_input_tokens,
    try_cast(cache_creation_input_tokens as bigint) as cache_creation_input_tokens,
    try_cast(cache_creation_1h_input_tokens as bigint) as cache_creation_1h_input_tokens,
    try_cast(output_tokens as bigint) as output_tokens,
    try_cast(reasoning_output_tokens as bigint) as reasoning_output_tokens,
    coalesce(token_basis, case when input_tokens is not null then 'reported' end) as token_basis,
    system_tokens,
    tool_definition_tokens,
    history_tokens,
    context_tokens,
    context_documents,
    context_document_tokens,
    user_tokens,
    history_messages,
    question_has_code,
    question_has_maths,
    segment_basis,
    input_bytes,
    output_bytes,
    request_hash,
    prefix_hashes,
    prefix_block_tokens,
    status,
    case when regexp_full_match(error_type, '[A-Za-z0-9_.:-]{1,80}') then safe_name(is_suspect, error_type)
         when error_type is not null then 'error' end as error_type,
    try_cast(http_status as integer) as http_status,
    safe_name(is_suspect, finish_reason) as finish_reason,
    try_cast(coalesce(attempt, 1) as integer) as attempt,
    try_cast(reported_cost as decimal(24, 12)) as reported_cost
from named
