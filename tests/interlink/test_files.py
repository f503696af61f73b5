"""Papers that are files go with the leg to the other engine and come back with it: by their
hashes, without names; the content is read where the house that sent them keeps it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from app.settings import Settings
from app.trouble import NotThere
from app.uploads.store import Uploads, opened
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


def offer(world: World, file: e.Attached, called: dict[str, str] | None = None) -> None:
    """The leg is in transit to the ministry, and has come there."""
    receipt = c.Receive(
        actor=DESK,
        procedure="t-ministry",
        agency="qn-centre",
        facts={"ministry": "monre"},
        papers=("application",),
        attached=(file,),
        files=called or {},
    )
    world.done(world.province.give(CODE, receipt))
    world.done(world.province.give(CODE, c.Forward(actor=DESK)))
    world.deliver()


def kept(uploads: Uploads, paper: str, name: str, content: bytes) -> e.Attached:
    handed = uploads.stage(paper, name, BytesIO(content))
    uploads.keep(handed.digest)
    return handed.attached


@pytest.fixture
def ours(tmp_path: Path) -> Uploads:
    """What the province keeps; it is told where the ministry keeps its own."""
    return beside(tmp_path, "province", "ministry")


@pytest.fixture
def theirs(tmp_path: Path) -> Uploads:
    return beside(tmp_path, "ministry", "province")


def beside(place: Path, own: str, other: str = "") -> Uploads:
    elsewhere = ""
    if other:
        (place / other).mkdir(exist_ok=True)
        elsewhere = (place / other).as_uri()
    return opened(Settings(uploads=(place / own).as_uri(), uploads_elsewhere=elsewhere))


def test_an_officer_there_opens_the_file_that_was_handed_in_here(
    world: World, ours: Uploads, theirs: Uploads, tmp_path: Path
) -> None:
    file = kept(ours, "application", CALLED, PDF)
    offer(world, file)
    dossier = world.ministry.dossier(abroad(CODE))
    answer = download.of(theirs, dossier, file.digest)
    assert (answer.body, answer.media_type) == (PDF, "application/pdf")
    with pytest.raises(NotThere, match="kept by the house quang-ninh"):
        download.of(beside(tmp_path, "alone"), dossier, file.digest)
    # Not what came with no leg, though it lies at the other house.
    other = kept(ours, "application", "x.png", PNG)
    with pytest.raises(NotThere, match="no such file"):
        download.of(theirs, dossier, other.digest)


def test_an_officer_here_opens_the_file_that_came_back_with_the_result(
    world: World, ours: Uploads, theirs: Uploads, tmp_path: Path
) -> None:
    offer(world, APPLICATION)
    there = abroad(CODE)
    world.done(world.ministry.give(there, c.Accept(actor=RECEIVER)))
    opinion = kept(theirs, "opinion", CALLED, PDF)
    attach = c.Attach(actor=RECEIVER, attached=(opinion,), files={opinion.digest: CALLED})
    world.done(world.ministry.give(there, attach))
    assert world.province.dossier(CODE).attached == (APPLICATION,)
    finish(world, CODE)
    dossier = world.province.dossier(CODE)
    assert dossier.attached == (APPLICATION, opinion)
    answer = download.of(ours, dossier, opinion.digest)
    assert (answer.body, answer.media_type) == (PDF, "application/pdf")
    with pytest.raises(NotThere, match="kept by the house bo-tnmt"):
        download.of(beside(tmp_path, "alone"), dossier, opinion.digest)
    said = b"".join(each.value or b"" for each in world.broker.everything()).decode()
    assert CALLED not in said
    world.agree(settled=True)


def test_files_arrive_with_the_leg_and_their_names_stay(world: World) -> None:
    offer(world, APPLICATION, {APPLICATION.digest: CALLED})
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
