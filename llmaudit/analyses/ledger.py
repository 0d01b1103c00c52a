"""The ledger of a store: what became of every record that was ever read into it."""

from dataclasses import dataclass
from datetime import datetime

from llmaudit.store import Store, load_sql


@dataclass(frozen=True, slots=True)
class Entry:
    """The files of one format: `records == calls_added + scores_added + duplicates + skipped + unreadable`."""

    format: str
    files: int
    records: int
    calls_added: int
    scores_added: int
    duplicates: int
    skipped: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that was read, by format, whatever period is asked about; and why records could not be read."""

    entries: tuple[Entry, ...]
    reasons: tuple[tuple[str, int], ...]
    last_read_at: datetime | None


def ledger(store: Store, *, reasons: int = 10) -> Ledger:
    """The ledger, with the most frequent reasons."""
    entries = tuple(Entry(*row) for row in store.rows(load_sql(__package__, "ledger")))
    why = store.rows(
        """
        select reason, count(*) from unreadable
        where record_number is not null group by reason order by count(*) desc, reason limit $reasons""",
        {"reasons": reasons},
    )
    return Ledger(entries, tuple(why), store.value("select max(read_at) from sources"))
