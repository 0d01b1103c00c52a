-- What `llmaudit breakdown --by model` answers, by hand, by somebody who knows these calls: that a model is sold by one
-- provider in one service tier, that no price changed in their time, and that nothing was written to a cache.

-- the sums per model
select
    response_model, count(*), sum(input_tokens)::bigint, sum(cache_read_input_tokens)::bigint,
    sum(cache_creation_input_tokens)::bigint, sum(output_tokens)::bigint, sum(list_cost), sum(effective_cost),
    count(*) - count(effective_cost)
from calls
group by response_model
order by sum(effective_cost) desc;

-- what is not known: times, token counts, prices
select min(started_at), max(started_at), count(*) - count(started_at), count(*) - count(input_tokens),
    count(*) filter (price_basis = 'fallback')
from calls;

select response_model, count(*) from calls where effective_cost is null group by 1;

select count(*), sum(reported_cost), sum(effective_cost),
    count(*) filter (abs(reported_cost - effective_cost) * 100 > effective_cost)
from calls
where reported_cost is not null;

-- how few calls make 80 % of the cost: counted in buckets of similar cost, and exactly within the one that crosses
with buckets as (
    select sqrt(effective_cost::double * 1e8)::bigint as bucket, count(*) as items, sum(effective_cost) as cost
    from calls where effective_cost is not null group by 1
),
running as (
    select bucket, items, cost, sum(cost) over (order by bucket desc) as reached, sum(cost) over () as total,
        sum(items) over (order by bucket desc) as item, sum(items) over () as all_items
    from buckets
),
crossing as (select * from running where reached >= 0.8 * total order by bucket desc limit 1),
amounts as (
    select effective_cost as cost, count(*) as items
    from calls where sqrt(effective_cost::double * 1e8)::bigint = (select bucket from crossing) group by 1
),
steps as (
    select amounts.cost, crossing.reached - crossing.cost + sum(amounts.cost * amounts.items) over (order by amounts.cost desc)
            as reached,
        crossing.item - crossing.items + sum(amounts.items) over (order by amounts.cost desc) as item, total, all_items
    from amounts, crossing
)
select 'calls', all_items::bigint,
    -- within the group of equal costs that crosses the line, only as many as it takes
    (item - floor((reached - 0.8 * total) / cost))::bigint
from steps where reached >= 0.8 * total order by cost desc limit 1;

-- users, conversations, features
with amounts as (select user_id, sum(effective_cost) as cost from calls where user_id is not null group by 1),
running as (
    select sum(cost) over (order by cost desc, user_id) as reached, sum(cost) over () as total,
        row_number() over (order by cost desc, user_id) as item
    from amounts
)
select 'users', count(*), min(item) filter (reached >= 0.8 * total) from running;

with amounts as (
    select conversation_id, sum(effective_cost) as cost from calls where conversation_id is not null group by 1
),
running as (
    select sum(cost) over (order by cost desc, conversation_id) as reached, sum(cost) over () as total,
        row_number() over (order by cost desc, conversation_id) as item
    from amounts
)
select 'conversations', count(*), min(item) filter (reached >= 0.8 * total) from running;

with amounts as (select feature, sum(effective_cost) as cost from calls where feature is not null group by 1),
running as (
    select sum(cost) over (order by cost desc, feature) as reached, sum(cost) over () as total,
        row_number() over (order by cost desc, feature) as item
    from amounts
)
select 'features', count(*), min(item) filter (reached >= 0.8 * total) from running;

-- input, cache reads and output
with used as (
    select response_model as model, input_tokens > 200000 as long,
        sum(input_tokens - cache_read_input_tokens)::decimal(18, 0) as fresh,
        sum(cache_read_input_tokens)::decimal(18, 0) as cached, sum(output_tokens)::decimal(18, 0) as answered
    from calls
    where effective_cost is not null
    group by 1, 2
)
select sum(fresh * effective_input), sum(cached * effective_cache_read), sum(answered * effective_output)
from used
join rates using (model)
where over_input_tokens < 0 and not long or up_to_input_tokens > 200000 and long;
