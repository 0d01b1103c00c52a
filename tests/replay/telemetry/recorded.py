"""OTLP as JSON lines, written the way a collector's file exporter does; and the recording in `sample_logs/rag/`.

`python -m tests.replay.telemetry.recorded FILE` makes that recording again: a real LangChain application, instrumented
by OpenInference with its texts hidden, asking a server whose model is slow to its first token.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider


class Recording(SpanProcessor):
    """Every span that ends, as a line of OTLP."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def on_end(self, span: ReadableSpan) -> None:
        scope = {"name": span.instrumentation_scope.name if span.instrumentation_scope else ""}
        self.lines.append(json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": scope, "spans": [otlp(span)]}]}]}))


def otlp(span: ReadableSpan) -> dict[str, Any]:
    """One span in the JSON encoding of OTLP."""
    return {
        "traceId": f"{span.context.trace_id:032x}",
        "spanId": f"{span.context.span_id:016x}",
        **({"parentSpanId": f"{span.parent.span_id:016x}"} if span.parent else {}),
        "name": span.name,
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes or {}),
        "events": [{"name": each.name, "attributes": _attributes(each.attributes or {})} for each in span.events],
        "status": {"code": span.status.status_code.value},
    }


def _attributes(attributes: Any) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"arrayValue": {"values": [_value(each) for each in value]}}


@contextmanager
def recording(*instrumentors: Any) -> Iterator[Recording]:
    """Takes down the spans of these instrumentations, on a provider of their own."""
    provider, taken = TracerProvider(), Recording()
    provider.add_span_processor(taken)
    for instrumentor in instrumentors:
        instrumentor().instrument(tracer_provider=provider)
    try:
        yield taken
    finally:
        for instrumentor in instrumentors:
            instrumentor().uninstrument()


def of_questions(function: Callable[[str], Any], questions: Sequence[str], *instrumentors: Any) -> list[str]:
    """The lines that these questions make, one after the other."""
    with recording(*instrumentors) as taken:
        for question in questions:
            for _ in function(question):
                pass
    return taken.lines


def main(path: Path) -> None:
    """Makes the sample again."""
    import os

    for kind in ("INPUTS", "OUTPUTS", "INPUT_MESSAGES", "OUTPUT_MESSAGES", "LLM_INVOCATION_PARAMETERS", "PROMPTS"):
        os.environ[f"OPENINFERENCE_HIDE_{kind}"] = "true"
    from openinference.instrumentation.langchain import LangChainInstrumentor
    from openinference.instrumentation.openai import OpenAIInstrumentor

    from tests.replay.telemetry import rag_apps
    from tests.services.openai_server import serving

    with serving() as server:
        server.behaviour.first_token_seconds, server.behaviour.embedding_seconds = 0.35, 0.04
        server.behaviour.seconds_per_output_token = 0.01
        server.behaviour.slow_every, server.behaviour.slow_seconds = 12, 0.6
        application = rag_apps.streamed(server)
        questions = [f"Where is fox number {number}?" for number in range(24)]
        lines = of_questions(application, questions, LangChainInstrumentor, OpenAIInstrumentor)
        path.write_text("".join(f"{_without_texts(line)}\n" for line in lines))


def _without_texts(line: str) -> str:
    """The line without what the settings above do not hide: documents, embedded texts, vectors, metadata."""
    document = json.loads(line)
    (span,) = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    texts = ("content", "text", "vector", "metadata", "value", "mime_type", "variables", "template", "parameters")
    span["attributes"] = [each for each in span["attributes"] if not each["key"].endswith(texts)]
    return json.dumps(document, separators=(",", ":"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
