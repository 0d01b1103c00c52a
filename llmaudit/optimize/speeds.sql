-- How long the answers of two models take, over the features that both served: the median that was observed.
-- in: lever_input   out: one row per model: its calls and their median
-- params: from_model, to_model
with timed as (
    select coalesce(response_model, request_model) as model, feature, duration_seconds
    from lever_input
    where status = 'ok' and duration_seconds is not null and feature is not null
        and coalesce(response_model, request_model) in ($from_model, $to_model)
),
both_served as (
    select feature from timed group by feature having count(distinct model) = 2
)
select
    model,
    count(*) as calls,
    percentile_disc(0.5) within group (order by duration_seconds) as median_seconds
from timed
join both_served on both_served.feature = timed.feature
group by model
order by model
