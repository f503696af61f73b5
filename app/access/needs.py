"""What a route needs: every route says it, and a route that says nothing is not served.

    @router.get("/inbox/{agency}")
    def inbox(who: Annotated[Principal, needs("inbox.read")], desk: AtDesk, agency: str): ...

`needs` lets the request through when the policy permits the action to who asks, on whatever the
path names (`{code}` is a dossier, `{agency}` an agency). Nothing else decides about rights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from app.access.forgery import refuse_forged
from app.access.policy import ACTIONS
from app.access.principal import STRANGER, Principal

if TYPE_CHECKING:
    from app.access.access import Access
    from app.desk.context import Desk

DOSSIER = "code"
"""The parameter of a path that names a dossier."""


class NotSignedIn(Exception):
    """Who asks has to say who he is first."""


class NotPermitted(Exception):
    """Who asks may not do that. `what` is the action."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Hidden(Exception):
    """Who asks may do that to some dossiers, and not to this one: he is not told whether there
    is one of that code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Need:
    """A dependency of FastAPI: gives the principal, or raises NotSignedIn, NotPermitted, Hidden,
    Forged, TooMany, BadToken or Unrecorded.

    That somebody asks about a dossier is noted, whatever the answer: a form that was filled in
    wrong shows as much of it as a page does. It runs in the event loop, and goes to a thread only
    when it has to ask the store.
    """

    def __init__(self, action: str) -> None:
        if action not in ACTIONS:
            raise ValueError(f"there is no action {action!r}; see app/access/policy.cedarschema")
        self.action = action

    async def __call__(self, request: Request) -> Principal:
        who = await self.let_through(request)
        code = request.path_params.get(DOSSIER)
        if code is not None and who.account:
            desk: Desk = request.app.state.desk
            desk.reads.note(who, code, self.action, request.url.path)
        return who

    async def let_through(self, request: Request) -> Principal:
        """The same without a note, for answers that show nothing of a dossier."""
        desk: Desk = request.app.state.desk
        access = desk.access
        who = access.at_once(request)
        if who is None:
            who = await run_in_threadpool(access.identify, request)
        request.state.who = who
        access.pace.count(who, request)
        if not who.token:
            await refuse_forged(request, self.action)
        on = request.path_params
        if access.needs_store(who, on):
            permitted = await run_in_threadpool(access.permits, who, self.action, on)
        else:
            permitted = access.permits(who, self.action, on)
        if permitted:
            access.ask_for(who, self.action, on)
            return who
        raise self._refusal(access, who, on)

    def _refusal(self, access: Access, who: Principal, on: dict[str, Any]) -> Exception:
        if who == STRANGER:
            return NotSignedIn()
        rest = {name: value for name, value in on.items() if name != DOSSIER}
        if DOSSIER in on and access.permits(who, self.action, rest):
            return Hidden(on[DOSSIER])
        return NotPermitted(self.action)


def who_asks(request: Request) -> Principal:
    """Whoever `needs` let through, for what is shown on every page."""
    who: Principal = getattr(request.state, "who", STRANGER)
    return who


def needs(action: str) -> Any:
    """What a route says of itself: `Annotated[Principal, needs("inbox.read")]`."""
    return Depends(Need(action))
