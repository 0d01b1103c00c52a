-- How many calls at temperature 0 ask word for word what another one asked before.
-- in: lever_input   out: one row: the calls whose request is known, and how many different requests these are
select
    count(*) as calls,
    count(distinct request_hash) as different
from lever_input
where temperature = 0 and request_hash is not null
