"""What is needed to let somebody in: accounts, tokens, sessions, who makes a request."""

from __future__ import annotations

from app.access.accounts import Accounts
from app.access.identity import Identity
from app.access.passwords import Passwords
from app.access.sessions import Sessions, secret_of
from app.access.tokens import Tokens
from consumers.home import Home
from engine.ids import Clock, wall_clock


class Entrance:
    """Of one store, in whose database all of it is. Raises ValueError for a secret that can be
    guessed."""

    def __init__(
        self, home: Home, *, clock: Clock = wall_clock, passwords: Passwords | None = None
    ) -> None:
        self.accounts = Accounts(home, clock=clock, passwords=passwords)
        self.tokens = Tokens(home, self.accounts)
        self.sessions = Sessions(secret_of(home), clock)
        self.identity = Identity(self.accounts, self.tokens)
