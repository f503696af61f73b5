"""A form on the screen and on paper: HTML by a template, PDF by WeasyPrint, its QR code by segno.

The only user of WeasyPrint and segno. Nothing is fetched: the style is in `static/form.css`, the
fonts are the machine's (Liberation Serif, as wide as Times New Roman, else DejaVu Serif).
"""

from __future__ import annotations

import io
from functools import cache
from typing import Any, NoReturn

import segno
from markupsafe import Markup

from app.forms.content import Block, FormContent
from app.forms.slip import Slip
from app.trouble import Broken
from app.web.assets import FOLDER, asset
from app.web.rendering import environment

STYLE = "form.css"

MISSING = (
    "printing needs Pango and a font: install the packages 'libpango-1.0-0',"
    " 'libpangoft2-1.0-0', 'libharfbuzz-subset0' and 'fonts-liberation2'"
    " (Debian and Ubuntu: apt-get install; macOS: brew install pango)"
)


def html(content: FormContent, address: str = "", *, alone: bool = False) -> str:
    """The form as a page. `address`: where the dossier is looked up, for its QR code; without
    one the code holds the dossier's code. `alone`: as a file that needs no server beside it."""
    return _rendered(content, address, screen=not alone, inline=_style() if alone else "")


def pdf(content: FormContent, address: str = "", slip: Slip | None = None) -> bytes:
    """The form on A4, fonts embedded, tagged for screen readers; the same bytes for the same
    form on the same machine. `slip`: follows on a page of its own. Raises Broken when Pango is
    missing."""
    try:
        from weasyprint import CSS, HTML  # type: ignore[import-untyped]
    except OSError as error:
        raise Broken(MISSING) from error
    page = HTML(string=_rendered(content, address, screen=False, slip=slip), url_fetcher=_nothing)
    style = CSS(string=_style(), url_fetcher=_nothing)
    identifier = f"{content.code}/{content.kind}/{content.version}/{content.lang}".encode()
    made: bytes = page.write_pdf(
        stylesheets=[style], pdf_identifier=identifier, pdf_tags=True, full_fonts=False
    )
    return made


def qr(text: str) -> Markup:
    """A QR code as SVG that a page may hold: attributes only, no style."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgclass="form-qr", lineclass=None, scale=1, border=2,
        omitsize=True, title=text,
    )  # fmt: skip
    return Markup(out.getvalue().decode())


def _rendered(
    content: FormContent,
    address: str,
    *,
    screen: bool,
    inline: str = "",
    slip: Slip | None = None,
) -> str:
    shows: dict[str, Any] = {
        "form": content,
        "kind_of": _kind_of,
        "qr": qr(address or content.code),
        "style": asset(STYLE) if screen else "",
        "inline": Markup(inline),
        "screen": screen,
        "slip": slip,
    }
    return environment(content.lang).get_template("forms/form.html").render(shows)


def _kind_of(block: Block) -> str:
    """Which macro of the template shows a block."""
    return type(block).__name__.lower()


@cache
def _style() -> str:
    return (FOLDER / STYLE).read_text(encoding="utf-8")


def _nothing(url: str, *args: Any, **how: Any) -> NoReturn:
    """A form asks for nothing from anywhere, whatever a text in it may say."""
    raise ValueError(f"a form fetches nothing, not {url}")
