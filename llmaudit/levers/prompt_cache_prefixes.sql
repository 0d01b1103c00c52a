-- How much of each call's prompt was in the cache: the longest prefix of which every block was used, readably, within
-- the lifetime. A block's last readable use is carried forward over the merged instants of use and becoming readable.
-- in: prompt_cache_part (call_id, blocks: how many), prompt_cache_caches (prompt_cache_caches.sql),
--     prompt_cache_events (prompt_cache_events.sql), prompt_cache_shared (prompt_cache_shared.sql),
--     prompt_cache_blocks (call_id, cache, position from 1, prefix, parent: the prefix before it)
-- out: one row per call that takes part: its blocks, how many of the first were live under either lifetime, how many
--      had been readable at any time before, and the prefix of these
with shared as (
    select
        call_id, prompt_cache_blocks.cache, prompt_cache_blocks.position, prompt_cache_blocks.prefix,
        starts_run, ends_run
    from prompt_cache_blocks
    join prompt_cache_shared
        on prompt_cache_shared.cache = prompt_cache_blocks.cache
        and prompt_cache_shared.position = prompt_cache_blocks.position
        and prompt_cache_shared.prefix = prompt_cache_blocks.prefix
),
carried as (
    select
        shared.call_id, shared.cache, position, at_us, is_use,
        max(used_us) over (
            partition by shared.cache, position, prefix
            order by at_us, turn, shared.call_id
            rows between unbounded preceding and 1 preceding
        ) as last_used_us
    from shared
    join prompt_cache_events on prompt_cache_events.call_id = shared.call_id
    where starts_run
),
dead as (
    select
        call_id,
        min(case when last_used_us is null or at_us - last_used_us > short_us then position end) as first_dead_short,
        min(case when last_used_us is null or at_us - last_used_us > long_us then position end) as first_dead_long,
        min(case when last_used_us is null then position end) as first_new
    from carried
    join prompt_cache_caches on prompt_cache_caches.cache = carried.cache
    where is_use
    group by call_id
),
reach as (
    select call_id, max(position) as shared_depth from shared where ends_run group by call_id
),
depths as (
    select
        prompt_cache_part.call_id,
        blocks,
        coalesce(first_dead_short - 1, shared_depth, 0) as depth_short,
        coalesce(first_dead_long - 1, shared_depth, 0) as depth_long,
        coalesce(first_new - 1, shared_depth, 0) as seen_depth
    from prompt_cache_part
    left join dead on dead.call_id = prompt_cache_part.call_id
    left join reach on reach.call_id = prompt_cache_part.call_id
)
select depths.*, prefix as seen_prefix
from depths
left join shared on shared.call_id = depths.call_id and shared.position = seen_depth and ends_run
