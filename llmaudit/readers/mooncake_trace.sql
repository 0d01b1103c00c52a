-- Requests of a Mooncake trace as calls, at times counted from 1970.   in: records   out: one row per record
with listed as (
    -- A cast alone would take 1.5 for a whole number and "7" for a number.
    select
        *,
        case when regexp_full_match(cast(hash_ids as varchar), '\[\s*(-?\d+(\s*,\s*-?\d+)*)?\s*\]')
             then try_cast(hash_ids as bigint[]) end as blocks
    from records
)
select
    source_id,
    case
        when timestamp is null then 'no timestamp'
        -- Beyond three years it is an instant of its own, which an origin would only move.
        when timestamp not between 0 and 1e11 then 'timestamp is not milliseconds from the start of a trace'
        when input_length is null then 'no input_length'
        when output_length is null then 'no output_length'
        when json_type(hash_ids) <> 'NULL' and (blocks is null or len(blocks) <> list_count(blocks))
            then 'hash_ids is not a list of whole numbers'
        -- Traces in this shape exist with other blocks; read as 512 tokens they would promise wrong savings.
        when len(blocks) <> ceil(input_length / 512) then 'hash_ids is not one id per 512 tokens of input_length'
    end as problem,
    from_epoch(timestamp / 1000) as started_at,
    input_length as input_tokens,
    output_length as output_tokens,
    blocks as prefix_hashes,
    case when blocks is not null then 512.0 end as prefix_block_tokens,
    'ok' as status
from listed
