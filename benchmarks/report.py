"""The results as a table, on the terminal and in RESULTS.md.

Rows of earlier runs stay in the page as long as machine, versions and sizes are the same: a row is whole in itself.
"""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from . import peers
from .measure import Run
from .rows import ROWS, Bench, Row

_HEADER = ("row", "work", "against", "ours", "theirs", "ratio", "target", "met", "peak memory", "date")


def facts(bench: Bench) -> dict[str, str]:
    """What a reader needs to judge the ratios: the machine and the versions."""
    kernel = Path("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in _lines(kernel) if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
        + (f" ({models[0]})" if models else "") + f", {memory / 2**30:.0f} GiB",
        "python": platform.python_version(),
        **{name: version(name) for name in ("duckdb", "typer", "genai-prices")},
        **peers.versions(bench.folder),
        "size factor": f"{bench.size_factor:g}",
    }  # fmt: skip


def cells(name: str, row: Row) -> list[str]:
    """One line of the table."""
    ratios = row.ratios()
    ratio = f"{_ratio(median(ratios))} ({_ratio(min(ratios))} to {_ratio(max(ratios))})" if ratios else "-"
    met = {True: "yes", False: "**no**", None: "not measured"}[row.met()]
    target = row.against if row.limit_bytes or row.limit_seconds else f"{row.target:g} x"
    peaks = f"{_peak(row.ours)} / {_peak(row.theirs)}"
    date = datetime.now(UTC).date().isoformat()
    return [name, row.work, row.against, _seconds(row.ours), _seconds(row.theirs), ratio, target, met, peaks, date]


def terminal(name: str, row: Row) -> str:
    """A row as it is finished."""
    _, work, against, ours, theirs, ratio, target, met, peaks, _ = cells(name, row)
    lines = [f"{name}: {work}", f"    against {against}"]
    lines.append(f"    ours {ours}, theirs {theirs}, peak memory {peaks}")
    lines.append(f"    ratio {ratio}, target {target}, met: {met.strip('*')}")
    return "\n".join([*lines, *(f"    {note}" for note in (*row.notes, *_also(row)))])


def write(path: Path, rows: dict[str, Row], bench: Bench) -> None:
    """RESULTS.md with these rows, and with the rows of earlier runs under the same facts."""
    kept = bench.folder / f"results-{bench.size_factor:g}.json"
    known = facts(bench)
    earlier = json.loads(kept.read_text()) if kept.exists() else {}
    results = earlier["rows"] if earlier.get("facts") == known else {}
    results |= {name: {"cells": cells(name, row), "notes": [*row.notes, *_also(row)]} for name, row in rows.items()}
    kept.write_text(json.dumps({"facts": known, "rows": results}))
    ordered = [results[name] for name in ROWS if name in results]
    path.write_text(_page(known, ordered), encoding="utf-8")


def _page(known: dict[str, str], ordered: list[dict[str, list[str]]]) -> str:
    table = [_line(_HEADER), _line(["---"] * len(_HEADER)), *(_line(one["cells"]) for one in ordered)]
    notes = [f"- {one['cells'][0]}: {note}" for one in ordered for note in one["notes"]]
    return "\n".join([
        "# Benchmarks", "",
        "Written by `make bench`. Whole processes on one machine and the same data, runs in turn (ours, theirs, …)",
        "after a warm-up each, files in the page cache. Times are medians: wall (processor). The ratio is the median",
        "of the ratios pair by pair (lowest to highest). Peak memory is that of the largest process, ours / theirs;",
        "below 30 MB it is that of the program that measures, as a child begins with the peak of its parent.",
        "Python's byte code is there, as pip leaves it.", "",
        *table, "", "Notes", "", *notes, "",
        *(f"- {name}: {value}" for name, value in known.items()), "",
    ])  # fmt: skip


def _also(row: Row) -> list[str]:
    """The ratio in two ways that a busy machine disturbs less than the median of wall times."""
    if row.limit_bytes or not row.ours or not row.theirs:
        return []
    fastest = min(run.seconds for run in row.ours) / min(run.seconds for run in row.theirs)
    processor = median(run.cpu_seconds for run in row.ours) / median(run.cpu_seconds for run in row.theirs)
    return [f"fastest run against fastest run {_ratio(fastest)}, processor time {_ratio(processor)}"]


def _line(texts: Sequence[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


def _seconds(runs: list[Run]) -> str:
    if not runs:
        return "-"
    wall, cpu = median(run.seconds for run in runs), median(run.cpu_seconds for run in runs)
    if wall < 1e-3:
        return f"{wall * 1e6:.3g} µs ({cpu * 1e6:.3g} µs)"
    return f"{wall:,.3g} s ({cpu:,.3g} s)" if wall < 1000 else f"{wall:,.0f} s ({cpu:,.0f} s)"


def _peak(runs: list[Run]) -> str:
    return f"{max(run.peak_bytes for run in runs) / 1_000_000:,.0f} MB" if runs else "-"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
