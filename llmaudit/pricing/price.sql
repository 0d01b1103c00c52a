-- What each call costs at the rates of its own instant and size.
-- in: unpriced (calls without money), rates   out: the same rows with list_cost, effective_cost, price_basis
--
-- A count of null is unknown, and so is the cost then; but a log that says nothing of caches is priced as if nothing
-- had been cached, which is the most it can have cost, and says so (`fallback`).
--
-- Prices are widened to 20 digits because DuckDB multiplies decimals of up to 18 in 64 bits, where ten million dollars
-- overflow; not further, because Spark gives up decimal places when a sum needs more than 38 digits.
with measured as (
    select
        unpriced.*,
        coalesce(provider_name, '') as rate_provider,
        coalesce(response_model, request_model, '') as rate_model,
        coalesce(region, '') as rate_region,
        -- A call without a time gets the prices in force last, and says so (`fallback`).
        coalesce(started_at_us, cast(253402300799000000 as bigint)) as rate_instant_us,
        cast(coalesce(cache_read_input_tokens, 0) as decimal(12, 0)) as read_count,
        cast(coalesce(cache_creation_input_tokens, 0) - coalesce(cache_creation_1h_input_tokens, 0)
             as decimal(12, 0)) as write_count,
        cast(coalesce(cache_creation_1h_input_tokens, 0) as decimal(12, 0)) as long_write_count,
        cast(input_tokens - coalesce(cache_read_input_tokens, 0) - coalesce(cache_creation_input_tokens, 0)
             as decimal(12, 0)) as fresh_count,
        cast(output_tokens as decimal(12, 0)) as output_count,
        -- A gateway's own cache calls no model, and a request that was refused or left out of a batch is not billed.
        case when response_cache_hit then 1
             when status in ('error', 'rate_limited') and input_tokens is null and output_tokens is null then 1
             when status = 'cancelled' and service_tier = 'batch' and input_tokens is null and output_tokens is null then 1
             else 0 end as costs_nothing
    from unpriced
),
rated as (
    select
        measured.*,
        rates.price_basis as rate_basis,
        cast(
            (case when fresh_count = 0 then 0 else fresh_count * cast(list_input as decimal(20, 12)) end
             + case when output_count = 0 then 0 else output_count * cast(list_output as decimal(20, 12)) end)
            + (case when read_count = 0 then 0 else read_count * cast(list_cache_read as decimal(20, 12)) end
               + case when write_count = 0 then 0 else write_count * cast(list_cache_write as decimal(20, 12)) end)
            + (case when long_write_count = 0 then 0
                    else long_write_count * cast(list_cache_write_1h as decimal(20, 12)) end
               + coalesce(list_call, 0))
            as decimal(24, 12)) as list_amount,
        cast(
            (case when fresh_count = 0 then 0 else fresh_count * cast(effective_input as decimal(20, 12)) end
             + case when output_count = 0 then 0 else output_count * cast(effective_output as decimal(20, 12)) end)
            + (case when read_count = 0 then 0 else read_count * cast(effective_cache_read as decimal(20, 12)) end
               + case when write_count = 0 then 0 else write_count * cast(effective_cache_write as decimal(20, 12)) end)
            + (case when long_write_count = 0 then 0
                    else long_write_count * cast(effective_cache_write_1h as decimal(20, 12)) end
               + coalesce(effective_call, 0))
            as decimal(24, 12)) as effective_amount
    from measured
    left join rates
        on rates.provider_name = rate_provider
        and rates.model = rate_model
        and rates.service_tier = measured.service_tier
        and rates.region = rate_region
        and rate_instant_us >= rates.valid_from_us and rate_instant_us < rates.valid_to_us
        and rate_instant_us % 86400000000 >= rates.from_second_of_day * cast(1000000 as bigint)
        and rate_instant_us % 86400000000 < rates.to_second_of_day * cast(1000000 as bigint)
        and input_tokens > rates.over_input_tokens and input_tokens <= rates.up_to_input_tokens
)
select
    rated.*,
    case when costs_nothing = 1 then cast(0 as decimal(24, 12)) else list_amount end as list_cost,
    case when costs_nothing = 1 then cast(0 as decimal(24, 12)) else effective_amount end as effective_cost,
    case
        when costs_nothing = 1 then 'exact'
        when effective_amount is null then 'unpriced'
        when rate_basis = 'exact'
             and (cache_read_input_tokens is null or cache_creation_input_tokens is null or started_at_us is null)
            then 'fallback'
        else rate_basis
    end as price_basis
from rated
