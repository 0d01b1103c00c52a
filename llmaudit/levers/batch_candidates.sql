-- Groups of calls that look like scheduled jobs: bursts at regular gaps, and nobody waiting.
-- in: batch_offers (batch_offers.sql)
-- out: one row per group of enough bursts, the most tokens first   params: quiet_us, min_bursts
--
-- A burst ends where nothing of the group starts for $quiet_us. Gaps are whole seconds from the start of one burst to
-- the start of the next; their sum and the sum of their squares are all that regularity needs, and they are exact.
with groups as (
    select grouped_by, group_key
    from batch_offers
    where grouped_by is not null
    group by grouped_by, group_key
    having max(chosen) = 0 and max(somebody_waits) = 0
),
timed as (
    select
        groups.grouped_by,
        groups.group_key,
        batch_offers.call_id,
        started_at_us,
        input_tokens,
        answer_tokens,
        started_at_us - lag(started_at_us) over (
            partition by groups.grouped_by, groups.group_key order by started_at_us, batch_offers.call_id) as since_last_us
    from groups
    join batch_offers
        on batch_offers.grouped_by = groups.grouped_by and batch_offers.group_key = groups.group_key
    where started_at_us is not null and has_price = 1
),
starts as (
    select
        grouped_by,
        group_key,
        cast(floor((started_at_us - lag(started_at_us) over (
            partition by grouped_by, group_key order by started_at_us, call_id)) / 1000000.0) as bigint) as gap_seconds
    from timed
    where since_last_us is null or since_last_us > $quiet_us
),
bursts as (
    select
        grouped_by,
        group_key,
        count(*) as burst_count,
        cast(sum(gap_seconds) as bigint) as gap_sum,
        cast(sum(cast(gap_seconds as decimal(12, 0)) * cast(gap_seconds as decimal(12, 0))) as decimal(38, 0))
            as gap_square_sum
    from starts
    group by grouped_by, group_key
    having count(*) >= $min_bursts
),
sums as (
    select
        grouped_by,
        group_key,
        count(*) as calls,
        cast(sum(input_tokens) as bigint) as input_tokens_sum,
        cast(sum(answer_tokens) as bigint) as output_tokens_sum
    from timed
    group by grouped_by, group_key
)
select
    bursts.grouped_by,
    bursts.group_key,
    calls,
    input_tokens_sum as input_tokens,
    output_tokens_sum as output_tokens,
    burst_count as bursts,
    gap_sum,
    gap_square_sum
from bursts
join sums on sums.grouped_by = bursts.grouped_by and sums.group_key = bursts.group_key
order by input_tokens_sum + output_tokens_sum desc, bursts.grouped_by, bursts.group_key
