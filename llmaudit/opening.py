"""Open something that answers questions: a store, or logs read for this once.

with llmaudit.open("llmaudit.duckdb") as audit:
    audit.breakdown(by=["model", "feature"]).to_pandas()

with llmaudit.over_logs(["logs/"]) as audit:
    audit.breakdown(by=["model", "feature"]).to_pandas()
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from llmaudit.audit import Audit
from llmaudit.errors import StoreError
from llmaudit.ingest import ingest_found, parse_constants
from llmaudit.ingest.renewal import Renewal, is_current, renew
from llmaudit.settings import Settings, load
from llmaudit.sources import find
from llmaudit.store import IN_MEMORY, open_store, unwritable


@contextmanager
def open_audit(
    path: str | Path = "llmaudit.duckdb",
    *,
    settings: Settings | None = None,
    wait_seconds: float = 0,
    memory_limit: str | None = None,
    on_renewal: Callable[[Renewal], None] = lambda _: None,
) -> Iterator[Audit]:
    """The store at `path`, with its prices and its attribution as `settings` say now; by default, as llmaudit.yaml.

    It is opened for reading, so that many may read at once; only a store that has to be renewed first is written to,
    and `on_renewal` is told how many of its calls that changed.
    Raises StoreError if there is none, another process is writing to it, or it has to be written and may not be.
    """
    said = load() if settings is None else settings
    with open_store(path, read_only=True, wait_seconds=wait_seconds, memory_limit=memory_limit) as store:
        if is_current(store, said):
            yield Audit(store, said)
            return
    closed = unwritable(Path(path))
    if closed is not None:
        raise StoreError(
            f"{path}: has to be renewed for the rules and prices of today, and {closed} may not be written",
            hint="run the command beside the llmaudit.yaml that it was read with, or on a copy that may be written",
        )
    with open_store(path, wait_seconds=wait_seconds, memory_limit=memory_limit) as store:
        on_renewal(renew(store, said))
    with open_store(path, read_only=True, wait_seconds=wait_seconds, memory_limit=memory_limit) as store:
        yield Audit(store, said)


@contextmanager
def over_logs(
    paths: str | Iterable[str],
    *,
    settings: Settings | None = None,
    set_values: Sequence[str] = (),
    exact_tokens: bool = False,
    memory_limit: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[Audit]:
    """Logs read into a store in memory, which is gone afterwards: no file is made, nothing is left behind.

    `paths` are what `llmaudit ingest` takes, `set_values` its `--set COLUMN=VALUE`; settings are by default those of
    llmaudit.yaml. Keyed hashes (users, keys, prompts) hold within this audit only, for every store has its own key.
    Raises ReadError for a path that does not exist, NothingMeasured when no file is in a known format.
    """
    from concurrent.futures import ThreadPoolExecutor  # a store that is there needs none

    said = load() if settings is None else settings
    options = said.ingest_options(constants=parse_constants(set_values), exact_tokens=exact_tokens)
    with tempfile.TemporaryDirectory(prefix="llmaudit-") as folder, ExitStack() as stack:
        # The engine takes as long to start as small logs take to read, and needs no Python for it.
        with ThreadPoolExecutor(1) as engine:
            opened = open_store(IN_MEMORY, memory_limit=memory_limit, spill_folder=folder)
            opening = engine.submit(stack.enter_context, opened)
            found = find([paths] if isinstance(paths, str) else paths, Path(folder), options.excluded)
            store = opening.result()
        with closing(store.beside()) as reading:
            read = ingest_found(reading, found, Path(folder), options, lambda doing, *_: progress(doing))
        yield Audit(store, said, read)
