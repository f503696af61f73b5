"""Which provider of OpenID Connect people sign in at, as the environment says."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec


class Provider(msgspec.Struct, frozen=True):
    """`issuer`: its address, to the letter as it calls itself, with a slash at the end or without;
    `claim`: what of a person's identity is the `subject` of an account: sub, or preferred_username,
    email and the like where the provider lets nobody choose his own."""

    issuer: str
    client: str
    secret: str
    claim: str = "sub"


def provider_in(environment: Mapping[str, str] = os.environ) -> Provider | None:
    """That of LIENTHONG_OIDC_ISSUER, _CLIENT, _SECRET and _CLAIM; None when there is none. Raises
    ValueError when only a part of it is said."""
    found = {
        name: environment.get(f"LIENTHONG_OIDC_{name.upper()}", "")
        for name in ("issuer", "client", "secret", "claim")
    }
    if not found["issuer"]:
        return None
    if not found["client"] or not found["secret"]:
        raise ValueError("LIENTHONG_OIDC_ISSUER needs LIENTHONG_OIDC_CLIENT and _SECRET beside it")
    return Provider(found["issuer"], found["client"], found["secret"], found["claim"] or "sub")
