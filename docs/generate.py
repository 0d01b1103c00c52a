"""Write what the code itself knows into README.md and docs/*.md, between `<!-- generated: NAME -->` and its end.

    python docs/generate.py

Tests hold that every table is as this script would write it.
"""

import json
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from llmaudit import complexity as complexity_rules
from llmaudit import plan, schemas
from llmaudit.analyses.dimensions import DIMENSIONS
from llmaudit.attribution.conditions import NAMES
from llmaudit.attribution.rules import Assignment, AttributionRules, Rule
from llmaudit.checks.section import CheckSection, Limit
from llmaudit.config.duration import text as duration
from llmaudit.levers.cache_rules import RULES, rule_of
from llmaudit.levers.registry import all_levers
from llmaudit.model import COLUMNS
from llmaudit.prices.overrides import PriceRule
from llmaudit.readers import Reader, all_readers
from llmaudit.readers.mapping.section import Constant, Expression, MapSection
from llmaudit.readers.shape import ABSENT, ANY
from llmaudit.replay.findings import all_probes
from llmaudit.replay.pipeline import retrieve_pgvector
from llmaudit.replay.pipeline.registry import all_parts
from llmaudit.settings.file import Privacy, SettingsFile

CHECKOUT = Path(__file__).resolve().parents[1]
_SECTION = re.compile(r"(<!-- generated: (?P<name>[\w.-]+) -->\n).*?(<!-- end of generated -->)", re.S)
_KEYS: Mapping[str, tuple[type[BaseModel], Mapping[str, str]]] = {
    "settings": (
        SettingsFile,
        {
            "prices": "what you really pay: discounts, own prices, names of deployments",
            "attribution": "whose calls they are: rules, and the users' plans",
            "complexity": "words and their conditions (as of `--where`), in place of the rules for this column",
            "map": "logs that no reader knows, one entry per format",
            "privacy": "what the store may keep",
            "check": "limits of `llmaudit check`, see [ci.md](ci.md)",
        },
    ),
    "price-rule": (
        PriceRule,
        {
            "model": "a glob over the model's name; in a mapping it is the key",
            "provider": "only for calls to this provider",
            "service_tier": "only this tier; without it prices are for `standard`, a multiplier is for every tier",
            "since": "from this UTC day on",
            "until": "up to this UTC day, not included",
            "alias": "priced as this model of the price book",
            "multiplier": "times every list price, such as 0.85",
            "round": "let a multiplier be rounded to the trillionth of a dollar per token",
            "input": "uncached input, USD per million tokens",
            "cache_read": "input read from the prompt cache, USD per million tokens",
            "cache_write": "input written to it, USD per million tokens",
            "cache_write_1h": "input written to it for an hour, USD per million tokens",
            "output": "output, USD per million tokens",
            "per_call": "USD per request",
        },
    ),
    "attribution": (
        AttributionRules,
        {
            "rules": "asked from the top, for feature, tier and environment each by itself",
            "users": "a CSV file with the columns `user_id` and `tier`, relative to llmaudit.yaml",
        },
    ),
    "attribution-rule": (
        Rule,
        {
            "when": "every condition has to hold; of a list, one has to fit; `{}` always holds",
            "set": "what the call then belongs to",
        },
    ),
    "assignment": (
        Assignment,
        {"feature": "the product feature", "tier": "the customer's plan", "environment": "production, staging, …"},
    ),
    "map": (
        MapSection,
        {
            "when": "fields that a record of this log has: dotted paths, or columns of a table",
            "columns": "column of `calls`: where its value comes from",
        },
    ),
    "retrieve-pgvector": (
        retrieve_pgvector.Settings,
        {
            "dsn": "where the database is: `env:NAME`, or an address without a password",
            "table": "the table that is searched; a schema goes in front, as in `rag.chunks`",
            "key": "its column that names a document",
            "content": "its column with the text that is given to the model",
            "embedding": "its vector column, of type `vector` or `halfvec`",
            "distance": "as it orders: `cosine` (`<=>`), `l2` (`<->`), `inner_product` (`<#>`), `l1` (`<+>`)",
            "top_k": "how many rows",
            "where": "a condition in SQL, as the application sends it",
            "settings": "set on every connection, such as `hnsw.ef_search: 100`",
            "pool_size": "connections, all opened before the first query",
            "analyze": "run one search by `EXPLAIN ANALYZE`, which is otherwise never done",
        },
    ),
    "map-constant": (Constant, {"value": "the same for every record"}),
    "map-expression": (Expression, {"sql": "calculated from the record's own fields"}),
    "check": (
        CheckSection,
        {
            "limits": "what calls are held to, see [ci.md](ci.md#limits)",
            "false_alarm_rate": "how many checks of an unchanged application may fail",
            "min_calls": "how many calls a comparison needs on each side",
        },
    ),
    "limit": (
        Limit,
        {
            "metric": "what is measured, see below",
            "by": "`all` calls together, or each `feature`, `model`, or `feature,model` by itself",
            "feature": "only features that fit this pattern (`*`, `?`)",
            "model": "only models that fit this pattern",
            "max_increase": "how far it may rise above the baseline: `10%`, or an amount",
            "max": "how high it may be, whatever it was",
            "max_new": "the same, for what the baseline does not know",
            "min_effect": "a smaller change breaks nothing, however sure it is",
            "min_calls": "in place of the section's own",
        },
    ),
    "privacy": (Privacy, {"user_ids": "`hashed`: as keyed hashes; `plain`: as the log has them"}),
}


