"""Read recognised sources into staging tables, alike ones together, and say which of their records are broken."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from llmaudit.ingest import functions
from llmaudit.ingest.batch import Batch, may_end_mid_line
from llmaudit.ingest.count import lacks_counts
from llmaudit.ingest.progress import Progress, Reading
from llmaudit.ingest.recognise import Layout, Recognised
from llmaudit.ingest.repair import Broken, lines_of, repair
from llmaudit.ingest.stage import stage
from llmaudit.readers import Reader
from llmaudit.store import BadData, Store


@dataclass(frozen=True, slots=True)
class Staged:
    """A source whose records lie in `staged`, but for the broken ones.

    `claims` says of broken ones which readers of other formats would read them.
    """

    source_id: int
    item: Recognised
    table: str
    broken: tuple[Broken, ...] = ()
    damage: str | None = None
    claims: Mapping[int, Sequence[Reader]] = field(default_factory=dict)


def stage_all(
    store: Store,
    items: Sequence[Recognised],
    constants: dict[str, str],
    temporary: Path,
    progress: Progress,
) -> Iterable[Staged]:
    """Stage the sources, alike ones together; a file that a batch fails on is taken out of it and stands alone."""
    alike: defaultdict[tuple[object, ...], list[Recognised]] = defaultdict(list)
    for item in items:
        packed, open_ended = item.source.compression, may_end_mid_line(item)
        alike[item.reader.name, item.layout, packed, item.fields, item.delimiter, open_ended].append(item)
    next_id = 1 + (store.value("select max(source_id) from sources") or 0)
    waiting = []
    for group in alike.values():
        waiting.append(Batch(tuple(group), next_id))
        next_id += len(group)
    reading = Reading(store, sum(item.source.size_bytes for item in items))
    while waiting:
        batch = waiting.pop()
        doing = f"reading {len(batch.items)} {batch.items[0].reader.name} file{'s' if len(batch.items) > 1 else ''}"
        progress(doing, reading.done, reading.total)
        if batch.items[0].layout is Layout.ARRAY:
            # DuckDB reads the first array of a file and says nothing of what follows it.
            for one in batch.alone():
                with reading.of(one.size_bytes):
                    repaired = stage_repaired(store, one, constants, temporary)
                yield repaired
            continue
        try:
            with reading.of(batch.size_bytes):
                table = _stage_counted(store, batch, constants)
        except BadData as complaint:
            if len(batch.items) > 1:
                waiting += reversed(batch.without(batch.suspect(str(complaint))))
            else:
                with reading.of(batch.size_bytes):
                    repaired = stage_repaired(store, batch, constants, temporary)
                yield repaired
        else:
            yield from (Staged(batch.first_id + place, item, table) for place, item in enumerate(batch.items))


def _stage_counted(store: Store, batch: Batch, constants: dict[str, str]) -> str:
    """Stage a batch, and once more with a tokenizer at hand if it has texts without usage."""
    table = stage(store, batch, constants)
    if lacks_counts(store, table):
        functions.count_tokens(store)
        store.run(f"delete from staged_sources where source_id between {batch.first_id} and {batch.last_id}")
        stage(store, batch, constants)
    return table


def stage_repaired(
    store: Store, batch: Batch, constants: dict[str, str], temporary: Path, only: Collection[int] | None = None
) -> Staged:
    """Stage what can be read of one bad file, or of these records of it."""
    item = batch.items[0]
    repaired = repair(item, temporary, only)
    broken = repaired.broken
    table = f"staged_{batch.first_id}"
    try:
        refused = _stage_but_refused(store, Batch((repaired.clean,), batch.first_id), constants)
    finally:
        repaired.clean.source.local.unlink()
    if refused:
        places = lines_of(item, refused)
        reason = f"cannot be read as {item.reader.name}"
        left = refused - {one.record_number for one in broken}
        broken = (*broken, *(Broken(number, places.get(number), reason) for number in sorted(left)))
        broken = tuple(sorted(broken, key=lambda one: one.record_number))
    left_out = {one.record_number for one in broken}
    if only is not None:
        left_out |= set(range(1, repaired.records + 1)).difference(only)
    if len(left_out) == repaired.records:
        return Staged(batch.first_id, item, "staged_0", broken, repaired.damage)
    if left_out:
        store.run(f"delete from {table} where rowid + 1 in (select unnest($numbers))", {"numbers": sorted(left_out)})
        # Row ids do not move, so the numbers of the records that are left still hold when counted from the first row.
        store.run(f"update staged_sources set first_row = 0 where source_id = {batch.first_id}")
    return Staged(batch.first_id, item, table, broken, repaired.damage)


_LOOKED_FOR = 20


def _stage_but_refused(store: Store, batch: Batch, constants: dict[str, str]) -> set[int]:
    """Stage a file of one record per line, but for the records that the statement refuses; returns their numbers.

    Every one of them has passed its own check, so they are looked for by halving. After some, groups that fail are no
    longer taken apart: a file of which many records fail is not in this format.
    """
    if _stages(store, batch, constants):
        return set()
    file = batch.items[0].source.local
    records = file.read_bytes().splitlines()
    found: list[int] = []
    waiting = [(0, len(records))]
    while waiting:
        first, last = waiting.pop()
        file.write_bytes(b"\n".join(records[first:last]) + b"\n")
        if _stages(store, batch, constants):
            store.run(f"delete from staged_sources where source_id = {batch.first_id}")
        elif last - first == 1 or len(found) >= _LOOKED_FOR:
            found += range(first, last)
        else:
            middle = (first + last) // 2
            waiting += [(middle, last), (first, middle)]
    for place in found:
        records[place] = b"null"
    file.write_bytes(b"\n".join(records) + b"\n")
    if len(found) == len(records) or not _stages(store, batch, constants):
        return set(range(1, len(records) + 1))
    return {place + 1 for place in found}


def _stages(store: Store, batch: Batch, constants: dict[str, str]) -> bool:
    try:
        _stage_counted(store, batch, constants)
    except BadData:
        return False
    return True


def broken_records(store: Store, staged: Sequence[Staged]) -> dict[int, list[Broken]]:
    """Every record that is not a call though it should have been, by source, with its line."""
    found = {one.source_id: list(one.broken) for one in staged}
    wrong: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for source_id, number, reason in store.rows(
        "select source_id, record_number, problem from staged where problem is not null order by all"
    ):
        wrong[source_id][number] = reason
    for one in staged:
        reasons = wrong.get(one.source_id, {})
        places = lines_of(one.item, set(reasons)) if reasons else {}
        found[one.source_id] += [Broken(number, places.get(number), reason) for number, reason in reasons.items()]
        found[one.source_id] = sorted(
            (
                replace(broken, reason=_looks_like(one.item.reader, one.claims[broken.record_number]))
                if broken.record_number in one.claims
                else broken
                for broken in found[one.source_id]
            ),
            key=lambda broken: broken.record_number,
        )
    return found


def _looks_like(reader: Reader, claims: Sequence[Reader]) -> str:
    return (
        f"looks like {' or '.join(claim.name for claim in claims)} in a file that is read as {reader.name}; "
        "put the lines of each format into a file of their own"
    )
