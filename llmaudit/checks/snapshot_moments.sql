-- How the tokens of a call vary within each group and row of rates: sums of products, from which variances follow.
-- in: keyed_rated (calls that reached a model and have a cost, each with its group's `key` and its rate_row),
--     rate_rows (rates, numbered by rate_row)
-- out: one row per key and rate_row: what was priced, then the 15 sums of products of fresh, read, written, long, answer
--
-- With them, the variance of what calls cost is known at any price, also at prices of another day.
with counted as (
    select
        key,
        rate_row,
        cast(input_tokens - coalesce(cache_read_input_tokens, 0) - coalesce(cache_creation_input_tokens, 0)
             as decimal(12, 0)) as a,
        cast(coalesce(cache_read_input_tokens, 0) as decimal(12, 0)) as b,
        cast(coalesce(cache_creation_input_tokens, 0) - coalesce(cache_creation_1h_input_tokens, 0)
             as decimal(12, 0)) as c,
        cast(coalesce(cache_creation_1h_input_tokens, 0) as decimal(12, 0)) as d,
        cast(output_tokens as decimal(12, 0)) as e
    from keyed_rated
),
summed as (
    select
        key,
        rate_row,
        cast(sum(a * a) as decimal(38, 0)) as aa,
        cast(sum(a * b) as decimal(38, 0)) as ab,
        cast(sum(a * c) as decimal(38, 0)) as ac,
        cast(sum(a * d) as decimal(38, 0)) as ad,
        cast(sum(a * e) as decimal(38, 0)) as ae,
        cast(sum(b * b) as decimal(38, 0)) as bb,
        cast(sum(b * c) as decimal(38, 0)) as bc,
        cast(sum(b * d) as decimal(38, 0)) as bd,
        cast(sum(b * e) as decimal(38, 0)) as be,
        cast(sum(c * c) as decimal(38, 0)) as cc,
        cast(sum(c * d) as decimal(38, 0)) as cd,
        cast(sum(c * e) as decimal(38, 0)) as ce,
        cast(sum(d * d) as decimal(38, 0)) as dd,
        cast(sum(d * e) as decimal(38, 0)) as de,
        cast(sum(e * e) as decimal(38, 0)) as ee
    from counted
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
    aa, ab, ac, ad, ae, bb, bc, bd, be, cc, cd, ce, dd, de, ee
from summed
join rate_rows on rate_rows.rate_row = summed.rate_row
order by summed.rate_row, key nulls last
