-- What a score says of the models routed from and of the model routed to, feature by feature: of their answers in the
-- log, and of what they answered to logged requests in a trial.
-- in: calls, scores, route_sides (provider_name, model, side: 1 for the target, 0 for the source)
-- out: one row per feature and side: n, the sum of the values and of their squares   params: score
with valued as (
    select
        feature,
        side,
        cast(value as decimal(18, 6)) as worth
    from calls
    join scores on scores.call_id = calls.call_id
    join route_sides
        on route_sides.provider_name = case when scores.model is null then coalesce(calls.provider_name, '') else '' end
        and route_sides.model = coalesce(scores.model, response_model, request_model)
    where scores.name = $score and value is not null
)
select
    feature,
    side,
    count(*) as n,
    cast(sum(worth) as decimal(38, 6)) as worth_sum,
    cast(sum(worth * worth) as decimal(38, 12)) as square_sum
from valued
group by feature, side
order by feature nulls last, side
