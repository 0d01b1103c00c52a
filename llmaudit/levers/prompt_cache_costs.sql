-- What each policy would make the input of each feature cost.
-- in: prompt_cache_options (prompt_cache_options.sql)   out: one row per feature and policy
select
    feature_name,
    policy,
    cast(sum(cost_before) as decimal(38, 12)) as feature_before,
    cast(sum(cost_after) as decimal(38, 12)) as feature_after,
    cast(sum(case when cost_before is null then 0 when cost_after is null then 1 else 0 end) as bigint) as unpriceable,
    cast(sum(logged_read + logged_write) as bigint) as logged_tokens,
    min(case when policy = 'long' then long_us else short_us end) as least_us,
    max(case when policy = 'long' then long_us else short_us end) as most_us
from prompt_cache_options
group by feature_name, policy
order by feature_name, policy
