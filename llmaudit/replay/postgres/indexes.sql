-- The vector indexes of a column, on the column itself or on an expression over it, by name.
-- in: the catalog   out: one row per HNSW or IVFFlat index   params: relation, column
select
    ic.relname as name,
    -- As a command has to write it: quoted, with the schema where the search path does not lead to it.
    i.indexrelid::pg_catalog.regclass::text as written,
    am.amname as method,
    oc.opcname as operator_class,
    -- An index orders by the operators of its family that are marked for ordering, and by no others.
    array(
        select o.oprname::text
        from pg_catalog.pg_amop as ao
        join pg_catalog.pg_operator as o on o.oid = ao.amopopr
        where ao.amopfamily = oc.opcfamily and ao.amoppurpose = 'o'
        order by o.oprname
    ) as operators,
    i.indisvalid and i.indisready as valid,
    exists (
        select from pg_catalog.pg_stat_progress_create_index as p where p.index_relid = i.indexrelid
    ) as in_progress,
    i.indkey[0] <> 0 as on_column,
    pg_catalog.pg_get_indexdef(i.indexrelid, 1, true) as expression,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid, true) as predicate,
    coalesce(ic.reloptions, array[]::text[]) as options
from pg_catalog.pg_index as i
join pg_catalog.pg_class as ic on ic.oid = i.indexrelid
join pg_catalog.pg_am as am on am.oid = ic.relam
join pg_catalog.pg_opclass as oc on oc.oid = i.indclass[0]
where
    i.indrelid = pg_catalog.to_regclass(%(relation)s)
    and am.amname in ('hnsw', 'ivfflat')
    -- The columns that an index needs, whether it names them or has them inside an expression.
    and exists (
        select
        from pg_catalog.pg_depend as d
        join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where d.objid = i.indexrelid and d.refobjid = i.indrelid and a.attname = %(column)s
    )
order by 1
