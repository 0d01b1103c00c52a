"""What a person reads: the verdict first, what it rests on, and nothing that a name could break."""

import csv
import io
import json
from dataclasses import replace

import jsonschema
import pytest

from llmaudit import schemas
from llmaudit.render.bottleneck import rendered
from llmaudit.render.bottleneck_text import terminal
from llmaudit.render.formats import Format
from llmaudit.render.terminal import Screen
from llmaudit.replay import attributes
from llmaudit.replay.bottleneck import Bottleneck, diagnose
from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.findings.finding import Finding, Rest
from llmaudit.replay.run import Outcome, Run
from llmaudit.replay.slo import Slo
from llmaudit.replay.span import Value
from tests.replay.spans import query, run

USUAL = "embedding 0 10\nretrieval 10 70\nrerank 70 80\ngeneration 80 100"
SLOW = "embedding 0 10\nretrieval 10 70\nrerank 70 1070\ngeneration 1070 1090"
FINDING = Finding(
    "missing_index",
    "retrieval",
    "sequential scan of 50,000 rows: there is no vector index",
    {"rows": 50_000, "scan": "Seq Scan", "pool": None, "lock_wait_seconds": 0.25, "repeat_share": 0.38},
    "CREATE INDEX ON documents\nUSING hnsw (embedding vector_cosine_ops);",
    0.041,
    Rest.ESTIMATED,
)


def _answer() -> Bottleneck:
    failed = query("retrieval 0 9000 error", outcome=Outcome.ERROR, error_type="OperationalError")
    measured = run(query("retrieval 0 640", warmup=True), *[query(USUAL)] * 94, *[query(SLOW)] * 6, failed)
    facts: dict[str, Value] = {attributes.STAND_INS: "generation"}
    answer = diagnose(Run(measured.queries, facts), Slo.model_validate({"p95": "800ms"}))
    return replace(answer, findings=(FINDING,), events=("breaker of generation: closed → open, 5 failures in a row",))


EXPECTED = """\
rerank is the bottleneck: 43.5 % of the time of 100 answered queries.
A usual query (40th to 60th percentile) spends most in another stage: retrieval,
60.0 %.
SLO p95: 1.09 s is MORE THAN 800 ms
Of 101 queries 1 failed; their times are in no percentile.
retrieval failed: Failure 1 ×

stage        calls      p50      p95       p99   share  in the tail
embedding      100  10.0 ms  10.0 ms  10.0 ms*   6.3 %        0.9 %  ▊
retrieval      101  60.0 ms  60.0 ms  60.0 ms*  37.6 %        5.5 %  ████▏
rerank         100  10.0 ms   1.00 s   1.00 s*  43.5 %       91.7 %      ████▊
generation     100  20.0 ms  20.0 ms  20.0 ms*  12.5 %        1.8 %           █▍
whole query    100   100 ms   1.09 s   1.09 s*

p50 is 100 ms, 95 % interval 100 ms to 100 ms (n = 100)
p95 is 1.09 s, 95 % interval 100 ms to 1.09 s (n = 100)
p99* is not estimable from 100 values: a 95 % interval takes 368
goodput: 10.4 queries a second within the limits

Warm-up, not counted: 1 query; the first took 640 ms, 6.4 × the p50 after it
Built in, so its time is not that of a model: generation

breaker of generation: closed → open, 5 failures in a row

retrieval: sequential scan of 50,000 rows: there is no vector index
[missing_index]
  rows: 50,000
  scan: Seq Scan
  pool: not known
  lock wait seconds: 250 ms
  repeat share: 38.0 %
  fix: CREATE INDEX ON documents
       USING hnsw (embedding vector_cosine_ops);
  predicted p95 with that: 41.0 ms (estimated)"""


def test_the_verdict_stands_first_and_everything_it_rests_on_below() -> None:
    # 94 × 100 ms and 6 × 1,090 ms make 15.94 s, of which rerank has 94 × 10 ms and 6 × 1 s.
    assert terminal(_answer(), Screen(80, False)) == EXPECTED


def test_time_in_no_stage_and_time_before_the_start_are_named_for_what_they_are() -> None:
    idle = terminal(diagnose(run(query("retrieval 0 10", end=100))), Screen(120, False))
    assert idle.startswith("Most of the time, 90.0 % of 1 query, is in no stage: put it into one with `stage()`.")
    late = terminal(diagnose(run(query("retrieval 90 100", start=90, intended=0))), Screen(120, False))
    assert late.startswith("It cannot keep up with the rate: 90.0 % of the time of 1 query was waiting to be started.")
    row = next(line for line in late.splitlines() if line.startswith("(waiting to start)"))
    assert row.split()[3:5] == ["90.0", "ms*"]


def test_a_missed_limit_is_red_on_a_terminal() -> None:
    assert "\x1b[1;31mSLO p95: 1.09 s is MORE THAN 800 ms" in terminal(_answer(), Screen(80, True))


def test_where_nothing_was_answered_nothing_is_known_of_shares() -> None:
    failed = query("retrieval 0 5 error", outcome=Outcome.ERROR)
    lines = terminal(diagnose(run(replace(failed, warmup=True), failed, failed)), Screen(80, False)).splitlines()
    assert lines[:3] == [
        "None of 2 queries was answered as it should be.",
        "Of 2 queries 2 failed; their times are in no percentile.",
        "retrieval failed: Failure 2 ×",
    ]
    assert lines[5].split() == ["retrieval", "2", *"–––––"]
    assert lines[-1] == "Warm-up, not counted: 1 query, 1 failed; the first failed"


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    assert all(len(line) <= width for line in terminal(_answer(), Screen(width, False)).splitlines())


def test_json_keeps_its_contract() -> None:
    for answer in (_answer(), diagnose(Run(()))):
        said = json.loads(rendered(answer, Format.JSON))
        jsonschema.validate(said, json.loads(schemas.text("bottleneck")))
    said = json.loads(rendered(_answer(), Format.JSON))
    assert (said["bottleneck"], said["queries"], said["measured"], said["errors"]) == ("rerank", 1, 101, 1)
    assert said["wall"]["p50_seconds"] == 0.1
    assert said["wall"]["intervals"]["p99"] is None
    assert said["findings"][0]["evidence"]["rows"] == 50_000


def test_csv_has_a_row_for_each_stage() -> None:
    rows = list(csv.DictReader(io.StringIO(rendered(_answer(), Format.CSV))))
    assert [row["stage"] for row in rows] == ["embedding", "retrieval", "rerank", "generation"]
    assert rows[1]["errors"] == "1"


def test_names_from_outside_are_neither_markup_nor_control() -> None:
    answer = diagnose(run(query("<b>|\x1b[31mred 0 10")))
    assert "\x1b" not in terminal(answer, Screen(80, False))
    markdown = rendered(answer, Format.MARKDOWN)
    assert "<b>" not in markdown
    assert "\x1b" not in markdown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "–"), (0, "0 s"), (31e-6, "31 µs"), (0.0009996, "1.00 ms"), (0.00237, "2.37 ms"), (0.48, "480 ms"),
     (0.9997, "1.00 s"), (6.2, "6.20 s"), (95.04, "95.0 s"), (3600, "3,600 s")],
)  # fmt: skip
def test_durations_have_three_figures(seconds: float | None, shown: str) -> None:
    assert shown_seconds(seconds) == shown
