"""Sessions: what a cookie is good for, and when it is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.access.accounts import Account
from app.access.sessions import ABSOLUTE, IDLE, RENEWED, Sessions, names, secret_of
from app.access.tables import open_tables
from engine.store import Log
from tests.access.conftest import Time

SECRET = b"s" * 32
LAN = Account("lan", "officer", "ub-desk.receiver-1", "ub-desk", 3, False, False, None, True, 0)
SECOND = timedelta(seconds=1)


@pytest.fixture
def sessions(time: Time) -> Sessions:
    return Sessions(SECRET, time)


def test_a_cookie_says_whose_session_it_is(sessions: Sessions) -> None:
    begun = sessions.begin(LAN)
    assert sessions.read(sessions.cookie(begun)) == begun
    assert begun.account == "lan"
    assert begun.epoch == 3
    assert sessions.begin(LAN).id != begun.id


def test_a_cookie_that_was_changed_or_signed_elsewhere_is_none(
    sessions: Sessions, time: Time
) -> None:
    cookie = sessions.cookie(sessions.begin(LAN))
    for place in range(len(cookie)):
        other = "A" if cookie[place] != "A" else "B"
        changed = sessions.read(cookie[:place] + other + cookie[place + 1 :])
        assert changed is None or changed == sessions.read(cookie)
    assert sessions.read(Sessions(b"t" * 32, time).cookie(sessions.begin(LAN))) is None
    for nonsense in ("", ".", "a.b", "[]", cookie + "x", sessions._signer.dumps(["lan"])):
        assert sessions.read(str(nonsense)) is None


def test_a_session_is_over_when_nothing_was_asked_for_long(sessions: Sessions, time: Time) -> None:
    cookie = sessions.cookie(sessions.begin(LAN))
    time.passes(timedelta(seconds=IDLE) - SECOND)
    assert sessions.read(cookie) is not None
    time.passes(SECOND)
    assert sessions.read(cookie) is None


def test_a_session_is_over_at_the_end_of_the_day_whatever_was_asked(
    sessions: Sessions, time: Time
) -> None:
    begun = sessions.begin(LAN)
    cookie = sessions.cookie(begun)
    for _ in range(ABSOLUTE // IDLE * 2 - 1):
        time.passes(timedelta(seconds=IDLE / 2))
        read = sessions.read(cookie)
        assert read is not None
        assert sessions.stale(read)
        cookie = sessions.cookie(read)
    time.passes(timedelta(seconds=IDLE / 2))
    assert sessions.read(cookie) is None


def test_a_cookie_is_not_written_anew_all_the_time(sessions: Sessions, time: Time) -> None:
    begun = sessions.begin(LAN)
    assert not sessions.stale(begun)
    time.passes(timedelta(seconds=RENEWED))
    assert sessions.stale(begun)


def test_form_tokens_are_of_one_session_and_one_secret(sessions: Sessions, time: Time) -> None:
    assert sessions.form_token("a") == Sessions(SECRET, time).form_token("a")
    assert sessions.form_token("a") != sessions.form_token("b")
    assert sessions.form_token("a") != Sessions(b"t" * 32, time).form_token("a")


def test_the_secret_is_the_stores_own_unless_one_is_given(log: Log) -> None:
    open_tables(log)
    made = secret_of(log, {})
    assert len(made) == 32
    assert secret_of(log, {}) == made
    assert secret_of(log, {"LIENTHONG_SECRET": "x" * 32}) == b"x" * 32
    with pytest.raises(ValueError, match="32 characters"):
        secret_of(log, {"LIENTHONG_SECRET": "guess"})


def test_where_there_is_tls_no_other_host_can_set_the_cookies() -> None:
    assert names(True) == ("__Host-session", "__Host-visit", "__Host-away")
    assert names(False) == ("session", "visit", "away")
