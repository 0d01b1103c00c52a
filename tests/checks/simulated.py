"""Snapshots of calls that were never made: tokens drawn at random, summed up in numpy, at prices of this page."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmaudit.analyses.explain_sides import GroupUse, ModelName, RateClass, Used
from llmaudit.checks.repricing import Book
from llmaudit.checks.section import CheckSection
from llmaudit.checks.snapshot import PAIRS, CellName, Group, Measured, Snapshot

Numbers = NDArray[np.int64]
MODEL = "gpt-4o-2024-08-06"
CELL: CellName = (ModelName("openai", MODEL), RateClass("standard", "", -1, 0))
INPUT, OUTPUT = Decimal("0.0000025"), Decimal("0.00001")
_NOW = datetime(2026, 11, 1, tzinfo=UTC)
BOOK = Book(_NOW, {CELL: tuple(map(Fraction, (INPUT, Decimal(0), Decimal(0), Decimal(0), OUTPUT, Decimal(0))))})


def tokens(draw: np.random.Generator, n: int, *, spread: float = 0.6, times: float = 1.0) -> Numbers:
    """So many lognormal counts around a thousand; a spread of 0.6 is a coefficient of variation of 0.66."""
    return np.maximum(1, np.round(draw.lognormal(np.log(1000), spread, n) * times)).astype(np.int64)


def group(feature: str | None, prompt: Numbers, answer: Numbers, *, failed: int = 0) -> Group:
    """Calls of one feature with these prompts and answers."""
    n = len(prompt)
    columns = [prompt, np.zeros_like(prompt), np.zeros_like(prompt), np.zeros_like(prompt), answer]
    sums = [int(column.sum()) for column in columns]
    costs = (INPUT * sums[0], Decimal(0), Decimal(0), Decimal(0), OUTPUT * sums[4], Decimal(0))
    moments = tuple(int(columns[row] @ columns[column]) for row, column in PAIRS)
    measures = {"input_tokens": measured(prompt), "output_tokens": measured(answer)}
    use = GroupUse(n, n, 0, 0, failed, {CELL: Used(n, (*sums, n), costs)})
    return Group(feature, MODEL, use, {CELL: moments}, measures)


def measured(values: Numbers) -> Measured:
    """A measure with its sketch; values are kept as they are."""
    counts = Counter(values.tolist())
    return Measured(len(values), float(values.mean()), float(values.var(ddof=1)), counts)


def snapshot(*groups: Group, days: int | None = 30) -> Snapshot:
    """A side of these groups."""
    return Snapshot(groups, None if days is None else Fraction(days), until=_NOW)


def section(*limits: Mapping[str, Any], **settings: Any) -> CheckSection:
    """`check:` as a file would say it."""
    return CheckSection.model_validate({"limits": list(limits), **settings})
