-- When calls use their cache, and when what they used can be read by others: at their first token, which the log knows
-- or not.   in: prompt_cache_part (call_id, cache, instant_us, readable_us)
-- out: one or two rows per call: its use at its start, and, where its first token came later, its becoming readable
--
-- `used_us` is the instant of use where the row makes it count for the rows after it. At equal instants what becomes
-- readable comes first (turn 0); uses follow in the order of the log, each seeing those before it.
select
    call_id, cache, instant_us as at_us, 1 as turn, true as is_use,
    case when readable_us = instant_us then instant_us end as used_us
from prompt_cache_part
union all
select call_id, cache, readable_us as at_us, 0 as turn, false as is_use, instant_us as used_us
from prompt_cache_part
where readable_us > instant_us
