"""What people read on the pages, in both languages: a catalogue for each area.

The words in templates are English; `vi/AREA.po` has the Vietnamese. A `.po` file is read as it is
when the program starts, so nothing has to be compiled.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from app.settings import Lang

FOLDER = Path(__file__).parent


@cache
def translations(lang: Lang) -> NullTranslations:
    """Every catalogue of a language as one. Where areas say the same words, they have to mean the
    same: a test sees to it, so their order does not matter."""
    merged = Translations()
    for file in sorted((FOLDER / lang).glob("*.po")):
        with file.open("rb") as source, BytesIO() as compiled:
            write_mo(compiled, read_po(source, locale=lang))
            compiled.seek(0)
            area = Translations(compiled)
        merged.merge(area)
        # Merging leaves out how many forms the language has.
        merged.plural = area.plural
    return merged
