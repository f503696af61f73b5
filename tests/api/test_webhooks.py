"""Webhooks: each alert comes, signed, at least once; nobody's trouble is another's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from app.api.webhooks import store
from app.api.webhooks.address import BadAddress, checked, is_public, resolved
from app.api.webhooks.deliverer import Deliverer, Pace
from app.api.webhooks.sender import Sender
from app.api.webhooks.signing import headers, new_secret
from app.api.webhooks.store import Webhook
from app.feeding.sweeping import sweep
from app.house import House
from consumers.alerts import Alert, alert_id, alerts_table, open_alerts
from schemas.envelope import to_micros
from tests.api.receivers import receiver, verified
from tests.desk.conftest import As

QUICK = Pace(every=0.01, idle=0.01, first=0.02, longest=0.05, attempts=3, lease=10)
API = "/api/v1/webhooks"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def raise_alerts(house: House, count: int, kind: str = "step-overdue", agency: str = "ub-land",
                 first: int = 0) -> list[str]:  # fmt: skip
    """Alerts as a sweep leaves them; their ids."""
    open_alerts(house.home)
    now = to_micros(house.now)
    made = [
        Alert(alert_id(f"d-{n}", "", kind, n), f"d-{n}", "", kind, n, n, now, agency)
        for n in range(first, first + count)
    ]
    rows = [
        {"id": a.id, "dossier": a.dossier, "leg": a.leg, "kind": a.kind, "deadline": a.deadline,
         "due_at": a.due_at, "raised_at": a.raised_at, "agency": a.agency, "to_act": 0}
        for a in made
    ]  # fmt: skip
    with house.home.begin() as connection:
        connection.execute(alerts_table.insert(), rows)
    return [each.id.hex() for each in made]


def hook(house: House, url: str, kinds: tuple[str, ...] = (), agency: str | None = None) -> Webhook:
    made = Webhook(f"w-{url}-{kinds}", url, new_secret(), kinds, agency, 0, "administrator")
    store.add(house.home, made)
    return made


Start = Callable[..., Deliverer]


@pytest.fixture
def start(house: House) -> Iterator[Start]:
    """Starts a deliverer, as a server does; several are several servers."""
    with ExitStack() as stack:

        def started(pace: Pace = QUICK, answer: float = 5.0, **how: Any) -> Deliverer:
            sender = Sender(private=True, answer=answer)
            made = Deliverer(house, lambda a, b: b.startswith(a), sender, pace, **how)
            made.start()
            stack.callback(made.stop)
            return made

        yield started


def settled(house: House, waiting: int, dead: int = 0) -> None:
    """Until so many deliveries wait and so many are dead."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with house.home.engine.connect() as connection:
            counts = store.counts(connection)
        found = [sum(n for (_, s), n in counts.items() if s == state) for state in
                 (store.WAITING, store.DEAD)]  # fmt: skip
        if found == [waiting, dead]:
            return
        time.sleep(0.005)
    raise AssertionError(f"{counts}, not {waiting} waiting and {dead} dead")


def test_the_signature_is_that_of_the_specification() -> None:
    # The example of the libraries of Standard Webhooks.
    id_, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    signed = headers(SECRET, id_, 1614265330, body)
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_new_alert_comes_once_and_signed(house: House, start: Start) -> None:
    raise_alerts(house, 3, first=100)
    with receiver() as there:
        registered = hook(house, there.url)
        start()
        ids = raise_alerts(house, 20)
        found = there.wait(20)
        settled(house, 0)
        assert sorted(each.id for each in found) == sorted(ids)
        assert all(verified(each, registered.secret) for each in found)
        said = found[0].said
        assert (said["type"], said["data"]["kind"]) == ("alert.raised", "step-overdue")
        assert found[0].headers["content-type"] == "application/json"
        assert found[0].headers["host"] == f"127.0.0.1:{there.port}"


def test_a_sweep_is_what_fills_it(house: House, start: Start) -> None:
    with receiver() as there:
        hook(house, there.url)
        house.refresh()
        raised = sa.select(sa.func.count()).select_from(alerts_table)
        with house.home.engine.connect() as connection:
            before = connection.scalar(raised) or 0
        later = house.now + timedelta(days=60)
        house.settings = msgspec.structs.replace(house.settings, now=later)
        sweep(house)
        with house.home.engine.connect() as connection:
            count = (connection.scalar(raised) or 0) - before
        assert count
        start()
        assert len({each.id for each in there.wait(count)}) == count


def test_only_the_kinds_and_the_agencies_that_were_asked_for(house: House, start: Start) -> None:
    with receiver() as one, receiver() as other:
        hook(house, one.url, kinds=("due-soon",))
        hook(house, other.url, agency="ub")
        mine = raise_alerts(house, 2, "due-soon", "dt-desk")
        theirs = raise_alerts(house, 2, "step-overdue", "ub-land")
        start()
        assert sorted(each.id for each in one.wait(2)) == sorted(mine)
        assert sorted(each.id for each in other.wait(2)) == sorted(theirs)
        settled(house, 0)
        assert (len(one.got), len(other.got)) == (2, 2)


