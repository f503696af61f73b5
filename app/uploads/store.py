"""Files by their content, in a folder or an S3-compatible store. The only user of obstore."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import msgspec
import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from app.settings import Settings
from app.trouble import BadInput, Broken
from app.uploads.kinds import MOST, NotAccepted, kind_of, size_of
from schemas.events import Attached

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

COMING = "coming"
STAGED = "staged"
KEPT = "kept"

CHUNK = 64 * 1024

CLIENT: ClientConfig = {
    "connect_timeout": timedelta(seconds=3),
    "timeout": timedelta(seconds=30),
}
RETRY: RetryConfig = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
"""Somebody waits: rather told soon that it does not work than kept waiting."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Altered(Broken):
    """A kept file is not what was handed in."""


class Gone(Exception):
    """A file that is not there: it was never handed in, or was swept since."""


class Handed(msgspec.Struct, frozen=True):
    """A file that was staged. `name`: what it was called by who handed it in."""

    paper: str
    digest: str
    size: int
    media_type: str
    name: str

    @property
    def attached(self) -> Attached:
        return Attached(self.paper, self.digest, self.size, self.media_type)


class Uploads:
    """Where files are staged, kept, read and swept. Any number of threads may call it.
    `elsewhere`: where other houses keep theirs, which is only ever read."""

    def __init__(self, store: ObjectStore, elsewhere: Sequence[ObjectStore] = ()) -> None:
        self._store = store
        self._elsewhere = elsewhere

    def stage(self, paper: str, name: str, file: BinaryIO) -> Handed:
        """Takes a file in: under a name drawn by lot while it is hashed, then under its hash.
        Raises NotAccepted, and Broken when it cannot be kept."""
        kind = kind_of(name, file)
        size = size_of(file)
        coming = f"{COMING}/{uuid4().hex}"
        digest = hashlib.sha256()
        with _plainly():
            obstore.put(self._store, coming, _hashed(file, digest))
            staged = _path(STAGED, digest.hexdigest())
            obstore.rename(self._store, coming, staged)
        return Handed(paper, digest.hexdigest(), size, kind.media_type, _called(name))

    def keep(self, digest: str) -> None:
        """What was staged stays. Repeated, it does nothing more. Raises Gone."""
        with _plainly():
            kept = _path(KEPT, digest)
            if self._there(kept):
                return
            try:
                obstore.copy(self._store, _path(STAGED, digest), kept)
            except FileNotFoundError:
                raise Gone(digest) from None

    def staged(self, digest: str) -> bool:
        """Whether a file that was staged can still be kept."""
        with _plainly():
            return self._there(_path(STAGED, digest)) or self._there(_path(KEPT, digest))

    def read(self, digest: str) -> bytes:
        """The content of a kept file, be it one that came with a leg and lies with the house that
        sent it. Raises Gone, and Altered when it is not what came."""
        with _plainly():
            try:
                content = bytes(obstore.get(self._store, _path(KEPT, digest)).bytes())
            except FileNotFoundError:
                return self._fetched(digest)
        if not _holds(digest, content):
            raise Altered(f"The file {digest} is not what was handed in: its hash does not hold.")
        return content

    def _fetched(self, digest: str) -> bytes:
        """From elsewhere, and kept here from now on. Its hash came with the history of the leg, so
        it does not matter whether the other house can be trusted. Raises Gone."""
        silent: BaseError | OSError | None = None
        for place in self._elsewhere:
            try:
                found = obstore.get(place, _path(KEPT, digest))
                content = bytes(found.bytes()) if found.meta["size"] <= MOST else b""
            except FileNotFoundError:
                continue
            except (BaseError, OSError) as error:
                silent = error
                continue
            if _holds(digest, content):
                obstore.put(self._store, _path(KEPT, digest), content)
                return content
        if silent is not None:
            raise silent
        raise Gone(digest)

    def sweep(self, before: datetime) -> int:
        """Deletes what was staged before that moment, kept or not; how many files."""
        swept = 0
        with _plainly():
            for folder in (COMING, STAGED):
                old = [
                    each["path"]
                    for page in obstore.list(self._store, folder)
                    for each in page
                    if each["last_modified"] < before
                ]
                for path in old:
                    # Another process may sweep too.
                    try:
                        obstore.delete(self._store, path)
                    except FileNotFoundError:
                        continue
                    swept += 1
        return swept

    def _there(self, path: str) -> bool:
        try:
            obstore.head(self._store, path)
        except FileNotFoundError:
            return False
        return True


