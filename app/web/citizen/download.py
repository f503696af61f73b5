"""A kept file as an answer that no browser opens by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from fastapi.responses import Response

from app.trouble import NotThere
from app.uploads.kinds import KINDS
from app.uploads.store import Gone, Uploads
from engine.core.dossier import Dossier
from schemas.events import Attached
from schemas.sentence import Sentence

SUFFIXES = {kind.media_type: kind.suffixes[0] for kind in KINDS}


def of(
    uploads: Uploads, dossier: Dossier, digest: str, among: Sequence[Attached] | None = None
) -> Response:
    """A file of this dossier, and of no other, as it was handed in; `among`: those that whoever
    asks may have, if not all. Raises NotThere, Altered."""
    allowed = dossier.attached if among is None else among
    attached = next((each for each in allowed if each.digest == digest), None)
    if attached is None:
        raise NotThere(Sentence("%(code)s has no such file", code=dossier.stream))
    try:
        content = uploads.read(digest)
    except Gone:
        raise NotThere(_not_here(dossier, digest)) from None
    suffix = SUFFIXES.get(attached.media_type, "bin")
    # Called by us: what a person called it goes into no header.
    paper = re.sub(r"[^a-z0-9-]", "-", attached.paper.lower())[:40]
    name = quote(f"{dossier.stream}-{paper}-{digest[:8]}.{suffix}", safe="")
    return Response(
        content,
        media_type=attached.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )


def _not_here(dossier: Dossier, digest: str) -> str:
    # What went with a leg is where the leg came from, what came back with one where it was.
    legs = dossier.legs.values()
    houses = {dossier.origin.house} if dossier.origin else set()
    houses |= {leg.elsewhere.house for leg in legs if leg.elsewhere}
    if not houses:
        return Sentence("The file %(digest)s is not kept here", digest=digest)
    return Sentence(
        "The file %(digest)s is kept by the house %(house)s, and this desk is not told where that "
        "keeps its papers",
        digest=digest,
        house=", ".join(sorted(houses)),
    )
