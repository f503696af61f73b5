"""A leg that is in another engine has a leg of its own in a further one: here, back where the
whole came from, which has two dossiers of it then."""

from __future__ import annotations

from consumers.interlink.peers import Peer, Peers
from consumers.interlink.standing import there
from engine.core.dossier import Dossier
from engine.core.law import leg_key
from schemas import commands as c
from tests.interlink.law import DESK, DESK_HEAD, MINISTRY, PROVINCE, RECEIVER, law
from tests.interlink.world import World

FURTHER = "t-further"
CODE = "qn-centre-210301-0001"
ABROAD = there(CODE, PROVINCE, 1)
HOME = there(ABROAD, MINISTRY, 2)
HEARER = "qn-centre.receiver-2"


def asked(world: World) -> Dossier:
    """The ministry asks the province in its turn; the dossier as that gets it."""
    receipt = c.Receive(
        actor=DESK,
        procedure=FURTHER,
        agency="qn-centre",
        facts={"ministry": "monre", "public-service-centre": "qn-centre"},
        papers=("application",),
    )
    world.done(world.province.give(CODE, receipt))
    world.done(world.province.give(CODE, c.Forward(actor=DESK)))
    world.deliver()
    world.done(world.ministry.give(ABROAD, c.Accept(actor=RECEIVER)))
    world.done(world.ministry.give(ABROAD, c.Complete(actor=RECEIVER)))
    world.deliver()
    return world.province.dossier(HOME)


def test_a_leg_of_a_leg_goes_to_a_further_engine_and_comes_back_twice(world: World) -> None:
    at_home = asked(world)
    assert at_home.procedure[0] == "t-further#ask/hearing"
    assert at_home.origin is not None
    assert (at_home.origin.code, at_home.origin.of_leg) == (ABROAD, "hearing")
    world.done(world.province.give(HOME, c.Accept(actor=HEARER)))
    world.done(world.province.give(HOME, c.Complete(actor=HEARER)))
    world.deliver()
    abroad = world.ministry.dossier(ABROAD)
    assert (abroad.root.step, abroad.legs["hearing"].outcome) == ("reply", "done")
    world.done(world.ministry.give(ABROAD, c.Complete(actor=RECEIVER)))
    world.deliver()
    assert world.province.dossier(CODE).root.step == "return"
    world.agree(settled=True)


def test_what_ends_the_whole_ends_its_leg_and_the_leg_of_that(world: World) -> None:
    asked(world)
    world.done(world.province.give(HOME, c.Accept(actor=HEARER)))
    stop = c.Stop(actor=DESK_HEAD, ground="no longer needed", reason="Không còn nhu cầu")
    world.done(world.province.give(CODE, stop))
    world.deliver()
    assert world.ministry.dossier(ABROAD).outcome == "stopped"
    assert world.province.dossier(HOME).outcome == "stopped"
    world.agree(settled=True)


def test_a_leg_of_a_leg_is_found_by_its_path_from_the_whole() -> None:
    known = law(PROVINCE)
    outer = known.procedure(leg_key((FURTHER, "2021-01-01"), "ask"))
    inner = known.procedure(leg_key(outer.key, "hearing"))
    assert inner.id == "t-further#ask/hearing"
    assert (inner.desk, inner.process) == ("public-service-centre", outer.leg("hearing").process)
    assert inner.digest == outer.digest


def test_who_takes_legs_of_a_procedure_takes_legs_of_its_legs() -> None:
    """A house is not asked to name how they are called between engines."""
    peers = Peers({MINISTRY: Peer(accepts=(FURTHER, "t-other@2021-01-01"))})
    assert peers.accepts(MINISTRY, "t-further#ask", "2021-01-01")
    assert peers.accepts(MINISTRY, "t-other#ask", "2021-01-01")
    assert not peers.accepts(MINISTRY, "t-other#ask", "2022-01-01")
    assert not peers.accepts(MINISTRY, "t-third#t-further", "2021-01-01")
