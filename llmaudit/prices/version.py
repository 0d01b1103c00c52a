"""Which price book a store was priced with: a name that changes when any number in it may have.

Every command asks for it, so nothing is imported that could be read as a file.
"""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmaudit.prices.overrides import PriceOverrides

# Raised by hand when the way rates are made from the same data changes.
_COMPILER = b"1"
_NO_OVERRIDES = '{"rules":[]}'


def book_version(overrides: "PriceOverrides | None") -> str:
    """For example `genai-prices 0.2.3 + overlay 2026-11-23 + 1f0c9a3e`.

    The hash is over the book's data, the overlay and `overrides`; no overrides and empty ones are the same.
    """
    release, hashed = _book()
    overlay = _overlay()
    day = overlay.decode().partition("\ndate: ")[2].partition("\n")[0]
    said = _NO_OVERRIDES if overrides is None else overrides.model_dump_json()
    digest = hashlib.sha256(_COMPILER)
    digest.update(hashed)
    for part in (overlay, said.encode()):
        digest.update(hashlib.sha256(part).digest())
    return f"genai-prices {release} + overlay {day} + {digest.hexdigest()[:8]}"


def _overlay() -> bytes:
    return Path(__file__).with_name("overlay.yaml").read_bytes()


@cache
def _book() -> tuple[str, bytes]:
    """The release of genai-prices and a hash of its data; importing it takes 200 ms."""
    spec = find_spec("genai_prices")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    return _release(folder), hashlib.sha256((folder / "data.py").read_bytes()).digest()


def _release(book: Path) -> str:
    """The release that is installed, by the name of its metadata; parsing them takes 20 ms."""
    named = [folder.name for folder in book.parent.glob("genai_prices-*.dist-info")]
    if len(named) == 1:
        return named[0].removeprefix("genai_prices-").removesuffix(".dist-info")
    from importlib.metadata import version

    return version("genai-prices")
