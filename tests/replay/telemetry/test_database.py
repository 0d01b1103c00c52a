"""psycopg, instrumented by OpenTelemetry, at a PostgreSQL with pgvector: a search is one, other statements are not."""

from collections import Counter
from typing import Any

import psycopg
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor

from tests.replay.telemetry.conftest import asked, listening
from tests.replay.telemetry.test_capture import tree
from tests.services.postgres import make_chunks


def test_a_search_in_pgvector_is_a_retrieval(postgres: psycopg.Connection[Any], dsn: str) -> None:
    make_chunks(postgres, "heard", 40, 3)

    def answer(question: str) -> None:
        with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
            cursor.execute("select count(*) from heard where tenant = %s", (1,))
            cursor.execute("select id from heard order by embedding <=> %s limit 5", ("[1,2,3]",))

    with listening(PsycopgInstrumentor) as heard:
        run = asked(answer, ["why?"])
    assert tree(run.queries[0]) == Counter({("database", None): 1, ("retrieval", None): 1})
    retrieval = next(span for span in run.queries[0].spans if span.stage == "retrieval")
    assert retrieval.attributes["db.system.name"] == "postgresql"
    assert heard.tellers == {"opentelemetry.instrumentation.psycopg"}
