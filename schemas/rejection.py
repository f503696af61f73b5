"""The answer to a command that a rule refuses. It leaves no trace in the dossier."""

from __future__ import annotations

import msgspec


class Rejected(msgspec.Struct, frozen=True):
    """`rule`: stable code; `message`: a sentence for the person who acted; `legal_basis`:
    the ground in law, when there is one."""

    rule: str
    message: str
    legal_basis: str | None = None
