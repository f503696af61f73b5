"""Elements of SVG, made safe: text is escaped, and what XML has no place for is left out."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

SPACE = "http://www.w3.org/2000/svg"

FONT = "Noto Sans, DejaVu Sans, Arial, sans-serif"

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Value = str | float


def clean(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return _NOT_XML.sub("", text)


def number(value: float) -> str:
    """Short, with at most one decimal: "12", "12.5"."""
    return f"{value:.1f}".removesuffix(".0")


def add(parent: ET.Element, tag: str, text: str = "", **attributes: Value) -> ET.Element:
    """A new element in `parent`. Underscores of names are dashes; `class_` is the class."""
    named = {
        name.removesuffix("_").replace("_", "-"): clean(value)
        if isinstance(value, str)
        else number(value)
        for name, value in attributes.items()
    }
    made = ET.SubElement(parent, tag, named)
    if text:
        made.text = clean(text)
    return made


def root(width: float, height: float, name: str, title: str, description: str) -> ET.Element:
    """The picture itself. `name` begins its ids, so that two may stand in one page."""
    made = ET.Element(
        "svg",
        {
            "xmlns": SPACE,
            "viewBox": f"0 0 {number(width)} {number(height)}",
            "width": number(width),
            "height": number(height),
            "class": f"picture picture-{name}",
            "font-family": FONT,
        },
    )
    named(made, name, title, description)
    return made


def named(picture: ET.Element, name: str, title: str, description: str) -> None:
    """Says to a screen reader what the picture is of."""
    picture.set("role", "img")
    picture.set("aria-labelledby", f"{name}-title {name}-description")
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        made = ET.Element(tag, {"id": f"{name}-{'title' if tag == 'title' else 'description'}"})
        made.text = clean(text)
        picture.insert(place, made)


def said(picture: ET.Element) -> str:
    """The picture as text."""
    return ET.tostring(picture, encoding="unicode")
