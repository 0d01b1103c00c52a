-- The separate caches: one per provider, model and scope, for each kind of evidence: their blocks do not compare.
-- in: prompt_cache_calls (prompt_cache_calls.sql)   out: one row per cache, numbered, with its two lifetimes
select
    provider, model, scope, evidence, short_us, long_us,
    row_number() over (order by provider, model, scope, evidence) as cache
from (
    select distinct provider, model, scope, evidence, short_us, long_us from prompt_cache_calls where takes_part
) as distinct_caches
