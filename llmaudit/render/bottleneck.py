"""Where the time goes, in each of the forms an answer takes."""

import csv
import io
from typing import Any

from llmaudit.render import bottleneck_text, json
from llmaudit.render.formats import Format
from llmaudit.render.names import markdown_cell, sheet_cell
from llmaudit.render.terminal import Screen
from llmaudit.replay.bottleneck import Bottleneck, StageTimes, Times
from llmaudit.replay.findings.finding import Finding
from llmaudit.replay.percentiles import Percentile


def rendered(found: Bottleneck, form: Format) -> str:
    """The answer in that form."""
    match form:
        case Format.JSON:
            return json.document(as_dict(found))
        case Format.CSV:
            return _csv(found)
        case Format.MARKDOWN:
            return _markdown(found)
        case Format.TABLE:
            return bottleneck_text.terminal(found, Screen.of_stdout())


def as_dict(found: Bottleneck) -> dict[str, Any]:
    """What JSON carries: seconds as numbers, shares from 0 to 1, null for what is not known."""
    return {
        "schema": "llmaudit/bottleneck/1",
        "queries": found.queries,
        "rounds": found.rounds,
        "measured": found.measured,
        "errors": found.errors,
        "timeouts": found.timeouts,
        "fallbacks": found.fallbacks,
        "error_types": dict(found.error_types),
        "wall": _times(found.wall),
        "time_to_first_token": _times(found.time_to_first_token),
        "time_per_output_token": _times(found.time_per_output_token),
        "stages": [_stage(stage) for stage in found.stages],
        "verdict": found.verdict.value,
        "bottleneck": found.bottleneck,
        "slowest": {"overall": found.slowest, "p50": found.slowest_p50, "p95": found.slowest_p95},
        "slo": [
            {"name": each.name, "limit": each.limit, "value": each.value, "met": each.met} for each in found.objectives
        ],
        "goodput_per_second": found.goodput_per_second,
        "warmup": {
            "queries": found.warmup.queries,
            "failed": found.warmup.failed,
            "first_seconds": found.warmup.first_seconds,
            "p50_seconds": found.warmup.p50_seconds,
        },
        "findings": [_finding(finding) for finding in found.findings],
        "facts": dict(found.facts),
        "events": list(found.events),
    }


def _times(times: Times) -> dict[str, Any]:
    named = {"p50": times.p50, "p95": times.p95, "p99": times.p99}
    return {
        **{f"{name}_seconds": None if each is None else each.value for name, each in named.items()},
        "n": 0 if times.p50 is None else times.p50.n,
        "intervals": {name: _interval(each) for name, each in named.items()},
    }


def _interval(found: Percentile | None) -> list[float] | None:
    """The 95 % interval; null where there are too few values for one."""
    return None if found is None or found.low is None or found.high is None else [found.low, found.high]


def _stage(stage: StageTimes) -> dict[str, Any]:
    return {
        "stage": stage.stage,
        "calls": stage.calls,
        **_times(stage.times),
        "critical_path_share": stage.critical_path_share,
        "p50_critical_path_share": stage.p50_share,
        "p95_critical_path_share": stage.p95_share,
        "errors": stage.errors,
        "timeouts": stage.timeouts,
        "error_types": dict(stage.error_types),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "stage": finding.stage,
        "says": finding.says,
        "evidence": dict(finding.evidence),
        "fix": finding.fix,
        "predicted_p95_seconds": finding.predicted_p95_seconds,
        "basis": None if finding.basis is None else finding.basis.value,
    }


_COLUMNS = ("stage", "calls", "p50_seconds", "p95_seconds", "p99_seconds", "critical_path_share",
            "p50_critical_path_share", "p95_critical_path_share", "errors", "timeouts")  # fmt: skip


def _csv(found: Bottleneck) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for stage in found.stages:
        row = _stage(stage)
        writer.writerow([sheet_cell(stage.stage), *(row[name] for name in _COLUMNS[1:])])
    return out.getvalue().rstrip("\n")


def _markdown(found: Bottleneck) -> str:
    headings, rows = bottleneck_text.rows(found)
    lines = [f"| {' | '.join(headings)} |", f"| --- |{' ---: |' * (len(headings) - 1)}"]
    lines += [f"| {' | '.join(markdown_cell(cell) for cell in row)} |" for row in rows]
    first, *rest = bottleneck_text.verdict(found)
    below = [block for block in bottleneck_text.below(found) if block]
    said = [f"**{markdown_cell(first)}**", *map(markdown_cell, rest)]
    parts = [
        "\n\n".join(said),
        "\n".join(lines),
        *("\n".join(f"- {markdown_cell(line)}" for line in block) for block in below),
    ]
    return "\n\n".join([*parts, *(_finding_markdown(finding) for finding in found.findings)])


def _finding_markdown(finding: Finding) -> str:
    evidence = "\n".join(f"- {line}" for line in map(markdown_cell, bottleneck_text.evidence(finding)))
    predicted = bottleneck_text.predicted(finding)
    title = f"**{markdown_cell(bottleneck_text.title(finding))}**"
    return "\n\n".join(filter(None, [title, evidence, f"```\n{finding.fix}\n```", predicted and f"{predicted}."]))