def opened(settings: Settings) -> Uploads:
    """Where the settings say. Raises BadInput."""
    places = (settings.uploads_elsewhere or "").split()
    elsewhere = [_store(each, ours=False) for each in places]
    return Uploads(_store(settings.uploads or _beside(settings.database)), elsewhere)


def _beside(database: str) -> str:
    """The folder beside a store that is a file."""
    address = urlsplit(database)
    if address.scheme != "sqlite" or address.path in ("", "/", "/:memory:"):
        raise BadInput("Say where papers are kept: LIENTHONG_UPLOADS=file:///folder or s3://…")
    return (Path(address.path[1:]).resolve().with_suffix(".papers")).as_uri()


def _store(url: str, *, ours: bool = True) -> ObjectStore:
    address = urlsplit(url)
    if address.scheme == "file" and address.path.strip("/") and not address.netloc:
        # Named after hashes alone, but what people handed in is nobody else's on this machine.
        folder = Path(unquote(address.path))
        if ours:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not folder.is_dir():
            raise BadInput(f"No house keeps papers in {folder}: there is no such folder")
        return LocalStore(folder, mkdir=True)
    if address.scheme == "s3" and address.netloc:
        return _s3(address.netloc, address.path.strip("/"), parse_qs(address.query))
    raise BadInput(
        f"{address.scheme}:… is no place for papers: file:///folder or "
        "s3://bucket/prefix?endpoint=https://…&region=…"
    )


def _s3(bucket: str, prefix: str, asked: dict[str, list[str]]) -> ObjectStore:
    """Whoever may use it is said in the environment (AWS_ACCESS_KEY_ID and so on)."""
    unknown = set(asked) - {"endpoint", "region"}
    if unknown:
        raise BadInput(f"An s3:// address takes endpoint and region, not {min(unknown)!r}")
    endpoint = asked.get("endpoint", [""])[0]
    region = asked.get("region", ["us-east-1"])[0]
    if not endpoint:
        return S3Store(
            bucket,
            prefix=prefix or None,
            region=region,
            client_options=CLIENT,
            retry_config=RETRY,
        )
    return S3Store(
        bucket,
        prefix=prefix or None,
        region=region,
        endpoint=endpoint,
        virtual_hosted_style_request=False,
        client_options={**CLIENT, "allow_http": endpoint.startswith("http://")},
        retry_config=RETRY,
    )


def _path(folder: str, digest: str) -> str:
    """Raises Gone for what is no SHA-256: nothing else ever becomes part of a path."""
    if not _DIGEST.fullmatch(digest):
        raise Gone(digest)
    return f"{folder}/{digest[:2]}/{digest}"


def _holds(digest: str, content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == digest


def _hashed(file: BinaryIO, digest: hashlib._Hash) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        yield chunk
    file.seek(0)


def _called(name: str) -> str:
    """A file's name as it is shown again: the last part, without what does not print, its letters
    put together (a Mac sends them and their diacritics apart)."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    return "".join(each for each in last if each.isprintable())[-120:] or "?"


@contextmanager
def _plainly() -> Iterator[None]:
    """Whatever the store says, in one sentence without an address or a key in it."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise Broken("Papers cannot be kept or read just now.") from error


__all__ = ["Altered", "Gone", "Handed", "NotAccepted", "Uploads", "opened"]
