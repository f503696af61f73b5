"""Every view, one file each, found by its file: it has a `VIEW`."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from consumers.view import View


@cache
def all_views() -> tuple[View, ...]:
    """The views of this folder, by name. Raises AttributeError for a file without `VIEW`."""
    modules = sorted(each.name for each in pkgutil.iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}").VIEW for name in modules)


def view(name: str) -> View:
    """Raises KeyError when there is no view of that name."""
    return {each.name: each for each in all_views()}[name]
