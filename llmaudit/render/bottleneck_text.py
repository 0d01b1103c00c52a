"""Where the time goes, in words and as a waterfall: the verdict first, then the stages, then what else to know."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from llmaudit.render.names import printable
from llmaudit.render.sentences import percent
from llmaudit.render.terminal import Screen, bar, printed
from llmaudit.replay import attributes
from llmaudit.replay.bottleneck import Bottleneck, Objective, StageTimes, Times, Verdict
from llmaudit.replay.critical_path import NO_STAGE, WAITING
from llmaudit.replay.durations import shown_limit, shown_seconds
from llmaudit.replay.findings.finding import Finding
from llmaudit.replay.percentiles import P50, P95, P99, Percentile, needed
from llmaudit.replay.span import Value
from llmaudit.words import count, counted

_HEADINGS = ("stage", "calls", "p50", "p95", "p99", "share", "in the tail")
_WHOLE = "whole query"
_FEW = "*"
_GAP = 2


def terminal(found: Bottleneck, screen: Screen, *, brief: bool = False) -> str:
    """Everything, as wide as the screen; `brief` leaves it at the verdict and the stages."""
    first, *rest = verdict(found)
    missed = {_objective(each) for each in found.missed}
    said = [Text(line, style="bold red" if line in missed else "") for line in rest]
    blocks: list[Sequence[str | Text | Table]] = [[Text(first, style="bold"), *said]]
    if found.stages:
        blocks.append([_table(found, screen.width)])
    if brief:
        return printed(blocks, screen)
    blocks += below(found)
    blocks += [_finding(finding, screen.width) for finding in found.findings]
    return printed(blocks, screen)


def verdict(found: Bottleneck) -> list[str]:
    """The answer in a sentence, and those without which it would be misunderstood."""
    return [_verdict(found), *_tail(found), *_objectives(found), *_failures(found)]


def rows(found: Bottleneck) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The headings and a row for every stage, and one for the whole."""
    whole = (_WHOLE, f"{found.wall.p50.n if found.wall.p50 else 0:,}", *_percentiles(found.wall), "", "")
    return _HEADINGS, [*(_row(stage) for stage in found.stages), whole]


def below(found: Bottleneck) -> list[list[str]]:
    """What the figures rest on and leave out."""
    return [_estimates(found), [*_warmup(found), *_conditions(found)], list(map(printable, found.events))]


def evidence(finding: Finding) -> list[str]:
    """Its numbers, one a line."""
    return [f"{printable(name.replace('_', ' '))}: {_value(name, value)}" for name, value in finding.evidence.items()]


def title(finding: Finding) -> str:
    """Where, and what was seen."""
    return f"{printable(finding.stage)}: {printable(finding.says)}  [{finding.id}]"


def predicted(finding: Finding) -> str:
    """What the fix would bring, if anybody can say."""
    if finding.predicted_p95_seconds is None:
        return ""
    basis = f" ({finding.basis})" if finding.basis else ""
    return f"predicted p95 with that: {shown_seconds(finding.predicted_p95_seconds)}{basis}"


def _verdict(found: Bottleneck) -> str:
    asked = _queries(found.measured)
    rounds = f" ({count(found.rounds, 'round')})" if found.rounds > 1 else ""
    if found.verdict is Verdict.NO_SUCCESS:
        return f"None of {asked} was answered as it should be." if found.measured else "Nothing was measured."
    if found.verdict is Verdict.WITHIN_SLO:
        return f"No bottleneck: within the SLO, over {asked}{rounds}."
    stage = next(stage for stage in found.stages if stage.stage == found.slowest)
    share = percent(stage.critical_path_share)
    if found.wall.p50 is not None and found.wall.p50.n < found.measured:
        asked = f"{found.wall.p50.n:,} answered queries"
    if stage.stage == WAITING:
        return f"It cannot keep up with the rate: {share} of the time of {asked}{rounds} was waiting to be started."
    if stage.stage == NO_STAGE:
        return f"Most of the time, {share} of {asked}{rounds}, is in no stage: put it into one with `stage()`."
    return f"{printable(stage.stage)} is the bottleneck: {share} of the time of {asked}{rounds}."


