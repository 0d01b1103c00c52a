-- The best record of each call that has several, among those just read and what the store knew of it: the one with the
-- largest output (a streamed answer is logged while it grows), at the earliest time that any of them gives.
-- in: candidates (`known`: it is what the store has), repeated (call_ids that stand there more than once)
-- out: one row per such call that is new or better than before: which record it is, `replaces`: something in the store
--
-- Only what decides: a window carries every column it is given through its sort.
with ranked as (
    select
        call_id, source_id, record_number, known, started_at,
        row_number() over (partition by call_id
                           order by output_tokens desc nulls last, known desc, source_id, record_number) as place,
        min(started_at) over (partition by call_id) as earliest,
        bool_or(known) over (partition by call_id) as was_known
    from candidates
    where call_id in (select call_id from repeated)
)
select call_id, source_id, record_number, known, earliest, was_known as replaces
from ranked
where place = 1 and not (known and started_at is not distinct from earliest)
