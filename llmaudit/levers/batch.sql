-- The calls that go through the batch endpoint.
-- in: batch_offers (batch_offers.sql)
-- out: one row per call that changes; cached tokens that have no price in a batch are ordinary input there
with moved as (
    select
        call_id,
        read_tokens * (1 - reads_have_price) as lost_read,
        case when writes_have_price = 0 then written_tokens
             when long_writes_have_price = 0 then long_written_tokens
             else 0 end as lost_written,
        case when writes_have_price = 0 or long_writes_have_price = 0 then long_written_tokens else 0 end as lost_long,
        read_tokens,
        written_tokens,
        long_written_tokens
    from batch_offers
    where chosen = 1 and has_price = 1
)
select
    call_id,
    'measured' as basis,
    'batch' as service_tier,
    -- A null leaves a column as it was.
    case when lost_read > 0 then read_tokens - lost_read end as cache_read_input_tokens,
    case when lost_written > 0 then written_tokens - lost_written end as cache_creation_input_tokens,
    case when lost_long > 0 then long_written_tokens - lost_long end as cache_creation_1h_input_tokens
from moved