@pytest.mark.parametrize("status", [500, 404, 302, 307])
def test_what_is_not_taken_comes_again_with_the_same_id(
    house: House, start: Start, status: int
) -> None:
    with receiver() as there:
        there.answers = [status, status, 204]
        registered = hook(house, there.url)
        (id_,) = raise_alerts(house, 1)
        start()
        found = there.wait(3)
        settled(house, 0)
        assert {each.id for each in found} == {id_}
        assert {each.path for each in found} == {"/alerts"}, "no redirect was followed"
        assert len({each.body for each in found}) == 1
        assert all(verified(each, registered.secret) for each in found)


def test_who_hangs_holds_up_only_himself_and_is_dead_in_the_end(house: House, start: Start) -> None:
    with receiver() as hangs, receiver() as takes:
        hangs.answers = [0]
        stuck = hook(house, hangs.url)
        hook(house, takes.url)
        raise_alerts(house, 5)
        start(answer=0.2)
        takes.wait(5)
        settled(house, 0, dead=5)
        with house.home.engine.connect() as connection:
            found = store.waiting_at(connection, stuck.id, store.DEAD, None, 10)
        assert {each.outcome for each in found} == {"did not answer in time"}
        assert {each.attempts for each in found} == {QUICK.attempts}


def test_one_that_is_refused_for_ever_holds_up_no_other(house: House, start: Start) -> None:
    patient = Pace(every=0.01, idle=0.01, first=600, longest=600, attempts=3, lease=10)
    with receiver() as there:
        there.answers = [400, 204]
        hook(house, there.url)
        ids = raise_alerts(house, 5)
        start(patient)
        assert sorted(each.id for each in there.wait(5)) == sorted(ids)
        settled(house, 1)


def test_one_that_makes_the_receiver_hang_is_tried_after_the_others(
    house: House, start: Start
) -> None:
    with receiver() as there:
        there.answers = [0, 204]
        hook(house, there.url)
        raise_alerts(house, 5)
        start(answer=0.2)
        first, *others, last = [each.id for each in there.wait(6)]
        assert first == last
        assert len({*others, first}) == 5


def test_what_is_dead_is_tried_again_when_asked(house: House, start: Start) -> None:
    with receiver() as there:
        there.answers = [500]
        registered = hook(house, there.url)
        ids = raise_alerts(house, 2)
        deliverer = start()
        settled(house, 0, dead=2)
        there.answers = [200]
        assert store.revive(house.home, registered.id, deliverer.now()) == 2
        settled(house, 0)
        assert {each.id for each in there.got} == set(ids)


def test_a_receiver_that_was_killed_has_everything_when_it_is_back(
    house: House, start: Start
) -> None:
    patient = Pace(every=0.01, idle=0.01, first=0.02, longest=0.1, attempts=1000, lease=10)
    with receiver() as there:
        port = there.port
        hook(house, there.url)
        start(patient)
        before = raise_alerts(house, 3)
        there.wait(3)
    during = raise_alerts(house, 3, first=3)
    settled(house, 3)
    with receiver(port) as back:
        assert {each.id for each in back.wait(3)} == set(during)
        settled(house, 0)
    assert not set(before) & set(during)


def test_what_a_killed_server_had_claimed_another_delivers(house: House, start: Start) -> None:
    with receiver() as there:
        hook(house, there.url)
        ids = raise_alerts(house, 4)
        now = 1_000_000_000
        store.open_webhooks(house.home)
        assert store.hand_out(house.home, now, lambda a, b: True) == 4
        claimed = store.claim(house.home, now, now + 60_000_000, (), 10)
        assert len(claimed) == 4
        assert store.claim(house.home, now, now + 60_000_000, (), 10) == []
        # It was killed here: nothing was sent, nothing was given back.
        start(clock=lambda: now / 1e6 + 61)
        assert {each.id for each in there.wait(4)} == set(ids)


def test_two_servers_send_each_alert_once(house: House, start: Start) -> None:
    with receiver() as there:
        hook(house, there.url)
        start()
        start()
        ids = raise_alerts(house, 40)
        there.wait(40)
        settled(house, 0)
        assert sorted(each.id for each in there.got) == sorted(ids)


def test_waiting_doubles_and_is_not_everybodys_beat(house: House) -> None:
    pace = Pace()
    lowest = Deliverer(house, lambda a, b: True, Sender(), chance=lambda: 0.0)
    highest = Deliverer(house, lambda a, b: True, Sender(), chance=lambda: 1.0)
    waits = [highest._wait(n) for n in range(pace.attempts)]
    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-1] == pace.longest
    shortest = [lowest._wait(n) for n in range(pace.attempts)]
    assert [each * 2 for each in shortest] == waits
    assert sum(shortest) > 24 * 3600, "a receiver may be away for a day"
    for each in (lowest, highest):
        each._pool.shutdown()


