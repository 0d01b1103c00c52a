"""A verdict as a comment on a pull request: the verdict first, what broke, what moved, and the rest folded."""

from collections.abc import Iterable

from llmaudit.checks.findings import Finding, Outcome, State, Verdict
from llmaudit.render import check_words
from llmaudit.render.names import markdown_cell

MARKER = "<!-- llmaudit check{tag} -->"
"""The first line, which nobody sees: by it a workflow finds its comment again and updates it in place."""
_ALERTS = {Outcome.PASS: "TIP", Outcome.FAIL: "CAUTION", Outcome.INSUFFICIENT: "WARNING"}


def marker(tag: str) -> str:
    """The first line of the comment of that check."""
    return MARKER.format(tag=f" {tag}" if tag else "")


def comment(verdict: Verdict, tag: str = "") -> str:
    """The comment. Names from logs stay text, whatever they hold."""
    lines = [marker(tag), f"> [!{_ALERTS[verdict.outcome]}]", f"> **LLM cost: {check_words.headline(verdict)}**"]
    broken = [finding for finding in verdict.findings if finding.broken]
    lines += [f">\n> - {markdown_cell(check_words.sentence(finding))}" for finding in broken[:1]]
    lines += [f"> - {markdown_cell(check_words.sentence(finding))}" for finding in broken[1:]]
    others = [finding for finding in verdict.findings if not finding.broken]
    moved = [finding for finding in others if finding.moved]
    if moved:
        lines += ["", "**What moved, within its limits**", "", *_table(moved)]
    unjudged = [finding for finding in others if finding.state is not State.OK]
    if unjudged:
        lines += ["", "**What could not be compared**", ""]
        lines += [f"- {markdown_cell(check_words.sentence(finding))}" for finding in unjudged]
    lines += ["", *(markdown_cell(line) for line in check_words.prices(verdict))]
    lines += ["<details><summary>Everything that was checked, and what it rests on</summary>", ""]
    lines += [*_table(verdict.findings), "", *(f"- {markdown_cell(line)}" for line in check_words.assumptions(verdict))]
    return "\n".join([*lines, "", "</details>"])


def _table(findings: Iterable[Finding]) -> list[str]:
    head = "| metric | group | before | now | change | interval | limit |"
    return [head, "| --- | --- | ---: | ---: | ---: | --- | --- |", *map(_row, findings)]


def _row(finding: Finding) -> str:
    unit = finding.metric.unit
    cells = [
        finding.metric.name,
        check_words.group(finding),
        check_words.amount(unit, finding.before),
        check_words.amount(unit, finding.after),
        check_words.change(finding) or "–",
        check_words.interval(finding),
        f"{check_words.limit(finding)} ({finding.state.value})",
    ]
    return f"| {' | '.join(map(markdown_cell, cells))} |"
