"""Routers by their files: a package of modules, each with a `router`."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from fastapi import APIRouter


def routers(package: ModuleType) -> Iterator[APIRouter]:
    """Raises AttributeError for a file without `router`."""
    for name in sorted(each.name for each in pkgutil.iter_modules(package.__path__)):
        yield import_module(f"{package.__name__}.{name}").router
