"""The relations that the engine binds for a lever, made of a few plain rows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from llmaudit.levers.lever import Lever, Outcome
from llmaudit.model import COLUMNS
from llmaudit.store import Store

Row = Mapping[str, Any]
_TYPES = {column.name: column.type for column in COLUMNS} | {
    **{"call_id": "bigint", "started_at_us": "bigint"},
    "call_name": "varchar",
    "fits": "boolean",
}


def bind_input(store: Store, rows: Sequence[Row], chosen: Collection[int] | None = None) -> None:
    """Make `lever_input` of the rows (call_id 1, 2, … where it is not said); the step is about the chosen ids."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _TYPES.items())
    store.run(f"create or replace temp table lever_input ({columns})")
    numbered = [{"call_id": number, **row} for number, row in enumerate(rows, start=1)]
    numbered = [
        {"call_name": str(row["call_id"]), "fits": chosen is None or row["call_id"] in chosen, **row}
        for row in numbered
    ]
    names = sorted({name for row in numbered for name in row})
    if numbered:
        given = {name: [row.get(name) for row in numbered] for name in names}
        lists = ", ".join(f"unnest(cast(${name} as {_TYPES[name]}[])) as {name}" for name in names)
        store.run(f"insert into lever_input by name select {lists}", given)
    store.run("drop table if exists temp.lever_extras")


def changes_of(
    store: Store, lever: Lever[Any], settings: Mapping[str, Any]
) -> tuple[dict[int, dict[str, Any]], Outcome]:
    """What the lever changes, by call, without what it leaves as it was (basis included), and what it says.

    Fails where a call changes twice, or the columns are not those the lever declares.
    """
    outcome = lever.apply(store, lever.settings.model_validate(settings))
    rows = store.records("select * from lever_changes order by call_id")
    by_call: dict[int, dict[str, Any]] = {
        row["call_id"]: {k: v for k, v in row.items() if k != "call_id" and v is not None} for row in rows
    }
    assert len(by_call) == len(rows)
    columns = {row[0] for row in store.rows("describe lever_changes")}
    assert columns == {"call_id", "basis", *lever.changes}
    return by_call, outcome