# --- where nothing is sent ---------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "ftp://example.com/", "https://", "https://user:word@example.com/",
     "https://example.com/#part", "https://exa mple.com/", "https://example.com:99999/",
     "//example.com", "https://example.com/\r\nX: y", "javascript:alert(1)", "https://[::1",
     "https://" + "a" * 1000],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        checked(url)


@pytest.mark.parametrize(
    "number",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.9.9", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1",
     "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "ff02::1"],
)  # fmt: skip
def test_what_only_this_network_reaches_is_not_public(number: str) -> None:
    assert not is_public(number)


@pytest.mark.parametrize("number", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_the_rest_is(number: str) -> None:
    assert is_public(number)


@pytest.mark.parametrize("url", ["http://localhost/", "https://127.0.0.1/", "https://[::1]/"])
def test_a_private_address_needs_to_be_allowed(url: str) -> None:
    with pytest.raises(BadAddress, match="private network"):
        resolved(url, private=False)
    assert resolved(url, private=True).addresses


def test_a_name_that_has_come_to_lead_inside_is_refused_when_sending(
    house: House, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as there:
        registered = hook(house, f"https://example.com:{there.port}/")
        raise_alerts(house, 1)
        found = [(2, 1, 6, "", ("127.0.0.1", there.port))]
        monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: found)
        strict = Deliverer(house, lambda a, b: True, Sender(private=False), QUICK)
        strict.start()
        settled(house, 0, dead=1)
        strict.stop()
        with house.home.engine.connect() as connection:
            (dead,) = store.waiting_at(connection, registered.id, None, None, 10)
        assert dead.outcome
        assert "private network" in dead.outcome
        assert there.got == []


# --- over HTTP ---------------------------------------------------------------------------


def test_an_administrator_registers_and_sees_the_secret_once(as_: As) -> None:
    admin = as_("administrator")
    refused = admin.post(API, json={"url": "https://127.0.0.1/x"})
    assert (refused.status_code, refused.json()["type"]) == (422, "/api/v1/problems/bad-address")
    assert as_("monitor", "ub").post(API, json={"url": "https://127.0.0.1/x"}).status_code == 403
    assert admin.get(API).json() == []


def test_registered_twice_with_one_key_it_is_one(as_: As, desk: Any) -> None:
    """An answer that was lost is had again, secret and all."""
    object.__setattr__(desk, "settings", _private(desk.settings))
    admin, key = as_("administrator"), {"Idempotency-Key": "01890a5d-ac96-774b-bcce-b302099a8057"}
    new = {"url": "http://127.0.0.1:9/x", "kinds": ["step-overdue"]}
    first, again = (admin.post(API, json=new, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.json()["secret"].startswith("whsec_")
    for other, by in (({**new, "kinds": []}, admin), (new, as_("administrator", "ub"))):
        refused = by.post(API, json=other, headers=key)
        assert refused.json()["type"] == "/api/v1/problems/command-id-reused"
        assert "whsec_" not in refused.text
    assert len(admin.get(API).json()) == 1


def test_its_life_over_http(as_: As, house: House, desk: Any) -> None:
    admin = as_("administrator")
    with receiver() as there:
        there.answers = [500]
        object.__setattr__(desk, "settings", _private(desk.settings))
        desk.deliverer._sender = Sender(private=True)
        desk.deliverer._pace = QUICK
        made = admin.post(API, json={"url": there.url, "kinds": ["step-overdue"]})
        assert made.status_code == 201, made.text
        one = made.headers["location"]
        secret = made.json()["secret"]
        assert "secret" not in admin.get(one).json()
        ids = raise_alerts(house, 3)
        settled(house, 0, dead=3)
        assert admin.get(one).json()["dead"] == 3
        page = admin.get(f"{one}/deliveries", params={"limit": 2, "state": "dead"})
        rest = admin.get(page.links["next"]["url"])
        listed = [*page.json(), *rest.json()]
        assert sorted(each["id"] for each in listed) == sorted(ids)
        assert {each["outcome"] for each in listed} == {"answered 500"}
        alerts = as_("auditor").get("/api/v1/alerts", params={"kind": "step-overdue"}).json()
        assert set(ids) < {each["id"] for each in alerts}, "they are called the same there"
        there.answers = [200]
        assert admin.post(f"{one}/retry").json() == {"revived": 3}
        settled(house, 0)
        assert verified(there.got[-1], secret)
        assert admin.delete(one).status_code == 204
        assert admin.get(one).status_code == 404


def _private(settings: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(settings, private_webhooks=True)


def test_an_agencys_administrator_sees_only_its_own(as_: As, house: House) -> None:
    hook(house, "https://example.com/all")
    hook(house, "https://example.com/dt", agency="dt")
    hook(house, "https://example.com/ub", agency="ub-land")
    everybodys = as_("administrator").get(API).json()
    assert len(everybodys) == 3
    mine = as_("administrator", "ub").get(API).json()
    assert [each["url"] for each in mine] == ["https://example.com/ub"]
    other = next(each["id"] for each in everybodys if each["agency"] == "dt")
    assert as_("administrator", "ub").delete(f"{API}/{other}").status_code == 404
