"""From recognised sources to calls: stage, merge, and account for every record."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from llmaudit.ingest import functions
from llmaudit.ingest.count import estimate
from llmaudit.ingest.merge import Merged, merge, settle
from llmaudit.ingest.options import IngestOptions
from llmaudit.ingest.progress import Progress
from llmaudit.ingest.reading import Staged, broken_records, stage_all
from llmaudit.ingest.recognise import Recognised, Unrecognised, recognise
from llmaudit.ingest.repair import Broken
from llmaudit.ingest.scores import merge_scores, without_call
from llmaudit.ingest.stage import create, gather
from llmaudit.ingest.strangers import stage_strangers
from llmaudit.model import FormatCounts, IngestResult, Problem
from llmaudit.readers import all_readers
from llmaudit.sources import Source
from llmaudit.store import Store

_NO_ORIGIN = "its times count from its start: say when that was, such as --set started_at=2026-10-01"
"""Nothing of such a file is read: an origin of ours would be a made-up date, and none would lose the calls' order."""


def recognised(sources: Sequence[Source], options: IngestOptions) -> tuple[list[Recognised], list[Problem]]:
    """The sources that somebody reads, and why nobody reads the others."""
    items, problems = [], []
    readers = options.readers or all_readers()
    for source in sources:
        try:
            # A map that somebody wrote for these files outranks what we think they are.
            item = recognise(source, options.mapped_readers, readers)
        except Unrecognised as reason:
            problems.append(Problem(source.name, None, str(reason)))
        else:
            if item is not None and item.reader.counts_from_start and "started_at" not in options.constants:
                problems.append(Problem(source.name, None, _NO_ORIGIN))
            elif item is not None:
                items.append(item)
    return items, problems


def take_in(
    store: Store,
    items: Sequence[Recognised],
    options: IngestOptions,
    temporary: Path,
    progress: Progress,
    problems: list[Problem],
    files: tuple[int, int],
) -> IngestResult:
    """Read the sources into the store, all of it or nothing; `files` are how many there were, and unchanged ones."""
    settings = options.fingerprint(store.key)
    functions.install(store, exact_tokens=options.exact_tokens, plain_user_ids=options.plain_user_ids)
    create(store)
    staged = list(stage_all(store, items, options.constants, temporary, progress))
    staged = stage_strangers(store, staged, options.readers or all_readers(), options.constants, temporary)
    progress("counting each call once")
    tables = list(dict.fromkeys(one.table for one in staged))
    estimate(store, tables)
    gather(store, tables)
    settle(store)
    broken = broken_records(store, staged)
    store.run("create or replace temp table new_sources (source_id integer, name varchar)")
    store.insert("new_sources", [(one.source_id, one.item.source.absolute_name) for one in staged])
    store.bind("source_names", "select * from new_sources")
    with store.transaction():
        taken_back = _take_back(store, staged, settings)
        merged = merge(store, options.prices, options.attribution, options.complexity)
        scores = merge_scores(store, any_read=any(one.item.reader.gives_scores for one in staged))
        result = _account(store, staged, broken, merged, scores, taken_back, problems, settings, files)
    functions.uninstall(store)
    return result


def _take_back(store: Store, staged: Sequence[Staged], settings: str) -> dict[str, int]:
    """Remove what these sources gave when they were read with other options; returns how many of them, by source.

    Values that an option fills are part of what a record says, so the same record would count twice. A file that has
    changed since is not taken back: what it no longer holds would be lost.
    """
    now = {(one.item.source.absolute_name, one.item.source.signature) for one in staged}
    before = store.rows(
        "select name, signature, source_id from sources where read_settings <> $settings", {"settings": settings}
    )
    named = {source_id: name for name, signature, source_id in before if (name, signature) in now}
    if not named:
        return {}
    ids = ", ".join(str(source_id) for source_id in named)
    counts: Counter[str] = Counter()
    for source_id, calls in store.rows(
        f"select source_id, count(*) from calls where source_id in ({ids}) group by all"
    ):
        counts[named[source_id]] += calls
    for source_id, scores in store.rows(
        f"select source_id, count(*) from scores where source_id in ({ids}) group by all"
    ):
        counts[named[source_id]] += scores
    for table in ("calls", "scores"):
        store.run(f"delete from {table} where source_id in ({ids})")
    return counts


def _account(
    store: Store,
    staged: Sequence[Staged],
    broken: dict[int, list[Broken]],
    merged: Merged,
    scores: Mapping[int, int],
    taken_back: Mapping[str, int],
    problems: list[Problem],
    settings: str,
    files: tuple[int, int],
) -> IngestResult:
    """Write the ledger and add up what became of the records."""
    good_records: Counter[int] = Counter()
    skipped_records: Counter[int] = Counter()
    skipped_reasons: Counter[str] = Counter()
    for source_id, reason, records in store.rows("""
        select source_id, skipped, count(*) from staged where skipped is not null or problem is null group by all"""):
        if reason is None:
            good_records[source_id] = records
        else:
            skipped_records[source_id] += records
            skipped_reasons[reason] += records
    now = datetime.now(UTC).replace(tzinfo=None)
    ledger, problems, taken_back = [], list(problems), Counter(taken_back)
    unreadable: list[tuple[int, int | None, int | None, str]] = []
    formats: defaultdict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    updated = merged.updated
    for one in sorted(staged, key=lambda one: one.source_id):
        good, skipped = good_records[one.source_id], skipped_records[one.source_id]
        bad = broken[one.source_id]
        is_scores = one.item.reader.gives_scores
        given = (scores if is_scores else merged.added_by_source).get(one.source_id, 0)
        # What the same source gave before, read with other options, is not new.
        source, name = one.item.source, one.item.source.absolute_name
        again = min(given, taken_back[name])
        taken_back[name] -= again
        added, updated = given - again, updated + (0 if is_scores else again)
        counts = {
            "records": good + skipped + len(bad),
            "calls_added": 0 if is_scores else added,
            "scores_added": added if is_scores else 0,
            "duplicates": good - added,
            "skipped": skipped,
            "unreadable": len(bad),
        }
        ledger.append(
            (
                one.source_id,
                name,
                source.signature,
                settings,
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
            unreadable.append((one.source_id, None, None, one.damage))
        totals.update(counts)
        formats[one.item.reader.name].update(
            files=1, records=counts["records"], calls=counts["calls_added"], scores=counts["scores_added"]
        )
    store.insert("sources", ledger)
    store.insert("unreadable", unreadable)
    return IngestResult(
        files=files[0],
        unchanged_files=files[1],
        calls_updated=updated,
        scores_without_call=without_call(store),
        unpriced_calls=merged.unpriced,
        formats={name: FormatCounts(**counts) for name, counts in sorted(formats.items())},
        skipped_reasons=dict(sorted(skipped_reasons.items())),
        problems=tuple(sorted(problems, key=lambda problem: (problem.file, problem.line or 0))),
        earlier_problems=(),
        **{
            name: totals[name]
            for name in ("records", "calls_added", "scores_added", "duplicates", "skipped", "unreadable")
        },
    )