_WHEN = "a condition over the [columns of `calls`](method.md#the-columns-of-calls)"
_PLAN_KEYS: Mapping[str, Mapping[str, str]] = {
    "route": {
        "when": _WHEN,
        "from": "models or globs: names of the log, of the price book, or `provider/model`",
        "to": "the model that is to answer",
        "provider": "who sells it, where several do",
        "share": "the part of the calls that moves, picked by a hash: the same calls every time",
        "router": "what decides for each call, and its own cost",
        "quality": "the score that must not fall",
    },
    "route.Router": {
        "model": "the model that decides",
        "provider": "who sells it",
        "tokens_per_call": "tokens that it reads per call; without it, those of the user's message",
    },
    "route.Quality": {"score": "the score's name", "max_drop": "by how much its mean may fall"},
    "prompt_cache": {
        "when": _WHEN,
        "ttl": "how long an entry is kept after its last use; `auto`: per feature what costs least, or nothing",
        "scope": "who shares a cache: calls of a project, of an API key, or all",
        "cacheable_share": "the part of a prompt that is the same for all, where a log says nothing of it (`assumed`)",
        "rules": "how the provider's cache works, instead of what is known of it",
    },
    "prompt_cache.Rules": {
        "min_tokens": "shorter prompts are not cached",
        "step_tokens": "cached tokens are counted in such steps",
        "write_multiplier": "price of a written token, times that of input",
        "read_multiplier": "price of a read token, times that of input",
        "ttl": "the lifetime, as the provider's own",
    },
    "response_cache": {
        "when": _WHEN,
        "ttl": "how long an answer is kept, from its writing on",
        "max_entries": "room for so many answers; the least recently used leaves",
        "coalesce": "a call joins an equal one whose answer is not there yet",
        "scope": "who shares answers: everybody, the users of a tier, one user",
        "refresh": "a read renews the lifetime",
        "semantic": "what a cache by meaning would add (`assumed`)",
    },
    "response_cache.Semantic": {"extra_hit_share": "the share of the other eligible calls that it answers"},
    "trim": {
        "when": _WHEN,
        "top_k": "how many retrieved documents stay in the prompt",
        "history": "how much of a conversation is sent word for word",
    },
    "trim.History": {
        "keep_turns": "the last so many turns stay as they are",
        "summary_tokens": "how long the summary is that stands for the others",
        "summarizer": "the model that makes it; without it, the call's own",
        "provider": "who sells that model",
        "summarize_every": "the summary is made anew after so many turns; without it, after `keep_turns`",
    },
    "batch": {
        "when": _WHEN,
        "completion_window": "how late the answers may come",
    },
}


def current(text: str) -> str:
    """The page with every generated table as it is now."""
    return _SECTION.sub(lambda found: f"{found[1]}{_TABLES[found['name']]()}\n{found[3]}", text)


def formats() -> str:
    """The formats in a line each."""
    rows = [(f"[`{reader.name}`](docs/formats.md#{reader.name})", *_what(reader)) for reader in all_readers()]
    return _table(("format", "provider", "what it is", "documented at"), rows)


