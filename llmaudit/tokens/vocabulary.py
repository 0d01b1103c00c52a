"""The vocabularies in this package as tiktoken encodings.

tiktoken downloads a vocabulary on first use and keeps it in a cache folder of the user's; both fail in containers and
closed networks. Here the bytes come from the package. The patterns, the special tokens and the SHA-256 that the bytes
must have stay tiktoken's own: a second, private copy of its module `tiktoken_ext.openai_public` is executed with only
the loader replaced, so nothing is copied by hand and no other user of tiktoken in the process notices.
"""

from __future__ import annotations

import binascii
import gzip
import hashlib
import importlib.util
import zlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from llmaudit.errors import ReadError

if TYPE_CHECKING:
    from types import ModuleType

    import tiktoken

ENCODINGS = ("cl100k_base", "o200k_base", "o200k_harmony")
"""Encodings this package can load. o200k_harmony (gpt-oss) is o200k_base with more special tokens."""


@cache
def load(encoding: str) -> tiktoken.Encoding:
    """The tiktoken encoding of that name, built once per process (about 0.3 s) and not registered with tiktoken.

    Raises ValueError for a name outside ENCODINGS, ReadError when the packed vocabulary is missing or damaged.
    """
    if encoding not in ENCODINGS:
        raise ValueError(f"no vocabulary for {encoding!r}: one of {', '.join(ENCODINGS)}")
    import tiktoken

    definitions = _private_definitions()
    return tiktoken.Encoding(**definitions.ENCODING_CONSTRUCTORS[encoding]())


def _private_definitions() -> ModuleType:
    """A copy of tiktoken's definitions that is in nobody's `sys.modules` and reads this package's vocabularies."""
    spec = importlib.util.find_spec("tiktoken_ext.openai_public")
    if spec is None or spec.loader is None:
        raise ReadError("tiktoken's definitions of its encodings are missing", hint="install tiktoken again")
    definitions = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(definitions)
    definitions.load_tiktoken_bpe = _packed_ranks  # type: ignore[attr-defined]
    return definitions


def _packed_ranks(address: str, expected_hash: str) -> dict[bytes, int]:
    """Token bytes to rank: what tiktoken's own loader returns for this download address, from the packed file."""
    return _ranks(_packed_bytes(address.rpartition("/")[2], expected_hash))


def _packed_bytes(name: str, expected_hash: str) -> bytes:
    """The vocabulary file `name` as OpenAI publishes it. Raises ReadError unless its SHA-256 is `expected_hash`."""
    packed = f"{name}.gz"
    try:
        content = gzip.decompress((files("llmaudit.tokens") / "vocabularies" / packed).read_bytes())
    except (OSError, EOFError, zlib.error) as exc:  # gzip.BadGzipFile is an OSError
        raise ReadError(f"the packed vocabulary {packed} cannot be read: {exc}", hint=_HINT) from exc
    found = hashlib.sha256(content).hexdigest()
    if found != expected_hash:
        raise ReadError(
            f"the packed vocabulary {packed} is not the one tiktoken expects: SHA-256 {found}, not {expected_hash}",
            hint=_HINT,
        )
    return content


_HINT = "reinstall llmaudit; counting needs its vocabularies unchanged"


def _ranks(content: bytes) -> dict[bytes, int]:
    """Lines of `base64(token) rank`, the .tiktoken format (tiktoken/load.py, 0.14.0)."""
    lines = (line.split() for line in content.splitlines() if line)
    return {binascii.a2b_base64(token): int(rank) for token, rank in lines}
