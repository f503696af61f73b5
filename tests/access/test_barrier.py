"""The second barrier, on a real PostgreSQL: rows that somebody may not read are not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from msgspec.structs import replace
from sqlalchemy import create_engine, func, make_url, select, text
from sqlalchemy.event import listen
from sqlalchemy.pool import NullPool

from app.access import access
from app.access.access import Access
from app.access.asking import Asking, ask_for, asking
from app.access.principal import Principal
from app.admin.records import metadata as administered
from app.api.webhooks.store import metadata as webhooks
from app.citizen.tables import metadata as of_citizens
from app.desk.application import application
from app.desk.context import Desk
from app.house import House, open_house
from app.reporting.form import Asked, report
from app.reporting.period import Period
from app.settings import Settings
from consumers.barrier import HIDDEN, READER, confined, open_barrier
from consumers.home import ensure, open_home
from consumers.interlink.tables import metadata as interlinked
from consumers.rebuild import rebuild
from consumers.views import all_views
from consumers.views.custody import TABLE as CUSTODY
from consumers.views.inbox import TABLE as INBOX
from consumers.views.status import TABLE as STATUS
from engine.store import StoreReadOnly
from engine.store.errors import in_plain_words
from engine.store.schema import events, streams
from tests.acceptance.conftest import FIFTY, run
from tests.access.test_relation import Oracle
from tests.desk.conftest import WHO, Doors
from tests.servers import PostgresDatabase

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def fifty(postgres_url: str) -> str:
    """The name of a database to copy."""
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE fifty_dossiers"))
    url = server.url.set(database="fifty_dossiers").render_as_string(hide_password=False)
    run("submit", FIFTY, "--database", url)
    return "fifty_dossiers"


@pytest.fixture
def house(postgres_database: PostgresDatabase, fifty: str) -> Iterator[House]:
    url = postgres_database(fifty)
    now = datetime(2021, 3, 31, 2, 0, tzinfo=UTC)
    with open_house(Settings(database=url, now=now), write=True) as opened:
        opened.refresh()
        yield opened


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    app: FastAPI = application(house.settings, house, Doors().identify)
    with TestClient(app):
        yield app.state.desk


def expected(house: House, agency: str) -> set[str]:
    oracle = Oracle(house)
    codes = house.log.streams("", limit=1000)
    return {code for code in codes if agency in oracle.readers(code)}


def seen(desk: Desk, agency: str, *dossiers: str) -> set[str]:
    """What a query finds that forgot to ask what may be read."""
    agencies = desk.access.agencies(Principal("x", "officer", "o", agency))
    ask_for(agencies, *dossiers)
    try:
        with desk.reading() as connection:
            return set(connection.scalars(select(STATUS.c.dossier)))
    finally:
        ask_for(None)


AGENCIES = ("ub-desk", "ub-land", "ub-tax", "ub", "qn", "dt-desk", "hl", "qn-tax")


def test_a_query_that_forgets_finds_only_what_may_be_read(desk: Desk, house: House) -> None:
    assert desk.barrier
    sizes = set()
    for agency in AGENCIES:
        wanted = expected(house, agency)
        assert seen(desk, agency) == wanted, agency
        sizes.add(len(wanted))
    assert len(sizes) > 2
    with desk.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(STATUS)) == 50


def test_who_took_over_sees_what_the_agency_saw_that_is_no_more(desk: Desk, house: House) -> None:
    house.settings = replace(house.settings, now=datetime(2025, 7, 1, 2, 0, tzinfo=UTC))
    sizes = set()
    for agency in ("w-uong-bi-desk", "w-uong-bi", "r2-land", "w-vang-danh"):
        wanted = expected(house, agency)
        assert seen(desk, agency) == wanted, agency
        sizes.add(len(wanted))
    assert len(sizes) > 2


def test_an_inbox_shows_no_more_and_is_no_question_for_each_row(desk: Desk, house: House) -> None:
    asked = text(
        "SELECT coalesce(sum(calls), 0) FROM pg_stat_xact_user_functions"
        " WHERE funcname = 'lienthong_may_read'"
    )
    with house.home.engine.connect() as connection:
        every = connection.execute(select(INBOX.c.dossier, INBOX.c.agency)).all()
        connection.exec_driver_sql("SET track_functions = 'pl'")
        for agency in AGENCIES:
            own = sorted(row.dossier for row in every if row.agency == agency)
            may_read = expected(house, agency)
            agencies = desk.access.agencies(Principal("x", "officer", "o", agency)) or ()
            with confined(connection, agencies, []):
                # It is counted on from what was before the transaction, or not.
                before = connection.scalar(asked)
                found = connection.scalars(select(INBOX.c.dossier).where(INBOX.c.agency == agency))
                assert sorted(found) == own
                assert connection.scalar(asked) == before
                found = connection.scalars(select(INBOX.c.dossier))
                assert set(found) == {row.dossier for row in every} & may_read
                connection.scalars(select(CUSTODY.c.dossier)).all()
                assert connection.scalar(asked) > before


def test_a_report_is_counted_without_it_and_says_the_same(house: House) -> None:
    """What is counted there for an agency is counted for it of everything, too."""
    who = Principal("x", "monitor", agency="ub", token=True)
    march = Period(date(2021, 3, 1), date(2021, 3, 31))
    app = application(house.settings, house, lambda _: who)
    with TestClient(app) as client:
        desk: Desk = app.state.desk
        under = desk.access.agencies(who)
        ask_for(under)
        with desk.reading() as connection:
            wanted = report(connection, house.law, Asked("06a", march, units=under)).plain()
            assert connection.scalar(text("SELECT current_user")) == READER
        ask_for(None)
        statements: list[str] = []

        def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
            statements.append(statement)

        listen(house.home.engine, "before_cursor_execute", note)
        said = client.get("/api/v1/reports/06a?from=2021-03-01&to=2021-03-31").json()
    assert said["rows"]
    assert said == {**wanted, "as_known": said["as_known"]}
    assert any("view_report" in each for each in statements)
    assert not any("lienthong.agencies" in each for each in statements)


def test_the_events_are_behind_it_too(desk: Desk, house: House) -> None:
    mine = expected(house, "ub-land")
    assert 0 < len(mine) < 50
    with house.log.engine.connect() as connection:
        with confined(connection, ["ub-land"], []):
            found = connection.scalars(
                select(streams.c.name).join(events, events.c.stream == streams.c.id)
            )
            assert set(found) == mine
        # And afterwards the connection is as it was.
        count = connection.scalar(select(func.count()).select_from(streams))
        assert count == 50
        assert connection.scalar(text("SELECT current_user")) != READER


def test_a_dossier_that_was_permitted_is_seen_and_no_other(desk: Desk, house: House) -> None:
    code = min(expected(house, "ub-desk") - expected(house, "hl"))
    assert seen(desk, "hl", code) == expected(house, "hl") | {code}


def test_a_rebuild_keeps_it(desk: Desk, house: House) -> None:
    rebuild(house.home, house.log, all_views())
    for agency in AGENCIES:
        assert seen(desk, agency) == expected(house, agency)


def test_the_rule_of_an_earlier_version_is_replaced(house: House) -> None:
    assert open_barrier(house.home)
    with house.home.begin() as connection:
        connection.exec_driver_sql("ALTER POLICY confined ON view_status USING (true)")
        connection.exec_driver_sql("COMMENT ON POLICY confined ON view_status IS 'older'")
    assert open_barrier(house.home)
    with house.home.engine.connect() as connection, confined(connection, ["hl"], []):
        assert set(connection.scalars(select(STATUS.c.dossier))) == expected(house, "hl")


def test_the_reader_changes_nothing_and_knows_no_account(desk: Desk, house: House) -> None:
    # Made while the barrier stands, and before.
    for made in (webhooks, interlinked, administered, of_citizens):
        ensure(house.log, made)
    with house.log.engine.connect() as connection:
        there = {name for name in HIDDEN if house.log.engine.dialect.has_table(connection, name)}
        assert there == HIDDEN
    forbidden = [f"SELECT * FROM {name}" for name in HIDDEN]
    forbidden += ["DELETE FROM view_status", "INSERT INTO words (word) VALUES ('x')"]
    for statement in forbidden:
        with (
            pytest.raises(StoreReadOnly),
            in_plain_words("the store"),
            house.log.engine.connect() as connection,
            confined(connection, ["qn"], []),
        ):
            connection.exec_driver_sql(statement)
    with house.log.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(STATUS)) == 50


def test_whoever_uses_the_database_otherwise_keeps_his_rights(desk: Desk, house: House) -> None:
    with house.log.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE clerk_of_reports")
        connection.exec_driver_sql("GRANT SELECT ON view_status TO clerk_of_reports")
        connection.exec_driver_sql("SET LOCAL ROLE clerk_of_reports")
        assert connection.scalar(select(func.count()).select_from(STATUS)) == 50
        connection.exec_driver_sql("RESET ROLE")
        connection.exec_driver_sql("DROP OWNED BY clerk_of_reports")
        connection.exec_driver_sql("DROP ROLE clerk_of_reports")


def test_a_user_who_may_make_no_role_uses_the_one_that_he_was_given(
    postgres_database: PostgresDatabase, fifty: str
) -> None:
    url = make_url(postgres_database(fifty))
    server = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        for statement in (
            "CREATE ROLE owner_of_tables LOGIN",
            f"DO $$ BEGIN CREATE ROLE {READER}; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            f"GRANT {READER} TO owner_of_tables",
            "GRANT CREATE ON SCHEMA public TO owner_of_tables",
        ):
            connection.execute(text(statement))
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        for table in tables.all():
            connection.execute(text(f'ALTER TABLE "{table}" OWNER TO owner_of_tables'))
    home = open_home(url.set(username="owner_of_tables").render_as_string(hide_password=False))
    try:
        assert open_barrier(home)
        with home.engine.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(STATUS)) == 50
            with confined(connection, ["ub-land"], []):
                assert 0 < len(connection.execute(select(STATUS.c.dossier)).all()) < 50
    finally:
        home.close()
        with server.connect() as connection:
            connection.execute(text("REASSIGN OWNED BY owner_of_tables TO CURRENT_USER"))
            connection.execute(text("DROP OWNED BY owner_of_tables"))
            connection.execute(text("DROP ROLE owner_of_tables"))


def test_a_user_who_may_make_no_role_works_without_it(house: House) -> None:
    with house.log.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE plain_user")
        connection.exec_driver_sql("SET LOCAL ROLE plain_user")

        class Plain:
            engine = house.log.engine

            def begin(self) -> object:
                from contextlib import nullcontext

                return nullcontext(connection)

        assert open_barrier(Plain()) is False  # type: ignore[arg-type]
        connection.exec_driver_sql("RESET ROLE")
        connection.exec_driver_sql("DROP ROLE plain_user")


def test_the_barrier_can_be_raised_again(desk: Desk, house: House) -> None:
    assert open_barrier(house.home)
    assert seen(desk, "ub-land") == expected(house, "ub-land")


def test_a_permission_for_another_dossier_holds_for_the_request(house: House) -> None:
    access = Access(house)
    who = Principal("x", "officer", "o", "ub-desk")
    code = min(expected(house, "ub-desk"))
    access.ask_for(who, "dossier.read", {})
    assert access.permits(who, "dossier.read", {"code": code})
    assert asking() == Asking(frozenset(access.agencies(who) or ()), frozenset({code}))
    access.ask_for(Principal("", "stranger"), "citizen.look-up", {"code": code})
    assert asking() is None


ASKED = {
    "agency": "ub-land", "party": "ub-land", "q": "ub-desk", "state": "all", "limit": "1000",
    "from": "2021-01-01", "to": "2021-12-31",
}  # fmt: skip
"""For what is none of who asks, whichever of it a list knows."""


def lists(app: FastAPI) -> list[str]:
    """The addresses that name no dossier, and are answered at once."""
    return sorted(
        each.path.replace("{agency}", "ub-land").replace("{form}", "06a")
        for each in iter_route_contexts(app.routes)
        if isinstance(each.original_route, APIRoute)
        and each.path is not None
        and "GET" in (each.original_route.methods or ())
        and not re.search(r"{(?!agency|form)", each.path)
        and each.path not in ("/api/v1/feed", "/board/live")
    )


def in_vain(asks: TestClient, address: str) -> str:
    """What is answered to all of `ASKED` that the address takes; the API names what it does not."""
    answer = asks.get(address, params=ASKED)
    if address.startswith("/api/") and answer.status_code == 422:
        unnamed = {each["field"].removeprefix("query.") for each in answer.json()["errors"]}
        answer = asks.get(address, params={k: v for k, v in ASKED.items() if k not in unnamed})
    return answer.text


def shown(desk: Desk, asks: TestClient, addresses: list[str]) -> dict[str, set[str]]:
    """By address: which dossiers of the other district it shows, of whom the caller is none."""
    codes = set(desk.house.log.streams("", limit=1000)) - expected(desk.house, "dt-desk")
    found = {}
    for address in addresses:
        answers = [asks.get(address).text, in_vain(asks, address)]
        found[address] = {code for code in codes if any(code in text for text in answers)}
    return {address: codes for address, codes in found.items() if codes}


def test_a_policy_that_permits_everything_shows_no_list_of_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first barrier is down: whoever may anything sees in lists what his agency may see."""
    doors = Doors()
    app = application(house.settings, house, doors.identify)
    doors.known["x"] = Principal("x", "officer", "dt-desk.receiver-1", "dt-desk", token=True)
    with TestClient(app, raise_server_exceptions=False, headers={WHO: "x"}) as asks:
        desk: Desk = app.state.desk
        addresses = lists(app)
        assert {"/api/v1/dossiers", "/api/v1/reports/register", "/search", "/inbox"} < {*addresses}
        assert shown(desk, asks, addresses) == {}
        monkeypatch.setattr(access, "decides", lambda *_: True)
        monkeypatch.setattr(access.Access, "readable", lambda *_: None)
        assert shown(desk, asks, addresses) == {}
        # What would be seen, if there were no second one.
        desk.barrier = False
        assert {"/api/v1/dossiers", "/api/v1/inbox/ub-land", "/api/v1/deadlines", "/search"} <= {
            *shown(desk, asks, addresses)
        }
