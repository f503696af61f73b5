"""The first page, which is each role's own, and the switch of language."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.access.needs import needs
from app.access.principal import Principal
from app.web.back import safe_back
from app.web.menu import FIRST
from app.web.rendering import page
from app.web.switch import keep

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request, who: Annotated[Principal, needs("public.read")]) -> Response:
    """The page where the work of who is signed in begins; a citizen's choice for all others."""
    first = FIRST.get(who.role)
    if first is not None:
        return RedirectResponse(first, 303)
    return page(request, "home.html")


@router.post("/language")
def switch(
    request: Request,
    who: Annotated[Principal, needs("public.read")],
    lang: Annotated[str, Form()],
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Kept in a cookie for a year; any word but "en" means Vietnamese."""
    answer = RedirectResponse(safe_back(back), 303)
    keep(request, answer, "en" if lang == "en" else "vi")
    return answer
