"""The API on PostgreSQL, where other things go wrong than on SQLite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.api.webhooks import store
from app.desk.application import application
from app.house import House, open_house
from app.settings import Settings
from app.times import parse_moment
from tests.api.receivers import receiver
from tests.api.test_webhooks import QUICK, hook, raise_alerts, settled
from tests.api.write import AUDITOR, NOW, RECEIVER, Whoever
from tests.servers import PostgresDatabase

API = "/api/v1"
SAID = {"procedure": "lt-10-building-permit"}


@pytest.fixture
def house(postgres_database: PostgresDatabase) -> Iterator[House]:
    settings = Settings(database=postgres_database(), now=parse_moment(NOW), private_webhooks=True)
    with open_house(settings, create=True) as opened:
        yield opened


@pytest.fixture
def whoever() -> Whoever:
    return Whoever(RECEIVER)


@pytest.fixture
def client(house: House, whoever: Whoever) -> Iterator[TestClient]:
    app = application(house.settings, house, whoever.identify)
    app.state.desk.deliverer._pace = QUICK
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as made:
        yield made


def test_a_dossier_is_received_acted_on_and_followed(client: TestClient, whoever: Whoever) -> None:
    made = client.post(f"{API}/dossiers", json=SAID).json()
    url = f"{API}/dossiers/{made['code']}"
    done = client.post(f"{url}/acts", json={"act": "forward", "leg": ""},
                       headers={"If-Match": f'"{made["version"]}"'})  # fmt: skip
    assert done.status_code == 201, done.text
    after = {"after": done.json()["position"]}
    assert client.get(url, params=after).json()["in_transit"]["from"] == "ub-desk"
    stale = client.post(f"{url}/acts", json={"act": "recall", "leg": ""},
                        headers={"If-Match": f'"{made["version"]}"'})  # fmt: skip
    assert stale.status_code == 412
    whoever.who = AUDITOR
    fed = client.get(f"{API}/feed", params={"from": "start", "follow": "false"}).text
    assert fed.count("\ndata: ") == done.json()["version"]


@pytest.mark.parametrize(
    "path",
    ["/dossiers/a%00b", "/dossiers/a%00b/history", "/inbox/a%00b", "/dossiers?agency=a%00b",
     "/dossiers?after=a%00b@1&wait=0.01", "/alerts?dossier=a%00b", "/alerts?kind=a%00b",
     "/procedures/a%00b", "/inbox/ub-desk?officer=a%00b", "/dossiers/%ED%A0%80"],
)  # fmt: skip
@pytest.mark.parametrize("who", [RECEIVER, AUDITOR], ids=lambda who: who.account)
def test_what_no_database_has_room_for_is_no_fault(
    client: TestClient, whoever: Whoever, path: str, who: object
) -> None:
    whoever.who = who  # type: ignore[assignment]
    answer = client.get(API + path)
    assert answer.status_code < 500 or answer.json()["type"].endswith("/behind"), answer.text


def test_alerts_are_handed_out_and_delivered(client: TestClient, house: House) -> None:
    raise_alerts(house, 2, first=50)
    with receiver() as there:
        hook(house, there.url)
        ids = raise_alerts(house, 6)
        assert {each.id for each in there.wait(6)} == set(ids)
        settled(house, 0)


def test_two_who_claim_at_once_claim_nothing_twice(house: House) -> None:
    hook(house, "https://example.com/")
    raise_alerts(house, 6)
    assert store.hand_out(house.home, 1, lambda a, b: True) == 6
    first = store.claim(house.home, 1, 100, (), 4)
    second = store.claim(house.home, 1, 100, (), 4)
    assert (len(first), len(second)) == (4, 2)
    assert not {each.alert.id for each in first} & {each.alert.id for each in second}
