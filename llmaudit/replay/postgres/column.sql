-- What a vector column is.
-- in: the catalog   out: one row, or none where the table has no such column   params: relation, column
select
    t.typname as vector_type,
    -- Without a declared length, pgvector keeps -1 here and cannot index the column as it stands.
    nullif(a.atttypmod, -1) as dimensions,
    c.relkind::text as kind,
    c.reltuples >= 0 as analyzed,
    pg_catalog.pg_table_size(c.oid) as table_bytes,
    a.attstorage::text as storage,
    (select extversion from pg_catalog.pg_extension where extname = 'vector') as pgvector_version
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_type as t on t.oid = a.atttypid
where a.attrelid = pg_catalog.to_regclass(%(relation)s) and a.attname = %(column)s and not a.attisdropped
