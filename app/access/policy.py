"""What may be done, and by which role at all; on which dossier or agency is `access`'s part."""

from __future__ import annotations

from app.access.principal import ROLES, Role

EVERYBODY = frozenset(ROLES)
STAFF = EVERYBODY - {"stranger"}


def _by(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


ACTIONS: dict[str, frozenset[Role]] = {
    "public.read": EVERYBODY,
    "session.begin": EVERYBODY,
    "citizen.look-up": EVERYBODY,
    "citizen.submit": EVERYBODY,
    "self.read": STAFF,
    "inbox.read": _by("officer", "monitor", "auditor"),
    "dossier.read": _by("officer", "monitor", "auditor"),
    "dossier.receive": _by("officer"),
    "dossier.act": _by("officer"),
    "history.read": _by("officer", "auditor"),
    "search": _by("officer", "monitor", "auditor"),
    "deadlines.read": _by("officer", "monitor", "auditor"),
    "board.read": _by("officer", "monitor", "auditor"),
    "alerts.read": _by("officer", "monitor", "auditor"),
    "alerts.acknowledge": _by("officer", "monitor"),
    "reports.read": _by("officer", "monitor", "auditor"),
    "feed.read": _by("monitor", "auditor"),
    "audit.read": _by("auditor"),
    "views.read": _by("monitor", "auditor", "administrator"),
    "views.write": _by("administrator"),
    "parked.read": _by("auditor", "administrator"),
    "parked.write": _by("administrator"),
    "procedures.write": _by("administrator"),
    "accounts.read": _by("administrator"),
    "accounts.write": _by("administrator"),
    "webhooks.write": _by("administrator"),
}
"""Every action that a route may need, and the roles that may do it somewhere."""
