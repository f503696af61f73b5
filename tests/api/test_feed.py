"""The change feed: everything once and in order, and nothing that one may not see."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpx2
import pytest
from fastapi import FastAPI, Request

from app.access.principal import Principal
from app.api.feed.cursors import cursors_of, id_of
from app.api.feed.structured import structured
from app.api.feed.tail import Follower, Tail
from app.api.resources import feed
from app.desk.application import application
from app.desk.context import Desk
from app.desk.problems import Problem
from app.feeding.sweeping import sweep
from app.house import House
from app.settings import Settings
from engine.runtime import Call
from schemas import commands as c
from schemas.cloudevents import Message, from_message
from schemas.codec import dumps, loads
from schemas.envelope import SHARDS
from tests.api.served import served
from tests.desk.conftest import WHO, Doors

Event = tuple[str, dict[str, Any]]

FEED = "/api/v1/feed"


@pytest.fixture
def address(app: FastAPI, house: House, doors: Doors) -> Iterator[str]:
    house.refresh()
    sweep(house)  # or the desk does, some time after the test began
    doors.known["auditor"] = Principal("auditor", "auditor", token=True)
    doors.known["monitor"] = Principal("monitor", "monitor", None, "ub-land", token=True)
    with served(app) as found:
        yield found


class Stream:
    """Events of an open feed, one after the other."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.last_id = ""

    def events(self) -> Iterator[Event]:
        for line in self._lines:
            name, _, value = line.partition(": ")
            if name == "id":
                self.last_id = value
            elif name == "data":
                yield self.last_id, loads(value)

    def take(self, count: int) -> list[Event]:
        events = self.events()
        return [next(events) for _ in range(count)]


@contextmanager
def opened(address: str, who: str = "auditor", last: str = "", **query: str) -> Iterator[Stream]:
    headers = {WHO: who} | ({"Last-Event-ID": last} if last else {})
    with (
        httpx2.Client(timeout=20) as client,
        client.stream("GET", f"{address}{FEED}", params=query, headers=headers) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer.iter_lines())


def whole(address: str, who: str = "auditor", last: str = "") -> list[Event]:
    query = {"from": "start", "follow": "false"}
    with opened(address, who, last, **query) as stream:
        return list(stream.events())


def register(house: House) -> str:
    command = c.Register(
        actor="ub-desk.receiver-1", procedure="lt-10-building-permit", agency="ub-desk"
    )
    call = Call(command, house.runtime.new_id(), at=house.now, now=house.now)
    return house.runtime.handle(call).code  # type: ignore[union-attr]


def test_from_the_start_it_is_the_log(address: str, house: House) -> None:
    sent = [event for _, event in whole(address)]
    known = [each for batch in house.log.read_all() for each in batch]
    assert len(sent) == len(known)
    by_place = {(each["subject"], int(each["streamversion"])): each for each in sent}
    for event in known:
        assert by_place[event.stream, event.version]["streamhash"] == event.hash.hex()
    order = [(each["subject"], int(each["streamversion"])) for each in sent]
    assert [v for _, v in sorted(order, key=lambda place: place[0])] == [
        v for _, v in sorted(order)
    ], "each dossier's in its order"


def test_an_event_is_the_cloud_event_of_kafka_and_can_be_verified(house: House) -> None:
    event = next(iter(house.log.read_all()))[0]
    found = loads(structured(event, "ub"))
    payload = event.payload
    assert loads(payload) == found.pop("data")
    headers = tuple(
        ("content-type" if name == "datacontenttype" else f"ce_{name}", value.encode())
        for name, value in found.items()
    )
    assert from_message(Message(event.stream.encode(), payload, headers, 0)).hash == event.hash


