"""Any table whose columns have our names: CSV, JSON lines, Parquet.

It is the table of calls as a file: any subset of the columns of `calls` that come from a log, and `response_id`,
`api_key`, `api_key_alias`. Times without a zone are UTC; numbers are seconds, milliseconds or microseconds since 1970.
`tags` is an object, `context_document_tokens` a list (`context_documents` and `context_tokens` follow from it where
they are not there), or text with JSON in it.
"""

from llmaudit.model import COLUMNS
from llmaudit.readers.shape import ANY, JSON, NUMBER, TEXT, Reader, Shape
from llmaudit.store import load_sql

_SHAPES: dict[str, Shape] = {
    "bigint": NUMBER,
    "integer": NUMBER,
    "timestamp": TEXT,
    "map(varchar, varchar)": JSON,
    "bigint[]": ["bigint"],
}

COLUMN_SHAPES: dict[str, Shape] = {
    "response_id": TEXT,
    "api_key": TEXT,
    "api_key_alias": TEXT,
    **{column.name: _SHAPES.get(column.type, column.type) for column in COLUMNS if column.given_by == "log"},
    "request_hash": TEXT,
    "context_document_tokens": TEXT,
}
"""What the format may say, and how it is read. A hash may be a number of 64 bits or any text that names equal requests.
The text of a list is the same in every kind of file, and the query names one that holds no counts."""

SELECT = load_sql(__package__, "generic")
"""The calls in `named`: the columns above, and `misread`, which says why a value is none."""

READER = Reader(
    name="generic",
    provider_name=None,
    recognised_by=tuple(
        {model: ANY, amount: ANY}
        for model in ("request_model", "response_model")
        for amount in ("input_tokens", "output_tokens", "reported_cost")
    ),
    columns=COLUMN_SHAPES,
    query=f"with named as (select *, cast(null as varchar) as misread from records)\n{SELECT}",
    documentation="",
    tabular=True,
)
