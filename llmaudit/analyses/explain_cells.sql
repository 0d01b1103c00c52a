-- What the calls of each group used and cost, meter by meter, by the row of rates that priced them.
-- in: keyed_rated (calls that reached a model and have a cost, each with its group's `key` and its rate_row),
--     rate_rows (rates, numbered by rate_row)
-- out: one row per key and rate_row: what was priced, calls, then tokens and cost of each meter
--
-- Within one row of rates the price per token is the same, so tokens are added up before they meet it: the costs of a row
-- add up to the cost of its calls, to the last decimal. Widths as in price.sql.
with used as (
    select
        key,
        rate_row,
        count(*) as calls,
        cast(sum(input_tokens - coalesce(cache_read_input_tokens, 0) - coalesce(cache_creation_input_tokens, 0))
             as decimal(17, 0)) as fresh_tokens,
        cast(coalesce(sum(cache_read_input_tokens), 0) as decimal(17, 0)) as read_tokens,
        cast(coalesce(sum(cache_creation_input_tokens), 0) - coalesce(sum(cache_creation_1h_input_tokens), 0)
             as decimal(17, 0)) as written_tokens,
        cast(coalesce(sum(cache_creation_1h_input_tokens), 0) as decimal(17, 0)) as long_written_tokens,
        cast(sum(output_tokens) as decimal(17, 0)) as answer_tokens
    from keyed_rated
    group by key, rate_row
)
select
    key,
    provider_name,
    model,
    service_tier,
    region,
    over_input_tokens,
    from_second_of_day,
    calls,
    cast(fresh_tokens as bigint) as input_tokens,
    cast(read_tokens as bigint) as cache_read_tokens,
    cast(written_tokens as bigint) as cache_write_tokens,
    cast(long_written_tokens as bigint) as cache_write_1h_tokens,
    cast(answer_tokens as bigint) as output_tokens,
    cast(coalesce(fresh_tokens * cast(effective_input as decimal(20, 12)), 0) as decimal(38, 12)) as input_cost,
    cast(coalesce(read_tokens * cast(effective_cache_read as decimal(20, 12)), 0) as decimal(38, 12)) as cache_read_cost,
    cast(coalesce(written_tokens * cast(effective_cache_write as decimal(20, 12)), 0) as decimal(38, 12))
        as cache_write_cost,
    cast(coalesce(long_written_tokens * cast(effective_cache_write_1h as decimal(20, 12)), 0) as decimal(38, 12))
        as cache_write_1h_cost,
    cast(coalesce(answer_tokens * cast(effective_output as decimal(20, 12)), 0) as decimal(38, 12)) as output_cost,
    cast(coalesce(cast(calls as decimal(17, 0)) * cast(effective_call as decimal(20, 12)), 0) as decimal(38, 12))
        as request_cost
from used
join rate_rows on rate_rows.rate_row = used.rate_row
order by used.rate_row, key nulls last
