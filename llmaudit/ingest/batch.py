"""Sources that one statement reads, and the select that reads them."""

from dataclasses import dataclass

from llmaudit.ingest.recognise import Layout, Recognised
from llmaudit.readers.shape import Reader, duckdb_type, objects, quoted, unread_type
from llmaudit.sources import Compression, last_byte

_ONE_BUFFER = 16 << 20
"""DuckDB reads JSON in buffers of 32 MiB: a file below that is read by one thread, in order."""

_NO_OBJECTS = "['ARRAY', 'VARCHAR', 'BOOLEAN', 'BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE']"
"""What `json_type` says of all else, but for null (duckdb.org/docs/stable/data/json/json_functions, 2026-11-27)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Sources that one statement reads, alike in reader, layout, packing, fields and end; numbered from `first_id`."""

    items: tuple[Recognised, ...]
    first_id: int

    @property
    def last_id(self) -> int:
        """The number of the last source."""
        return self.first_id + len(self.items) - 1

    @property
    def size_bytes(self) -> int:
        """How large the sources are, as packed as they lie there."""
        return sum(item.source.size_bytes for item in self.items)

    @property
    def is_of_small_files(self) -> bool:
        """Whether every file is read by one thread, so that its records stay in order whatever the files' order."""
        return self.items[0].layout is Layout.LINES and all(
            item.source.compression is Compression.NONE and item.source.size_bytes < _ONE_BUFFER for item in self.items
        )

    @property
    def is_for_one_thread(self) -> bool:
        """Whether a last line that cannot be read would be lost among several threads.

        DuckDB 2.0.0 keeps silent about such a line, in up to half of all scans, if it lacks its newline and the file is
        not the last of several; never with one thread.
        """
        return len(self.items) > 1 and may_end_mid_line(self.items[0])

    def without(self, place: int) -> tuple["Batch", ...]:
        """The batch cut around the item at that place: what is before it, the item alone, what is after it."""
        cuts = (slice(None, place), slice(place, place + 1), slice(place + 1, None))
        return tuple(Batch(self.items[cut], self.first_id + (cut.start or 0)) for cut in cuts if self.items[cut])

    def alone(self) -> tuple["Batch", ...]:
        """Every item as a batch of its own."""
        return tuple(Batch((item,), self.first_id + place) for place, item in enumerate(self.items))

    def suspect(self, complaint: str) -> int:
        """The place of the item that DuckDB complains about, by the path in its message, or the middle one."""
        named = (place for place, item in enumerate(self.items) if str(item.source.local) in complaint)
        return next(named, len(self.items) // 2)


def may_end_mid_line(item: Recognised) -> bool:
    """Whether the last line may lack its newline, as in a file cut short. Packed files are not unpacked to know."""
    if item.layout is not Layout.LINES:
        return False
    if item.source.compression is not Compression.NONE:
        return True
    return last_byte(item.source.local) != b"\n"


def records(batch: Batch) -> str:
    """A select of the reader's columns from the files, with file_index, the place of the file in the batch, and whether
    the record was passed over without a look at its fields."""
    one = batch.items[0]
    files = "[" + ", ".join(literal(str(item.source.local)) for item in batch.items) + "]"
    # Said in full: left out, DuckDB would go by the name.
    packed = f", compression = '{one.source.compression}'"
    columns = one.reader.columns
    if one.reader.call_lines_hold and one.layout is Layout.LINES:
        return _likely_calls(
            one.reader, f"read_json_objects({files}, format = '{one.layout}', hive_partitioning = false{packed})"
        )
    if one.layout is Layout.PARQUET:
        source = f"read_parquet({files}, union_by_name = true, hive_partitioning = false)"
    elif one.layout is Layout.CSV:
        fields = _columns(dict.fromkeys(one.fields, "varchar"))
        source = (
            f"read_csv({files}, header = true, all_varchar = true, delim = {literal(one.delimiter)}, quote = '\"', "
            f"escape = '\"', nullstr = '', auto_detect = false, "
            f"hive_partitioning = false, columns = {fields}{packed})"
        )
    else:
        source = (
            f"read_json({files}, format = '{one.layout}', records = 'true', hive_partitioning = false, "
            f"columns = {_columns({name: duckdb_type(shape) for name, shape in columns.items()})}{packed})"
        )
        return f"select *, file_index, false as passed_over from {source}"
    taken = [
        f"cast({quoted(name)} as {duckdb_type(shape)}) as {quoted(name)}"
        if name in one.fields
        else f"cast(null as {duckdb_type(shape)}) as {quoted(name)}"
        for name, shape in columns.items()
    ]
    return f"select {', '.join(taken)}, file_index, false as passed_over from {source}"


def _likely_calls(reader: Reader, lines: str) -> str:
    """A select of the reader's columns from lines of which only those that may be calls are taken apart.

    Every line is checked to be JSON all the same. Taking apart costs four times as much as that, and `from_json` keeps
    silent about what does not fit: values are read as texts and cast, and what comes out as an object without a value
    is asked whether it is one.
    """
    # One text after the other: `or` would look for all of them in every line.
    held = " ".join(f"when contains(line, {literal(text)}) then true" for text in reader.call_lines_hold)
    values = objects(reader.columns)
    empty = " or ".join(
        f"({' and '.join([f'unread{path} is not null', *(f'unread{field} is null' for field in fields)])})"
        for path, fields in values.items()
    )
    asked = ", ".join(literal(f"${path}") for path in values)
    taken_apart = f"from_json(case when may_be_call then json end, {literal(unread_type(reader.columns))})"
    fields = ", ".join(f"fields.{quoted(name)}" for name in reader.columns)
    return f"""
        select {fields}, file_index, passed_over
        from (
            select
                cast(unread as {duckdb_type(reader.columns)}) as fields, file_index, not may_be_call as passed_over
            from (
                select *, {taken_apart} as unread
                from (
                    select json, cast(json as varchar) as line, file_index, case {held} else false end as may_be_call
                    from {lines}
                )
            )
            where case
                when not may_be_call
                    then case when starts_with(line, '{{') or line = 'null' then true else error('not an object') end
                when {empty}
                    then case when list_has_any(json_type(json, [{asked}]), {_NO_OBJECTS})
                              then error('not an object') else true end
                else true end
        )"""


def _columns(types: dict[str, str]) -> str:
    return "{" + ", ".join(f"{quoted(name)}: {literal(kind)}" for name, kind in types.items()) + "}"


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
