"""Files by their content: staged, kept, read, swept; in a folder and in a store that speaks S3."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import obstore
import pytest
from obstore.store import LocalStore, ObjectStore, S3Store

from app.citizen.online import STAGED_FOR, SWEEP_EVERY, Online
from app.settings import Settings
from app.trouble import BadInput, Broken
from app.uploads.store import Altered, Gone, Handed, NotAccepted, Uploads, opened
from tests.citizen.conftest import Citizen
from tests.citizen.files import DOCX, PDF, PNG
from tests.citizen.s3 import S3

SOON = timedelta(days=1)
DIGEST = hashlib.sha256(PDF).hexdigest()
HOSTILE = (
    "../../../etc/passwd", "..", "", "/", "kept/../x", DIGEST.upper(), DIGEST + "/", DIGEST[:-1],
    f"../staged/{DIGEST}", "%2e%2e%2f", DIGEST + "\n", "\x00" * 64,
)  # fmt: skip


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, s3: S3) -> tuple[Uploads, ObjectStore]:
    """Where files are kept, and the same as whoever has its keys sees it."""
    if request.param == "folder":
        url = (tmp_path / "giấy tờ").as_uri()
        return opened(Settings(uploads=url)), LocalStore(tmp_path / "giấy tờ", mkdir=True)
    bucket = f"b{abs(hash(str(tmp_path)))}"
    url = s3.bucket(bucket)
    endpoint = parse_qs(urlsplit(url).query)["endpoint"][0]
    return opened(Settings(uploads=url)), S3Store(
        bucket,
        prefix="desk",
        region="us-east-1",
        endpoint=endpoint,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )


def names(store: ObjectStore) -> set[str]:
    return {each["path"] for page in obstore.list(store) for each in page}


def test_a_file_is_staged_kept_and_read(place: tuple[Uploads, ObjectStore]) -> None:
    uploads, store = place
    handed = uploads.stage("application", "Đơn.pdf", io.BytesIO(PDF))
    assert (handed.digest, handed.size, handed.media_type, handed.name) == (
        DIGEST,
        len(PDF),
        "application/pdf",
        "Đơn.pdf",
    )
    assert names(store) == {f"staged/{DIGEST[:2]}/{DIGEST}"}
    assert uploads.staged(DIGEST)
    with pytest.raises(Gone):
        uploads.read(DIGEST)
    for _ in range(2):
        uploads.keep(DIGEST)
    assert uploads.read(DIGEST) == PDF
    assert handed.attached.paper == "application"


def test_the_same_content_is_kept_once(place: tuple[Uploads, ObjectStore]) -> None:
    uploads, store = place
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(uploads.stage, "p", f"{n}.png", io.BytesIO(PNG)) for n in range(8)]
        digests = {job.result().digest for job in jobs}
    assert len(digests) == 1
    assert len(names(store)) == 1


def test_what_nobody_submitted_is_swept_and_what_was_kept_stays(
    place: tuple[Uploads, ObjectStore],
) -> None:
    uploads, store = place
    kept = uploads.stage("p", "a.pdf", io.BytesIO(PDF))
    left = uploads.stage("p", "a.docx", io.BytesIO(DOCX))
    uploads.keep(kept.digest)
    obstore.put(store, "coming/broken-off", b"half")
    assert uploads.sweep(datetime.now(UTC) - SOON) == 0
    assert uploads.sweep(datetime.now(UTC) + SOON) == 3
    assert names(store) == {f"kept/{kept.digest[:2]}/{kept.digest}"}
    assert uploads.read(kept.digest) == PDF
    uploads.keep(kept.digest)
    assert not uploads.staged(left.digest)
    with pytest.raises(Gone):
        uploads.keep(left.digest)


def test_a_file_that_was_altered_is_not_given_out(place: tuple[Uploads, ObjectStore]) -> None:
    uploads, store = place
    uploads.keep(uploads.stage("p", "a.pdf", io.BytesIO(PDF)).digest)
    obstore.put(store, f"kept/{DIGEST[:2]}/{DIGEST}", PDF.replace(b"Catalog", b"Katalog"))
    with pytest.raises(Altered, match=DIGEST):
        uploads.read(DIGEST)


@pytest.fixture
def other(tmp_path: Path) -> Uploads:
    """Of another house."""
    return opened(Settings(uploads=(tmp_path / "other").as_uri()))


@pytest.fixture
def here(tmp_path: Path, other: Uploads) -> Uploads:
    """Of a house that is told where the other one keeps its papers."""
    places = f"{(tmp_path / 'other').as_uri()}  {(tmp_path / 'third').as_uri()}"
    (tmp_path / "third").mkdir()
    return opened(Settings(uploads=(tmp_path / "here").as_uri(), uploads_elsewhere=places))


def test_a_file_that_another_house_keeps_is_read_there_and_kept_here(
    place: tuple[Uploads, ObjectStore], tmp_path: Path
) -> None:
    """In a folder and in S3."""
    theirs, store = place
    theirs.keep(theirs.stage("p", "a.pdf", io.BytesIO(PDF)).digest)
    mine = LocalStore(tmp_path / "mine", mkdir=True)
    ours = Uploads(mine, [store])
    assert ours.read(DIGEST) == PDF
    obstore.delete(store, f"kept/{DIGEST[:2]}/{DIGEST}")
    assert ours.read(DIGEST) == PDF
    assert names(mine) == {f"kept/{DIGEST[:2]}/{DIGEST}"}


def test_what_another_house_has_not_kept_is_not_read(here: Uploads, other: Uploads) -> None:
    other.stage("p", "a.pdf", io.BytesIO(PDF))
    with pytest.raises(Gone):
        here.read(DIGEST)
    with pytest.raises(Gone):
        here.read("0" * 64)


def test_what_another_house_altered_is_not_taken_for_it(
    here: Uploads, other: Uploads, tmp_path: Path
) -> None:
    other.keep(other.stage("p", "a.pdf", io.BytesIO(PDF)).digest)
    (tmp_path / "other" / "kept" / DIGEST[:2] / DIGEST).write_bytes(PNG)
    with pytest.raises(Gone):
        here.read(DIGEST)
    assert not list((tmp_path / "here").rglob(DIGEST))


def test_a_house_that_does_not_answer_is_not_one_that_has_no_such_file(
    s3: S3, tmp_path: Path, other: Uploads
) -> None:
    silent = "s3://nowhere/x?endpoint=http://127.0.0.1:9&region=vn"
    settings = Settings(
        uploads=(tmp_path / "here").as_uri(),
        uploads_elsewhere=f"{silent} {(tmp_path / 'other').as_uri()}",
    )
    with pytest.raises(Broken):
        opened(settings).read(DIGEST)
    other.keep(other.stage("p", "a.pdf", io.BytesIO(PDF)).digest)
    assert opened(settings).read(DIGEST) == PDF


@pytest.mark.parametrize("digest", HOSTILE)
def test_nothing_but_a_digest_becomes_part_of_a_path(
    place: tuple[Uploads, ObjectStore], digest: str
) -> None:
    uploads, store = place
    acts: tuple[Callable[[str], object], ...] = (uploads.read, uploads.keep, uploads.staged)
    for act in acts:
        with pytest.raises(Gone):
            act(digest)
    assert names(store) == set()


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd.pdf",
        "..\\..\\boot.pdf",
        "/etc/cron.d/x.pdf",
        "a\x00b.pdf",
        "a\r\nb.pdf",
    ],
)
def test_what_a_file_is_called_is_no_path(place: tuple[Uploads, ObjectStore], name: str) -> None:
    uploads, store = place
    handed = uploads.stage("p", name, io.BytesIO(PDF))
    assert names(store) == {f"staged/{DIGEST[:2]}/{DIGEST}"}
    assert not set(handed.name) & set("/\\\x00\r\n")


def test_what_is_not_taken_in_leaves_nothing(place: tuple[Uploads, ObjectStore]) -> None:
    uploads, store = place
    with pytest.raises(NotAccepted):
        uploads.stage("p", "a.pdf", io.BytesIO(b"<html>"))
    assert names(store) == set()


def test_a_server_out_of_reach_is_told_without_its_address(s3: S3) -> None:
    uploads = opened(Settings(uploads="s3://nowhere/x?endpoint=http://127.0.0.1:9&region=vn"))
    with pytest.raises(Broken) as broken:
        uploads.read(DIGEST)
    assert "127.0.0.1" not in broken.value.message
    missing = opened(Settings(uploads=f"s3://no-bucket/x?endpoint={s3.endpoint}&region=us-east-1"))
    with pytest.raises(Broken):
        missing.stage("p", "a.pdf", io.BytesIO(PDF))


def test_without_a_word_about_it_papers_lie_beside_the_store(tmp_path: Path) -> None:
    uploads = opened(Settings(database=f"sqlite:///{tmp_path}/office.db"))
    uploads.keep(uploads.stage("p", "a.pdf", io.BytesIO(PDF)).digest)
    folder = tmp_path / "office.papers"
    assert (folder / "kept" / DIGEST[:2] / DIGEST).read_bytes() == PDF
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        (Settings(database="postgresql://h/db"), "LIENTHONG_UPLOADS"),
        (Settings(database="sqlite://"), "LIENTHONG_UPLOADS"),
        (Settings(uploads="ftp://host/x"), "ftp"),
        (Settings(uploads="/var/papers"), "file:///"),
        (Settings(uploads="file://host/x"), "file:///"),
        (Settings(uploads="s3:///x"), "s3://"),
        (Settings(uploads="s3://b/x?key=secret"), "'key'"),
        (Settings(uploads_elsewhere="file:///no/such/folder"), "no such folder"),
        (Settings(uploads_elsewhere="https://house.vn/papers"), "https"),
    ],
)
def test_a_place_that_is_none_is_told_as_such(settings: Settings, word: str) -> None:
    with pytest.raises(BadInput) as bad:
        opened(settings)
    assert word in bad.value.message
    assert "secret" not in bad.value.message


def left_long_ago(online: Online) -> Handed:
    """A file that waits since more than a day."""
    database = Path(online.desk.settings.database.removeprefix("sqlite:///"))
    folder = database.with_suffix(".papers")
    old = online.uploads.stage("p", "a.png", io.BytesIO(PNG))
    long_ago = (datetime.now(UTC) - STAGED_FOR - timedelta(minutes=1)).timestamp()
    os.utime(folder / "staged" / old.digest[:2] / old.digest, (long_ago, long_ago))
    return old


def test_files_that_nobody_submitted_go_where_nobody_applies_online(
    citizen: Citizen, online: Online
) -> None:
    """Papers come by other forms too: any request for a page of the citizens' desk will do."""
    old = left_long_ago(online)
    online._swept -= SWEEP_EVERY
    assert citizen.get("/look-up").status_code == 200
    assert not online.uploads.staged(old.digest)


def test_a_place_that_cannot_be_swept_troubles_nobody_who_asks(
    citizen: Citizen,
    online: Online,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> int:
        raise Broken("no way there")

    monkeypatch.setattr(Uploads, "sweep", broken)
    online._swept -= SWEEP_EVERY
    assert citizen.get("/look-up").status_code == 200
    assert "not swept" in caplog.text


def test_the_desk_sweeps_once_in_a_while(online: Online) -> None:
    """After an hour, and what waited for longer than a day."""
    fresh = online.uploads.stage("p", "a.pdf", io.BytesIO(PDF))
    old = left_long_ago(online)
    online.sweep()
    assert online.uploads.staged(old.digest)
    online._swept -= SWEEP_EVERY
    online.sweep()
    assert not online.uploads.staged(old.digest)
    assert online.uploads.staged(fresh.digest)
