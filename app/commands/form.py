"""`lienthong form`: a dossier's statutory form as a PDF or a page."""

from __future__ import annotations

from pathlib import Path

import click

from app.output import show, table
from app.settings import Settings
from app.shell import command
from app.times import iso, shown
from app.trouble import BadInput


@command("form")
@click.argument("code")
@click.argument("kind", required=False, metavar="[01-06|refused]")
@click.option("-o", "--output", "target", metavar="F.pdf", help="Where to, .pdf or .html.",
              type=click.Path(path_type=Path, dir_okay=False))  # fmt: skip
@click.option("--version", type=click.IntRange(min=1), metavar="N",
              help="The form that was given at event N; the newest when left out.")  # fmt: skip
@click.option("--address", metavar="URL", default="",
              help="Where the QR code leads; else it holds the dossier's code.")  # fmt: skip
def form(
    settings: Settings,
    code: str,
    kind: str | None,
    target: Path | None,
    version: int | None,
    address: str,
) -> None:
    """Prints a statutory form (biểu mẫu): 01 receipt, 02 supplement, 03 refusal to receive,
    04 apology, 05 stop notice, 06 control sheet; or the letter that refuses what had been
    received (refused).

    Without one of them: which forms the dossier has. The numbers are those since 15 September
    2025; on an older dossier's form stands the number it had then. A form says what was said
    when it was given, so it is the same whenever it is printed. With --lang en it has an
    English reading aid.
    """
    from app.house import open_house

    with open_house(settings) as house:
        records = list(house.log.read_stream(code))
        if not records:
            raise BadInput(house.unknown(code))
        law = house.law
    if kind is None:
        from app.forms.form import printable

        found = printable(records, law, settings.lang)
        value = {
            "code": code,
            "forms": [
                {"form": each.kind, "number": each.number or None, "title": each.title.text,
                 "version": each.version, "at": iso(each.at)}
                for each in found
            ],
        }  # fmt: skip
        rows = [
            (each.kind, each.title.gloss or each.title.text, each.version, shown(each.at))
            for each in found
        ]
        show(settings, value, lambda: table(["form", "title", "version", "of"], rows))
        return
    if target is None:
        raise BadInput("Say where to, with -o F.pdf or -o F.html")

    from app.forms import paper
    from app.forms.form import form_of

    content = form_of(kind, records, law, settings.lang, version)
    if target.suffix == ".html":
        target.write_text(paper.html(content, address, alone=True), encoding="utf-8")
    else:
        target.write_bytes(paper.pdf(content, address))
    made = {"code": code, "form": content.kind, "version": content.version, "file": str(target)}
    show(settings, made, lambda: click.echo(f"Wrote form {content.kind} of {code} into {target}."))
