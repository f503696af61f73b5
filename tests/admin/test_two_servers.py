"""What is activated at one server is followed at another one of the same store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from functools import partial

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.access.principal import Principal
from app.desk.application import application
from app.desk.context import Desk
from app.desk.learner import Learner
from app.house import House, open_house
from app.law import registry
from app.settings import Settings
from app.times import parse_moment
from engine.core.law import Law
from engine.core.rules import Rejected
from engine.runtime import Call, Done
from schemas.commands import Receive
from tests.admin.test_agencies import draft as agencies_draft
from tests.admin.test_procedures import ID, newer, upload
from tests.api.write import ADMINISTRATOR, KEY, NOW, RECEIVER, Whoever
from tests.places import place, url
from workflows.amend import Amendment
from workflows.organisation import Officer

__all__ = ["place", "url"]

API = "/api/v1"
LOOKS = 3
"""Of B at the store, after which it knows what A has activated."""

OTHER = "ub-desk.receiver-9"
NEW_POST = f"""
agencies:
  - id: ub-desk
    name: {{vi: Trung tâm Hành chính công thành phố Uông Bí, en: One-stop centre of Uông Bí city}}
    level: district
    function: district-one-stop
    officers:
      - {{id: {OTHER}, roles: [receiver], from: 2021-03-31}}
