"""Who asks: an account that is signed in, a program with a token, or a stranger."""

from __future__ import annotations

from typing import Literal

import msgspec

Role = Literal["officer", "monitor", "auditor", "administrator", "stranger"]

ROLES: tuple[Role, ...] = ("officer", "monitor", "auditor", "administrator", "stranger")


class Principal(msgspec.Struct, frozen=True):
    """`account`: what the read audit names; `officer`: the post that acts are done as, of
    `agency`. An officer and a monitor belong to an agency; an auditor and an administrator may
    belong to none, and then see every agency's.

    `scopes`: what a token may be used for, of what its account may do; None for a person who is
    signed in. `token`: that it came with a token and not with a cookie, so that no other site
    can have made the browser send it.
    """

    account: str
    role: Role
    officer: str | None = None
    agency: str | None = None
    scopes: frozenset[str] | None = None
    token: bool = False


STRANGER = Principal(account="", role="stranger")
"""Nobody is signed in."""
