"""How PostgreSQL means to answer a search: `EXPLAIN`, which plans and does not run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composed


@dataclass(frozen=True, slots=True)
class Plan:
    """The scan at the bottom of a plan.

    `scan` is the node's name ("Seq Scan", "Index Scan", …), `index` what it reads, `workers` the processes that share
    the work, beside the first. `sorted`: every row that passes is given a distance and sorted, which is what a vector
    index is there to spare.
    """

    scan: str
    index: str | None
    workers: int
    sorted: bool


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a query, as the server saw it. Pages are of its cache (`hit`) or had to be fetched (`read`)."""

    planning_seconds: float
    execution_seconds: float
    pages_hit: int
    pages_read: int


def explain(connection: "Connection[Any]", query: "Composed", parameters: Mapping[str, str | None]) -> Plan:
    """How a query would be answered; it is not run."""
    root = _root(connection, query, parameters)
    nodes = list(_nodes(root))
    scans = [node for node in nodes if node["Node Type"].endswith("Scan") and "Relation Name" in node]
    # A partitioned table is one scan per partition: the largest stands for them.
    scan = max(scans, key=lambda node: int(node["Plan Rows"]))
    return Plan(
        scan=scan["Node Type"],
        index=next((node["Index Name"] for node in _nodes(scan) if "Index Name" in node), None),
        workers=max(node.get("Workers Planned", 0) for node in nodes),
        sorted=any(node["Node Type"] in ("Sort", "Incremental Sort") for node in nodes),
    )


def expected_rows(connection: "Connection[Any]", query: "Composed") -> int:
    """How many rows the planner expects of a query, from its statistics; nothing is read."""
    with connection.transaction(force_rollback=True):
        # Under a parallel plan the number would be that of one process.
        connection.execute("set local max_parallel_workers_per_gather = 0")
        return int(_root(connection, query, {})["Plan Rows"])


def executed(connection: "Connection[Any]", query: "Composed", parameters: Mapping[str, str]) -> Execution:
    """The query run by `EXPLAIN ANALYZE`; its rows stay where they are."""
    from psycopg import sql

    row = connection.execute(sql.SQL("explain (analyze, buffers, format json) ") + query, parameters).fetchone()
    assert row is not None
    said = row[0][0]
    return Execution(
        planning_seconds=said["Planning Time"] / 1e3,
        execution_seconds=said["Execution Time"] / 1e3,
        pages_hit=said["Plan"]["Shared Hit Blocks"],
        pages_read=said["Plan"]["Shared Read Blocks"],
    )


def _root(connection: "Connection[Any]", query: "Composed", parameters: Mapping[str, str | None]) -> dict[str, Any]:
    from psycopg import sql

    row = connection.execute(sql.SQL("explain (format json) ") + query, parameters).fetchone()
    assert row is not None
    root: dict[str, Any] = row[0][0]["Plan"]
    return root


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
