"""Which price book a store was priced with: a name that changes when any number in it may have."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from llmaudit.prices import overlay
from llmaudit.prices.book import version_of_book
from llmaudit.prices.overrides import PriceOverrides

# Raised by hand when the way rates are made from the same data changes.
_COMPILER = b"1"


def book_version(overrides: PriceOverrides) -> str:
    """For example `genai-prices 0.2.3 + overlay 2026-11-23 + 1f0c9a3e`.

    The hash is over the book's data, the overlay and `overrides`.
    """
    content = overlay.text()
    day = content.partition("\ndate: ")[2].partition("\n")[0]
    digest = hashlib.sha256(_COMPILER)
    for part in (_book_data(), content.encode(), overrides.model_dump_json().encode()):
        digest.update(hashlib.sha256(part).digest())
    return f"{version_of_book()} + overlay {day} + {digest.hexdigest()[:8]}"


def _book_data() -> bytes:
    # The file, not the module: importing it takes 200 ms, which every command would pay.
    spec = find_spec("genai_prices")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("data.py").read_bytes()
