"""I8 over several engines together: each leg that went to another one has one holder, or is in one
transit, whatever either side knows of it yet.

A handover has a state in the engine that offered it and one in the engine that it was offered to.
The first learns from the second, or waits: so it may know less, and never more. The pairs that are
on their way are named below, each with where custody is; any other pair is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from consumers.interlink.standing import UNSENT, Standing, command_of, standing, text_of, there
from engine.core import custody
from engine.core.dossier import Dossier
from engine.core.evolve import evolve
from engine.store.log import Log
from schemas import events as e
from schemas.envelope import Recorded, from_micros
from schemas.rejection import Rejected

TRANSIT, AWAY, BACK, RETURNED, ENDED = "in transit", "away", "back", "returned", "ended"
"""What the engine that offered knows: unanswered; accepted there; not taken; given back by it;
over here without having been given back."""

NOT_HERE, WAITING, ACCEPTED, NOT_TAKEN, DONE = (
    "not here",
    "waiting",
    "accepted",
    "not taken",
    "done",
)
"""What the other engine knows: it never arrived; nobody answered; somebody works on it; it was
refused, recalled or expired; it was worked on and is over."""

SETTLED = {
    (TRANSIT, WAITING): "in transit",
    (AWAY, ACCEPTED): "held there",
    (BACK, NOT_TAKEN): "held here",
    (BACK, NOT_HERE): "held here",
    (RETURNED, DONE): "over",
    (ENDED, NOT_HERE): "over",
    (ENDED, NOT_TAKEN): "over",
    (ENDED, DONE): "over",
}
"""Both sides agree."""

UNDERWAY = {
    (TRANSIT, NOT_HERE): "in transit: the offer, or the receipt of its rejection, is underway",
    (TRANSIT, ACCEPTED): "held there: the receipt is underway",
    (TRANSIT, NOT_TAKEN): "in transit back: the receipt is underway",
    (TRANSIT, DONE): "in transit back: two receipts are underway",
    (AWAY, DONE): "in transit back: the receipt is underway",
    (ENDED, WAITING): "over: the other engine is being told",
    (ENDED, ACCEPTED): "over: the other engine is being told",
}
"""A message says to one side what the other knows; until it comes, custody is as said here."""


class Offered(NamedTuple):
    """A handover as the engine that offered it knows it."""

    house: str
    code: str
    leg: str
    handover: int
    to_house: str
    offer: Recorded
    state: str
    holder: tuple[str, str] | None = None
    returned: e.LegReturned | None = None
    unsent: bool = False


def faults(stores: Mapping[str, Log], *, settled: bool = False) -> list[str]:
    """What is wrong with the custody of each leg between these houses; empty when all is well.

    `settled`: nothing is to be underway any more. May be asked while the engines work: the side
    that learns is read before the side that it learns from. Raises StoreError.
    """
    found: list[str] = []
    for house, log in stores.items():
        for stream in _streams(log):
            records = log.read_stream(stream)
            for handover in _offered(house, records, found):
                other = stores.get(handover.to_house)
                if other is not None:
                    found += _pair(handover, other, settled=settled)
    for house, log in stores.items():
        found += _strays(house, log, stores)
    return found


def _streams(log: Log) -> Iterator[str]:
    after = ""
    while names := log.streams(after=after):
        yield from names
        after = names[-1]


def _offered(house: str, records: list[Recorded], found: list[str]) -> list[Offered]:
    """Every handover of a dossier to another engine, with what became of it here."""
    if not records:
        return []
    dossier = Dossier(records[0].stream)
    offers: dict[int, Offered] = {}
    for each in records:
        event = each.event()
        dossier = evolve(dossier, event, from_micros(each.occurred_at))
        if isinstance(event, e.HandoverOffered) and event.house is not None:
            offers[event.handover] = Offered(
                house, each.stream, event.leg, event.handover, event.house, each, TRANSIT
            )
        for number, known in offers.items():
            if known.state in (TRANSIT, AWAY):
                offers[number] = _after(known, event, dossier)
    name = records[0].stream
    found += [f"{house} {name}: {fault}" for fault in custody.faults(dossier)]
    return list(offers.values())


def _after(known: Offered, event: e.Event, dossier: Dossier) -> Offered:
    leg = dossier.legs[known.leg]
    if isinstance(event, e.LegReturned) and event.handover == known.handover:
        return known._replace(state=RETURNED, returned=event)
    if isinstance(event, e.AnsweredElsewhere) and event.handover == known.handover:
        return known._replace(unsent=event.rule == UNSENT)
    if isinstance(event, e.HandoverNotTaken) and event.handover == known.handover:
        return known._replace(state=BACK)
    if isinstance(event, e.HandoverAccepted) and event.handover == known.handover:
        return known._replace(state=AWAY, holder=(event.agency, event.officer))
    if not leg.open:
        return known._replace(state=ENDED)
    return known


def _pair(ours: Offered, other: Log, *, settled: bool) -> list[str]:
    records = other.read_stream(there(ours.code, ours.house, ours.handover))
    theirs = standing(records)
    pair = (ours.state, _state(theirs))
    name = f"{ours.house} {ours.code} leg {ours.leg!r} handover {ours.handover}"
    if pair not in SETTLED and (settled or pair not in UNDERWAY):
        how = "still" if pair in UNDERWAY else "which cannot both be:"
        return [f"{name}: {how} {pair[0]} here and {pair[1]} at {ours.to_house}"]
    found = [f"{name}: {fault}" for fault in _details(ours, theirs, records)]
    if theirs is None and _may_arrive(ours, other, settled=settled):
        found.append(f"{name}: {ours.state} here, and it may still arrive there")
    return found


def _may_arrive(ours: Offered, other: Log, *, settled: bool) -> bool:
    """Whether an offer that is over here could be taken there yet: it is not remembered there as
    refused. Of a dossier that has ended here the other engine is being told."""
    if ours.unsent or ours.state not in ((BACK, ENDED) if settled else (BACK,)):
        return False
    offer = command_of(ours.house, text_of(ours.offer.event_id))
    return not isinstance(other.answer(offer), Rejected)


def _state(theirs: Standing | None) -> str:
    if theirs is None:
        return NOT_HERE
    if not theirs.answer:
        return WAITING
    if theirs.answer != "accepted":
        return NOT_TAKEN
    return DONE if theirs.ended else ACCEPTED


def _details(ours: Offered, theirs: Standing | None, records: list[Recorded]) -> Iterator[str]:
    """Where the two histories name the same thing they have to name it alike."""
    if theirs is None:
        return
    if theirs.origin.at_hash != ours.offer.hash.hex():
        yield "what arrived there is not what was offered here"
    if ours.holder is not None and ours.holder != (theirs.agency, theirs.officer):
        yield f"held by {ours.holder} here and by {(theirs.agency, theirs.officer)} there"
    if ours.returned is not None:
        tip = records[theirs.ended - 1]
        if (ours.returned.at_hash, ours.returned.outcome) != (tip.hash.hex(), theirs.outcome):
            yield "what was returned there is not what came back here"


def _strays(house: str, log: Log, stores: Mapping[str, Log]) -> Iterator[str]:
    """Dossiers that arrived from a house that never offered them."""
    for stream in _streams(log):
        theirs = standing(log.read_stream(stream, limit=1))
        if theirs is None or theirs.origin.house not in stores:
            continue
        origin = theirs.origin
        offer = stores[origin.house].read_stream(
            origin.code, after=origin.at_version - 1, until=origin.at_version
        )
        if not offer or offer[0].hash.hex() != origin.at_hash:
            yield f"{house} {stream}: {origin.house} never offered it"
        elif stream != there(origin.code, origin.house, origin.handover):
            yield f"{house} {stream}: it is a second one of the same handover"
