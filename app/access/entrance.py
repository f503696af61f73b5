"""What is needed to let somebody in: accounts, tokens, sessions, who makes a request."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.access.accounts import Accounts
from app.access.identity import Identity
from app.access.passwords import Passwords
from app.access.provider import provider_in
from app.access.sessions import Sessions, secret_of
from app.access.tokens import Tokens
from consumers.home import Home
from engine.ids import Clock, wall_clock

if TYPE_CHECKING:
    from app.access.openid import OpenId


def openid_in(secret: bytes, environment: Mapping[str, str] = os.environ) -> OpenId | None:
    """The provider that the environment names; None when it names none. Raises ValueError."""
    provider = provider_in(environment)
    if provider is None:
        return None
    # Late: whoever has no provider is spared an import of a quarter of a second.
    from app.access.openid import OpenId

    return OpenId(provider, secret)


class Entrance:
    """Of one store, in whose database all of it is. Raises ValueError for a secret that can be
    guessed."""

    def __init__(
        self, home: Home, *, clock: Clock = wall_clock, passwords: Passwords | None = None
    ) -> None:
        self.accounts = Accounts(home, clock=clock, passwords=passwords)
        self.tokens = Tokens(home, self.accounts)
        secret = secret_of(home)
        self.sessions = Sessions(secret, clock)
        self.openid = openid_in(secret)
        self.identity = Identity(self.accounts, self.tokens)
