"""Every module of this room that holds a `READER` is a format; there is no list to keep."""

import importlib
import pkgutil
from functools import cache

import llmaudit.readers as room
from llmaudit.readers.shape import Reader


@cache
def all_readers() -> tuple[Reader, ...]:
    """The readers, by name."""
    modules = (
        importlib.import_module(f"{room.__name__}.{found.name}") for found in pkgutil.iter_modules(room.__path__)
    )
    readers = [module.READER for module in modules if hasattr(module, "READER")]
    return tuple(sorted(readers, key=lambda reader: reader.name))
