"""Two dossiers side by side: what they are, how long each step took, what happened when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from app.access.needs import Hidden, needs
from app.access.principal import Principal
from app.audit.differences import values
from app.audit.saying import Saying
from app.audit.visits import visits
from app.desk.context import AtDesk, Desk
from app.trouble import NotThere
from app.web.pages.audit import history_of
from app.web.rendering import agency_names, language, page
from app.web.summary import namer, state_of
from engine.core.dossier import Dossier
from schemas.envelope import Recorded, to_micros

router = APIRouter(include_in_schema=False)

Code = Annotated[str, Query(max_length=120)]


class Side(msgspec.Struct, frozen=True):
    """One of the two. `steps`: (leg, step) -> working minutes in it; `names`: what these are
    called, `legs` what each leg is."""

    code: str
    dossier: Dossier
    title: str
    state: str
    said: dict[tuple[str | None, str], str]
    steps: dict[tuple[str, str], int]
    names: dict[tuple[str, str], str]
    legs: dict[str, str]
    events: Sequence[Recorded]


@router.get("/compare")
def compare(
    request: Request,
    who: Annotated[Principal, needs("audit.read")],
    desk: AtDesk,
    a: Code = "",
    b: Code = "",
) -> Response:
    """Asks for what is missing; each of the two is a read of its dossier."""
    a, b = a.strip(), b.strip()
    sides: list[Side] = []
    wrong: dict[str, str] = {}
    for name, code in (("a", a), ("b", b)):
        if not code:
            continue
        try:
            sides.append(_side(request, desk, who, code))
        except (NotThere, Hidden):
            wrong[name] = "not-there"
        except Unproven:
            wrong[name] = "unproven"
    if len(sides) < 2 or wrong:
        status = 404 if "not-there" in wrong.values() else 409 if wrong else 200
        return page(request, "auditor/compare_which.html", status, a=a, b=b, wrong=wrong)
    one, other = sides
    return page(
        request,
        "auditor/compare.html",
        sides=sides,
        labels=_labels(one, other),
        steps=list(dict.fromkeys([*one.steps, *other.steps])),
        rows=max(len(one.events), len(other.events)),
    )


class Unproven(Exception):
    """What cannot be compared: nobody knows what that dossier was."""


def _side(request: Request, desk: Desk, who: Principal, code: str) -> Side:
    """Raises NotThere, Hidden, Unproven."""
    if not desk.access.permits(who, "audit.read", {"code": code}):
        raise Hidden(code)
    records, verdict = history_of(desk, code)
    if not verdict.ok:
        raise Unproven(code)
    desk.reads.note(who, code, "audit.read", request.url.path)
    lang = language(request)
    dossier = desk.house.runtime.load(code).dossier
    named = namer(desk.house, dossier, lang)
    saying = Saying(lang, agency_names(desk, lang), named)
    procedure = desk.house.law.procedure(dossier.procedure)
    said = {
        (saying.label(leg, field, part), leg or ""): saying.value(leg, field, value)
        for (leg, field, part), value in values(dossier).items()
    }
    steps = _steps(desk, dossier.calendar, records)
    return Side(
        code=code,
        dossier=dossier,
        title=procedure.title.vi if lang == "vi" else procedure.title.en,
        state=state_of(dossier),
        said={(leg, label): value for (label, leg), value in said.items()},
        steps=steps,
        names={key: named(*key) for key in steps},
        legs={path: named.leg(path) for path in dossier.legs},
        events=records,
    )


def _labels(one: Side, other: Side) -> list[tuple[str | None, str]]:
    """What either says of itself, by leg; the dossier itself first."""
    every = dict.fromkeys([*one.said, *other.said])
    return sorted(every, key=lambda key: key[0] or "")


def _steps(desk: Desk, calendar: str, records: Sequence[Recorded]) -> dict[tuple[str, str], int]:
    """Working minutes in each step, all visits together; a step that lasts counts until now."""
    found: dict[tuple[str, str], int] = {}
    for each in visits(records):
        left = to_micros(each.left) if each.left else None
        minutes = desk.house.working_minutes(calendar, to_micros(each.entered), left)
        found[each.leg, each.step] = found.get((each.leg, each.step), 0) + minutes
    return found
