-- Judgements as rows of `staged`: no call of their own, but the call that they are about.
-- in: logged (the rows of a reader of scores)   out: one row per record: score, call_id where it is known already
select
    coalesce(key_name(call_id), without_secrets(provider_name) || '/' || key_name(response_id)) as call_id,
    true as has_id,
    source_id,
    cast(null as varchar) as skipped,
    problem,
    case when problem is null then {
        'model': without_secrets(score.model),
        'name': without_secrets(score.name),
        'value': score.value,
        'source': without_secrets(score.source),
        'response_id': key_name(response_id)
    } end as score
from logged