def _tail(found: Bottleneck) -> list[str]:
    """Where the middle or the tail is slow for another reason than the whole."""
    if found.verdict is Verdict.NO_SUCCESS:
        return []
    said = []
    for where, slowest, share in (
        ("A usual query (40th to 60th percentile)", found.slowest_p50, "p50_share"),
        ("A slow query (p95 and beyond)", found.slowest_p95, "p95_share"),
    ):
        if slowest is not None and slowest != found.slowest:
            of = next(getattr(stage, share) for stage in found.stages if stage.stage == slowest)
            said.append(f"{where} spends most in another stage: {printable(slowest)}, {percent(of)}.")
    return said


def _queries(number: int) -> str:
    return counted(number, "query", "queries")


def _objectives(found: Bottleneck) -> list[str]:
    return [_objective(each) for each in found.objectives]


def _objective(each: Objective) -> str:
    shares = each.name == "errors"
    limit = percent(each.limit) if shares else shown_limit(each.limit)
    if each.value is None:
        return f"SLO {each.name}: not measured, so not known to be within {limit}"
    value = percent(each.value) if shares else shown_seconds(each.value)
    return f"SLO {each.name}: {value} is {'within' if each.met else 'MORE THAN'} {limit}"


def _failures(found: Bottleneck) -> list[str]:
    said = []
    if found.errors or found.timeouts or found.fallbacks:
        parts = [(found.errors, "failed"), (found.timeouts, "timed out"), (found.fallbacks, "got a fallback answer")]
        told = ", ".join(f"{number:,} {what}" for number, what in parts if number)
        said.append(f"Of {_queries(found.measured)} {told}; their times are in no percentile.")
    for stage in found.stages:
        if stage.errors or stage.timeouts:
            said.append(f"{printable(stage.stage)} failed: {_kinds(stage.error_types)}")
    if found.error_types:
        said.append(f"Failed outside of every stage: {_kinds(found.error_types)}")
    return said


def _kinds(error_types: Mapping[str, int]) -> str:
    return ", ".join(f"{printable(kind)} {number:,} ×" for kind, number in error_types.items())


def _row(stage: StageTimes) -> tuple[str, ...]:
    calls = f"{stage.calls:,}" if stage.calls else ""
    shares = percent(stage.critical_path_share), percent(stage.p95_share)
    return printable(stage.stage), calls, *_percentiles(stage.times), *shares


def _percentiles(times: Times) -> list[str]:
    return [_percentile(each) for each in (times.p50, times.p95, times.p99)]


def _percentile(found: Percentile | None) -> str:
    return "–" if found is None else f"{shown_seconds(found.value)}{'' if found.estimable else _FEW}"


def _table(found: Bottleneck, width: int) -> Table:
    """The stages one under the other, each bar beginning where the one before ended."""
    headings, lines = rows(found)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold", collapse_padding=True)
    widths = [max(len(row[place]) for row in (headings, *lines)) for place in range(len(headings))]
    room = min(30, width - sum(widths) - _GAP * len(widths))
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", no_wrap=True, width=widths[place] or None)
    if room >= 8:
        table.add_column("", width=room, no_wrap=True, style="cyan")
    before = 0.0
    for row, stage in zip(lines, [*found.stages, None], strict=True):
        cells = [Text(cell) for cell in row]
        share = (stage.critical_path_share if stage is not None else None) or 0.0
        if room >= 8:
            cells.append(Text(_piece(before, share, room)))
        before += share
        named = stage is not None and stage.stage == found.bottleneck
        table.add_row(*cells, style="bold" if named else "dim" if stage is None else "")
    return table


def _piece(before: float, share: float, width: int) -> str:
    """A piece of the whole, at its place; something is never nothing."""
    if not share:
        return ""
    start = min(int(before * width), width - 1)
    return " " * start + bar(share, 1.0, width)[: width - start]


