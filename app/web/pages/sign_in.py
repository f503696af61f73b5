"""Signing in and out, and the change of a password."""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.access import guard
from app.access.accounts import Account, Closed
from app.access.identity import session_of
from app.access.needs import needs
from app.access.pace import address
from app.access.passwords import too_weak
from app.access.principal import STRANGER, Principal
from app.desk.context import AtDesk, Desk
from app.trouble import NotThere
from app.web.back import safe_back
from app.web.rendering import page
from app.web.switch import switched, told
from schemas.sentence import Sentence

router = APIRouter(include_in_schema=False)

Anybody = Annotated[Principal, needs("session.begin")]
Name = Annotated[str, Form(max_length=100)]
Password = Annotated[str, Form(max_length=200)]
Back = Annotated[str, Form(max_length=2000)]

CHANGE = "/sign-in/password"
PROVIDER = "/sign-in/provider"


@router.get("/sign-in")
def sign_in(
    request: Request,
    who: Anybody,
    desk: AtDesk,
    back: Annotated[str, Query(max_length=2000)] = "/",
    unsent: str = "",
) -> Response:
    """`unsent`: not empty for whoever sent a form after his session had ended."""
    account = _account(request, desk)
    if account is not None and account.must_change:
        return RedirectResponse(_change_then(back), 303)
    if who != STRANGER:
        return RedirectResponse(safe_back(back), 303)
    return _form(request, desk, safe_back(back), unsent=unsent)


@router.post("/sign-in")
def begin(
    request: Request,
    who: Anybody,
    desk: AtDesk,
    name: Name = "",
    password: Password = "",
    back: Back = "/",
    unsent: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Says neither whether there is such an account, nor which of the two was wrong."""
    name, back = name.strip(), safe_back(back)
    if switched(request) is not None:
        wrong = "wrong" if told(request) else ""
        return _form(request, desk, back, wrong=wrong, name=name, unsent=unsent)
    if not (name and password):
        return _form(request, desk, back, 422, wrong="empty", name=name, unsent=unsent)
    try:
        account = desk.entrance.accounts.sign_in(name, password, address(request))
    except Closed as closed:
        minutes = -(-closed.seconds // 60)
        answer = _form(request, desk, back, 429, wrong="closed", minutes=minutes, name=name)
        answer.headers["Retry-After"] = str(closed.seconds)
        return answer
    if account is None:
        return _form(request, desk, back, 401, wrong="wrong", name=name)
    _signed_in(request, desk, account)
    return RedirectResponse(_change_then(back) if account.must_change else back, 303)


@router.get(PROVIDER)
def go(
    request: Request,
    who: Anybody,
    desk: AtDesk,
    back: Annotated[str, Query(max_length=2000)] = "/",
) -> Response:
    """Sends the browser to the provider."""
    from app.access.openid import Unreachable

    openid, back = desk.entrance.openid, safe_back(back)
    if openid is None:
        raise NotThere(Sentence("This desk knows no provider of accounts"))
    try:
        away = openid.begin(_here(request), back)
    except Unreachable:
        return _form(request, desk, back, 503, wrong="unreachable")
    guard.send_away(request, away.cookie)
    return RedirectResponse(away.address, 303)


@router.get(f"{PROVIDER}/back")
def come_back(request: Request, who: Anybody, desk: AtDesk) -> Response:
    """With the provider's answer. Only who has an account here is let in."""
    from app.access.openid import NotProven, Unreachable

    openid = desk.entrance.openid
    if openid is None:
        raise NotThere(Sentence("This desk knows no provider of accounts"))
    try:
        subject, back = openid.end(request.state.away, _here(request), dict(request.query_params))
    except Unreachable:
        return _form(request, desk, "/", 503, wrong="unreachable")
    except NotProven:
        return _form(request, desk, "/", 401, wrong="unproven")
    account = desk.entrance.accounts.of_subject(subject)
    if account is None or account.disabled:
        return _form(request, desk, safe_back(back), 403, wrong="unknown", subject=subject)
    _signed_in(request, desk, account)
    return RedirectResponse(safe_back(back), 303)


@router.post("/sign-out")
def end(request: Request, who: Anybody, desk: AtDesk) -> Response:
    """The cookie is good for nothing afterwards, whoever has kept it."""
    session = session_of(request)
    if session is not None:
        desk.entrance.accounts.end_session(session.id, session.ends())
        desk.entrance.identity.forget(session)
        guard.drop(request)
    return RedirectResponse("/", 303)


@router.get(CHANGE)
def change(
    request: Request,
    who: Anybody,
    desk: AtDesk,
    back: Annotated[str, Query(max_length=2000)] = "/",
) -> Response:
    account = _account(request, desk)
    if account is None:
        return RedirectResponse("/sign-in", 303)
    return _change(request, account, safe_back(back))


@router.post(CHANGE)
def changed(
    request: Request,
    who: Anybody,
    desk: AtDesk,
    password: Password = "",
    new: Password = "",
    again: Password = "",
    back: Back = "/",
) -> Response:
    """Every other session of the account ends."""
    accounts, back = desk.entrance.accounts, safe_back(back)
    account = _account(request, desk)
    if account is None:
        return RedirectResponse("/sign-in", 303)
    wrong = too_weak(new, account.name) or (new != again and "differ") or ""
    wrong = wrong or (new == password and "same") or (not password and "wrong") or ""
    if wrong:
        return _change(request, account, back, 422, wrong=wrong)
    try:
        if accounts.sign_in(account.name, password, address(request)) is None:
            return _change(request, account, back, 422, wrong="wrong")
    except Closed as closed:
        answer = _change(request, account, back, 429, wrong="closed")
        answer.headers["Retry-After"] = str(closed.seconds)
        return answer
    accounts.set_password(account.name, new, must_change=False)
    renewed = accounts.get(account.name)
    assert renewed is not None, "an account is never deleted"
    _signed_in(request, desk, renewed)
    return RedirectResponse(back, 303)


def _change_then(back: str) -> str:
    return f"{CHANGE}?back={quote(safe_back(back), safe='/')}"


def _here(request: Request) -> str:
    """The address that the provider has to know as ours."""
    return f"{request.url.scheme}://{request.url.netloc}{PROVIDER}/back"


def _account(request: Request, desk: Desk) -> Account | None:
    session = session_of(request)
    return None if session is None else desk.entrance.identity.account(session)


def _signed_in(request: Request, desk: Desk, account: Account) -> None:
    """From now on, in a session that nobody can have known before."""
    before = session_of(request)
    if before is not None:
        desk.entrance.accounts.end_session(before.id, before.ends())
        desk.entrance.identity.forget(before)
    sessions = desk.entrance.sessions
    guard.keep(request, sessions.begin(account), sessions)


def _form(request: Request, desk: Desk, back: str, status: int = 200, **shows: Any) -> Response:
    if not request.state.form_token:
        guard.visit(request, desk.entrance.sessions, secrets.token_urlsafe(16))
    # A cookie that is only sent over TLS would be lost, and nobody told why.
    shows["exposed"] = request.state.secure and request.url.scheme != "https"
    shows["provider"] = desk.entrance.openid is not None
    return page(request, "sign-in.html", status, back=back, **shows)


def _change(
    request: Request, account: Account, back: str, status: int = 200, **shows: Any
) -> Response:
    return page(request, "sign-in-password.html", status, back=back, account=account, **shows)
