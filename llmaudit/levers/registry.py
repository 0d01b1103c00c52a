"""Every module of this room that holds a `LEVER` is a lever; there is no list to keep."""

import importlib
import pkgutil
from functools import cache
from typing import Any

import llmaudit.levers as room
from llmaudit.levers.lever import Lever


@cache
def all_levers() -> dict[str, Lever[Any]]:
    """The levers by name."""
    modules = (
        importlib.import_module(f"{room.__name__}.{found.name}") for found in pkgutil.iter_modules(room.__path__)
    )
    found = [module.LEVER for module in modules if hasattr(module, "LEVER")]
    return {lever.name: lever for lever in sorted(found, key=lambda lever: lever.name)}
