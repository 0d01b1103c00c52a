"""Recorded traces give the stages that the application had; what is not OTLP is an error with its line."""

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from llmaudit import schemas
from llmaudit.errors import LlmauditError, NothingMeasured, ReadError
from llmaudit.replay import attributes as names
from llmaudit.replay.bottleneck import diagnose
from llmaudit.replay.run import Outcome, QueryRun
from llmaudit.replay.telemetry.traces import read
from tests.cli.transcripts import SAMPLE_LOGS, run
from tests.replay.telemetry import rag_apps
from tests.replay.telemetry.conftest import BOTH, FIRST_TOKEN, LANGCHAIN
from tests.replay.telemetry.recorded import of_questions
from tests.replay.telemetry.test_capture import WANTED, tree
from tests.services.openai_server import OpenAIServer

MS = 1_000_000
BEGIN = 1_790_000_000_000_000_000


def span(
    span_id: str, start: int, end: int | None, parent: str | None = None, trace: str = "t1", **attributes: Any
) -> dict[str, Any]:
    """A span by hand; times are milliseconds, attribute names have __ for their dots."""
    told = {key.replace("__", "."): value for key, value in attributes.items()}
    made: dict[str, Any] = {
        "traceId": trace, "spanId": span_id, "name": span_id, "startTimeUnixNano": str(BEGIN + start * MS),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in told.items()],
    }  # fmt: skip
    if end is not None:
        made["endTimeUnixNano"] = str(BEGIN + end * MS)
    return made | ({"parentSpanId": parent} if parent else {})


def line(*spans: dict[str, Any], scope: str = "framework") -> str:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": {"name": scope}, "spans": list(spans)}]}]})


def kind(value: str) -> dict[str, str]:
    return {"openinference__span__kind": value}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "traces.jsonl"


@pytest.mark.parametrize("instrumentors", [LANGCHAIN, BOTH], ids=["langchain", "langchain and openai"])
def test_a_recorded_application_has_the_stages_of_the_hand_written_one(
    instrumentors: tuple[Any, ...], server: OpenAIServer, file: Path
) -> None:
    """The framework alone does not tell of the embedding inside its search; the client's traces, apart, do."""
    file.write_text("\n".join(of_questions(rag_apps.streamed(server), ["fox", "hen", "tea"], *instrumentors)))
    run = read(file)
    wanted = WANTED if instrumentors == BOTH else Counter({("retrieval", None): 1, ("generation", None): 1})
    assert [tree(query) for query in run.queries] == [wanted] * 3
    assert run.facts[names.JOINED_TRACES] == (6 if instrumentors == BOTH else 0)
    answer = diagnose(run)
    assert (answer.bottleneck, answer.queries, answer.errors) == ("generation", 3, 0)
    generation = next(each for each in answer.stages if each.stage == "generation")
    assert generation.times.p50 is not None
    assert generation.times.p50.value >= FIRST_TOKEN


def test_the_sample(tmp_path: Path) -> None:
    said = run(f"llmaudit bottleneck --traces {SAMPLE_LOGS / 'rag' / 'traces.otlp.jsonl'} --format json", tmp_path)
    answer = json.loads(said.stdout)
    assert (said.code, answer["queries"], answer["bottleneck"]) == (0, 24, "generation")
    stages = {stage["stage"]: stage["calls"] for stage in answer["stages"]}
    assert (stages["retrieval"], stages["embedding"], stages["generation"]) == (24, 24, 24)
    text = (SAMPLE_LOGS / "rag" / "traces.otlp.jsonl").read_text()
    assert "fox" not in text, "recorded with its texts hidden"


def test_the_sample_recorded_again_as_a_run_gives_the_same_answer(tmp_path: Path) -> None:
    sample = SAMPLE_LOGS / "rag" / "traces.otlp.jsonl"
    first = run(f"llmaudit bottleneck --traces {sample} --record run.json --format json", tmp_path)
    jsonschema.validate(json.loads(first.stdout), json.loads(schemas.text("bottleneck")))
    jsonschema.validate(json.loads((tmp_path / "run.json").read_text()), json.loads(schemas.text("run")))
    again = run("llmaudit bottleneck --run run.json --format json", tmp_path)
    assert json.loads(again.stdout) == json.loads(first.stdout)


def only(file: Path) -> QueryRun:
    (query,) = read(file).queries
    return query


