-- Requests of an Azure inference trace as calls.   in: records   out: one row per record
select
    source_id,
    case
        when "TIMESTAMP" is null then 'no TIMESTAMP'
        when "ContextTokens" is null then 'no ContextTokens'
        when "GeneratedTokens" is null then 'no GeneratedTokens'
    end as problem,
    instant("TIMESTAMP") as started_at,
    "ContextTokens" as input_tokens,
    "GeneratedTokens" as output_tokens,
    'ok' as status
from records
