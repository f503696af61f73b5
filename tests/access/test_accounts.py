"""Accounts on both databases: passwords, lockout, sessions that end; tokens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.access.accounts import (
    CLOSED_FOR,
    TRIES,
    TRIES_FROM_ONE_ADDRESS,
    Accounts,
    Closed,
    NameTaken,
    Unknown,
)
from app.access.passwords import first_password, too_weak
from app.access.tokens import NoSuchScope, Tokens, scopes_of
from engine.store import Log
from tests.access.conftest import QUICK, Time

HERE = "192.0.2.1"
MOMENT = timedelta(microseconds=1)


def test_a_password_signs_in_and_another_does_not(accounts: Accounts) -> None:
    found = accounts.sign_in("lan", "lan-first", HERE)
    assert found is not None
    assert found.principal().officer == "ub-desk.receiver-1"
    assert found.must_change
    assert accounts.sign_in("lan", "Lan-first", HERE) is None
    assert accounts.sign_in("nobody", "lan-first", HERE) is None


def test_what_is_stored_is_no_password(accounts: Accounts, log: Log) -> None:
    with log.engine.connect() as connection:
        rows = str(connection.execute(text("SELECT * FROM accounts")).all())
    assert "lan-first" not in rows
    assert rows.count("$argon2id$") == 2


def test_a_name_is_given_once(accounts: Accounts) -> None:
    with pytest.raises(NameTaken):
        accounts.add("lan", "auditor")
    accounts.add("thu", "monitor", agency="qn", subject="s-1")
    with pytest.raises(NameTaken):
        accounts.add("thu-2", "monitor", agency="qn", subject="s-1")
    named = accounts.of_subject("s-1")
    assert named is not None
    assert named.name == "thu"
    assert accounts.sign_in("thu", "", HERE) is None


@pytest.mark.parametrize("name", ["lan", "nobody"])
def test_too_many_failures_close_an_account_whether_or_not_it_is_there(
    accounts: Accounts, time: Time, name: str
) -> None:
    for number in range(TRIES):
        assert accounts.sign_in(name, f"wrong {number}", f"192.0.2.{number}") is None
    with pytest.raises(Closed) as closed:
        accounts.sign_in(name, "lan-first", "198.51.100.7")
    assert closed.value.seconds == CLOSED_FOR.total_seconds()
    time.passes(CLOSED_FOR - MOMENT)
    with pytest.raises(Closed):
        accounts.sign_in(name, "lan-first", HERE)
    time.passes(MOMENT)
    assert (accounts.sign_in(name, "lan-first", HERE) is not None) is (name == "lan")


def test_another_process_sees_the_failures(accounts: Accounts, log: Log, time: Time) -> None:
    for _ in range(TRIES):
        accounts.sign_in("lan", "wrong", HERE)
    with pytest.raises(Closed):
        Accounts(log, clock=time, passwords=QUICK).sign_in("lan", "lan-first", HERE)


def test_an_address_that_tries_many_accounts_is_closed(accounts: Accounts) -> None:
    for number in range(TRIES_FROM_ONE_ADDRESS):
        assert accounts.sign_in(f"guess-{number}", "password", HERE) is None
    with pytest.raises(Closed):
        accounts.sign_in("lan", "lan-first", HERE)
    assert accounts.sign_in("lan", "lan-first", "198.51.100.7") is not None


def test_many_attempts_at_once_are_not_more_than_one_after_the_other(accounts: Accounts) -> None:
    def attempt(number: int) -> bool:
        try:
            return accounts.sign_in("lan", f"wrong {number}", f"192.0.2.{number}") is None
        except Closed:
            return False

    with ThreadPoolExecutor(8) as pool:
        looked_at = sum(pool.map(attempt, range(24)))
    assert looked_at == TRIES


def test_whoever_signs_in_begins_to_count_anew(accounts: Accounts) -> None:
    for _ in range(3):
        for _ in range(TRIES - 1):
            assert accounts.sign_in("lan", "wrong", HERE) is None
        assert accounts.sign_in("lan", "lan-first", HERE) is not None


def test_a_session_ends_with_the_epoch_of_its_account(accounts: Accounts) -> None:
    assert accounts.of_session("lan", 1, "s") is not None
    accounts.set_password("lan", "another one, longer", must_change=False)
    assert accounts.of_session("lan", 1, "s") is None
    now = accounts.of_session("lan", 2, "s")
    assert now is not None
    assert not now.must_change
    accounts.set_disabled("lan", True)
    assert accounts.of_session("lan", 3, "s") is None
    assert accounts.sign_in("lan", "another one, longer", HERE) is None
    accounts.set_disabled("lan", False)
    assert accounts.sign_in("lan", "another one, longer", HERE) is not None
    accounts.end_sessions("lan")
    assert accounts.of_session("lan", 4, "s") is None
    with pytest.raises(Unknown):
        accounts.end_sessions("nobody")


def test_one_session_ends_alone(accounts: Accounts, time: Time) -> None:
    accounts.end_session("s", accounts.now() + 1)
    accounts.end_session("s", accounts.now() + 1)
    assert accounts.of_session("lan", 1, "s") is None
    assert accounts.of_session("lan", 1, "t") is not None


def test_a_token_is_for_its_scopes_and_its_time(
    accounts: Accounts, tokens: Tokens, time: Time, log: Log
) -> None:
    id_, secret = tokens.make("minh", frozenset({"search"}), time.now + timedelta(days=1))
    assert secret.startswith("lt_")
    who = tokens.principal(secret)
    assert who is not None
    assert (who.account, who.scopes, who.token) == ("minh", {"search"}, True)
    assert tokens.principal(secret + "x") is None
    with log.engine.connect() as connection:
        assert secret not in str(connection.execute(text("SELECT * FROM access_tokens")).all())
    time.passes(timedelta(days=1))
    assert tokens.principal(secret) is None
    assert [each.id for each in tokens.all()] == [id_]


def test_a_token_ends_with_its_account_or_when_it_is_revoked(
    accounts: Accounts, tokens: Tokens, time: Time
) -> None:
    id_, secret = tokens.make("minh", frozenset({"search"}), time.now + timedelta(days=1))
    accounts.set_disabled("minh", True)
    assert tokens.principal(secret) is None
    accounts.set_disabled("minh", False)
    assert tokens.principal(secret) is not None
    assert tokens.revoke(id_)
    assert not tokens.revoke(id_)
    assert tokens.principal(secret) is None


def test_scopes_are_of_what_the_role_may() -> None:
    assert scopes_of("officer", ["dossier.*"]) == {
        "dossier.read",
        "dossier.act",
        "dossier.receive",
    }
    assert "views.write" not in scopes_of("officer", ["*"])
    for wrong in ("views.write", "nonsense", ""):
        with pytest.raises(NoSuchScope):
            scopes_of("officer", [wrong])


def test_first_passwords_are_strong_and_weak_ones_are_named() -> None:
    made = {first_password() for _ in range(100)}
    assert len(made) == 100
    assert {too_weak(each, "lan") for each in made} == {""}
    assert too_weak("short", "lan") == "short"
    assert too_weak("long" * 100, "lan") == "long"
    assert too_weak("aaaaaaaaaaaaaaa", "lan") == "easy"
    assert too_weak("my name is Lan 2026", "lan") == "easy"