def test_whoever_goes_on_has_each_event_once(address: str) -> None:
    everything = whole(address)
    for place in (0, 1, len(everything) // 2, len(everything) - 1):
        last, _ = everything[place]
        assert whole(address, last=last) == everything[place + 1 :]


def test_what_happens_now_comes_now(address: str, house: House) -> None:
    with opened(address) as stream:
        codes = [register(house) for _ in range(3)]
        found = stream.take(3)
    assert [event["subject"] for _, event in found] == codes
    with opened(address, last=found[0][0]) as again:
        assert again.take(2) == found[1:]


def test_who_does_not_follow_has_what_was_done_before_he_asked(
    address: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    last, _ = whole(address)[-1]
    # What is kept for those who follow is far behind the log.
    monkeypatch.setattr("app.api.feed.tail.LOOK", 60.0)
    with opened(address) as stream:
        register(house)
        stream.take(1)
        code = register(house)
        assert [event["subject"] for _, event in whole(address, last=last)][-1] == code


def test_many_follow_and_each_has_all(address: str, house: House, app: FastAPI) -> None:
    with opened(address) as one, opened(address) as other:
        for stream in (one, other):
            # Who follows is counted when his stream begins, not when he is answered.
            assert next(stream._lines).startswith("retry")
        assert app.state.desk.tail.count() == 2
        codes = [register(house) for _ in range(4)]
        for stream in (one, other):
            assert [event["subject"] for _, event in stream.take(4)] == codes


def test_only_who_follows_is_counted_and_bounded(
    address: str, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST", 1)
    counted: list[int] = []
    read_log = Tail.read_log

    def counting(self: Tail, cursors: dict[int, int]) -> list[Any]:
        counted.append(self.count())
        return read_log(self, cursors)

    monkeypatch.setattr(Tail, "read_log", counting)
    assert whole(address)
    assert set(counted) == {0}, "who reads what there is follows nothing"
    with opened(address):
        assert whole(address), "he has no part in the bound of those who follow"
        with httpx2.Client() as client:
            answer = client.get(f"{address}{FEED}", headers={WHO: "auditor"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_who_went_before_his_stream_began_is_not_counted_for_good(app: FastAPI) -> None:
    desk: Desk = app.state.desk
    who = Principal("auditor", "auditor", token=True)

    async def asked() -> None:
        await feed.follow_feed(cast(Request, None), who, desk)

    asyncio.run(asked())
    assert desk.tail.count() == 0


def test_one_sees_only_what_his_agency_has_a_part_in(
    address: str, house: House, app: FastAPI
) -> None:
    desk: Desk = app.state.desk
    mine = {event["subject"] for _, event in whole(address, "monitor")}
    everyones = {event["subject"] for _, event in whole(address)}
    monitor = Principal("monitor", "monitor", None, "ub-land", token=True)
    may = {code for code in everyones if desk.access.permits(monitor, "feed.read", {"code": code})}
    assert mine == may
    assert mine < everyones
    with opened(address, "monitor") as stream:
        before = next(iter(stream._lines))
        assert before.startswith("retry")
        register(house)
        register(house)
        follow = iter(stream._lines)
        ids = [line for line in (next(follow) for _ in range(4)) if line.startswith("id: ")]
    assert ids, "what was passed over is not passed over again"


def test_who_lost_his_token_is_told_nothing_more(
    address: str, house: House, app: FastAPI, doors: Doors
) -> None:
    with opened(address) as stream:
        del doors.known["auditor"]
        register(house)
        app.state.desk.feeder.nudge()
        assert list(stream.events()) == []


@pytest.mark.parametrize("wrong", ["7", "x" * 40, "-".join(["0"] * 15 + ["é"]), "-".join("A" * 16)])
def test_an_id_of_something_else_is_told_as_such(wrong: str) -> None:
    with pytest.raises(Problem) as caught:
        cursors_of(wrong)
    assert caught.value.code == "bad-event-id"


def test_an_id_that_the_log_has_not_come_to_is_told_as_such(address: str, app: FastAPI) -> None:
    """After a restore from an older copy, what is written anew would be passed over."""
    ends = app.state.desk.tail.now()
    shard = max(ends, key=lambda each: ends[each])
    for ahead, status in ((0, 200), (1, 422)):
        last = id_of({**ends, shard: ends[shard] + ahead})
        headers = {WHO: "auditor", "Last-Event-ID": last}
        answer = httpx2.get(f"{address}{FEED}", params={"follow": "false"}, headers=headers)
        assert answer.status_code == status
    assert answer.json()["type"] == "/api/v1/problems/bad-event-id"


def test_an_id_says_what_it_was_made_of() -> None:
    cursors = {shard: shard**13 + 35 for shard in range(SHARDS)}
    assert cursors_of(id_of(cursors)) == cursors


@pytest.mark.parametrize("kept", [2, 7, 1000])
def test_who_is_slower_than_what_is_kept_loses_nothing(house: House, kept: int) -> None:
    async def follow() -> list[str]:
        tail = Tail(house, kept)
        follower = Follower(tail, tail.now())
        tail.follow(follower)
        tail.start()
        read: list[str] = []
        try:
            codes = [register(house) for _ in range(20)]
            while len(read) < len(codes):
                for entry in await asyncio.to_thread(follower.read):
                    follower.moved(entry)
                    read.append(entry.dossier)
                    if len(read) % 3 == 0:
                        codes += [register(house)] if len(codes) < 40 else []
                await follower.wait(0.05)
            assert read == codes
            assert await asyncio.to_thread(follower.read) == []
        finally:
            tail.leave(follower)
            tail.stop()
        return read

    assert len(asyncio.run(follow())) >= 20


def test_the_feed_is_json_on_one_line(house: House) -> None:
    event = next(iter(house.log.read_all()))[0]
    text = structured(event, "ub")
    assert b"\n" not in text
    assert loads(dumps(loads(text))) == loads(text)


def test_a_restart_of_the_server_loses_and_repeats_nothing(
    settings: Settings, house: House, doors: Doors
) -> None:
    house.refresh()
    sweep(house)
    doors.known["auditor"] = Principal("auditor", "auditor", token=True)
    with served(application(settings, house, doors.identify)) as before, opened(before) as stream:
        codes = [register(house) for _ in range(3)]
        last, _ = stream.take(2)[-1]
    codes.append(register(house))
    anew = application(settings, house, doors.identify)
    with served(anew) as after, opened(after, last=last) as again:
        codes.append(register(house))
        assert [event["subject"] for _, event in again.take(3)] == codes[2:]


def test_silence_is_told_from_a_line_that_broke(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "HEARTBEAT", 0.01)
    with opened(address) as stream:
        assert ": here" in (next(stream._lines) for _ in range(8))
