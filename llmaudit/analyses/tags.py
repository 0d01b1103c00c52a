"""Which tags the calls of a store have: a misspelt one would group every call under nothing."""

from collections.abc import Collection, Sequence

from llmaudit.analyses.dimensions import TAG, Dimension
from llmaudit.errors import ConfigError
from llmaudit.store import Store
from llmaudit.words import nearest

_SHOWN = 10


def refuse_unknown_tags(store: Store, by: Sequence[Dimension], keys: Collection[Sequence[object]]) -> None:
    """Raises ConfigError naming the nearest tag where calls are grouped by one that no call of the store has.

    Tags are looked for only where none of the groups' keys has one: that reads every call once more.
    """
    for place, dimension in enumerate(by):
        if not dimension.name.startswith(TAG) or any(key[place] is not None for key in keys):
            continue
        if store.value(f"select count(*) from calls where {dimension.sql} is not null"):
            continue
        rows = store.rows("select distinct unnest(map_keys(tags)) as name from calls order by name")
        raise _unknown(dimension.name.removeprefix(TAG), [name for (name,) in rows])


def _unknown(wanted: str, tags: Sequence[str]) -> ConfigError:
    near = nearest(wanted, tags)
    more = f" and {len(tags) - _SHOWN:,} more" if len(tags) > _SHOWN else ""
    known = f"there are {', '.join(tags[:_SHOWN])}{more}" if tags else "no call has any tag"
    return ConfigError(f"--by: no call has the tag {wanted}", hint=f"did you mean {TAG}{near}?" if near else known)
