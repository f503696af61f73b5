"""`python -m bench [NAME…] [--json]`: measures, prints, writes `bench/results/NAME.json`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.alone import alone
from bench.pace import pace
from schemas.codec import dumps

BENCHES = (
    "append", "commands", "fold", "views", "disk", "year", "reports", "relay", "kafka", "room",
    "cluster", "api", "pages", "board", "journey",
)  # fmt: skip
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}")
    parser.add_argument("--json", action="store_true", help="one JSON value on stdout")
    options = parser.parse_args()
    for name in options.names or BENCHES:
        if name not in BENCHES:
            parser.error(f"there is no bench {name!r}; there are {', '.join(BENCHES)}")
    measured = {}
    for name in options.names or BENCHES:
        before = pace()
        rows = measured[name] = alone(name)
        RESULTS.mkdir(exist_ok=True)
        result = {"machine": machine(), "pace": [before, pace()], "rows": rows}
        (RESULTS / f"{name}.json").write_bytes(dumps(result, pretty=True) + b"\n")
        if not options.json:
            show(name, rows)
    if options.json:
        sys.stdout.buffer.write(dumps(measured) + b"\n")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }


def show(name: str, rows: list[dict[str, Any]]) -> None:
    table = Table(title=name, title_justify="left")
    for column in rows[0]:
        number = any(isinstance(row[column], int | float) for row in rows)
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(
            *(
                "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
                for value in row.values()
            )
        )
    Console().print(table)


if __name__ == "__main__":
    main()
