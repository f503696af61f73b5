"""The board as a monitor meets it: figures, filters, views that are kept, the wall, the stream."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from html import unescape

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.desk.context import Desk
from app.house import House
from app.monitor.live import Live
from app.web.pages import board
from app.web.pages.board import PARTS, event
from engine.runtime import Call, Done
from schemas.commands import Receive
from tests.api.served import served
from tests.desk.conftest import WHO, As, Doors

OVER_THERE = "ub-nam-khe"
HOSTILE = '"><script>alert(1)</script>'


def test_a_monitor_reads_the_board_in_both_languages(as_: As) -> None:
    monitor = as_("monitor")
    assert "Theo cơ quan" in monitor.get("/board").text
    monitor.cookies.set("lang", "en")
    said = monitor.get("/board").text
    assert "By agency" in said
    assert "Where it is late" in said


@pytest.mark.parametrize("path", ["/board", "/board/live", "/board/dossiers"])
def test_a_stranger_is_asked_who_he_is(client: TestClient, path: str) -> None:
    assert client.get(path).headers["location"].startswith("/sign-in")


def test_an_administrator_has_no_board(as_: As) -> None:
    assert as_("administrator").get("/board").status_code == 403


def test_a_monitor_sees_the_agencies_under_his_own_and_no_other(as_: As) -> None:
    one = as_("monitor", agency="ub-desk").get("/board").text
    everyone = as_("monitor").get("/board").text
    assert "Chi nhánh Văn phòng Đăng ký đất đai thành phố Uông Bí" in everyone
    assert "Chi nhánh Văn phòng Đăng ký đất đai thành phố Uông Bí" not in one


FIGURE = re.compile(
    r'href="(/board/dossiers\?[^"]+)">\s*(?:<span class="monitor-tile__figure">)?(\d+)<'
)
CELL = re.compile(r'href="(/board/dossiers\?[^"]+)"><strong>\d+%</strong> <span>\d+/(\d+)<')


@pytest.mark.parametrize("query", ["", "?agency=ub", "?level=commune", "?agency=ub&level=district"])
def test_a_figure_leads_to_as_many_dossiers_as_it_says(as_: As, query: str) -> None:
    """The tiles count dossiers once; a level and an agency count parts too, an agency its own."""
    monitor = as_("monitor")
    board = monitor.get(f"/board{query}").text
    figures, cells = FIGURE.findall(board), CELL.findall(board)
    assert len(figures) > 8
    assert len(cells) > 4
    for link, said in (*figures, *cells):
        found = monitor.get(unescape(link)).text
        assert found.count('data-row href="/dossiers/') == int(said), link


def test_a_part_of_a_dossier_has_its_name(as_: As) -> None:
    monitor = as_("monitor")
    listed = monitor.get("/board/dossiers").text
    assert "Cấp xã xác nhận" in listed
    assert ">confirm<" not in listed
    assert "Xem cả phần việc" in monitor.get("/board/dossiers?whole=1").text


def test_the_dossiers_of_another_agency_are_not_listed(as_: As) -> None:
    monitor = as_("monitor", agency="ub-desk")
    assert monitor.get("/board/dossiers?agency=ub-land").status_code == 403
    assert monitor.get("/board/dossiers").status_code == 200


def test_filters_that_mean_nothing_show_nothing_and_break_nothing(as_: As) -> None:
    monitor = as_("monitor")
    for query in (
        "agency=nowhere", "level=moon", "procedure=none", f"agency={HOSTILE}",
        f"procedure={HOSTILE}",
    ):  # fmt: skip
        answer = monitor.get(f"/board?{query}")
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
    assert monitor.get("/board/dossiers?state=moon&page=1").status_code == 200
    assert monitor.get("/board/dossiers?page=0").status_code == 422


def test_a_view_is_kept_by_its_account_alone_and_can_be_forgotten(as_: As) -> None:
    mine, other = as_("monitor"), as_("monitor", agency="qn")
    answer = mine.post("/board/saved", data={"name": " Cấp xã ", "level": "commune"})
    assert answer.headers["location"] == "/board?level=commune"
    assert '<a class="govuk-link" href="/board?level=commune">Cấp xã</a>' in mine.get("/board").text
    assert "Cấp xã</a>" not in other.get("/board").text
    other.post("/board/saved/forget", data={"name": "Cấp xã"})
    assert "Cấp xã</a>" in mine.get("/board").text
    mine.post("/board/saved/forget", data={"name": "Cấp xã"})
    assert "Cấp xã</a>" not in mine.get("/board").text


def test_the_name_of_a_view_is_shown_as_it_was_written_and_does_nothing(as_: As) -> None:
    monitor = as_("monitor")
    monitor.post("/board/saved", data={"name": HOSTILE, "level": HOSTILE})
    page = monitor.get("/board").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_one_account_keeps_no_more_than_thirty_views(as_: As) -> None:
    monitor = as_("monitor")
    for number in range(32):
        monitor.post("/board/saved", data={"name": f"v{number}"})
    assert monitor.get("/board").text.count('action="/board/saved/forget"') == 30
    refused = monitor.post("/board/saved", data={"name": "v31", "level": "commune"})
    assert refused.status_code == 422
    assert "Bạn đã lưu 30 bộ lọc" in refused.text
    assert 'href="/board?level=commune"' in refused.text
    assert monitor.post("/board/saved", data={"name": "v7"}).status_code == 303, "replaced"


def test_a_view_without_a_name_is_not_kept_and_that_is_said(as_: As) -> None:
    monitor = as_("monitor")
    answer = monitor.post("/board/saved", data={"name": "  ", "level": "commune"})
    assert answer.status_code == 422
    assert "Hãy đặt tên" in answer.text
    assert 'action="/board/saved/forget"' not in monitor.get("/board").text


def test_the_wall_has_figures_and_no_way_around(as_: As) -> None:
    wall = as_("monitor").get("/board?wall=1").text
    assert 'data-cycle="12"' in wall
    assert "govuk-service-navigation" not in wall
    assert 'sse-connect="/board/live"' in wall


def test_no_page_of_the_board_is_heavy(as_: As) -> None:
    for path in ("/board", "/board?wall=1", "/board/dossiers", "/alerts"):
        assert len(as_("monitor").get(path).content) < 150_000


def test_a_part_is_one_event_whatever_lines_it_has() -> None:
    assert event("heat", "<p>\n\n  a\n</p>\n") == (
        b"event: heat\ndata: <p>\ndata:   a\ndata: </p>\n\n"
    )


# --- live ---


def received(house: House) -> str:
    command = Receive(
        actor="ub-desk.receiver-1", agency="ub-desk", procedure="lt-02-land-change-no-tax"
    )
    done = house.runtime.handle(Call(command, house.runtime.new_id(), at=house.now, now=house.now))
    assert isinstance(done, Done)
    return done.code


def test_an_act_reaches_whoever_watches(app: FastAPI, house: House, as_: As) -> None:
    headers = dict(as_("monitor").headers)
    desk: Desk = app.state.desk
    with served(app) as base, httpx2.Client(timeout=60) as browser:
        asked = {WHO: headers[WHO]}
        with browser.stream("GET", f"{base}/board/live?agency=ub-desk", headers=asked) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            drawn = set(PARTS)
            while drawn:
                drawn.discard(_next(lines))
            code = received(house)
            desk.feeder.nudge()
            while _next(lines) != "agencies":
                pass
            assert code in browser.get(f"{base}/board/dossiers", headers=asked).text


def test_who_watches_is_told_that_the_views_stand_while_the_log_goes_on(
    app: FastAPI, house: House, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = dict(as_("monitor").headers)
    monkeypatch.setattr(board, "LOOK", 0.05)
    monkeypatch.setattr(app.state.desk.feeder, "turn", lambda: 0.05)
    with served(app) as base, httpx2.Client(timeout=60) as browser:
        asked = {WHO: headers[WHO]}
        with browser.stream("GET", f"{base}/board/live", headers=asked) as answer:
            lines = answer.iter_lines()
            # The lag is looked at by itself, and may be told before the rest is drawn.
            drawn = set(PARTS)
            while drawn:
                drawn.discard(_next(lines))
            received(house)
            assert next(line for line in lines if "Chậm 2 sự kiện" in line)
        assert "Chậm 2 sự kiện" in browser.get(f"{base}/board", headers=asked).text


def test_who_is_signed_out_watches_no_longer(
    app: FastAPI, house: House, as_: As, doors: Doors
) -> None:
    who = as_("monitor").headers[WHO]
    desk: Desk = app.state.desk
    with (
        served(app) as base,
        httpx2.Client(timeout=60) as browser,
        browser.stream("GET", f"{base}/board/live", headers={WHO: who}) as answer,
    ):
        lines = answer.iter_lines()
        assert [_next(lines) for _ in PARTS] == list(PARTS)
        del doors.known[who]
        received(house)
        desk.feeder.nudge()
        assert [line for line in lines if line.startswith("event: ")] == []


def _next(lines: Iterator[str]) -> str:
    """The name of the next event."""
    return next(line for line in lines if line.startswith("event: ")).removeprefix("event: ")


def test_who_watches_hears_that_he_is_connected_while_nothing_happens(desk: Desk) -> None:
    async def watched() -> list[bool]:
        found = []
        async for each in Live(desk).watch(beat=0.01):
            found.append(each is None)
            if len(found) > 1 and found[-1]:
                return found
        return found

    assert asyncio.run(watched())[-1]


def test_all_who_watch_share_one_count(desk: Desk) -> None:
    live = Live(desk)

    async def first() -> int:
        async for each in live.watch():
            if each is not None:
                return each.number
        raise AssertionError

    async def many() -> list[int]:
        return await asyncio.gather(*(first() for _ in range(20)))

    assert set(asyncio.run(many())) == {1}
