"""Writes what is generated from the definitions: their JSON Schema and their drawings.

Run it as `python -m workflows.publish` after a definition or a drawing has changed.
"""

from __future__ import annotations

import json
from pathlib import Path

from workflows.draw import draw
from workflows.load import load_catalogue
from workflows.shape import procedure_schema

ROOT = Path(__file__).parent.parent
SCHEMA = Path(__file__).parent / "procedure.schema.json"
DRAWINGS = ROOT / "docs" / "procedures"


def schema_text() -> str:
    """The text of procedure.schema.json."""
    return json.dumps(procedure_schema(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def publish() -> None:
    """Writes the schema and a drawing of each procedure. Raises DotMissing without Graphviz."""
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    DRAWINGS.mkdir(parents=True, exist_ok=True)
    for procedure in load_catalogue():
        picture = draw(procedure)
        (DRAWINGS / f"{procedure.id}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    publish()
