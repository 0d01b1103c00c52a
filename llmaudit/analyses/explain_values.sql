-- How often each value of a measure occurs, as it is up to $digits digits and to about 1 % beyond.
-- in: measured (one row per call and measure: key, model, measure, value; a whole number, not negative)
-- out: one row per key, model, measure and value: n, and the sums of the true values and of their squares
-- params: digits
--
-- Beyond $digits digits a value is rounded down in steps of 1, 2 or 5 of the last digit kept: 1 % of it at most. Whole
-- numbers all the way, so that every engine counts alike.
with sized as (
    select
        measured.*,
        cast(power(10, greatest(length(cast(value as string)) - $digits, 0)) as bigint) as unit,
        cast(power(10, length(cast(value as string)) - 1) as bigint) as first_digit,
        length(cast(value as string)) as width
    from measured
),
rounded as (
    select
        sized.*,
        value - value % (unit * case when width < $digits then 1
                                     when value < 2 * first_digit then 1
                                     when value < 5 * first_digit then 2
                                     else 5 end) as shown
    from sized
)
select
    key,
    model,
    measure,
    shown,
    count(*) as n,
    cast(sum(cast(value as decimal(18, 0))) as decimal(38, 0)) as total,
    cast(sum(cast(value as decimal(18, 0)) * cast(value as decimal(18, 0))) as decimal(38, 0)) as squares
from rounded
group by key, model, measure, shown
order by measure, shown, key nulls last, model nulls last
