"""Whether an offer from another engine is taken: from whom, under what procedure, is it whole."""

from __future__ import annotations

from consumers.interlink.peers import Peers
from consumers.interlink.standing import Refused, folded, text_of, verified
from engine.core.admission import SYSTEM
from engine.core.dossier import Dossier, LegState, Transit
from engine.core.law import Law
from engine.core.rules import Refusal
from schemas.commands import Arrive
from schemas.envelope import Recorded
from schemas.events import HandoverOffered
from schemas.handover import LegOffered, Received, digest_of


def arrival(law: Law, peers: Peers, house: str, received: Received, offer: LegOffered) -> Arrive:
    """The command that lets an offered leg arrive at `house`. Everything in it is read off the
    sealed history. Raises Refused, whose rule and sentence the sender is told."""
    if received.house not in peers.houses:
        raise Refused("unknown-sender", f"no house {received.house!r} is known here")
    _known_procedure(law, peers, received.house, offer)
    records = verified(offer.code, offer.history)
    tip = records[-1]
    if text_of(tip.event_id) != offer.offer or received.id != offer.offer:
        raise Refused("altered-history", "its last event is not the offer that the message names")
    dossier = folded(offer.code, records)
    leg, transit = _offered(house, offer, dossier, tip)
    if dossier.procedure != (offer.procedure, offer.procedure_version):
        raise Refused("altered-history", "the dossier is under another procedure than it says")
    whole = leg.due or dossier.root.due or dossier.appointment or transit.expires
    return Arrive(
        actor=SYSTEM,
        on_behalf=transit.sender.officer,
        procedure=offer.procedure,
        version=offer.procedure_version,
        calendar=dossier.calendar,
        agency=transit.to_agency,
        facts=dossier.facts,
        papers=transit.papers,
        attached=tuple(each for each in dossier.attached if each.paper in transit.papers),
        house=received.house,
        code=offer.code,
        of_leg=leg.path,
        handover=transit.handover,
        at_version=tip.version,
        at_hash=tip.hash.hex(),
        digest=digest_of(offer.history),
        from_agency=transit.sender.agency,
        from_officer=transit.sender.officer,
        to_officer=transit.to_officer,
        step=leg.step,
        due=leg.step_due,
        expires=transit.expires,
        limit=leg.limit,
        rule=leg.rule,
        since=leg.started,
        whole_due=whole,
    )


def _known_procedure(law: Law, peers: Peers, house: str, offer: LegOffered) -> None:
    named = f"{offer.procedure} version {offer.procedure_version}"
    if not peers.accepts(house, offer.procedure, offer.procedure_version):
        raise Refused("procedure-not-agreed", f"legs of {named} are not taken from {house} here")
    try:
        known = law.procedure((offer.procedure, offer.procedure_version))
    except Refusal as refusal:
        raise Refused("procedure-unknown", refusal.rejected.message) from refusal
    if known.digest != offer.digest:
        raise Refused("procedure-differs-here", f"{named} has other content here")


def _offered(
    house: str, offer: LegOffered, dossier: Dossier, tip: Recorded
) -> tuple[LegState, Transit]:
    """The leg that the last event offers to this house."""
    event = tip.event()
    if not isinstance(event, HandoverOffered) or event.house != house:
        raise Refused("altered-history", f"its last event offers nothing to {house}")
    leg = dossier.legs.get(event.leg)
    said = (offer.leg, offer.handover, offer.to_agency, offer.expires)
    if said != (event.leg, event.handover, event.to_agency, event.expires):
        raise Refused("altered-history", "the message says otherwise than the history in it")
    if leg is None or leg.transit is None:
        raise Refused("altered-history", "its last event offers no leg of it")
    return leg, leg.transit
