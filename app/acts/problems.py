"""What is wrong with a file that somebody wrote, on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.output import line, show
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflows.yaml_source import Problem

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

strict_option = click.option("--strict", is_flag=True, help="Warnings are errors.")


def tell(
    settings: Settings,
    errors: Sequence[Problem],
    warnings: Sequence[Problem],
    *,
    strict: bool,
    procedures: int | None = None,
) -> None:
    """Prints them and ends with exit status 2, if that is what they amount to. In English unless
    `--lang` is given. `procedures`: how many were looked at, where it is they."""
    from msgspec.structs import replace

    from app.web.spoken import spoken

    context = click.get_current_context()
    lang = context.ensure_object(dict).get("lang", "en")

    def human() -> None:
        for style, problems in (("problem", errors), ("warning", warnings)):
            for each in problems:
                line(str(replace(each, message=spoken(each.message, lang))), style)
        counts = [(len(errors), "error"), (len(warnings), "warning")]
        if procedures is not None:
            counts.insert(0, (procedures, "procedure"))
        click.echo(", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts))

    value: dict[str, Any] = {} if procedures is None else {"procedures": procedures}
    value |= {"errors": [_plain(each) for each in errors]}
    value |= {"warnings": [_plain(each) for each in warnings]}
    show(settings, value, human)
    if errors or (strict and warnings):
        context.exit(2)


def _plain(problem: Problem) -> dict[str, Any]:
    keys = ("file", "line", "column", "field", "message")
    return {key: getattr(problem, key) for key in keys}
