"""Writes the tables of `docs/performance.md` from `bench/results`: `python -m bench.report`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from schemas.codec import loads

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "bench" / "results"
PLACE = re.compile(r"<!-- (\w+) -->\n(?:.*?\n<!-- end -->\n)?", re.DOTALL)


def page(text: str) -> str:
    """The page with each marked table as the results have it."""
    return PLACE.sub(lambda found: _placed(found[1]), text)


def _placed(name: str) -> str:
    body = _machine() if name == "machine" else _table(_result(name)["rows"])
    return f"<!-- {name} -->\n\n{body}\n\n<!-- end -->\n"


def _machine() -> str:
    machine = _result("commands")["machine"]
    return (
        f"Measured on {machine['cores']} cores ({machine['processor']}), {machine['system']}, "
        f"Python {machine['python']}."
    )


def _result(name: str) -> Any:
    return loads((RESULTS / f"{name}.json").read_bytes())


def _table(rows: list[dict[str, Any]]) -> str:
    columns = list(rows[0])
    lines = [columns, ["---:" if _is_number(rows, each) else "---" for each in columns]]
    lines += [[_cell(row[each]) for each in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _is_number(rows: list[dict[str, Any]], column: str) -> bool:
    return any(isinstance(row[column], int | float) for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
