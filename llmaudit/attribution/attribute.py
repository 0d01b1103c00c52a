"""Rules as one select over calls, and the whole store attributed anew when they have changed."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from llmaudit.attribution import users
from llmaudit.attribution.conditions import ATTRIBUTES, holds, is_keyed, path_holds, subjects
from llmaudit.attribution.patterns import effort, literal
from llmaudit.store import Store

if TYPE_CHECKING:
    from llmaudit.attribution.rules import AttributionRules, Rule

# Raised by hand when the same rules come to mean something else.
_COMPILER = b"1"
_NO_RULES = '{"rules":[]}'


def attributed(store: Store, relation: str, rules: "AttributionRules | None") -> str:
    """A select of the rows of `relation` (all columns of it), with feature, tier and environment as the rules say.

    `relation` is a name or a select in brackets. Rules on `path` read `source_names` (source_id, name), which the
    caller binds, one row per source. Raises ConfigError when the list of users is not right.
    """
    query = _Query(store.key)
    decided = {attribute: query.decision(attribute, rules) for attribute in ATTRIBUTES}
    joins = ""
    if query.paths:
        flags = ", ".join(f"({condition}) as {name}" for condition, name in query.paths.items())
        joins += f"""
            left join (
                select source_id, {flags}
                from (select source_id, '/' || translate(name, '\\!', '//') as path from source_names) as named
            ) as attribution_paths using (source_id)"""
    if rules is not None and rules.users is not None:
        _bind_users(store, rules.users)
        # What the store keeps plain is hashed to be compared; the list of users is never there in plain.
        store.run("set variable store_key = $key", {"key": store.key})
        hashed = "left(sha256(getvariable('store_key') || user_id), 16)"
        joins += f"""
            left join (select user_hash, tier as attribution_tier from attribution_users) as attribution_tiers
                on user_hash = case when {is_keyed("user_id")} then user_id else {hashed} end"""
        decided["tier"] = f"coalesce({decided['tier']}, attribution_tier)"
    inputs = "".join(f", {expression} as {name}" for expression, name in query.inputs.items())
    helpers = [*query.inputs.values(), *query.paths.values()]
    helpers += ["user_hash", "attribution_tier"] if rules is not None and rules.users is not None else []
    replaced = ", ".join(f"{decision} as {attribute}" for attribute, decision in decided.items())
    return f"""
        select * exclude ({", ".join(helpers)}) replace ({replaced})
        from (select *{inputs} from {relation} as attribution_calls {joins}) as attribution_inputs"""


def reattribute_if_changed(store: Store, rules: "AttributionRules | None") -> int:
    """Attribute every call again if the rules or the list of users have changed; returns how many are another's now."""
    now = fingerprint(rules)
    if store.meta("attribution") == now:
        return 0
    before = ", ".join(f"{attribute} as old_{attribute}" for attribute in ATTRIBUTES)
    changed = " or ".join(f"{attribute} is distinct from old_{attribute}" for attribute in ATTRIBUTES)
    with store.transaction():
        store.bind("source_names", "select source_id, name from sources")
        every = attributed(store, f"(select *, rowid as place, {before} from calls)", rules)
        store.run(f"""
            create or replace temp table reattributed as
            select place, {", ".join(ATTRIBUTES)} from ({every}) as renewed where {changed}""")
        moved = int(store.value("select count(*) from reattributed"))
        store.run(f"""
            update calls set {", ".join(f"{attribute} = reattributed.{attribute}" for attribute in ATTRIBUTES)}
            from reattributed where calls.rowid = reattributed.place""")
        store.run("drop table temp.reattributed")
        store.run("drop table if exists temp.attribution_users")
        store.set_meta({"attribution": now})
    return moved


def is_current(store: Store, rules: "AttributionRules | None") -> bool:
    """Whether the store's calls are attributed as these rules and this list of users say."""
    return store.meta("attribution") == fingerprint(rules)


def excluded_files(rules: "AttributionRules | None") -> frozenset[Path]:
    """The files that belong to the rules and are no logs, as resolved paths."""
    return frozenset() if rules is None or rules.users is None else frozenset({rules.users.resolve()})


class _Query:
    """What the rules read, each once per row: expressions over a call, and conditions on the path of its source."""

    def __init__(self, store_key: str) -> None:
        self._store_key = store_key
        self.inputs: dict[str, str] = {}
        self.paths: dict[str, str] = {}

    def decision(self, attribute: str, rules: "AttributionRules | None") -> str:
        """SQL for the attribute: the first rule that sets it and holds, else the log's own word."""
        own_word = f"nullif({self._input(f'tags[{literal(attribute)}]')}, '')"
        arms = [
            f"when {self._condition(rule)} then {literal(value)}"
            for rule in (rules.rules if rules else ())
            if (value := getattr(rule.set, attribute)) is not None
        ]
        return f"case {' '.join(arms)} else {own_word} end" if arms else own_word

    def _condition(self, rule: "Rule") -> str:
        cheap_first = sorted(rule.when.items(), key=lambda item: 0 if item[0] == "path" else max(map(effort, item[1])))
        return " and ".join(self._holds(key, patterns) for key, patterns in cheap_first) or "true"

    def _holds(self, key: str, patterns: tuple[str, ...]) -> str:
        if key == "path":
            return self.paths.setdefault(path_holds(patterns), f"attribution_path_{len(self.paths)}")
        parts = [holds(key, self._input(subject), patterns, self._store_key) for subject in subjects(key)]
        return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"

    def _input(self, expression: str) -> str:
        return self.inputs.setdefault(expression, f"attribution_input_{len(self.inputs)}")


def _bind_users(store: Store, path: Path) -> None:
    tiers = users.tiers(path, store.key)
    store.run(
        "create or replace temp table attribution_users as "
        "select unnest(cast($hashes as varchar[])) as user_hash, unnest(cast($tiers as varchar[])) as tier",
        {"hashes": list(tiers), "tiers": list(tiers.values())},
    )


def fingerprint(rules: "AttributionRules | None") -> str:
    """What tells these rules and this list of users from others."""
    digest = hashlib.sha256(_COMPILER)
    said = rules.model_dump_json(include={"rules"}) if rules else _NO_RULES
    digest.update(hashlib.sha256(said.encode()).digest())
    if rules is not None and rules.users is not None:
        digest.update(hashlib.sha256(users.content(rules.users)).digest())
    return digest.hexdigest()
