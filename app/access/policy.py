"""The one place where rights are decided: `policy.cedar`, asked through its only user.

What may be asked for is a line in `policy.cedarschema`; a right that is not there is none.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import cedarpy

from app.access.principal import ROLES, Role

FOLDER = Path(__file__).parent
TEXT = (FOLDER / "policy.cedar").read_text(encoding="utf-8")
SCHEMA_TEXT = (FOLDER / "policy.cedarschema").read_text(encoding="utf-8")

_POLICIES = cedarpy.PolicySet.from_str(TEXT)
_SCHEMA = cedarpy.Schema.from_str(SCHEMA_TEXT)

AgencyRelation = Literal["own", "supervised", "other"]
"""What an agency is to the one of who asks."""

DossierRelation = Literal["part", "awaits", "supervises", "none"]
"""What the agency of who asks is to a dossier, the nearest that there is. `part`: it holds or held
it, or was offered it and so has seen it; or it took over from one that did. `awaits`: its procedure
will bring it there. `supervises`: an agency below has a part in it or awaits it."""

Resource = tuple[Literal["House"]] | tuple[Literal["Agency", "Dossier"], str]
"""What an action is done to, as far as the policy asks: its kind, and the relation to it."""

HOUSE: Resource = ("House",)


@lru_cache(maxsize=16_384)
def decides(
    role: Role, everywhere: bool, scopes: frozenset[str] | None, action: str, resource: Resource
) -> bool:
    """Whether the policy permits it. `everywhere`: who asks belongs to no agency."""
    who: dict[str, Any] = {"role": role, "everywhere": everywhere}
    if scopes is not None:
        who["scopes"] = sorted(scopes)
    kind, *relation = resource
    what = {"relation": relation[0]} if relation else {}
    answer = cedarpy.is_authorized(
        {
            "principal": {"type": "Person", "id": "who"},
            "action": {"type": "Action", "id": action},
            "resource": {"type": kind, "id": "what"},
            "context": {"action": action},
        },
        _POLICIES,
        [
            {"uid": {"type": "Person", "id": "who"}, "attrs": who, "parents": []},
            {"uid": {"type": kind, "id": "what"}, "attrs": what, "parents": []},
        ],
        _SCHEMA,
    )
    # An error is no permission: Cedar leaves out a rule that it cannot evaluate, and a rule that
    # forbids must not be left out.
    return bool(answer.allowed) and not answer.diagnostics.errors


def faults() -> list[str]:
    """What the schema has against the policy; empty when they agree."""
    return [str(each) for each in cedarpy.validate_policies(TEXT, SCHEMA_TEXT).errors]


def _actions() -> list[str]:
    """Those of the schema, without the groups of them that stand for the roles."""
    lines = [line.split('"') for line in SCHEMA_TEXT.splitlines() if line.startswith('action "')]
    return [words[1] for words in lines]


def _may(role: Role, action: str) -> bool:
    return decides(role, role not in ("officer", "monitor"), None, action, HOUSE)


ACTIONS: dict[str, frozenset[Role]] = {
    action: frozenset(role for role in ROLES if _may(role, action)) for action in _actions()
}
"""Every action that a route may need, and the roles that may do it somewhere."""
