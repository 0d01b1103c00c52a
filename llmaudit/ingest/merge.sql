-- The best record of each call, among those just read and what the store knew of it: the one with the largest output (a
-- streamed answer is logged while it grows), at the earliest time that any of them gives.
-- in: candidates (`known`: it is what the store has), repeated (call_ids that stand there more than once)
-- out: one row per call that is new or better than before; `known`: it replaces one
select * from candidates where call_id not in (select call_id from repeated)
union all by name
select * exclude (place, earliest, was_known) replace (earliest as started_at, was_known as known)
from (
    select
        *,
        row_number() over (partition by call_id
                           order by output_tokens desc nulls last, known desc, source_id, record_number) as place,
        min(started_at) over (partition by call_id) as earliest,
        bool_or(known) over (partition by call_id) as was_known
    from candidates
    where call_id in (select call_id from repeated)
)
where place = 1 and not (known and started_at is not distinct from earliest)
