"""One ingest: find, recognise, stage, merge, and account for every record."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from llmaudit.attribution import reattribute_if_changed
from llmaudit.errors import NothingMeasured
from llmaudit.ingest import functions
from llmaudit.ingest.batch import Batch
from llmaudit.ingest.count import estimate, lacks_counts
from llmaudit.ingest.merge import Merged, merge, settle
from llmaudit.ingest.options import IngestOptions
from llmaudit.ingest.recognise import Recognised, Unrecognised, recognise
from llmaudit.ingest.repair import Broken, lines_of, repair
from llmaudit.ingest.stage import create, gather, stage
from llmaudit.model import FormatCounts, IngestResult, Problem
from llmaudit.pricing import reprice_if_changed
from llmaudit.sources import Source, find
from llmaudit.store import BadData, Store

_NO_ORIGIN = "its times count from its start: say when that was, such as --set started_at=2026-10-01"
"""Nothing of such a file is read: an origin of ours would be a made-up date, and none would lose the calls' order."""


@dataclass(frozen=True, slots=True)
class _Staged:
    """A source whose records lie in `staged`, but for the broken ones."""

    source_id: int
    item: Recognised
    table: str
    broken: tuple[Broken, ...] = ()
    damage: str | None = None


def ingest(
    store: Store, paths: Iterable[str], options: IngestOptions, progress: Callable[[str], None] = lambda _: None
) -> IngestResult:
    """Read what is new below the paths into the store, all of it or nothing.

    Raises ReadError for a path that does not exist, and NothingMeasured when no file is in a known format.
    """
    with tempfile.TemporaryDirectory(prefix="llmaudit-") as folder:
        temporary = Path(folder)
        sources, problems = find(paths, temporary, options.excluded)
        if not sources and not problems:
            raise NothingMeasured("there is no file in these folders")
        changed = _changed(store, sources, options)
        items, unrecognised = _recognised(changed, options)
        problems += unrecognised
        if not items and len(changed) == len(sources):
            raise NothingMeasured("no log that can be read was found", hint=_first_reasons(problems))
        unchanged = len(sources) - len(changed)
        if not items:
            return IngestResult(files=len(sources), unchanged_files=unchanged, problems=tuple(problems))
        functions.install(store, exact_tokens=options.exact_tokens, plain_user_ids=options.plain_user_ids)
        create(store)
        staged = list(_stage_all(store, items, options, temporary, progress))
        progress("counting each call once")
        tables = list(dict.fromkeys(one.table for one in staged))
        estimate(store, tables)
        gather(store, tables)
        settle(store)
        broken = _broken(store, staged)
        # What is already there is brought up to date first, so that the whole store speaks of one price book.
        reprice_if_changed(store, options.prices)
        reattribute_if_changed(store, options.attribution)
        store.run("create or replace temp table new_sources (source_id integer, name varchar)")
        store.insert("new_sources", [(one.source_id, one.item.source.name) for one in staged])
        store.bind("source_names", "select * from new_sources")
        with store.transaction():
            taken_back = _take_back(store, staged, options)
            merged = merge(store, options.prices, options.attribution)
            return _account(store, staged, broken, merged, taken_back, problems, options, (len(sources), unchanged))


def _changed(store: Store, sources: Sequence[Source], options: IngestOptions) -> list[Source]:
    """The sources that the ledger does not know as they are now, or knows as read with other options."""
    known = set(
        store.rows("""
            select name, signature, read_settings from sources
            qualify row_number() over (partition by name order by source_id desc) = 1""")
    )
    return [source for source in sources if (source.name, source.signature, options.fingerprint) not in known]


def _take_back(store: Store, staged: Sequence[_Staged], options: IngestOptions) -> dict[str, int]:
    """Remove what these sources gave when they were read with other options; returns how many calls, by source.

    Values that an option fills are part of what a record says, so the same record would count twice. A file that has
    become smaller since is not taken back: what it no longer holds would be lost.
    """
    now = {one.item.source.name: one.item.source.size_bytes for one in staged}
    before = store.rows(
        "select name, source_id, size_bytes from sources where read_settings <> $settings",
        {"settings": options.fingerprint},
    )
    named = {source_id: name for name, source_id, size in before if now.get(name, -1) >= size}
    if not named:
        return {}
    ids = ", ".join(str(source_id) for source_id in named)
    counts: Counter[str] = Counter()
    for source_id, calls in store.rows(
        f"select source_id, count(*) from calls where source_id in ({ids}) group by all"
    ):
        counts[named[source_id]] += calls
    store.run(f"delete from calls where source_id in ({ids})")
    return counts


def _recognised(sources: Sequence[Source], options: IngestOptions) -> tuple[list[Recognised], list[Problem]]:
    items, problems = [], []
    for source in sources:
        try:
            # A map that somebody wrote for these files outranks what we think they are.
            item = recognise(source, options.mapped_readers, options.readers)
        except Unrecognised as reason:
            problems.append(Problem(source.name, None, str(reason)))
        else:
            if item is not None and item.reader.counts_from_start and "started_at" not in options.constants:
                problems.append(Problem(source.name, None, _NO_ORIGIN))
            elif item is not None:
                items.append(item)
    return items, problems


def _first_reasons(problems: Sequence[Problem]) -> str:
    shown = "; ".join(f"{problem.file}: {problem.reason}" for problem in problems[:3])
    return shown or "the files are empty"