def _estimates(found: Bottleneck) -> list[str]:
    said = []
    for name, share, each in (("p50", P50, found.wall.p50), ("p95", P95, found.wall.p95), ("p99", P99, found.wall.p99)):
        if each is None:
            continue
        if each.low is None:
            said.append(
                f"{name}* is not estimable from {count(each.n, 'value')}: a 95 % interval takes {needed(share)}"
            )
        else:
            said.append(f"{name} is {shown_seconds(each.value)}, 95 % interval {shown_seconds(each.low)} to "
                        f"{shown_seconds(each.high)} (n = {each.n:,})")  # fmt: skip
    for what, times in (
        ("time to first token", found.time_to_first_token),
        ("time per output token after it", found.time_per_output_token),
    ):
        if times.p50 is not None:
            usual, slow = _percentile(times.p50), _percentile(times.p95)
            said.append(f"{what}: p50 {usual}, p95 {slow} (n = {times.p50.n:,})")
    if found.goodput_per_second is not None:
        said.append(f"goodput: {found.goodput_per_second:.3g} queries a second within the limits")
    return said


def _warmup(found: Bottleneck) -> list[str]:
    if not found.warmup.queries:
        return []
    failed = f", {found.warmup.failed:,} failed" if found.warmup.failed else ""
    usual = found.wall.p50
    first = found.warmup.first_seconds
    took = "failed" if first is None else f"took {shown_seconds(first)}"
    times = f", {first / usual.value:.3g} × the p50 after it" if first and usual and usual.value else ""
    return [f"Warm-up, not counted: {_queries(found.warmup.queries)}{failed}; the first {took}{times}"]


def _conditions(found: Bottleneck) -> list[str]:
    facts = found.facts
    said = []
    if stand_ins := facts.get(attributes.STAND_INS):
        said.append(f"Built in, so its time is not that of a model: {stand_ins}")
    if facts.get(attributes.INTERRUPTED):
        said.append(
            f"Interrupted: {found.measured + found.warmup.queries:,} of {facts.get(attributes.PLANNED)} were asked"
        )
    if stopped := facts.get(attributes.STOPPED):
        said.append(f"Stopped early: {stopped}")
    if error := facts.get(attributes.SEARCH_NOT_EXAMINED):
        said.append(f"The database was not asked about the search, so nothing was found there: {error}")
    if error := facts.get(attributes.LOCKS_NOT_WATCHED):
        said.append(f"Waits for locks were not watched to the end: {error}")
    if broken := facts.get(attributes.INSTRUMENTATIONS_BROKEN):
        said.append(f"Installed, and could not be switched on: {broken}")
    if attributes.SPANS_READ in facts:
        said += _of_traces(facts)
    return said


def _of_traces(facts: Mapping[str, Value]) -> list[str]:
    """What became of the spans of a file."""

    def number(name: str) -> int:
        return int(facts.get(name) or 0)

    said = [f"Read: {count(number(attributes.SPANS_READ), 'span')}"]
    if joined := number(attributes.JOINED_TRACES):
        said[0] += f"; {count(joined, 'trace')} put where another told of the same work"
    left_out = [
        count(number(attributes.OTHER_TRACES), "trace") + " without a stage of a question",
        count(number(attributes.UNFINISHED_SPANS), "span") + " without an end",
        count(number(attributes.REPEATED_SPANS), "span") + " told twice",
    ]
    left_out = [each for each in left_out if not each.startswith("0 ")]
    return [*said, *([f"Left out: {', '.join(left_out)}"] if left_out else [])]


def _finding(finding: Finding, width: int) -> list[str | Text]:
    """The title, the numbers, the fix and what it would bring."""

    def wrapped(text: str, first: str, rest: str) -> list[str]:
        return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest) or [first]

    lines: list[str | Text] = [Text(title(finding), style="bold")]
    for line in evidence(finding):
        lines += wrapped(line, "  ", "    ")
    for number, line in enumerate(finding.fix.splitlines()):
        lines += wrapped(printable(line), "       " if number else "  fix: ", "       ")
    return [*lines, *([f"  {predicted(finding)}"] if predicted(finding) else [])]


def _value(name: str, value: Any) -> str:
    """A number with the unit that its name says."""
    if isinstance(value, Mapping):
        return ", ".join(f"{printable(str(key))} {_value(name, part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_value(name, part) for part in value)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "not known"}[value]
    if isinstance(value, int | float) and ("_seconds" in name or "seconds_" in name):
        return shown_seconds(value)
    if isinstance(value, float) and "_share" in name:
        return percent(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3g}" if isinstance(value, float) else printable(str(value))
