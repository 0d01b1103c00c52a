-- Which record of each call is the one to keep, among those just read and what the store knows of it: the one with the
-- largest output (a streamed answer is logged while it grows), at the earliest time that any of them gives.
-- in: candidates (`known`: it is what the store has)
-- out: one row per call: source_id, record_number and known of its record, earliest, `replaces`: something in the store
--
-- One aggregate, not a window: that would carry every id through a sort.
select
    -best.before as source_id,
    -best.above as record_number,
    best.known as known,
    earliest,
    replaces
from (
    select
        max(struct_pack(output_tokens := coalesce(output_tokens, -1), known := known,
                        before := -source_id, above := -record_number)) as best,
        min(started_at) as earliest,
        bool_or(known) as replaces
    from candidates
    group by call_id
) as told
