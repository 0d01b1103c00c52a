"""`python -m benchmarks`: measures, prints the ratios, and writes RESULTS.md."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from . import report
from .measure import BenchError
from .rows import ONLY_WHEN_NAMED, ROWS, Bench, Row

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> int:
    """Exit code 0: every row measured met its target; 1: one did not; 2: a row could not be measured."""
    arguments = _arguments()
    bench = Bench(arguments.folder.resolve(), arguments.size_factor)
    empty = bench.folder / "empty"
    empty.mkdir(parents=True, exist_ok=True)
    os.chdir(empty)  # so that neither side finds a configuration file in the folder of whoever starts this
    rows: dict[str, Row] = {}
    for name in arguments.rows or [name for name in ROWS if name not in ONLY_WHEN_NAMED]:
        try:
            rows[name] = ROWS[name](bench)
        except BenchError as exc:
            print(f"{name}: not measured: {exc}", file=sys.stderr, flush=True)
            continue
        print(report.terminal(name, rows[name]), flush=True)
        page = RESULTS if bench.size_factor == 1 else bench.folder / "RESULTS.md"
        report.write(page, rows, bench)
    verdicts = [row.met() for row in rows.values()]
    asked = len(arguments.rows or ROWS.keys() - ONLY_WHEN_NAMED)
    return 2 if None in verdicts or len(verdicts) < asked else int(False in verdicts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="llmaudit against peers and bare SQL.")
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help=f"only these, beside the others in RESULTS.md: {', '.join(ROWS)}"
    )
    parser.add_argument(
        "--size-factor",
        type=float,
        default=1.0,
        help="smaller inputs; other than 1.0, the results go to the bench folder",
    )
    default = Path(tempfile.gettempdir()) / "llmaudit-bench"
    parser.add_argument("--folder", type=Path, default=default, help="data, peers and stores (default: %(default)s)")
    arguments = parser.parse_args()
    if unknown := set(arguments.rows) - ROWS.keys():
        parser.error(f"there is no row {', '.join(sorted(unknown))}")
    return arguments


sys.exit(main())
