-- What the distances of a vector from itself add up to: how long that takes is how long distances take in memory.
-- in: nothing   out: one number   params: embedding, times
-- Materialised, because the distance of two constants would be worked out once, while planning.
with one as materialized (select %(embedding)s::{type} as embedding)
select sum(one.embedding {operator} other.embedding)
from one, one as other, pg_catalog.generate_series(1, %(times)s)
