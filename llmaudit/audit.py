"""An open store that answers questions: what the command line and notebooks share.

    with llmaudit.open("llmaudit.duckdb") as audit:
        audit.breakdown(by=["model", "feature"]).to_pandas()
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmaudit.analyses import tabular
from llmaudit.analyses.breakdown import Breakdown, breakdown
from llmaudit.analyses.dimensions import dimensions
from llmaudit.analyses.periods import period
from llmaudit.errors import StoreError
from llmaudit.store import Store, open_store

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from llmaudit.settings import Settings

SETTINGS_FILE = "llmaudit.yaml"
_MARK = "current_without_settings"


@dataclass(frozen=True, slots=True)
class BreakdownAnswer:
    """A breakdown, and the forms of it that other programs take."""

    result: Breakdown

    def to_dict(self) -> dict[str, Any]:
        """The JSON answer: money as strings of dollars, shares from 0 to 1."""
        return tabular.as_dict(self.result)

    def to_arrow(self) -> "pa.Table":
        """One row per group as an Arrow table; money is decimal128(38, 12)."""
        return tabular.as_arrow(self.result)

    def to_pandas(self) -> "pd.DataFrame":
        """One row per group as a data frame; money is Decimal, so that sums stay exact."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame


class Audit:
    """Questions to one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def breakdown(
        self,
        by: Iterable[str] = ("model",),
        *,
        where: str | None = None,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
        top: int | None = None,
        now: datetime | None = None,
    ) -> BreakdownAnswer:
        """What the calls cost, by group, dearest first; beyond `top` groups, the rest is one row of others.

        `since` is included, `until` is not; a time such as `30d` counts back from `now`, by default this moment.
        Raises ConfigError for an argument that means nothing, NothingMeasured if no call is left to answer from.
        """
        names = dimensions([by] if isinstance(by, str) else by)
        span = period(since, until, now=now or datetime.now(UTC))
        checked = None
        if where is not None:
            from llmaudit.analyses.conditions import condition

            checked = condition(where)
        return BreakdownAnswer(breakdown(self._store, by=names, period=span, where=checked, top=top))


@contextmanager
def open_audit(
    path: str | Path = "llmaudit.duckdb",
    *,
    settings: "Settings | None" = None,
    wait_seconds: float = 0,
    memory_limit: str | None = None,
) -> Iterator[Audit]:
    """The store at `path`, with its prices and its attribution as `settings` say now; by default, as llmaudit.yaml does.

    It is opened for reading, so that many may read at once; only a store that has to be renewed first is written to.
    Raises StoreError if there is none, or another process is writing to it.
    """
    with open_store(path, read_only=True, wait_seconds=wait_seconds, memory_limit=memory_limit) as store:
        if settings is None and _is_marked(store):
            yield Audit(store)
            return
        if settings is None:
            from llmaudit.settings import load

            settings, unset = load(), not Path(SETTINGS_FILE).exists()
        else:
            unset = False
        current = _is_current(store, settings)
        if current and not unset:
            yield Audit(store)
            return
    # A store that only lacks the mark is as good without it, if it cannot be written to now.
    with suppress(StoreError) if current else nullcontext():
        with open_store(path, wait_seconds=0 if current else wait_seconds, memory_limit=memory_limit) as store:
            _refresh(store, settings)
            if unset:
                store.set_meta(_MARK, _mark(store))
    with open_store(path, read_only=True, wait_seconds=wait_seconds, memory_limit=memory_limit) as store:
        yield Audit(store)


def _is_current(store: Store, settings: "Settings") -> bool:
    """Whether what the store derives from settings (prices, attribution) is derived from these."""
    from llmaudit import attribution
    from llmaudit.prices import book_version

    return store.meta("price_book") == book_version(settings.prices) and attribution.is_current(
        store, settings.attribution
    )


def _refresh(store: Store, settings: "Settings") -> None:
    """Derives anew whatever the settings have changed: whose calls they are, then what they cost."""
    from llmaudit import attribution, pricing

    attribution.reattribute_if_changed(store, settings.attribution)
    pricing.reprice_if_changed(store, settings.prices)


def _is_marked(store: Store) -> bool:
    """Whether the store is known to be current without settings, which spares reading what they could have said."""
    return not Path(SETTINGS_FILE).exists() and store.meta(_MARK) == _mark(store)


def _mark(store: Store) -> str:
    """What a store that is current without settings was made with: prices and rules, as data and as code."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for file in sorted([*package.joinpath("prices").glob("*"), *package.joinpath("attribution").glob("*")]):
        if file.is_file():
            digest.update(file.read_bytes())
    # The file, not the module: importing it takes longer than most answers.
    book = find_spec("genai_prices")
    assert book is not None
    assert book.origin is not None
    digest.update(Path(book.origin).with_name("data.py").read_bytes())
    return f"{digest.hexdigest()} {store.meta('price_book')} {store.meta('attribution')}"
