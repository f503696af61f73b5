"""What a route needs: every route says it, and a route that says nothing is not served.

    @router.get("/inbox/{agency}")
    def inbox(who: Annotated[Principal, needs("inbox.read")], desk: AtDesk, agency: str): ...

`needs` lets the request through when the policy permits the action to who asks, on whatever the
path names (`{code}` is a dossier, `{agency}` an agency). Nothing else decides about rights.
"""

from __future__ import annotations

from typing import Any

from fastapi import Depends, Request

from app.access.policy import ACTIONS
from app.access.principal import STRANGER, Principal


class NotSignedIn(Exception):
    """Who asks has to say who he is first."""


class NotPermitted(Exception):
    """Who asks may not do that. `what` is the action."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Need:
    """A dependency of FastAPI: gives the principal, or raises NotSignedIn or NotPermitted."""

    def __init__(self, action: str) -> None:
        if action not in ACTIONS:
            raise ValueError(f"there is no action {action!r}; see app/access/policy.py")
        self.action = action

    def __call__(self, request: Request) -> Principal:
        access = request.app.state.desk.access
        who: Principal = access.identify(request)
        request.state.who = who
        if access.permits(who, self.action, request.path_params):
            return who
        if who == STRANGER:
            raise NotSignedIn
        raise NotPermitted(self.action)


def who_asks(request: Request) -> Principal:
    """Whoever `needs` let through, for what is shown on every page."""
    who: Principal = getattr(request.state, "who", STRANGER)
    return who


def needs(action: str) -> Any:
    """What a route says of itself: `Annotated[Principal, needs("inbox.read")]`."""
    return Depends(Need(action))
