-- Judgements of answers.   in: records   out: one row per record: the call it is about, score (model, name, value, source)
with valued as (
    select
        *,
        case lower(trim(value)) when 'true' then 1 when 'false' then 0 else try_cast(trim(value) as double) end as worth
    from records
)
select
    source_id,
    case
        when coalesce(nullif(trim(call_id), ''), nullif(trim(response_id), '')) is null
            then 'names no call: neither call_id nor response_id'
        when nullif(trim(name), '') is null then 'the score has no name'
        when value is null then 'the score has no value'
        when worth is null or not isfinite(worth) then 'the value is not a number'
        when abs(worth) >= 1e12 then 'the value is not between -10^12 and 10^12'
    end as problem,
    nullif(trim(call_id), '') as call_id,
    nullif(trim(response_id), '') as response_id,
    nullif(trim(provider_name), '') as provider_name,
    {'model': nullif(trim(model), ''), 'name': trim(name), 'value': worth,
     'source': coalesce(nullif(trim(source), ''), 'unknown')} as score
from valued