def _stage_all(
    store: Store, items: Sequence[Recognised], options: IngestOptions, temporary: Path, progress: Callable[[str], None]
) -> Iterable[_Staged]:
    """Stage the sources, alike ones together; a file that a batch fails on is taken out of it and stands alone."""
    alike: defaultdict[tuple[object, ...], list[Recognised]] = defaultdict(list)
    for item in items:
        alike[item.reader.name, item.layout, item.source.compression, item.fields, item.delimiter].append(item)
    next_id = 1 + (store.value("select max(source_id) from sources") or 0)
    waiting = []
    for group in alike.values():
        waiting.append(Batch(tuple(group), next_id))
        next_id += len(group)
    while waiting:
        batch = waiting.pop()
        progress(f"reading {len(batch.items)} {batch.items[0].reader.name} file{'s' if len(batch.items) > 1 else ''}")
        try:
            table = _stage_counted(store, batch, options.constants)
        except BadData as complaint:
            if len(batch.items) > 1:
                waiting += reversed(batch.without(batch.suspect(str(complaint))))
            else:
                yield _stage_repaired(store, batch, options, temporary)
        else:
            yield from (_Staged(batch.first_id + place, item, table) for place, item in enumerate(batch.items))


def _stage_counted(store: Store, batch: Batch, constants: dict[str, str]) -> str:
    """Stage a batch, and once more with a tokenizer at hand if it has texts without usage."""
    table = stage(store, batch, constants)
    if lacks_counts(store, table):
        functions.count_tokens(store)
        store.run(f"delete from staged_sources where source_id between {batch.first_id} and {batch.last_id}")
        stage(store, batch, constants)
    return table


def _stage_repaired(store: Store, batch: Batch, options: IngestOptions, temporary: Path) -> _Staged:
    """Stage what can be read of one bad file."""
    item = batch.items[0]
    repaired = repair(item, temporary)
    broken = repaired.broken
    table = f"staged_{batch.first_id}"
    try:
        _stage_counted(store, Batch((repaired.clean,), batch.first_id), options.constants)
    except BadData:
        # Every record passed its own check and still the file does not read: none of it is believed.
        reason = f"cannot be read as {item.reader.name}"
        broken = tuple(Broken(number, None, reason) for number in range(1, repaired.records + 1))
    finally:
        repaired.clean.source.local.unlink()
    if len(broken) == repaired.records:
        return _Staged(batch.first_id, item, "staged_0", broken, repaired.damage)
    rows = ", ".join(str(one.record_number - 1) for one in broken)
    if rows:
        store.run(f"delete from {table} where rowid in ({rows})")
        # Row ids do not move, so the numbers of the records that are left still hold when counted from the first row.
        store.run(f"update staged_sources set first_row = 0 where source_id = {batch.first_id}")
    return _Staged(batch.first_id, item, table, broken, repaired.damage)


def _broken(store: Store, staged: Sequence[_Staged]) -> dict[int, list[Broken]]:
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
        found[one.source_id].sort(key=lambda broken: broken.record_number)
    return found


def _account(
    store: Store,
    staged: Sequence[_Staged],
    broken: dict[int, list[Broken]],
    merged: Merged,
    taken_back: Mapping[str, int],
    problems: list[Problem],
    options: IngestOptions,
    files: tuple[int, int],
) -> IngestResult:
    """Write the ledger and add up what became of the records."""
    read = {
        source_id: (good, skipped)
        for source_id, good, skipped in store.rows("""
        select source_id, sum(case when skipped is null and problem is null then 1 else 0 end),
               sum(case when skipped is not null then 1 else 0 end)
        from staged group by source_id""")
    }
    now = datetime.now(UTC).replace(tzinfo=None)
    ledger, unreadable, problems = [], [], list(problems)
    formats: defaultdict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    updated = merged.updated
    for one in sorted(staged, key=lambda one: one.source_id):
        good, skipped = read.get(one.source_id, (0, 0))
        bad = broken[one.source_id]
        given = merged.added_by_source.get(one.source_id, 0)
        # What the same source gave before, read with other options, is not new.
        again = min(given, taken_back.get(one.item.source.name, 0))
        added, updated = given - again, updated + again
        counts = {
            "records": good + skipped + len(bad),
            "calls_added": added,
            "duplicates": good - added,
            "skipped": skipped,
            "unreadable": len(bad),
        }
        source = one.item.source
        ledger.append(
            (
                one.source_id,
                source.name,
                source.signature,
                options.fingerprint,
                one.item.reader.name,
                source.size_bytes,
                *counts.values(),
                now,
            )
        )
        unreadable += [(one.source_id, record.record_number, record.line, record.reason) for record in bad]
        problems += [Problem(source.name, record.line, record.reason) for record in bad]
        if one.damage:
            problems.append(Problem(source.name, None, one.damage))
        totals.update(counts)
        formats[one.item.reader.name].update(files=1, records=counts["records"], calls=added)
    store.insert("sources", ledger)
    store.insert("unreadable", unreadable)
    reasons = store.rows("select skipped, count(*) from staged where skipped is not null group by all order by all")
    return IngestResult(
        files=files[0],
        unchanged_files=files[1],
        calls_updated=updated,
        unpriced_calls=merged.unpriced,
        formats={name: FormatCounts(**counts) for name, counts in sorted(formats.items())},
        skipped_reasons=dict(reasons),
        problems=tuple(sorted(problems, key=lambda problem: (problem.file, problem.line or 0))),
        **{name: totals[name] for name in ("records", "calls_added", "duplicates", "skipped", "unreadable")},
    )
