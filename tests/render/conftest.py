"""Reports that more than one test looks at: of the sample month, and of names that would do harm if believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmaudit.render.report.forms import ReportFormat, rendered
from tests.cli.transcripts import Workshop, run

LONG = "x" * 10_000
HOSTILE = (
    "<script>alert(1)</script>",
    LONG,
    "خدمة العملاء",
    '</script><img src=x onerror="alert(2)">',
    "{{ 7 * 7 }}",
    "a|b `c` [d](http://example.com) *e*",
    "\x1b[31mred\x1b[0m",
)


@pytest.fixture(scope="session")
def report(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sample month with its report in every form."""
    folder = workshop.copied(tmp_path_factory.mktemp("report") / "sample_logs")
    assert run("llmaudit bottleneck --rounds 2 --record run.json", folder).code == 0
    said = run("llmaudit report --plan plan.yaml --run run.json --output report.json", folder).said
    assert said == "report.json\n"
    return _in_every_form(folder)


@pytest.fixture(scope="session")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a store whose features, models and users have names that are markup, endless or right to left."""
    folder = tmp_path_factory.mktemp("hostile")
    records = [
        {
            "started_at": f"2026-10-{day:02d}T10:00:00Z",
            "provider_name": "openai",
            "response_model": "gpt-4o-2024-08-06",
            "response_id": f"{day}-{place}",
            "feature": name,
            "tier": name,
            "api_key_id": name,
            "status": "error" if place == 2 else "ok",
            "duration_seconds": 1.5,
            "input_tokens": 1_000,
            "output_tokens": 100 * (place + 1),
        }
        for day in range(1, 9)
        for place, name in enumerate(HOSTILE)
    ]
    records.append({**records[0], "response_id": "nobody's", "response_model": "<b>no model</b>"})
    (folder / "calls.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    assert run("llmaudit ingest calls.jsonl", folder).code == 0
    assert run("llmaudit report --output report.json", folder).code == 0
    return _in_every_form(folder)


def _in_every_form(folder: Path) -> Path:
    for form in (ReportFormat.HTML, ReportFormat.MARKDOWN):
        file = folder / {"html": "report.html", "markdown": "report.md"}[form]
        file.write_text(rendered(said_by(folder), form), encoding="utf-8")
    return folder


def said_by(folder: Path) -> dict[str, Any]:
    """The JSON that the forms in a folder were written from."""
    said: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return said