"""


def activated(server: TestClient, place: str) -> None:
    answer = server.post(f"{place}/activate", data={"sure": "yes", "over": "0"})
    assert answer.status_code == 303, answer.text


class Server:
    """One of several on one store. It looks at what was activated when a test says so, unless it
    runs."""

    def __init__(self, settings: Settings) -> None:
        self._open = ExitStack()
        self.house: House = self._open.enter_context(open_house(settings, create=True))
        self.whoever = Whoever(ADMINISTRATOR)
        self.app = application(settings, self.house, self.whoever.identify)
        self.desk: Desk = self.app.state.desk
        self.client = TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)
        self.house.refresh()
        self.desk.open_tables()

    def as_(self, who: Principal) -> TestClient:
        self.whoever.who = who
        return self.client

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def server(url: str) -> Iterator[Callable[[], Server]]:
    with ExitStack() as opened:

        def make() -> Server:
            made = Server(Settings(database=url, now=parse_moment(NOW)))
            opened.callback(made.close)
            return made

        yield make


@pytest.fixture
def a(server: Callable[[], Server]) -> Server:
    return server()


@pytest.fixture
def b(a: Server, server: Callable[[], Server]) -> Server:
    """It has read its law before A activates anything."""
    made = server()
    assert made.house.law.procedures()
    return made


def activate_newer(a: Server) -> None:
    admin = a.as_(ADMINISTRATOR)
    text = newer(version='"2021-04-01"', **{"valid from": "2021-03-15", "limit": "4 days"})
    activated(admin, upload(admin, text).headers["location"])


def activate_other(a: Server) -> None:
    """A procedure of which B has never heard."""
    admin = a.as_(ADMINISTRATOR)
    text = newer(procedure="of-another-server", version='"2021-03-01"')
    activated(admin, upload(admin, text).headers["location"])


def receive(at: Server, procedure: str, officer: str = "ub-desk.receiver-1") -> Call:
    command = Receive(actor=officer, agency="ub-desk", procedure=procedure)
    return Call(command, at.house.runtime.new_id(), at=at.house.now, now=at.house.now)


def test_a_look_is_enough_and_nothing_is_read_again_without_need(a: Server, b: Server) -> None:
    before, runtime = b.house.law, b.house.runtime
    learner = Learner(b.house)
    assert learner.turn() > 0
    assert b.house.law is before
    activate_newer(a)
    assert b.house.law is before
    learner.turn()
    assert b.house.law is not before
    assert b.house.runtime is runtime
    done = b.house.runtime.handle(receive(b, ID))
    assert isinstance(done, Done)
    assert b.house.dossier(done.code).dossier.procedure == (ID, "2021-04-01")


def test_a_running_server_follows_by_itself(
    a: Server, b: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Semaphore(0)
    look = Learner.turn

    def counted(self: Learner) -> float:
        look(self)
        looked.release()
        return 0.02

    monkeypatch.setattr(Learner, "turn", counted)
    with b.client:
        activate_newer(a)
        while looked.acquire(blocking=False):
            pass
        for _ in range(LOOKS):
            looked.acquire()
        made = b.as_(RECEIVER).post(f"{API}/dossiers", json={"procedure": ID})
        assert made.json()["procedure"] == {"id": ID, "version": "2021-04-01"}, made.text


def test_what_b_would_refuse_it_asks_about_before(a: Server, b: Server) -> None:
    """A refusal is remembered as the answer to the command, so it must not be too early."""
    activate_other(a)
    call = receive(b, "of-another-server")
    assert isinstance(b.house.runtime.handle(call), Done)
    admin = a.as_(ADMINISTRATOR)
    activated(admin, agencies_draft(admin, NEW_POST))
    assert isinstance(b.house.runtime.handle(receive(b, ID, OTHER)), Done)
    assert isinstance(b.house.runtime.handle(receive(b, "nowhere")), Rejected)


@pytest.fixture
def together(b: Server) -> Iterator[None]:
    """B answers acts; it does not look by itself."""
    b.desk.together.start()
    yield
    b.desk.together.stop()


def not_known_yet(answer: Response) -> bool:
    """And that whoever asks is told to ask again."""
    return (
        answer.status_code == 503
        and answer.headers["retry-after"] == "1"
        and "not-known-yet" in answer.text
    )


@pytest.mark.usefixtures("together")
def test_what_b_does_not_know_yet_it_knows_the_next_time(a: Server, b: Server) -> None:
    activate_other(a)
    ask = partial(b.as_(RECEIVER).post, f"{API}/dossiers", headers=KEY,
                  json={"procedure": "of-another-server"})  # fmt: skip
    assert not_known_yet(ask())
    assert ask().status_code == 201


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", API + "/dossiers/{code}/acts"), ("GET", API + "/dossiers/{code}/why"),
     ("GET", "/dossiers/{code}"), ("GET", "/dossiers/{code}/way"),
     ("GET", "/dossiers/{code}/acts/forward"), ("POST", API + "/dossiers/{code}/acts")],
)  # fmt: skip
@pytest.mark.usefixtures("together")
def test_a_dossier_pinned_to_what_b_does_not_know_is_no_fault(
    a: Server, b: Server, method: str, path: str
) -> None:
    activate_other(a)
    done = a.house.runtime.handle(receive(a, "of-another-server"))
    assert isinstance(done, Done)
    b.house.refresh()
    body = {"act": "forward", "leg": ""} if method == "POST" else None
    ask = partial(b.as_(RECEIVER).request, method, path.format(code=done.code), json=body)
    assert not_known_yet(ask())
    assert ask().status_code in (200, 201)


def test_a_request_goes_by_one_law_from_its_beginning_to_its_end(a: Server, b: Server) -> None:
    seen: list[Law] = []

    @b.app.get("/of-a-test")
    def ask() -> None:
        seen.append(b.house.law)
        activate_newer(a)
        beside = threading.Thread(target=Learner(b.house).turn)
        beside.start()
        beside.join()
        seen.append(b.house.law)

    for _ in range(2):
        b.client.get("/of-a-test")
    first, second, third, _ = seen
    assert first is second
    assert third is not first
    assert third is b.house.law


def test_an_officer_whose_post_has_ended_at_a_is_refused_at_b(a: Server, b: Server) -> None:
    """Late by a look, not for good."""
    post = b.house.law.organisation.officer("ub-desk.receiver-1")
    ended = Officer(post.id, post.agency, post.roles, post.valid_from, date(2021, 3, 30))
    registry.amend(a.house.log, 1, Amendment(date(2021, 3, 30), (), (ended,)))
    Learner(b.house).turn()
    refused = b.house.runtime.handle(receive(b, ID))
    assert isinstance(refused, Rejected)
    assert refused.rule == "unknown-officer"
