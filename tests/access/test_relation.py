"""I12: no agency reads what it may not. A checker over dossiers at random, and seeded bugs.

The oracle knows nothing of views or of the dossier's state. It reads raw payloads, the tree of
agencies as files have it, and of a procedure which functions it names at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random

import msgspec
import pytest
from sqlalchemy import select

from app.access.access import Access
from app.access.policy import DossierRelation
from app.access.principal import Principal
from app.access.relation import Relations
from app.house import House, open_house
from app.law.registry import PROCEDURE
from app.settings import Settings
from consumers.views.parties import TABLE as PARTIES
from consumers.views.status import TABLE as STATUS
from engine.ids import Ids
from engine.store import Append
from schemas import codec
from schemas.envelope import GENESIS, Origin, seal, to_micros
from tests.core.scenario import catalogue
from tests.core.walk import PROCEDURES, Walk, step

NAMES = ("agency", "from_agency", "to_agency")


class Oracle:
    """Who may read a dossier, from nothing but what was written down."""

    def __init__(self, house: House) -> None:
        staff = house.law.organisation
        self.parents = {each.id: each.parent for each in staff.agencies()}
        self.functions = {each.id: each.function for each in staff.agencies()}
        self.heirs = {each.id: each.successor for each in staff.agencies()}
        self.ends = {each.id: each.valid_to for each in staff.agencies()}
        self.house = house

    def upward(self, agency: str | None) -> Iterator[str]:
        while agency is not None:
            yield agency
            agency = self.parents.get(agency)

    def heir(self, agency: str) -> str:
        """Who is in its place today."""
        end, heir = self.ends.get(agency), self.heirs.get(agency)
        return self.heir(heir) if heir and end and end < self.house.today else agency

    def parties(self, code: str, until: int | None = None) -> set[str]:
        found: set[str] = set()
        for event in self.house.log.read_stream(code, until=until):
            payload = json.loads(event.payload)
            found |= {payload[name] for name in NAMES if payload.get(name)}
        return found

    def readers(self, code: str) -> set[str]:
        parties = self.parties(code)
        parties |= {self.heir(each) for each in parties}
        return {each for party in parties for each in self.upward(party)}

    def imaginable(self, code: str) -> set[str]:
        """Also those that have a function which the procedure names: no others can await it."""
        procedure = self.house.runtime.load(code).dossier.procedure
        outline = self.house.law.outline(procedure)
        functions = {leg.at for leg in outline.legs.values()}
        for process in outline.processes.values():
            functions |= {each.by.at for each in process.steps.values() if each.by and each.by.at}
        coming = {each for each, function in self.functions.items() if function in functions}
        # And those who took over from one of them.
        for _ in self.heirs:
            coming |= {heir for each in coming if (heir := self.heirs[each])}
        return self.readers(code) | {up for each in coming for up in self.upward(each)}


def faults(access: Access, oracle: Oracle, code: str, agencies: list[str]) -> list[str]:
    """Each agency that may read and should not, or should and may not."""
    must, may = oracle.readers(code), oracle.imaginable(code)
    found = []
    for agency in agencies:
        who = Principal("x", "officer", "o", agency)
        permitted = access.permits(who, "dossier.read", {"code": code})
        if permitted and agency not in may:
            found.append(f"I12: {agency} reads {code}")
        if not permitted and agency in must:
            found.append(f"{agency} had a part in {code} and may not read it")
    return found


def store(house: House, walk: Walk) -> None:
    """The events of a walk, as the runtime would have stored them."""
    ids, previous = Ids(house.runtime.now), GENESIS
    for version, (type_, payload, private, at) in enumerate(walk.log):
        micros = to_micros(at)
        origin = Origin(ids(), ids(), "system", walk.dossier.agency, micros, micros)
        event = codec.decode(type_, payload, private)
        sealed = seal(walk.dossier.stream, [event], origin, version=version, previous=previous,
                      new_id=ids)  # fmt: skip
        house.log.append([Append(tuple(sealed))])
        previous = sealed[-1].hash


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two dossiers of each procedure, each cut off somewhere."""
    file = tmp_path_factory.mktemp("walked") / "walked.db"
    with open_house(Settings(database=f"sqlite:///{file}"), create=True) as house:
        for each in catalogue().procedures():
            content = msgspec.json.encode(each)
            house.log.register(PROCEDURE, each.id, each.version, each.digest, content)
        for number, id_ in enumerate(PROCEDURES * 2):
            walk = Walk(id_, code=f"000.00.19.H49-210301-{number:04}")
            pick = Random(number).choice
            walk.receive(pick)
            for _ in range(Random(number).randint(0, 60)):
                step(walk, pick)
            store(house, walk)
        house.refresh()
        yield house


