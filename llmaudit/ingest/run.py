"""One ingest: find what is new, and take it in."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmaudit.errors import NothingMeasured
from llmaudit.ingest.options import IngestOptions
from llmaudit.ingest.progress import Progress, silent
from llmaudit.ingest.scores import without_call
from llmaudit.model import IngestResult, Problem
from llmaudit.sources import Source, find
from llmaudit.store import Store

if TYPE_CHECKING:
    from llmaudit.ingest.recognise import Recognised
    from llmaudit.ingest.renewal import Renewal


def ingest(
    store: Store,
    paths: Iterable[str],
    options: IngestOptions,
    progress: Progress = silent,
    on_renewal: "Callable[[Renewal], None]" = lambda _: None,
) -> IngestResult:
    """Read what is new below the paths into the store, all of it or nothing.

    Where the options change what the store holds already, `on_renewal` is told how much.
    Raises ReadError for a path that does not exist, and NothingMeasured when no file is in a known format.
    """
    with tempfile.TemporaryDirectory(prefix="llmaudit-") as folder:
        # Opening and closing the store's own file would give up the lock on it.
        own = {Path(f"{store.path}{ending}").resolve() for ending in ("", ".wal", ".tmp")}
        found = find(paths, Path(folder), options.excluded | own)
        return ingest_found(store, found, Path(folder), options, progress, on_renewal)


def ingest_found(
    store: Store,
    found: tuple[list[Source], list[Problem]],
    temporary: Path,
    options: IngestOptions,
    progress: Progress = silent,
    on_renewal: "Callable[[Renewal], None]" = lambda _: None,
) -> IngestResult:
    """Read what is new of the sources that `find` gave into the store, as `ingest` does."""
    sources, problems = found
    settings = options.fingerprint(store.key)
    if not sources and not problems:
        raise NothingMeasured("there is no file in these folders")
    changed = _changed(store, sources, settings)
    items: list[Recognised] = []
    if changed:
        # What reads and prices is imported only when there is something to read.
        from llmaudit.ingest.intake import recognised, take_in

        items, unrecognised = recognised(changed, options)
        problems += unrecognised
    if not items and len(changed) == len(sources):
        raise NothingMeasured("no log that can be read was found", hint=_first_reasons(problems))
    unchanged = len(sources) - len(changed)
    earlier = _earlier_problems(store, set(sources).difference(changed)) if unchanged else ()
    if not items:
        return IngestResult(
            files=len(sources),
            unchanged_files=unchanged,
            scores_without_call=without_call(store),
            problems=tuple(problems),
            earlier_problems=earlier,
        )
    from llmaudit.ingest.renewal import renew

    # What is already there is brought up to date first, so that the whole store speaks of one price book.
    on_renewal(renew(store, options))
    result = take_in(store, items, options, temporary, progress, problems, (len(sources), unchanged))
    return replace(result, earlier_problems=earlier)


def _changed(store: Store, sources: Sequence[Source], settings: str) -> list[Source]:
    """The sources that the ledger does not know as they are now, or knows as read with other options."""
    known = set(
        store.rows("""
            select name, signature, read_settings from sources
            qualify row_number() over (partition by name order by source_id desc) = 1""")
    )
    return [source for source in sources if (source.absolute_name, source.signature, settings) not in known]


def _earlier_problems(store: Store, unchanged: Iterable[Source]) -> tuple[Problem, ...]:
    """What could not be read of these sources when they were read last."""
    if not store.value("select count(*) from unreadable"):
        return ()
    named = {source.absolute_name: source.name for source in unchanged}
    found = store.rows("""
        select name, line, reason
        from unreadable
        join (select name, source_id from sources
              qualify read_at = max(read_at) over (partition by name)) as latest using (source_id)
        order by all""")
    return tuple(Problem(named[name], line, reason) for name, line, reason in found if name in named)


def _first_reasons(problems: Sequence[Problem]) -> str:
    shown = "; ".join(f"{problem.file}: {problem.reason}" for problem in problems[:3])
    return shown or "the files are empty"
