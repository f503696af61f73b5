"""Who may import whom: the layers (import-linter reads them) and one place per vendor library."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "consumers", "engine", "schemas", "workflows")

SERVED = {
    "app.access.*",
    "app.api.*",
    "app.desk.*",
    "app.web.*",
    "app.citizen.online",
    "app.uploads.bounded",
}
"""What stands behind HTTP. The rest of the program does not know that there is such a thing."""

VENDORS = {
    # library: the modules, or whole packages ("engine.store.*"), that alone may import it
    "alembic": {"engine.store.*"},
    "argon2": {"app.access.passwords"},
    "authlib": {"app.access.openid"},
    "babel": {"app.web.texts", "app.monitor.scope"},
    "cachetools": {"engine.kept"},
    "cedarpy": {"app.access.policy"},
    "click": {"app.*"},
    "fastapi": SERVED,
    "graphviz": {"workflows.draw"},
    "holidays": {"workflows.seed_calendar"},
    "httpx2": {"app.access.openid", "app.api.webhooks.sender"},
    "itsdangerous": {"app.access.openid", "app.access.sessions", "app.citizen.online"},
    "jinja2": {"app.web.rendering"},
    "joserfc": {"app.access.openid"},
    "kafka": {"consumers.broker"},
    "limits": {"app.access.pace", "app.citizen.online"},
    "markupsafe": {"app.forms.paper", "app.pictures.markup", "app.web.rendering"},
    "msgspec": {"app.*", "consumers.*", "engine.*", "schemas.*", "workflows.*"},
    "obstore": {"app.uploads.store"},
    "orjson": {"schemas.codec"},
    "psycopg": {"engine.store.*"},
    "puremagic": {"app.uploads.kinds"},
    "pydantic": {"app.api.*", "workflows.*"},
    "rich": {"app.*"},
    "segno": {"app.forms.paper"},
    "sqlalchemy": {"app.*", "consumers.*", "engine.store.*"},
    "starlette": SERVED,
    "transitions": {"workflows.machine"},
    "uvicorn": {"app.access.prompt", "app.commands.serve"},
    "weasyprint": {"app.forms.paper"},
    "xlsxwriter": {"app.reporting.spreadsheet"},
    "yaml": {"workflows.seed_calendar", "workflows.yaml_source"},
}


def allowed(module: str, places: set[str]) -> bool:
    """`module` is one of the places, or lies inside a place that ends in `.*`."""
    return any(
        f"{module}.".startswith(place[:-1]) if place.endswith(".*") else module == place
        for place in places
    )


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def vendors() -> list[str]:
    return sorted(
        module
        for module in graph().modules
        if graph().is_module_squashed(module) and module not in sys.stdlib_module_names
    )


def test_the_layers_hold() -> None:
    """In a process of its own: the linter's logging silences every logger there is so far, and
    the tests after this one would wait for warnings in vain."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_vendor_library_has_its_place() -> None:
    strays = {
        f"{importer} imports {library}"
        for library in vendors()
        for importer in graph().find_modules_that_directly_import(library)
        if not allowed(importer, VENDORS.get(library, set()))
    }
    assert strays == set()


@pytest.mark.parametrize(
    ("module", "verdict"),
    [
        ("engine.store", True),
        ("engine.store.postgres", True),
        ("engine.storeroom", False),
        ("engine.core.dossier", False),
        ("schemas.codec", True),
        ("schemas.codecs", False),
    ],
)
def test_a_place_is_a_module_or_a_whole_package(module: str, verdict: bool) -> None:
    assert allowed(module, {"engine.store.*", "schemas.codec"}) is verdict
