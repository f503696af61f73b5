"""`lienthong procedures`: the definitions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.acts.problems import strict_option, tell
from app.law import definitions, standing
from app.output import Cell, facts, heading, line, show, table
from app.plain.definitions import procedure as plain
from app.settings import Lang, Settings
from app.shell import Group, command
from app.trouble import BadInput

if TYPE_CHECKING:
    from workflows.model import Limit, Procedure, Process, Step, Text

procedures = Group(
    name="procedures", help="Definitions of procedures (thủ tục): list, show, check, draw."
)


def _said(text: Text, lang: Lang) -> str:
    return text.vi if lang == "vi" else text.en


def _limit(limit: Limit | None, lang: Lang) -> str:
    from engine.core.explain import limit_text

    return limit_text(limit, lang) if limit else ""


@command("list")
def list_(settings: Settings) -> None:
    """Every procedure and version.

    Those of the store, where there is one, else of the program.
    """
    found = list(standing.catalogue(settings))
    value = [plain(each) for each in found]
    rows = [
        (
            Cell(each.id, "bold"),
            each.version,
            _said(each.title, settings.lang),
            each.kind,
            _limit(each.limit, settings.lang),
            f"{each.valid_from} – {each.valid_to or '…'}",
        )
        for each in found
    ]
    headers = ["id", "version", "title", "kind", "limit", "in force"]
    show(settings, value, lambda: table(headers, rows, whole=["id", "version", "in force"]))


@command("show")
@click.argument("id_", metavar="ID")
@click.option("--version", metavar="V", help="A version; the newest when left out.")
def show_(settings: Settings, id_: str, version: str | None) -> None:
    """One procedure: its facts, and its steps with who, act and limit.

    One of the store, where there is one, else of the program.
    """
    from msgspec import to_builtins

    found = definitions.procedure(standing.catalogue(settings), id_, version)
    show(settings, to_builtins(found), lambda: _describe(found, settings.lang))


def _describe(found: Procedure, lang: Lang) -> None:
    heading(f"{found.id}  {_said(found.title, lang)}")
    facts(
        [
            ("version", f"{found.version} ({found.valid_from} – {found.valid_to or '…'})"),
            ("kind", f"{found.kind}, {found.levels} level" + ("s" if found.levels > 1 else "")),
            ("field", _said(found.field, lang)),
            ("received at", found.desk),
            ("limit", _limit(found.limit, lang)),
            ("supplement", found.supplement.rule),
            ("handed in online", found.online or ""),
            ("recorded within", _limit(found.policy.record_within or None, lang)),
            ("legal basis", "; ".join(found.legal_basis)),
            ("source", found.source),
            ("papers in", _papers(found.papers_in, lang)),
            ("papers out", _papers(found.papers_out, lang)),
        ]
    )
    line("")
    rows = list(_steps(found.process, found.desk, 0, lang))
    table(["step", "title", "who", "act", "limit", "then"], rows, whole=["step"])


def _papers(papers: tuple[Any, ...], lang: Lang) -> str:
    return ", ".join(f"{paper.id} ({_said(paper.title, lang)})" for paper in papers)


def _steps(process: Process, runs_at: str, depth: int, lang: Lang) -> Iterator[tuple[object, ...]]:
    for step in process.steps.values():
        yield (
            Cell("  " * depth + step.name, "bold"),
            _said(step.title, lang) if step.title else "",
            _who(step, runs_at),
            _act(step),
            _limit(step.limit or (step.pause.lasts if step.pause else None), lang),
            " | ".join(_branch(branch.to, branch.when) for branch in step.then),
        )
        for leg in step.legs:
            gate = " (gate)" if leg.gate else ""
            when = "".join(f", if {name}={value}" for name, value in leg.when.items())
            limit = _limit(leg.limit, lang)
            name = Cell("  " * (depth + 1) + f"↳ {leg.name}", "dim")
            yield (name, Cell(f"leg at {leg.at}{gate}{when}", "dim"), "", "", limit, "")
            yield from _steps(leg.process, leg.at, depth + 2, lang)


def _who(step: Step, runs_at: str) -> str:
    who = step.by or (step.pause.resumed_by if step.pause else None)
    return "" if who is None else f"{who.role} at {who.at or runs_at}"


def _act(step: Step) -> object:
    if step.pause:
        from workflows.machine import resume_act

        return Cell(f"{resume_act(step.pause.ground)} (clock stopped)", "stopped")
    return f"waits for {step.wait}" if step.legs else step.act


def _branch(to: str, when: dict[str, str]) -> str:
    return to if not when else f"{to} if " + ", ".join(f"{k}={v}" for k, v in when.items())


@command("check")
@click.argument("paths", nargs=-1, metavar="[PATH…]", type=click.Path(path_type=Path))
@strict_option
def check(settings: Settings, paths: tuple[Path, ...], strict: bool) -> None:
    """Everything wrong with files and folders of procedures, in one run.

    They are checked beside the agencies of the store, else of the program. Exit status 2 on an
    error, 0 with warnings only. Without PATH: what is shipped. In English unless --lang vi is
    given here.
    """
    from workflows.load import check as checked

    for path in paths:
        if not path.exists():
            raise BadInput(f"{path}: there is no such file or folder")
        if path.is_dir() and not any(path.glob("*.yaml")):
            raise BadInput(f"{path}: there is no procedure in this folder, which is a file *.yaml")
    folders = paths or (definitions.catalogue_folder(settings),)
    report = checked([_near(path) for path in folders], standing.organisation(settings))
    tell(settings, report.errors, report.warnings, strict=strict, procedures=report.procedures)


def _near(path: Path) -> Path:
    """Relative to the working folder where it lies in it: shorter to read."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


@command("draw")
@click.argument("id_", metavar="ID")
@click.option(
    "-o", "--output", "target", required=True, metavar="F.svg", help="Where to, .svg or .png.",
    type=click.Path(path_type=Path, dir_okay=False),
)  # fmt: skip
@click.option("--version", metavar="V", help="A version; the newest when left out.")
@click.option("--dossier", metavar="CODE", help="Marks where this dossier is.")
def draw(
    settings: Settings, id_: str, target: Path, version: str | None, dossier: str | None
) -> None:
    """Draws a procedure by Graphviz: lanes per agency, limits, pauses, legs.

    One of the store, where there is one, else of the program.
    """
    from workflows import draw as drawing

    at: dict[str, str] = {}
    if dossier is not None:
        from app.house import open_house

        with open_house(settings) as house:
            state = house.dossier(dossier).dossier
            if state.procedure[0] != id_:
                raise BadInput(f"{dossier} is a dossier of {state.procedure[0]}, not of {id_}")
            found = house.law.procedure(state.procedure)
            at = {leg.path: leg.step for leg in state.open_legs()}
    else:
        found = definitions.procedure(standing.catalogue(settings), id_, version)
    named = drawing.functions_named(standing.organisation(settings))
    source = drawing.dot_source(found, settings.lang, at, named)
    try:
        picture = drawing.render(source, "png" if target.suffix == ".png" else "svg")
    except drawing.DotMissing as missing:
        raise BadInput(str(missing)) from None
    target.write_bytes(picture)
    value = {"id": found.id, "version": found.version, "file": str(target)}
    show(settings, value, lambda: click.echo(f"Drew {found.id} into {target}."))


for each in (list_, show_, check, draw):
    procedures.add_command(each)
