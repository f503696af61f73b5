"""Papers that are files go with the leg to the other engine: by their hashes, without names; the
content is read where the house that sent the leg keeps it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from app.settings import Settings
from app.trouble import NotThere
from app.uploads.store import opened
from app.web.citizen import download
from schemas import commands as c
from schemas import events as e
from tests.citizen.files import PDF, PNG
from tests.core.walker import FILES
from tests.interlink.law import DESK, RECEIVER
from tests.interlink.test_protocol import abroad, finish
from tests.interlink.world import World

APPLICATION, _ = FILES
CALLED = "Đơn của ông A.pdf"
CODE = "qn-centre-210301-0009"


def test_an_officer_there_opens_the_file_that_was_handed_in_here(
    world: World, tmp_path: Path
) -> None:
    ours = opened(Settings(uploads=(tmp_path / "province").as_uri()))
    theirs = opened(
        Settings(
            uploads=(tmp_path / "ministry").as_uri(),
            uploads_elsewhere=(tmp_path / "province").as_uri(),
        )
    )
    alone = opened(Settings(uploads=(tmp_path / "alone").as_uri()))
    handed = ours.stage("application", CALLED, BytesIO(PDF))
    ours.keep(handed.digest)
    receipt = c.Receive(
        actor=DESK,
        procedure="t-ministry",
        agency="qn-centre",
        facts={"ministry": "monre"},
        papers=("application",),
        attached=(handed.attached,),
    )
    world.done(world.province.give(CODE, receipt))
    world.done(world.province.give(CODE, c.Forward(actor=DESK)))
    world.deliver()
    dossier = world.ministry.dossier(abroad(CODE))
    answer = download.of(theirs, dossier, handed.digest)
    assert (answer.body, answer.media_type) == (PDF, "application/pdf")
    with pytest.raises(NotThere, match="kept by the house"):
        download.of(alone, dossier, handed.digest)
    # Not what came with no leg, though it lies at the other house.
    other = ours.stage("application", "x.png", BytesIO(PNG))
    ours.keep(other.digest)
    with pytest.raises(NotThere, match="no such file"):
        download.of(theirs, dossier, other.digest)


def test_files_arrive_with_the_leg_and_their_names_stay(world: World) -> None:
    receipt = c.Receive(
        actor=DESK,
        procedure="t-ministry",
        agency="qn-centre",
        facts={"ministry": "monre"},
        papers=("application",),
        attached=(APPLICATION,),
        files={APPLICATION.digest: CALLED},
    )
    world.done(world.province.give(CODE, receipt))
    world.done(world.province.give(CODE, c.Forward(actor=DESK)))
    world.deliver()
    at_home = world.province.dossier(CODE).legs["opinion"].transit
    assert at_home is not None
    assert at_home.papers == ("application",)
    there = world.ministry.dossier(abroad(CODE))
    assert there.attached == (APPLICATION,)
    told = [record.event() for record in world.ministry.log.read_stream(abroad(CODE))]
    (offered,) = [event for event in told if isinstance(event, e.HandoverOffered)]
    assert offered.digests == {"application": (APPLICATION.digest,)}
    said = b"".join(each.value or b"" for each in world.broker.everything()).decode()
    assert APPLICATION.digest in said
    assert CALLED not in said
    # Taken over, worked on, given back: both ends agree all the while.
    world.done(world.ministry.give(abroad(CODE), c.Accept(actor=RECEIVER)))
    finish(world, CODE)
    world.agree(settled=True)