def test_times_outcome_and_tokens(file: Path) -> None:
    model = span("b", 40, 90, "a", **kind("LLM"))
    model["attributes"] += [
        {"key": "llm.token_count.prompt", "value": {"intValue": "12"}},
        {"key": "llm.token_count.completion", "value": {"intValue": 34}},
    ]
    file.write_text(line(span("a", 0, 100, **kind("CHAIN")), model))
    query = only(file)
    assert (query.query_id, query.outcome, query.latency_ns) == ("t1", Outcome.OK, 100 * MS)
    (generation,) = query.spans
    assert (generation.start_ns - query.start_ns, generation.duration_ns) == (40 * MS, 50 * MS)
    assert (generation.attributes[names.INPUT_TOKENS], generation.attributes[names.OUTPUT_TOKENS]) == (12, 34)


def test_a_failed_trace_is_an_error_by_its_class(file: Path) -> None:
    failed = span("a", 0, 100, **kind("LLM"))
    failed["status"] = {"code": "STATUS_CODE_ERROR", "message": "key sk-proj-abc refused"}
    failed["events"] = [
        {"name": "exception", "attributes": [{"key": "exception.type", "value": {"stringValue": "openai.AuthError"}}]}
    ]
    file.write_text(line(failed))
    assert (only(file).outcome, only(file).error_type) == (Outcome.ERROR, "AuthError")


def test_one_document_over_many_lines_old_names_and_other_ids(file: Path) -> None:
    made = span(base64.b64encode(b"12345678").decode(), 0, 100, **kind("LLM"))
    document = {
        "resourceSpans": [
            {"instrumentationLibrarySpans": [{"instrumentationLibrary": {"name": "old"}, "spans": [made]}]}
        ]
    }
    file.write_text(json.dumps(document, indent=2))
    assert [each.stage for each in only(file).spans] == ["generation"]


def test_what_is_left_out_is_counted(file: Path) -> None:
    """A health check, a span twice, one without an end, and a line of metrics."""
    file.write_text(
        "\n".join(
            [
                line(span("a", 0, 100, **kind("LLM")), span("b", 10, None, "a", **kind("RETRIEVER"))),
                line(span("a", 0, 100, **kind("LLM"))),
                json.dumps({"resourceMetrics": []}),
                "",
                line(span("c", 0, 5, trace="t2", http__method="GET", http__url="http://x/health")),
            ]
        )
    )
    run = read(file)
    assert len(run.queries) == 1
    counted = (names.SPANS_READ, names.OTHER_TRACES, names.REPEATED_SPANS, names.UNFINISHED_SPANS)
    assert [run.facts[name] for name in counted] == [4, 1, 1, 1]


def test_the_trace_of_a_client_goes_to_the_work_it_was_part_of(file: Path) -> None:
    """Two questions at once; the client's two traces begin while both are asked, each inside one of the calls."""
    file.write_text(
        "\n".join(
            [
                line(span("a", 0, 100, trace="t1", **kind("CHAIN")), span("b", 10, 90, "a", trace="t1", **kind("LLM"))),
                line(
                    span("c", 5, 120, trace="t2", **kind("CHAIN")), span("d", 20, 110, "c", trace="t2", **kind("LLM"))
                ),
                line(span("e", 11, 89, trace="t3", **kind("LLM")), scope="client"),
                line(span("f", 21, 109, trace="t4", **kind("LLM")), scope="client"),
                line(span("g", 130, 150, trace="t5", **kind("LLM")), scope="client"),
            ]
        )
    )
    run = read(file)
    assert [(query.query_id, len(query.spans)) for query in run.queries] == [("t1", 1), ("t2", 1), ("t5", 1)]
    assert run.facts[names.JOINED_TRACES] == 2


@pytest.mark.parametrize(
    ("text", "kind_of", "says"),
    [
        ("", NothingMeasured, "none of its 0 spans"),
        (line(span("a", 0, 1)), NothingMeasured, "none of its 1 spans"),
        (line(span("a", 0, 1)) + "\n{broken\n", ReadError, "traces.jsonl:2: not JSON at character 2"),
        ('{"resourceSpans": []}\n\n[1]\n', ReadError, "traces.jsonl:3: is not OTLP"),
        ('{"query": "why?"}\n', ReadError, "traces.jsonl:1: is not OTLP"),
        (line({"spanId": "a"}), ReadError, "traces.jsonl:1: a span in it is not as OTLP has it (KeyError('traceId'))"),
    ],
)
def test_what_cannot_be_read_says_where(text: str, kind_of: type[LlmauditError], says: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(kind_of) as caught:
        read(file)
    assert says in str(caught.value)


def test_from_the_command_line_it_is_exit_2(file: Path) -> None:
    file.write_text("{broken\n")
    said = run(f"llmaudit bottleneck --traces {file}", file.parent)
    assert (said.code, said.stdout) == (2, "")
    assert "traces.jsonl:1: not JSON" in said.stderr