def recognised() -> str:
    """What a record of each format has, by which it is told."""
    rows = [(f"`{reader.name}`", "<br>".join(map(_marks, reader.recognised_by))) for reader in all_readers()]
    return _table(("format", "a record has"), rows)


def dimensions() -> str:
    """What calls can be grouped by."""
    rows = [(f"`{each.name}`", f"`{each.sql}`") for each in DIMENSIONS.values()]
    return _table(("`--by`", "groups by"), [*rows, ("`tag:NAME`", "`tags['NAME']`")])


def columns() -> str:
    """The columns of `calls`."""
    rows = [
        (f"`{each.name}`", each.type, each.group.value, each.meaning, "" if each.given_by == "log" else "llmaudit")
        for each in COLUMNS
    ]
    return _table(("column", "type", "group", "what it is", "filled by"), rows)


def complexity() -> str:
    """The rules by which a call is simple, as the code's own words have them."""
    said = re.findall(r"^ {4}(\S.*?) {2,}(\S.*)$", complexity_rules.__doc__ or "", re.M)
    return _table(("what", "rule"), said)


def parts() -> str:
    """The kinds of parts of a pipeline, with the settings of each."""
    rows = []
    for slot, kind in all_parts():
        part = all_parts()[slot, kind]
        module = sys.modules[part.open.__module__]
        said = (module.__doc__ or "").split("\n\n")[0].replace("\n", " ").rstrip(".")
        settings = ", ".join(_setting(name, field) for name, field in part.settings.model_fields.items())
        rows.append((slot.value, f"`{kind}`", said, settings))
    return _table(("slot", "kind", "what it is", "settings (default)"), rows)


def lever(name: str) -> str:
    """What a lever does, as its own module says, and what it takes for granted."""
    found = all_levers()[name]
    said = (sys.modules[found.apply.__module__].__doc__ or "").strip()
    taken = "".join(f"\n- {each}" for each in found.assumes)
    return f"\n{said}\n\nIt takes for granted:\n{taken}\n" if taken else f"\n{said}\n"


def cache_rules() -> str:
    """What providers say about their prompt caches."""
    rows = [
        (
            *(", ".join(rule.providers), f"`{rule.models.replace('|', chr(92) + '|')}`"),
            *(f"{rule.min_tokens:,}", f"{rule.step_tokens:,}"),
            " or ".join(dict.fromkeys(map(duration, (rule.short_seconds, rule.long_seconds)))),
            *("yes" if each else "no" for each in (rule.charges_writes, rule.promised)),
            rule.source,
        )
        for rule in RULES
    ]
    names = ("providers", "models", "least tokens", "step", "lifetimes", "charges writes", "promised", "source")
    return f"{_table(names, rows)}\n\n{(sys.modules[rule_of.__module__].__doc__ or '').strip()}"


def contracts() -> str:
    """The answers that have a JSON Schema."""
    return "\n".join(f"- `llmaudit schema {name}`" for name in schemas.names())


def conditions() -> str:
    """The words that a rule may ask for."""
    return ", ".join(f"`{name}`" for name in (*NAMES, "tag.NAME", "metadata.PATH"))


def findings() -> str:
    """What `llmaudit bottleneck` looks for."""
    rows = [(each.stage, f"`{each.id}`", each.looks_at, each.fix) for each in all_probes()]
    return _table(("stage", "finding", "looks at", "proposes"), rows)


def keys(section: str) -> str:
    """The keys of a section of a settings file."""
    model, meanings = _KEYS[section]
    rows = [
        (f"`{name}`", _type(field.annotation), _default(field), meanings[name])
        for name, field in model.model_fields.items()
    ]
    assert meanings.keys() == model.model_fields.keys(), f"{section}: keys without a field"
    return _table(("key", "type", "default", "what it says"), rows)


def _setting(name: str, field: Any) -> str:
    default = _default(field)
    return f"`{name}` ({default})" if default else f"`{name}`"


