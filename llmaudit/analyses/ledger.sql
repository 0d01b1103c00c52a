-- What became of every record that was read, by format.
-- in: sources   out: one row per format: files, records, calls and scores added, duplicates, skipped, unreadable
select
    format,
    count(*) as files,
    cast(coalesce(sum(records), 0) as bigint) as record_count,
    cast(coalesce(sum(calls_added), 0) as bigint) as added,
    cast(coalesce(sum(scores_added), 0) as bigint) as scored,
    cast(coalesce(sum(duplicates), 0) as bigint) as duplicate_count,
    cast(coalesce(sum(skipped), 0) as bigint) as skipped_count,
    cast(coalesce(sum(unreadable), 0) as bigint) as unreadable_count
from sources
group by format
order by record_count desc, format
