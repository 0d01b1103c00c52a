"""How long answers took, and when calls failed."""

from llmaudit.render.report.charts import time as charts
from llmaudit.render.report.parts import Chart, Section, counts, durations, names, table
from llmaudit.render.report.sentences import Document, day, hour, named
from llmaudit.replay.durations import shown_seconds
from llmaudit.words import count


def latency(said: Document) -> Section | None:
    found = said["latency"]
    overall = found["all"]
    if overall is None or overall["p50_seconds"] is None:
        return None
    groups = found["groups"]
    timed = [group for group in groups if group["p50_seconds"] is not None][:12]
    spec, legend = charts.latency(found["by"], timed)
    slow = (
        f", one in twenty longer than {shown_seconds(overall['p95_seconds'])}"
        if overall["p95_seconds"] is not None
        else ""
    )
    first = overall["first_token_p50_seconds"]
    streamed = (
        f" Where answers are streamed, the first word came after {shown_seconds(first)} (median)."
        if first is not None
        else ""
    )
    below = table(
        f"Latency by {found['by']}",
        {
            found["by"]: names([*(named(found["by"], group["key"]) for group in groups), "all"]),
            "timed calls": counts([group["timed_calls"] for group in (*groups, overall)]),
            **{
                title: durations([group[field] for group in (*groups, overall)])
                for field, title in (
                    ("p50_seconds", "median"),
                    ("p95_seconds", "P95"),
                    ("p99_seconds", "P99"),
                    ("first_token_p50_seconds", "first token, median"),
                    ("first_token_p95_seconds", "first token, P95"),
                )
            },
        },
        names_in=(found["by"],),
        folded=True,
    )
    return Section(
        "latency",
        "How long answers took",
        f"Half of the {overall['timed_calls']:,} timed answers took longer than "
        f"{shown_seconds(overall['p50_seconds'])}{slow}.{streamed}",
        (
            Chart(
                "latency",
                f"Seconds from request to end of answer, by {found['by']}",
                "Points: median, P95 and P99.",
                spec,
                legend,
            ),
        ),
        (below,),
        ("Nearest-rank percentiles of answered calls. A dash: too few calls to tell (72 for P95, 368 for P99).",),
    )


def incidents(said: Document) -> Section | None:
    found, summary = said["failures"], said["summary"]
    stretches = found["stretches"]
    if not found["failed_calls"]:
        return None
    worst = max(stretches, key=lambda each: each["failed"])
    at = _at(found["unit"], worst["start"])
    drawn: tuple[Chart, ...] = ()
    if summary["first_call_at"] and summary["first_call_at"] != summary["last_call_at"]:
        spec, legend = charts.failures(found, (summary["first_call_at"], summary["last_call_at"]))
        title = f"Failed calls by {found['unit']}"
        drawn = (Chart("failures", title, f"Bars on a time line: failed calls by {found['unit']}.", spec, legend),)
    by_size = sorted(stretches, key=lambda each: (-each["failed"], str(each["start"])))[:20]
    below = table(
        f"The {found['unit']}s with the most failed calls",
        {
            found["unit"]: names([(each["start"] or "(no time)")[:16].replace("T", " ") for each in by_size]),
            "calls": counts([each["calls"] for each in by_size]),
            "failed": counts([each["failed"] for each in by_size]),
            **{status.replace("_", " "): counts([each[status] for each in by_size]) for status in charts.STATUSES},
        },
        names_in=(found["unit"],),
        folded=True,
    )
    return Section(
        "incidents",
        "Incidents on a time line",
        f"{found['failed_calls']:,} of {count(summary['calls'], 'call')} failed; the most {at} "
        f"({worst['failed']:,} of {worst['calls']:,}).",
        drawn,
        (below,),
    )


def _at(unit: str, start: str | None) -> str:
    if start is None:
        return "in calls without a time"
    return f"in the hour from {hour(start)}" if unit == "hour" else f"in the {unit} from {day(start)}"
