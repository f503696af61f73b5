"""Writes the tables of the docs from `bench/results`: `python -m bench.report`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from schemas.codec import loads

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "performance.md"
PAGES = (PAGE, ROOT / "docs" / "cluster.md", ROOT / "docs" / "reports.md")
RESULTS = ROOT / "bench" / "results"
PLACE = re.compile(r"<!-- (\w+) -->\n(?:.*?\n<!-- end -->\n)?", re.DOTALL)


def page(text: str) -> str:
    """The page with each marked table as the results have it."""
    return PLACE.sub(lambda found: _placed(found[1]), text)


def _placed(name: str) -> str:
    made = {"machine": _machine, "pace": _pace, "rates": _rates}.get(name)
    body = _table(_result(name)["rows"]) if made is None else made()
    return f"<!-- {name} -->\n\n{body}\n\n<!-- end -->\n"


def _machine() -> str:
    machine = _result("commands")["machine"]
    return (
        f"Measured on {machine['cores']} cores ({machine['processor']}), {machine['system']}, "
        f"Python {machine['python']}."
    )


def _pace() -> str:
    """How fast the machine was before and after each bench that noted it."""
    rows = []
    for each in sorted(RESULTS.glob("*.json")):
        noted = _result(each.stem).get("pace")
        if noted:
            rows.append({"bench": each.stem, "before, ms": noted[0], "after, ms": noted[1]})
    return _table(rows)


def _rates() -> str:
    """What one of each does, for who has to say how many he needs."""
    of_commands = {(row["store"], row["what"]): row for row in _result("commands")["rows"]}
    relays = {row["what"]: row for row in _result("relay")["rows"]}
    feeds = {row["what"]: row["measured"] for row in _result("kafka")["rows"]}
    callers = of_commands["postgresql", "64 callers"]["commands/s"]
    rows = (
        ("a process that takes commands, 64 callers", f"{callers:,} commands/s"),
        ("`relay`, one", f"{relays['relay, one process']['events/s']:,} events/s"),
        ("`relay`, two", f"{relays['relay, two processes']['events/s']:,} events/s"),
        ("`views`, one", f"{feeds['all views, one process, events/s']:,} events/s"),
        ("`views`, two", f"{feeds['all views, two processes, events/s']:,} events/s"),
    )
    return _table([{"of it": what, "alone on 2 cores": rate} for what, rate in rows])


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
    for each in PAGES:
        each.write_text(page(each.read_text(encoding="utf-8")), encoding="utf-8")
