-- The blocks that more than one call used, as runs that the same calls used: what is true of a run's first block is
-- true of all, so that only where runs start and end is of interest.
-- in: prompt_cache_blocks (call_id, cache, position from 1, prefix, parent: the prefix before it)
-- out: the first and the last block of each run
--
-- A block's users all used the one before it, so as many users are the same users. Most blocks are in the middle of a
-- run or nobody else's; without them the window that follows is short.
with used as (
    select cache, position, prefix, min(parent) as parent, max(parent) as other_parent, count(*) as uses
    from prompt_cache_blocks
    group by cache, position, prefix
    having count(*) > 1
),
continued as (
    select later.cache, later.position, later.prefix, later.parent
    from used as later
    join used as earlier
        on earlier.cache = later.cache and earlier.position = later.position - 1 and earlier.prefix = later.parent
    where later.parent = later.other_parent and later.uses = earlier.uses
)
select
    used.cache,
    used.position,
    used.prefix,
    before.prefix is null as starts_run,
    after.prefix is null as ends_run
from used
left join continued as before
    on before.cache = used.cache and before.position = used.position and before.prefix = used.prefix
left join continued as after
    on after.cache = used.cache and after.position = used.position + 1 and after.parent = used.prefix
where before.prefix is null or after.prefix is null