def plan_keys(section: str) -> str:
    """The keys of a lever in plan.yaml, or of a part of one."""
    schema, meanings = plan.json_schema()["$defs"][section], _PLAN_KEYS[section]
    required = schema.get("required", ())
    rows = [
        (
            f"`{name}`",
            _schema_type(said),
            "required" if name in required else _schema_default(said.get("default")),
            meanings[name],
        )
        for name, said in schema["properties"].items()
    ]
    assert meanings.keys() == schema["properties"].keys(), f"{section}: keys without a field"
    return _table(("key", "type", "default", "what it says"), rows)


def _schema_type(said: Mapping[str, Any]) -> str:
    """A type of JSON Schema in a reader's words."""
    if "anyOf" in said:
        # An unquoted `off` is false in YAML, and a number may be written as text: neither is worth a word here.
        parts = [part for part in said["anyOf"] if part not in ({"type": "null"}, {"const": False})]
        words = dict.fromkeys(_schema_type(part) for part in parts)
        return "number" if words.keys() == {"number", "text"} else " or ".join(words)
    if "$ref" in said:
        return said["$ref"].rpartition(".")[2].lower()
    if "enum" in said or "const" in said:
        return " or ".join(f"`{json.dumps(word).strip(chr(34))}`" for word in said.get("enum", [said.get("const")]))
    if said.get("pattern", "").startswith("^(auto"):
        return "`auto` or `off` or `unlimited` or duration"
    if "pattern" in said:
        return "duration" if "smhd" in said["pattern"] else "number"
    if said["type"] == "array":
        return f"list of {_schema_type(said['items'])}"
    return {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}[said["type"]]


def _schema_default(default: Any) -> str:
    if default is None or isinstance(default, dict):
        return ""
    return f"`{json.dumps(default).strip(chr(34))}`"


def _what(reader: Reader) -> tuple[str, str, str]:
    module = sys.modules[f"llmaudit.readers.{reader.name.replace('-', '_')}"]
    said = (module.__doc__ or "").split("\n\n")[0].replace("\n", " ").rstrip(".")
    link = f"[{reader.documentation.split('/')[2]}]({reader.documentation})" if reader.documentation else ""
    return reader.provider_name or "", said, link


def _marks(marks: Mapping[str, Any]) -> str:
    return ", ".join(_mark(path, wanted) for path, wanted in marks.items())


def _mark(path: str, wanted: Any) -> str:
    if wanted is ANY:
        return f"`{path}`"
    if wanted is ABSENT:
        return f"no `{path}`"
    values = sorted(wanted) if isinstance(wanted, frozenset) else [wanted]
    return f"`{path}` = {' or '.join(f'`{value}`' for value in values)}"


def _type(annotation: Any) -> str:
    """A field's type in a reader's words."""
    simple = {str: "text", bool: "true or false", Decimal: "number", int: "number", Path: "file", Any: "anything"}
    if annotation in simple:
        return simple[annotation]
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(parts[0])
    if origin is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type(part) for part in parts if part is not type(None)))
    if origin is tuple:
        return f"list of {_type(parts[0])}"
    if origin is dict:
        return f"mapping of {_type(parts[0])} to {_type(parts[1])}"
    return _words(annotation.__name__)


def _words(name: str) -> str:
    return {"PriceOverrides": "mapping or list of rows", "AttributionRules": "section", "date": "date"}.get(
        name, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    )


def _default(field: Any) -> str:
    default = field.default
    if default is PydanticUndefined:
        return "" if field.default_factory else "required"
    if default in (None, ()) or str(default) in ("0001-01-01", "9999-12-31"):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(_lines((header, ("---",) * len(header), *rows)))


def _lines(rows: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


_TABLES: Mapping[str, Callable[[], str]] = {
    "formats": formats,
    "recognised": recognised,
    "dimensions": dimensions,
    "columns": columns,
    "complexity": complexity,
    "cache-rules": cache_rules,
    **{f"lever-{name}": lambda name=name: lever(name) for name in all_levers()},  # type: ignore[misc]
    "parts": parts,
    "contracts": contracts,
    "conditions": conditions,
    "findings": findings,
    **{f"plan-{section}": lambda section=section: plan_keys(section) for section in _PLAN_KEYS},  # type: ignore[misc]
    **{f"keys-{section}": lambda section=section: keys(section) for section in _KEYS},  # type: ignore[misc]
}


if __name__ == "__main__":
    for page in (CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))):
        page.write_text(current(page.read_text(encoding="utf-8")), encoding="utf-8")
