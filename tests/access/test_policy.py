"""The policy itself: the schema agrees with it, and what it does not say is forbidden."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from app.access import policy
from app.access.policy import ACTIONS, HOUSE, Resource, decides
from app.access.principal import ROLES, Role

ANYBODY = {"public.read", "session.begin", "citizen.look-up", "citizen.submit"}


def test_schema_and_policy_agree() -> None:
    assert policy.faults() == []


def test_a_rule_about_what_the_schema_does_not_know_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = policy.TEXT + 'permit (principal, action == Action::"dossier.burn", resource);'
    monkeypatch.setattr(policy, "TEXT", wrong)
    assert "dossier.burn" in policy.faults()[0]


def test_strangers_may_do_what_anybody_may_and_no_more() -> None:
    assert {action for action, roles in ACTIONS.items() if "stranger" in roles} == ANYBODY
    assert all(ACTIONS[action] == set(ROLES) for action in ANYBODY)


@pytest.mark.parametrize("role", ROLES)
def test_what_nobody_wrote_down_nobody_may(role: Role) -> None:
    assert not decides(role, True, None, "dossier.burn", HOUSE)
    assert not decides(role, False, None, "dossier.burn", ("Dossier", "part"))
    assert not decides("clerk", True, None, "dossier.read", HOUSE)  # type: ignore[arg-type]


RELATED: list[tuple[Resource, bool]] = [
    (("Dossier", "part"), True),
    (("Dossier", "awaits"), True),
    (("Dossier", "supervises"), True),
    (("Dossier", "none"), False),
    (("Agency", "own"), True),
    (("Agency", "supervised"), True),
    (("Agency", "other"), False),
]


@pytest.mark.parametrize(("resource", "may"), RELATED, ids=str)
def test_an_agency_reads_what_it_has_to_do_with(resource: Resource, may: bool) -> None:
    for role, action in product(ROLES, ACTIONS):
        if action in ANYBODY or action == "dossier.act":
            continue
        expected = may and role in ACTIONS[action]
        assert decides(role, False, None, action, resource) is expected, (role, action)


def test_the_whole_house_is_open_to_who_belongs_to_no_agency_but_not_to_an_officer() -> None:
    for role, expected in (("auditor", True), ("monitor", True), ("officer", False)):
        assert decides(role, True, None, "dossier.read", ("Dossier", "none")) is expected  # type: ignore[arg-type]
    assert not decides("administrator", True, None, "dossier.read", ("Dossier", "none"))


def test_who_awaits_a_dossier_may_read_and_not_act() -> None:
    coming: Resource = ("Dossier", "awaits")
    assert decides("officer", False, None, "dossier.read", coming)
    assert not decides("officer", False, None, "dossier.act", coming)
    assert decides("officer", False, None, "dossier.act", ("Dossier", "part"))


def test_a_token_may_less_than_its_account_and_never_more() -> None:
    for role, action in product(ROLES, ACTIONS):
        everywhere = role not in ("officer", "monitor")
        person = decides(role, everywhere, None, action, HOUSE)
        assert decides(role, everywhere, frozenset(ACTIONS), action, HOUSE) is person
        assert not decides(role, everywhere, frozenset(), action, HOUSE)
        assert decides(role, everywhere, frozenset({action}), action, HOUSE) is person


def test_a_rule_that_cannot_be_evaluated_permits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import cedarpy

    broken = policy.TEXT + "forbid (principal, action, resource) when { principal.nothing };"
    monkeypatch.setattr(policy, "_POLICIES", cedarpy.PolicySet.from_str(broken))
    given: Any = ("auditor", True, None, "search", HOUSE)
    assert not decides.__wrapped__(*given)
    assert decides(*given)
