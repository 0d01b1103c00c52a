"""Which stage makes the answers of a pipeline slow, as `llmaudit bottleneck --record` measured it."""

from collections.abc import Iterator

from llmaudit.render.names import printable, visible
from llmaudit.render.report.charts import bottleneck as charts
from llmaudit.render.report.parts import Chart, Section, counts, durations, names, shares, table
from llmaudit.render.report.sentences import Document
from llmaudit.render.sentences import percent
from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.percentiles import P50, P95, P99, needed
from llmaudit.words import count

_FEW = "*"
_PERCENTILES = (("p50", "median", P50), ("p95", "P95", P95), ("p99", "P99", P99))


def bottleneck(said: Document) -> Section | None:
    found = said["bottleneck"]
    if found is None:
        return None
    stages = found["stages"]
    rows = [*stages, found["wall"]]
    drawn: tuple[Chart, ...] = ()
    if any(stage["critical_path_share"] for stage in stages):
        spec, legend = charts.stages(stages)
        about = "Bars: the share of each stage in the time that answers took, overall and in the slowest twentieth."
        drawn = (Chart("stages", "Share of the time to an answer, by stage", about, spec, legend),)
    below = table(
        "The stages",
        {
            "stage": names([*(printable(stage["stage"]) for stage in stages), "whole query"]),
            "calls": counts([*(stage["calls"] for stage in stages), found["wall"]["n"]]),
            **{
                title: durations([each[f"{name}_seconds"] for each in rows], [_mark(each, name) for each in rows])
                for name, title, _ in _PERCENTILES
            },
            "share": shares([*(stage["critical_path_share"] for stage in stages), None]),
            "in the tail": shares([*(stage["p95_critical_path_share"] for stage in stages), None]),
        },
        names_in=("stage",),
    )
    return Section(
        "bottleneck", "Where the time of an answer goes", _lead(found), drawn, (below,), tuple(_notes(found))
    )


def _mark(times: Document, name: str) -> str:
    """A star at what so few values cannot bound."""
    return _FEW if times[f"{name}_seconds"] is not None and times["intervals"][name] is None else ""


def _lead(found: Document) -> str:
    asked = f"over {count(found['measured'], 'measured query').replace('querys', 'queries')}"
    stage = found["bottleneck"]
    if found["verdict"] == "within_slo":
        return f"No bottleneck: within what was asked for, {asked}."
    share = next((each for each in found["stages"] if each["stage"] == stage), None)
    if share is None:
        return f"No answer was as it should be, {asked}."
    return (
        f"{printable(stage)} makes the answers slow: {percent(share['critical_path_share'])} of the time to an answer, "
        f"{percent(share['p95_critical_path_share'])} in the slowest twentieth, {asked}."
    )


def _notes(found: Document) -> Iterator[str]:
    for name, title, share in _PERCENTILES:
        if any(_mark(each, name) for each in (*found["stages"], found["wall"])):
            yield f"{title}{_FEW} is not estimable from so few values: a 95 % interval takes {needed(share)}."
    for finding in found["findings"]:
        then = finding["predicted_p95_seconds"]
        basis = f", {finding['basis']}" if finding["basis"] else ""
        predicted = "" if then is None else f" Then P95 would be {shown_seconds(then)}{basis}."
        yield visible(f"{finding['stage']}: {finding['says']}; {finding['fix']}").rstrip(".") + f".{predicted}"
    for missed in found["slo"]:
        if missed["met"] is False:
            yield visible(f"Missed: {missed['name']}, {missed['value']} where {missed['limit']} was the limit.")
    failed = found["errors"] + found["timeouts"]
    if failed:
        yield f"{count(failed, 'query').replace('querys', 'queries')} failed and are in no duration."
