-- Claude Code sessions as calls.   in: records   out: one row per record
with told as (
    select
        *,
        -- A bare answer of Anthropic is a `message`.
        not passed_over and sessionId is null and message.usage is null and (type is null or type = 'message')
            as is_foreign
    from records
)
select
    source_id,
    case
        when is_foreign then null
        when message.model = '<synthetic>' then 'a message Claude Code made itself'
        when type is not null and type <> 'assistant' then 'not an answer of the model'
        when type is null and message.usage is null then 'not an answer of the model'
    end as skipped,
    case when is_foreign then 'no line of Claude Code'
         when message.usage.input_tokens is null or message.usage.output_tokens is null then 'no usage' end as problem,
    -- A gateway may leave out requestId; the message id alone then names the call.
    message.id || coalesce(':' || requestId, '') as response_id,
    instant(timestamp) as started_at,
    'chat' as operation_name,
    message.model as request_model,
    message.model as response_model,
    tier_of(message.usage.service_tier) as service_tier,
    nullif(nullif(message.usage.inference_geo, 'not_available'), '') as region,
    sessionId as conversation_id,
    cwd as project_id,
    case when message.usage is not null and (gitBranch is not null or agentId is not null) then
        named_tags([{'key': 'git_branch', 'value': without_secrets(gitBranch)}, {'key': 'agent', 'value': agentId}]) end as tags,
    message.usage.input_tokens + coalesce(message.usage.cache_read_input_tokens, 0)
        + coalesce(message.usage.cache_creation_input_tokens, 0) as input_tokens,
    coalesce(message.usage.cache_read_input_tokens, 0) as cache_read_input_tokens,
    coalesce(message.usage.cache_creation_input_tokens, 0) as cache_creation_input_tokens,
    coalesce(message.usage.cache_creation.ephemeral_1h_input_tokens, 0) as cache_creation_1h_input_tokens,
    message.usage.output_tokens as output_tokens,
    message.stop_reason as finish_reason,
    'ok' as status,
    costUSD as reported_cost
from told
