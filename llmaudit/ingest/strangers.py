"""Records of another format than the rest of their file: each is read by the reader of its own format."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from llmaudit.ingest.batch import Batch
from llmaudit.ingest.reading import Staged, stage_repaired
from llmaudit.ingest.repair import claimed
from llmaudit.readers import Reader
from llmaudit.store import Store


def stage_strangers(
    store: Store, staged: Sequence[Staged], readers: Sequence[Reader], constants: dict[str, str], temporary: Path
) -> list[Staged]:
    """What was staged, with what was wrong only because it is of another format staged anew, by the reader of that.

    Each further format of a file is a source of its own, in which records have the numbers that they have in the file.
    A record that two readers claim stays wrong, and so does one of a file that was mapped to columns by hand.
    """
    wrong = _wrong(store, staged)
    next_id = 1 + max(one.source_id for one in staged)
    found = []
    known = {reader.name: reader for reader in readers}
    for one in staged:
        numbers = wrong[one.source_id] | {broken.record_number for broken in one.broken}
        claims = claimed(one.item, numbers, readers) if numbers else {}
        theirs: defaultdict[str, set[int]] = defaultdict(set)
        for number, (reader, *others) in claims.items() if one.item.reader in readers else ():
            if not others and (not reader.counts_from_start or "started_at" in constants):
                theirs[reader.name].add(number)
        found.append(_without(store, replace(one, claims=claims), set().union(*theirs.values())))
        for name, records in theirs.items():
            batch = Batch((replace(one.item, reader=known[name]),), next_id)
            found.append(replace(stage_repaired(store, batch, constants, temporary, records), damage=None))
            next_id += 1
    return found


def _wrong(store: Store, staged: Sequence[Staged]) -> defaultdict[int, set[int]]:
    """The numbers of the records that should have been calls, by source."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for table in dict.fromkeys(one.table for one in staged):
        for source_id, number in store.rows(f"""
                select source_id, {table}.rowid - first_row + 1
                from {table} join staged_sources using (source_id) where problem is not null"""):
            found[source_id].add(number)
    return found


def _without(store: Store, one: Staged, numbers: set[int]) -> Staged:
    """The staged source without these records."""
    if not numbers:
        return one
    store.run(
        f"""delete from {one.table} using staged_sources
            where {one.table}.source_id = $source_id and staged_sources.source_id = $source_id
                and {one.table}.rowid - first_row + 1 in (select unnest($numbers))""",
        {"source_id": one.source_id, "numbers": sorted(numbers)},
    )
    return replace(one, broken=tuple(broken for broken in one.broken if broken.record_number not in numbers))
