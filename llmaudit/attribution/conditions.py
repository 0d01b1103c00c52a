"""What a rule may look at: each key of `when`, and the expressions over a call that it reads.

key of `when`       what it is compared with

    tag.NAME            a tag of that name (dots in NAME are part of it)
    metadata.KEY        the same; metadata.KEY.a.b looks at a.b inside the JSON text of the tag KEY (numbers in it
                        count items of a list from 0)
    feature, tier, environment
                        the log's own word, not what another rule has set
    api_key_alias       the name a gateway knows the API key by
    api_key_id, user_id an exact value is compared as it stands and as the store's keyed hash of it. Globs see only what
                        the store keeps plain: an alias, or ids under `privacy: {user_ids: plain}`
    path                the source file, with / or \\; a pattern that does not begin with * may begin at any folder, one
                        that ends in / means everything below; an archive counts as a folder
    system_prompt_hash  the first 16 (or more) hex digits of the sha256 of the system prompt's text
    model               what was asked for or what answered: one of them has to fit
    provider, operation, project_id, conversation_id, service_tier
                        the columns of `calls`
"""

import hashlib
import re
from collections.abc import Sequence

from llmaudit.attribution.patterns import effort, is_glob, literal, matches
from llmaudit.words import nearest

ATTRIBUTES = ("feature", "tier", "environment")
"""The columns that rules decide."""

COLUMNS = {
    "api_key_id": ("api_key_id",),
    "user_id": ("user_id",),
    "project_id": ("project_id",),
    "conversation_id": ("conversation_id",),
    "system_prompt_hash": ("system_prompt_hash",),
    "provider": ("provider_name",),
    "model": ("response_model", "request_model"),
    "operation": ("operation_name",),
    "service_tier": ("service_tier",),
}
TAGS = ("feature", "tier", "environment", "api_key_alias")
NAMES = (*COLUMNS, *TAGS, "path")
PREFIXES = ("tag", "metadata")
HASHED = ("user_id", "api_key_id")
_HASH_DIGITS = 16


def wrong_key(key: str) -> str | None:
    """Why the key means nothing, with the nearest that does; None when it is right."""
    prefix, dot, name = key.partition(".")
    if key in NAMES or (prefix in PREFIXES and name and not (prefix == "metadata" and "" in name.split("."))):
        return None
    if prefix in PREFIXES:
        return "names no tag: write tag.NAME or metadata.PATH"
    if dot:
        return "is nothing a rule can look at" + near_or_known(prefix, PREFIXES, f".{name}")
    return "is nothing a rule can look at" + near_or_known(key, NAMES)


def wrong_value(key: str, pattern: str) -> str | None:
    """Why the pattern can never fit; None when it may."""
    if key == "system_prompt_hash" and not is_glob(pattern) and not re.fullmatch("[0-9a-fA-F]{16,64}", pattern):
        return "is not a hash: write at least 16 hex digits of a sha256, in quotes"
    return None


def near_or_known(word: str, known: Sequence[str], rest: str = "") -> str:
    """`; did you mean …?`, or what is known."""
    near = nearest(word, known)
    return f"; did you mean {near}{rest}?" if near else f"; known here: {', '.join(known)}"


def subjects(key: str) -> tuple[str, ...]:
    """The expressions over a row of `calls` that a condition on anything but `path` reads."""
    if key in COLUMNS:
        return COLUMNS[key]
    if key in TAGS:
        return (f"tags[{literal(key)}]",)
    prefix, _, name = key.partition(".")
    if prefix == "tag":
        return (f"tags[{literal(name)}]",)
    first, *inside = name.split(".")
    tag = f"tags[{literal(first)}]"
    if not inside:
        return (tag,)
    # A JSON pointer (RFC 6901): no wildcards, so that a name is only ever a name.
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in inside)
    return (f"case when json_valid({tag}) then json_extract_string({tag}, {literal(pointer)}) end",)


def holds(key: str, subject: str, patterns: Sequence[str], store_key: str) -> str:
    """SQL that is true where the subject of a condition on `key` fits one of the patterns."""
    exact: list[str] = []
    globs: list[str] = []
    for pattern in patterns:
        if is_glob(pattern):
            globs.append(pattern.lower() if key == "system_prompt_hash" else pattern)
        elif key == "system_prompt_hash":
            exact.append(pattern.lower()[:_HASH_DIGITS])
        elif key in HASHED:
            exact += [pattern, keyed(store_key, pattern)]
        else:
            exact.append(pattern)
    parts = [f"{subject} in ({', '.join(literal(value) for value in exact)})"] if exact else []
    for pattern in sorted(globs, key=effort):
        part = matches(subject, pattern)
        # Chance decides which letters a keyed hash begins with, so only "there is one" may be asked of it.
        hidden = key in HASHED and pattern.strip("*")
        parts.append(f"({part} and not {is_keyed(subject)})" if hidden else part)
    return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"


def path_holds(patterns: Sequence[str]) -> str:
    """SQL that is true where `path` (a source's name, `/` before it and between folders and archives) fits one."""
    return " or ".join(matches("path", _anywhere(pattern)) for pattern in patterns)


def keyed(store_key: str, secret: str) -> str:
    """What `keyed` in readers/macros.sql makes of a secret: 16 hex digits."""
    return hashlib.sha256((store_key + secret).encode()).hexdigest()[:_HASH_DIGITS]


def is_keyed(subject: str) -> str:
    """SQL that is true where the value looks like a keyed hash."""
    return f"(strlen({subject}) = {_HASH_DIGITS} and regexp_full_match({subject}, '[0-9a-f]+'))"


def _anywhere(pattern: str) -> str:
    pattern = pattern.translate(str.maketrans("\\!", "//"))
    pattern = f"{pattern}*" if pattern.endswith("/") else pattern
    return pattern if pattern.startswith("*") else f"*/{pattern}"
