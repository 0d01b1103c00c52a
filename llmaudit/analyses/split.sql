-- What the tokens of each kind cost, over the calls that cost anything.
-- in: rated (the calls with a cost, each with the rate_row that priced it), rate_rows (rates, numbered by rate_row)
-- out: one row of five costs; they add up to the sum of effective_cost, to the last decimal
--
-- Within one row of rates the price per token is the same, so tokens are added up before they meet it. Widths as in
-- price.sql: enough for DuckDB not to overflow, few enough for Spark to keep every decimal place.
with used as (
    select
        rate_row,
        cast(count(*) as decimal(17, 0)) as requests,
        cast(sum(input_tokens - coalesce(cache_read_input_tokens, 0) - coalesce(cache_creation_input_tokens, 0))
             as decimal(17, 0)) as fresh_tokens,
        cast(coalesce(sum(cache_read_input_tokens), 0) as decimal(17, 0)) as read_tokens,
        cast(coalesce(sum(cache_creation_input_tokens), 0) - coalesce(sum(cache_creation_1h_input_tokens), 0)
             as decimal(17, 0)) as written_tokens,
        cast(coalesce(sum(cache_creation_1h_input_tokens), 0) as decimal(17, 0)) as long_written_tokens,
        cast(sum(output_tokens) as decimal(17, 0)) as answer_tokens
    from rated
    group by rate_row
)
select
    cast(coalesce(sum(fresh_tokens * cast(effective_input as decimal(20, 12))), 0) as decimal(38, 12)) as input,
    cast(coalesce(sum(read_tokens * cast(effective_cache_read as decimal(20, 12))), 0) as decimal(38, 12)) as cache_read,
    cast(coalesce(sum(written_tokens * cast(effective_cache_write as decimal(20, 12))), 0) as decimal(36, 12))
        + cast(coalesce(sum(long_written_tokens * cast(effective_cache_write_1h as decimal(20, 12))), 0)
               as decimal(36, 12)) as cache_write,
    cast(coalesce(sum(answer_tokens * cast(effective_output as decimal(20, 12))), 0) as decimal(38, 12)) as output,
    cast(coalesce(sum(requests * cast(effective_call as decimal(20, 12))), 0) as decimal(38, 12)) as request
from used
join rate_rows on rate_rows.rate_row = used.rate_row
