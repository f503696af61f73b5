"""What a file is, told by its content. What it is called must not say otherwise."""

from __future__ import annotations

import os
import re
import struct
import zipfile
from pathlib import PurePosixPath
from typing import IO, BinaryIO, Literal, NamedTuple, cast

import puremagic

MOST = 10 * 1024 * 1024
"""Bytes that a file may have."""

MOST_TOGETHER = 30 * 1024 * 1024
"""Bytes that all files of a dossier may have."""

HEAD = 4096
"""Bytes at the beginning by which a kind is told."""

LONGEST_DIRECTORY = 100_000
"""Bytes of an archive's list of what is in it: of a thousand parts, where a document has thirty. To
read one as long as the file may be takes seconds."""

Why = Literal[
    "empty", "too-large", "too-much", "unknown-kind", "other-kind", "two-kinds", "damaged"
]


class NotAccepted(Exception):
    """A file that is not taken in. `why` is for whoever finds the words; `found`: what it is."""

    def __init__(self, why: Why, found: str = "") -> None:
        super().__init__(f"{why} {found}".strip())
        self.why = why
        self.found = found


class Kind(NamedTuple):
    """`suffixes`: what the names of such files end with; the first is what we call them."""

    media_type: str
    suffixes: tuple[str, ...]


PDF = Kind("application/pdf", ("pdf",))
JPEG = Kind("image/jpeg", ("jpg", "jpeg", "jpe", "jfif"))
PNG = Kind("image/png", ("png",))
DOCX = Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",))

KINDS = (PDF, JPEG, PNG, DOCX)
"""What is taken in."""

SUFFIXES = {suffix: kind for kind in KINDS for suffix in kind.suffixes}

ENDS: dict[Kind, bytes] = {PDF: b"%%EOF", PNG: b"IEND\xaeB`\x82", JPEG: b"\xff\xd9"}
"""What stands near the end of a file that came whole."""

NEAR = 2048

ENDING = re.compile(r"(?=.*[a-z])[a-z0-9]{1,12}")
"""What a machine might take for a kind; not the year of "Đơn ngày 31.3.2021", nor a name after the
full stop of "ông A. Bưởi"."""


def size_of(file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def kind_of(name: str, file: BinaryIO) -> Kind:
    """What the file is. Its place afterwards is its beginning. Raises NotAccepted for what is not
    taken in, is called something else, came in part, or is two things at once."""
    size = size_of(file)
    if not size:
        raise NotAccepted("empty")
    if size > MOST:
        raise NotAccepted("too-large")
    head = file.read(HEAD)
    members = _members(file)
    if head.startswith(b"PK"):
        kind = _of_archive(members)
    else:
        kind = _by_head(head)
        if members:
            # A picture or a PDF with an archive behind it: who opens it sees the one or the other.
            raise NotAccepted("two-kinds")
    end = ENDS.get(kind)
    if end is not None:
        file.seek(max(0, size - NEAR))
        if end not in file.read():
            raise NotAccepted("damaged", kind.suffixes[0])
    file.seek(0)
    called = PurePosixPath(name.replace("\\", "/").strip()).suffix[1:].lower()
    if ENDING.fullmatch(called) and SUFFIXES.get(called) is not kind:
        raise NotAccepted("other-kind", kind.suffixes[0])
    return kind


def _by_head(head: bytes) -> Kind:
    try:
        found = [each.mime_type for each in puremagic.magic_string(head)]
    except (puremagic.PureError, ValueError):
        raise NotAccepted("unknown-kind") from None
    for kind in KINDS:
        # A PDF may by its standard begin later; then it may be something else before that.
        if kind.media_type in found and (kind is not PDF or head.startswith(b"%PDF-")):
            return kind
    raise NotAccepted("unknown-kind", next((each for each in found if each), ""))


def _members(file: BinaryIO) -> frozenset[str]:
    """What is in an archive; nothing when it is none. Only its directory is read."""
    try:
        with zipfile.ZipFile(cast(IO[bytes], _Sparing(file))) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error):
        return frozenset()


class _Sparing:
    """A file as `zipfile` reads it, no more than a list at a time. Raises NotAccepted."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if size > LONGEST_DIRECTORY:
            raise NotAccepted("unknown-kind", "zip")
        return self._file.read(size if size >= 0 else LONGEST_DIRECTORY)


def _of_archive(members: frozenset[str]) -> Kind:
    """A Word document without macros."""
    if not members:
        raise NotAccepted("damaged", "docx")
    if not {"[Content_Types].xml", "word/document.xml"} <= members:
        raise NotAccepted("unknown-kind", "zip")
    if any(name.endswith("vbaProject.bin") for name in members):
        raise NotAccepted("unknown-kind", "docm")
    return DOCX
