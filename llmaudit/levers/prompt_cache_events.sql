-- When calls use their cache, and when what they used can be read by others: at their first token, which the log knows
-- or not.   in: prompt_cache_calls (prompt_cache_calls.sql), prompt_cache_caches (prompt_cache_caches.sql)
-- out: one or two rows per call: its use at its start, and, where its first token came later, its becoming readable
--
-- `used_us` is the instant of use where the row makes it count for the rows after it. At equal instants what becomes
-- readable comes first (turn 0); uses follow in the order of the log, each seeing those before it.
with placed as (
    select call_id, cache, instant_us, readable_us, single_block
    from prompt_cache_calls
    join prompt_cache_caches
        on prompt_cache_caches.provider = prompt_cache_calls.provider
        and prompt_cache_caches.model = prompt_cache_calls.model
        and prompt_cache_caches.scope = prompt_cache_calls.scope
        and prompt_cache_caches.evidence = prompt_cache_calls.evidence
    where takes_part
)
select
    call_id, cache, single_block, instant_us as at_us, 1 as turn, true as is_use,
    case when readable_us = instant_us then instant_us end as used_us
from placed
union all
select call_id, cache, single_block, readable_us as at_us, 0 as turn, false as is_use, instant_us as used_us
from placed
where readable_us > instant_us