@pytest.fixture(scope="module")
def codes(walked: House) -> list[str]:
    return walked.log.streams("", limit=100)


def agencies_of(house: House) -> list[str]:
    return [each.id for each in house.law.organisation.agencies()]


def test_no_agency_reads_what_it_may_not(walked: House, codes: list[str]) -> None:
    oracle, agencies = Oracle(walked), agencies_of(walked)
    found = [fault for code in codes for fault in faults(Access(walked), oracle, code, agencies)]
    assert found == []
    assert len(codes) == 2 * len(PROCEDURES)


def no_supervision(self: Relations, agency: str) -> frozenset[str]:
    return frozenset({agency})


def everybody(self: Relations, agency: str, code: str) -> DossierRelation:
    return "part"


def no_history(self: Relations, code: str) -> set[str]:
    return set()


def no_successor(self: Relations, agency: str) -> frozenset[str]:
    return frozenset({agency})


def the_whole_province(self: Relations, agency: str) -> frozenset[str]:
    return frozenset(each.id for each in self._house.law.organisation.agencies())


@pytest.mark.parametrize(
    ("name", "bug"),
    [
        ("under", no_supervision),
        ("under", the_whole_province),
        ("to_dossier", everybody),
        ("_history", no_history),
        ("in_place_of", no_successor),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_the_checker_bites(
    walked: House,
    codes: list[str],
    name: str,
    bug: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Relations, name, bug)
    oracle, agencies = Oracle(walked), agencies_of(walked)
    assert any(faults(Access(walked), oracle, code, agencies) for code in codes)


def test_who_will_hold_a_dossier_is_known_before_it_comes(
    walked: House, codes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it is received, and but for what no procedure says: that another agency became
    competent, that what had ended was reopened."""
    oracle, foreseen, surprises = Oracle(walked), 0, []
    for code in codes:
        moved = {
            json.loads(event.payload)["to_agency"]
            for event in walked.log.read_stream(code)
            if event.type == "leg.transferred"
        }
        for version in range(1, walked.runtime.load(code).version):
            folded = walked.runtime.load(code, until=version)
            if folded.dossier.status in ("registered", "ended"):
                continue
            then, now = oracle.parties(code), oracle.parties(code, until=version)
            monkeypatch.setattr(House, "now", folded.dossier.last_at)
            relations = Relations(walked)
            monkeypatch.setattr(relations, "_history", lambda stream, now=now: now)
            for agency in then - now - moved:
                if relations._to(agency, folded) in ("awaits", "supervises"):
                    foreseen += 1
                else:
                    surprises.append((code, version, agency))
    assert surprises == []
    assert foreseen > 100


def test_lists_are_cut_down_to_what_an_agency_has_a_part_in(
    walked: House, codes: list[str]
) -> None:
    oracle, access = Oracle(walked), Access(walked)
    readers = {code: oracle.readers(code) for code in codes}
    for agency in agencies_of(walked):
        condition = access.readable(Principal("x", "officer", "o", agency), STATUS.c.dossier)
        assert condition is not None
        with walked.reading() as connection:
            found = set(connection.scalars(select(STATUS.c.dossier).where(condition)))
        assert found == {code for code in codes if agency in readers[code]}
    assert access.readable(Principal("x", "auditor"), STATUS.c.dossier) is None


def test_the_view_has_the_parties_of_every_history(walked: House, codes: list[str]) -> None:
    oracle = Oracle(walked)
    with walked.reading() as connection:
        rows = {(row.dossier, row.agency) for row in connection.execute(select(PARTIES))}
    assert rows == {(code, agency) for code in codes for agency in oracle.parties(code)}


def test_somebody_who_is_nobody_sees_nothing(walked: House, codes: list[str]) -> None:
    access = Access(walked)
    for who in (Principal("x", "officer"), Principal("", "stranger")):
        condition = access.readable(who, STATUS.c.dossier)
        assert condition is not None
        with walked.reading() as connection:
            assert connection.execute(select(STATUS.c.dossier).where(condition)).all() == []
        assert not access.permits(who, "dossier.read", {"code": codes[0]})
    assert not access.permits(Principal("x", "officer", "o", "ub-desk"), "dossier.read",
                              {"code": "no such dossier"})  # fmt: skip
