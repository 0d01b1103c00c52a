"""A verdict in each of the forms that people and CI systems read."""

import csv
import io
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

from llmaudit.checks.data import as_dict, dollars
from llmaudit.checks.findings import Finding, Outcome, State, Verdict
from llmaudit.errors import ConfigError
from llmaudit.render import check_comment, check_words, json
from llmaudit.render.check_forms import CheckFormat
from llmaudit.render.columns import columns
from llmaudit.render.names import sheet_cell
from llmaudit.render.wrapping import wrapped


def rendered(verdict: Verdict, form: CheckFormat, tag: str = "") -> str:
    """The verdict in that form; `tag` tells comments of several checks on one pull request apart."""
    forms: dict[CheckFormat, Callable[[], str]] = {
        CheckFormat.TABLE: lambda: _table(verdict),
        CheckFormat.JSON: lambda: json.document(as_dict(verdict)),
        CheckFormat.CSV: lambda: _csv(verdict),
        CheckFormat.MARKDOWN: lambda: check_comment.comment(verdict, tag),
        CheckFormat.JUNIT: lambda: _junit(verdict),
        CheckFormat.GITHUB: lambda: _annotations(verdict),
    }
    return forms[form]()


def said_nothing(verdict: Verdict, form: CheckFormat) -> bool:
    """Whether there is nothing to tell a person. A program is always told."""
    return not verdict.moved and form in (CheckFormat.TABLE, CheckFormat.MARKDOWN, CheckFormat.GITHUB)


def destinations(texts: Iterable[str]) -> list[tuple[CheckFormat, Path]]:
    """`FORMAT=FILE` texts, as `--also` takes them. Raises ConfigError for another format, or no file."""
    found = []
    for text in texts:
        form, _, file = text.partition("=")
        if form not in set(CheckFormat) or not file:
            forms = ", ".join(CheckFormat)
            raise ConfigError(f"--also {text}: expected FORMAT=FILE", hint=f"such as markdown=comment.md; {forms}")
        found.append((CheckFormat(form), Path(file)))
    return found


_MARKS = {State.OK: "ok", State.BROKEN: "BROKEN", State.INSUFFICIENT: "?", State.NEW: "new", State.VANISHED: "gone"}
_HEADINGS = ("", "metric", "group", "before", "now", "change", "limit")


def _table(verdict: Verdict) -> str:
    rows = [_HEADINGS, *(_row(finding) for finding in verdict.findings)]
    places = {heading: place for place, heading in enumerate(_HEADINGS)}
    lines = columns(
        rows,
        right={places[name] for name in ("before", "now", "change")},
        folding=[places[name] for name in ("limit", "group", "metric")],
    )
    said = [check_words.sentence(finding) for finding in verdict.findings if finding.state is not State.OK]
    blocks = [said, [*check_words.prices(verdict), *check_words.assumptions(verdict)]]
    below = []
    for block in blocks:
        below += ["", *(line for text in block for line in wrapped("", text))] if block else []
    return "\n".join([check_words.headline(verdict), "", *lines, *below])


def _row(finding: Finding) -> tuple[str, ...]:
    change = check_words.change(finding)
    return (
        _MARKS[finding.state],
        finding.metric.name,
        check_words.group(finding),
        check_words.amount(finding.metric.unit, finding.before),
        check_words.amount(finding.metric.unit, finding.after),
        change,
        check_words.limit(finding),
    )


def _csv(verdict: Verdict) -> str:
    """CSV, one line per finding: unrounded, empty for what is not known."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["metric", "unit", "feature", "model", "state", "before", "after", "change", "low", "high", "limit", "reason"]
    )
    for finding in verdict.findings:
        low, high = finding.interval or (None, None)
        names = [finding.group.get(name) for name in ("feature", "model")]
        values = [_plain(finding, value) for value in (finding.before, finding.after)]
        writer.writerow(
            [
                *(finding.metric.name, finding.metric.unit),
                *(None if name is None else sheet_cell(name) for name in names),
                *(finding.state.value, *values, finding.change, low, high, finding.limit, finding.reason),
            ]
        )
    return out.getvalue().rstrip("\n")


def _plain(finding: Finding, value: Fraction | None) -> str | float | None:
    if value is None:
        return None
    return dollars(value) if finding.metric.unit == "USD" else float(value)


def _junit(verdict: Verdict) -> str:
    """JUnit XML, one test case per finding: what CI systems show as tests."""
    from xml.etree import ElementTree as tree

    counts = {state: sum(finding.state is state for finding in verdict.findings) for state in State}
    suite = tree.Element(
        "testsuite",
        name="llmaudit check",
        tests=str(len(verdict.findings)),
        failures=str(counts[State.BROKEN]),
        errors=str(counts[State.INSUFFICIENT]),
        skipped=str(counts[State.NEW] + counts[State.VANISHED]),
    )
    kinds = {State.BROKEN: "failure", State.INSUFFICIENT: "error", State.NEW: "skipped", State.VANISHED: "skipped"}
    for finding in verdict.findings:
        name = f"{check_words.group(finding)}: {finding.limit}"
        case = tree.SubElement(suite, "testcase", classname=f"llmaudit.{finding.metric.name}", name=name)
        if finding.state in kinds:
            tree.SubElement(case, kinds[finding.state], message=check_words.sentence(finding))
    suites = tree.Element("testsuites")
    suites.append(suite)
    tree.indent(suites)
    return tree.tostring(suites, encoding="unicode", xml_declaration=True)


def _annotations(verdict: Verdict) -> str:
    """GitHub's workflow commands, which it shows beside a change.

    Percent signs and line ends are escaped everywhere, colons and commas in properties: as escapeData and
    escapeProperty of @actions/core do (github.com/actions/toolkit, packages/core/src/command.ts, read 2026-11-27).
    """
    levels = {State.BROKEN: "error", State.INSUFFICIENT: "warning", State.NEW: "notice", State.VANISHED: "notice"}
    lines = [
        f"::{levels[finding.state]} title={_property(f'llmaudit: {finding.metric.name}')}"
        f"::{_escaped(check_words.sentence(finding))}"
        for finding in verdict.findings
        if finding.state in levels
    ]
    level = {Outcome.PASS: "notice", Outcome.FAIL: "error", Outcome.INSUFFICIENT: "warning"}[verdict.outcome]
    return "\n".join([f"::{level} title=llmaudit::{_escaped(check_words.headline(verdict))}", *lines])


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
