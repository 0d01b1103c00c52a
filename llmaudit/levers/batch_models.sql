-- What became of the calls that the step is about, by model.
-- in: batch_offers (batch_offers.sql)   out: one row per provider and model, the most calls first
select
    provider_name,
    model,
    cast(sum(chosen) as bigint) as calls,
    cast(sum(chosen * has_price) as bigint) as moved_calls,
    cast(sum(case when chosen * has_price = 1
                       and (read_tokens * (1 - reads_have_price) > 0
                            or written_tokens * (1 - writes_have_price) > 0
                            or long_written_tokens * (1 - long_writes_have_price) > 0) then 1 else 0 end) as bigint)
        as uncached_calls
from batch_offers
where chosen = 1
group by provider_name, model
order by calls desc, model nulls last, provider_name nulls last
