"""An archive against the manifests: each fault is named, and no sound archive is blamed."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.archive import Audit, Finding, archived, audit
from schemas.cloudevents import to_message
from schemas.codec import dumps, loads
from schemas.envelope import Origin, Recorded, seal
from schemas.manifests import START, Manifest, manifest_in, manifest_message, manifest_of
from tests.streams import appends, walks

HOUSE = "ub"


@pytest.fixture(scope="module")
def events() -> list[Recorded]:
    """Of some dossiers, with the positions that a log would have given them, gaps included."""
    sealed = [event for batch in appends(walks(9, 4), spread=6) for event in batch]
    return [msgspec.structs.replace(e, position=2 * n + 1) for n, e in enumerate(sealed)]


@pytest.fixture(scope="module")
def manifests(events: list[Recorded]) -> list[Manifest]:
    return published(events)


def published(events: list[Recorded], full: int = 7) -> list[Manifest]:
    made = []
    for shard in sorted({event.shard for event in events}):
        mine, rolling = [event for event in events if event.shard == shard], START
        for number, at in enumerate(range(0, len(mine), full), 1):
            made.append(manifest_of(HOUSE, shard, number, mine[at : at + full], rolling))
            rolling = bytes.fromhex(made[-1].hash)
    return made


def lines(events: list[Recorded]) -> list[bytes]:
    return [archived(to_message(event, HOUSE)) for event in events]


def place(event: Recorded) -> tuple[str, int]:
    return event.stream, event.version


def found(result: Audit) -> list[tuple[str, str, int]]:
    return [(each.kind, each.code, each.version) for each in result.findings]


def test_a_sound_archive_is_complete(events: list[Recorded], manifests: list[Manifest]) -> None:
    shuffled = lines(events)
    random.Random(1).shuffle(shuffled)
    result = audit(shuffled, manifests)
    assert (result.ok, result.findings) == (True, [])
    assert result.events == result.covered == len(events)
    assert result.up_to == {
        shard: max(e.position for e in events if e.shard == shard)
        for shard in {e.shard for e in events}
    }


def test_each_missing_event_is_named(events: list[Recorded], manifests: list[Manifest]) -> None:
    for gone in events:
        result = audit(lines([each for each in events if each is not gone]), manifests)
        assert not result.ok
        assert found(result) == [("missing", *place(gone))]
        assert result.up_to[gone.shard] < gone.position


def test_a_whole_dossier_that_is_missing_is_named(
    events: list[Recorded], manifests: list[Manifest]
) -> None:
    gone = events[0].stream
    result = audit(lines([each for each in events if each.stream != gone]), manifests)
    wanted = sorted(("missing", *place(each)) for each in events if each.stream == gone)
    assert found(result) == wanted


def test_what_is_repeated_is_named_and_does_no_harm(
    events: list[Recorded], manifests: list[Manifest]
) -> None:
    result = audit(lines([*events, events[5]]), manifests)
    assert result.findings == [
        Finding("repeated", *place(events[5]), "it is in line 6 already", len(events) + 1)
    ]
    assert result.ok


@pytest.mark.parametrize("header", ["ce_actor", "ce_time", "ce_streamversion", "ce_agency"])
def test_a_changed_header_is_named(
    header: str, events: list[Recorded], manifests: list[Manifest]
) -> None:
    changed = lines(events)
    said: dict[str, Any] = loads(changed[3])
    other = {"ce_time": "2020-01-01T00:00:00.000000Z", "ce_streamversion": "77"}
    said["headers"][header] = other.get(header, "someone-else")
    changed[3] = dumps(said)
    result = audit(changed, manifests)
    assert ("missing", *place(events[3])) in found(result)
    [altered] = [each for each in result.findings if each.line == 4]
    assert altered.kind == "altered"
    assert "the hash differs" in altered.why


def test_a_forged_event_with_a_seal_of_its_own_is_named(
    events: list[Recorded], manifests: list[Manifest]
) -> None:
    """Who forges can compute a hash, but not the one that the next event and the manifest have."""
    true = events[4]
    origin = Origin(true.command_id, true.correlation, "someone.else", true.agency,
                    true.occurred_at, true.recorded_at)  # fmt: skip
    [forged] = seal(true.stream, [true.event()], origin, version=true.version - 1,
                    previous=true.previous, new_id=lambda: true.event_id)  # fmt: skip
    forged = msgspec.structs.replace(forged, position=true.position)
    result = audit(lines([forged if each is true else each for each in events]), manifests)
    assert not result.ok
    assert {(each.code, each.kind) for each in result.findings} <= {
        (true.stream, "altered"),
        ("", "altered"),
    }


def test_an_event_that_nobody_published_is_named(
    events: list[Recorded], manifests: list[Manifest]
) -> None:
    last = [each for each in events if each.stream == events[0].stream][-1]
    origin = Origin(last.command_id, last.correlation, last.actor, last.agency, 0, 0)
    [added] = seal(last.stream, [last.event()], origin, version=last.version,
                   previous=last.hash, new_id=lambda: last.event_id)  # fmt: skip
    added = msgspec.structs.replace(added, position=last.position + 1)
    result = audit(lines([*events, added]), manifests)
    later = any(e.shard == last.shard and e.position > last.position for e in events)
    assert (("foreign", *place(added)) in found(result)) == later
    assert later or result.events - result.covered == 1


def test_what_came_after_the_last_manifest_is_not_covered_yet(
    events: list[Recorded], manifests: list[Manifest]
) -> None:
    early = [each for each in manifests if each.number == 1]
    result = audit(lines(events), early)
    assert result.ok
    assert result.covered == sum(each.count for each in early) < result.events


def test_manifests_that_do_not_follow_are_told(
    events: list[Recorded], manifests: list[Manifest]
) -> None:
    shard = max(manifests, key=lambda each: each.number).shard
    without = [each for each in manifests if (each.shard, each.number) != (shard, 1)]
    whys = [each.why for each in audit(lines(events), without).findings]
    assert f"manifest 1 of shard {shard} is missing" in whys
    first = manifests[0]
    twice = [*manifests, msgspec.structs.replace(first, count=first.count + 1)]
    whys = [each.why for each in audit(lines(events), twice).findings]
    assert f"there are two different manifests 1 of shard {first.shard}" in whys
    assert audit(lines(events), [*manifests, first]).ok, "one that was sent twice is one"


@pytest.mark.parametrize(
    "line",
    [b"not json", b"[]", b"{}", b'{"headers": {}, "value": "{}"}', b'{"headers": 3}', b"\xff"],
)
def test_a_line_that_is_no_message_is_named(
    line: bytes, events: list[Recorded], manifests: list[Manifest]
) -> None:
    result = audit([line, *lines(events)], manifests)
    [bad] = result.findings
    assert (bad.kind, bad.line) == ("altered", 1)


def test_a_manifest_survives_its_message(manifests: list[Manifest]) -> None:
    for each in manifests:
        assert manifest_in(manifest_message(each).value) == each
    for wrong in (None, b"", b"{}", b'{"house": 3}', b"null"):
        with pytest.raises(ValueError, match=r"."):
            manifest_in(wrong)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_loss_and_any_repetition_is_told(data: st.DataObject) -> None:
    sealed = [event for batch in appends(walks(5, 2), spread=6) for event in batch]
    numbered = [msgspec.structs.replace(e, position=n + 1) for n, e in enumerate(sealed)]
    kept = data.draw(st.lists(st.sampled_from(numbered), min_size=1, unique_by=place))
    again = data.draw(st.lists(st.sampled_from(kept), max_size=5))
    full = data.draw(st.integers(1, 40))
    result = audit(lines([*kept, *again]), published(numbered, full))
    missing = {place(each) for each in numbered} - {place(each) for each in kept}
    assert {(each.code, each.version) for each in result.findings
            if each.kind == "missing"} == missing  # fmt: skip
    repeated = [each for each in result.findings if each.kind == "repeated"]
    assert len(repeated) == len(again)
    assert result.ok == (not missing)
