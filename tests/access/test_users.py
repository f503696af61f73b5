"""`lienthong users` as an administrator meets it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.acceptance.conftest import Said, run

Users = Callable[..., Said]

OFFICER = ("add", "lan", "--role", "officer", "--officer", "ub-desk.receiver-1")


@pytest.fixture
def users(tmp_path: Path) -> Users:
    return partial(run, "--database", f"sqlite:///{tmp_path / 'users.db'}", "users")


def test_an_account_is_added_and_its_password_is_told_once(users: Users) -> None:
    told = users(*OFFICER, "--json").json
    assert told["agency"] == "ub-desk"
    assert len(told["password"]) == 24
    (listed,) = users("list", "--json").json
    assert listed["account"] == "lan"
    assert listed["must_change_password"]
    assert "password" not in listed
    assert told["password"] not in users("list").out


def test_a_new_password_is_another_one(users: Users) -> None:
    first = users(*OFFICER, "--json").json["password"]
    assert users("password", "lan").out.splitlines()[-1] != first


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "thu", "--role", "officer"), "--officer POST"),
        (("add", "thu", "--role", "officer", "--officer", "ub-desk.reciever-1"), "did you mean"),
        (("add", "thu", "--role", "officer", "--officer", "system"), "nobody's post"),
        ((*OFFICER[:1], "thu", *OFFICER[2:], "--agency", "qn"), "is a post of ub-desk"),
        (("add", "thu", "--role", "monitor"), "--agency"),
        (("add", "thu", "--role", "monitor", "--agency", "nowhere"), "no agency"),
        (("add", "thu", "--role", "administrator", "--agency", "qn"), "no agency"),
        (("add", "thu", "--role", "chief"), "chief"),
        (("add", " ", "--role", "auditor"), "1 to 100"),
        (("add", "a\nb", "--role", "auditor"), "1 to 100"),
        (("password", "nobody"), "no account"),
        (("disable", "nobody"), "no account"),
        (("token", "nobody", "--scope", "search"), "no account"),
        (("revoke", "00000000"), "no token"),
    ],
)
def test_what_makes_no_sense_is_told(users: Users, words: tuple[str, ...], said: str) -> None:
    users("list")
    ended = users(*words, code=2)
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_a_name_is_not_given_twice(users: Users) -> None:
    users(*OFFICER)
    assert "There is an account 'lan'" in users(*OFFICER, code=2).err


def test_an_account_is_disabled_and_opened_again(users: Users) -> None:
    users(*OFFICER)
    users("disable", "lan")
    assert users("list", "--json").json[0]["disabled"]
    assert "disabled" in users("list").out
    users("disable", "lan", "--undo")
    assert not users("list", "--json").json[0]["disabled"]


def test_a_token_is_told_once_and_revoked(users: Users) -> None:
    users(*OFFICER)
    told = users("token", "lan", "--scope", "inbox.read", "--scope", "dossier.*", "--json").json
    assert told["token"].startswith("lt_")
    assert told["scopes"] == ["dossier.act", "dossier.read", "dossier.receive", "inbox.read"]
    listed = users("tokens")
    assert told["id"] in listed.out
    assert told["token"] not in listed.out
    users("revoke", told["id"])
    assert users("tokens", "--json").json[0]["revoked"]
    assert "revoked" in users("tokens").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scope", "views.write"), "nothing that officer may"),
        (("--scope", "inbox.raed"), "did you mean 'inbox.read'"),
        (("--scope", "search", "--expires", "2020-01-01"), "a year at most"),
        (("--scope", "search", "--expires", "2999-01-01"), "a year at most"),
    ],
)
def test_a_token_may_no_more_than_its_account_and_not_for_ever(
    users: Users, words: tuple[str, ...], said: str
) -> None:
    users(*OFFICER)
    assert said in users("token", "lan", *words, code=2).err


def test_an_account_of_a_provider_has_no_password(users: Users) -> None:
    told = users("add", "thu", "--role", "auditor", "--subject", "s-1", "--json").json
    assert told["password"] is None
    assert "at the provider" in users("add", "x", "--role", "auditor", "--subject", "s-2").out
