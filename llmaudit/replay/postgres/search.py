"""The nearest-neighbour query of a pipeline, as it is sent.

Sources: pgvector 0.8 README, "Querying", "HNSW" and "IVFFlat" (docs.pgedge.com/pgvector/v0-8-0/hnsw/), read 2026-11-27.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg.sql import SQL, Composed


class Distance(StrEnum):
    """How far two vectors are apart."""

    COSINE = "cosine"
    L2 = "l2"
    INNER_PRODUCT = "inner_product"
    L1 = "l1"

    @property
    def operator(self) -> str:
        """What a query orders by."""
        return {"cosine": "<=>", "l2": "<->", "inner_product": "<#>", "l1": "<+>"}[self]

    def operator_class(self, vector_type: str) -> str:
        """What an index has to be made with so that it can serve this distance."""
        ending = "ip" if self is Distance.INNER_PRODUCT else str(self)
        return f"{vector_type}_{ending}_ops"


@dataclass(frozen=True, slots=True)
class VectorSearch:
    """`k` rows of a table, nearest first.

    `where` is a condition in SQL, as the application sends it. `vector_type` is the type of the column (vector,
    halfvec), to which the query's vector is cast, else no index would be asked.
    """

    table: str
    key: str
    embedding: str
    distance: Distance
    k: int
    content: str | None = None
    where: str | None = None
    vector_type: str = "vector"

    def statement(self) -> "Composed":
        """The query; its one parameter is `embedding`, a vector as text."""
        from psycopg import sql

        columns = [self.key] if self.content is None else [self.key, self.content]
        return sql.SQL("select {} from {}{} order by {} {} %(embedding)s::{} limit {}").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            self.relation,
            self._condition,
            sql.Identifier(self.embedding),
            sql.SQL(self.distance.operator),
            sql.SQL(self.vector_type),
            sql.Literal(self.k),
        )

    def rows(self, *, matching: bool) -> "Composed":
        """The rows of the table, or only those that pass the condition, in no order and without a limit."""
        from psycopg import sql

        return sql.SQL("select from {}{}").format(self.relation, self._condition if matching else sql.SQL(""))

    @property
    def _condition(self) -> "SQL":
        from psycopg import sql

        # A percent sign would be read as the start of a parameter.
        return sql.SQL(f" where ({self.where.replace('%', '%%')})" if self.where else "")

    @property
    def relation(self) -> "Composed":
        """The table's name, quoted; `schema.table` is two names."""
        from psycopg import sql

        return sql.SQL(".").join(map(sql.Identifier, self.table.split(".")))


def as_text(vector: Sequence[float]) -> str:
    """A vector as pgvector reads it."""
    return f"[{','.join(map(repr, map(float, vector)))}]"
