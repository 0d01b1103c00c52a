-- What was read of scores: of each call, model, name and source the last word.
-- in: staged   out: one row per score, with the columns of scores
select call_id, response_id, model, name, value, source, source_id, record_number
from (
    select
        call_id,
        score.response_id as response_id,
        score.model as model,
        score.name as name,
        score.value as value,
        score.source as source,
        source_id,
        record_number,
        row_number() over (partition by call_id, case when call_id is null then score.response_id end, score.model,
                                        score.name, score.source
                           order by source_id desc, record_number desc) as place
    from staged
    where score is not null and problem is null
)
where place = 1
