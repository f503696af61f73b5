"""Bodies and files that are too large, too many, or more than they look."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from contextlib import ExitStack
from html import unescape

import httpx2
import pytest

from tests.attacks.conftest import Victim, everything, request, token_of
from tests.citizen.files import DOCX, PDF

pytestmark = pytest.mark.xdist_group("attacks")

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'


@pytest.mark.parametrize("path", ["/language", "/api/v1/dossiers"])
@pytest.mark.parametrize("kind", [URLENCODED, MULTIPART, "application/json"])
def test_a_body_that_says_that_it_is_too_large_is_not_waited_for(
    victim: Victim, path: str, kind: str
) -> None:
    head = request(path, b"", kind).replace(b"Length: 0", b"Length: 32000001")
    with victim.stays_within(1.2):
        found = victim.sends(head)
    assert found.statuses == [b"413"]
    assert found.closed
    # To a program as a problem, to a person as a page.
    assert (b"<!DOCTYPE html>" in found.content) is (path == "/language")


@pytest.mark.parametrize("kind", [URLENCODED, MULTIPART])
def test_a_body_that_does_not_end_is_cut_off(victim: Victim, kind: str) -> None:
    head = request("/language", b"", kind).replace(
        b"Content-Length: 0", b"Transfer-Encoding: chunked"
    )
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    begins = b"%x\r\n" % len(FILE) + FILE + b"\r\n" if kind == MULTIPART else b""
    sent = 0
    with victim.stays_within(2), victim.connect() as client:
        try:
            client.sendall(head + begins)
            while sent < 100_000_000:
                client.sendall(piece)
                sent += 0x10000
        except ConnectionError:
            pass
    assert 900_000 < sent < 50_000_000


def test_hundreds_of_megabytes_under_way_do_not_fill_the_machine(victim: Victim) -> None:
    """Each within its limit; what is sent beyond what one address may have is told to wait."""
    head = request("/language", b"", MULTIPART).replace(b"Length: 0", b"Length: 31999999")
    part = FILE + b"x" * 1_000_000 + b"\r\n"
    refused = 0
    with victim.stays_within(3), ExitStack() as stack:
        for _ in range(16):
            client = stack.enter_context(victim.connect())
            try:
                client.sendall(head + part * 30)
            except ConnectionError:
                refused += everything(client).statuses in ([b"503"], [])
        # A form is taken all the same.
        small = victim.sends(request("/language", b"lang=vi", URLENCODED))
        assert small.statuses[0] in (b"303", b"422")
    assert refused >= 10


NAMES = (
    "../../../../tmp/climbs.yaml", "/etc/climbs.yaml", "..\\..\\climbs.yaml", "climbs.yaml/..",
    "..%2f..%2fclimbs.yaml", ".", "..", "", "a\x00.yaml", "a" * 5000,
    'x"\r\nSet-Cookie: evil=1', "%0d%0aSet-Cookie: evil=1", "<script>alert(1)</script>.yaml",
)  # fmt: skip


def uploaded(administrator: httpx2.Client, name: str, content: bytes) -> httpx2.Response:
    """By the form, as a program writes it that keeps to no rule about names."""
    token = token_of(administrator.get("/admin/procedures").text)
    body = (
        b'--b\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n%s\r\n' % token.encode()
    )
    body += FILE.replace(b'"a"', b'"' + name.encode() + b'"') + content + b"\r\n--b--\r\n"
    return administrator.post(
        "/admin/procedures", content=body, headers={"Content-Type": MULTIPART}
    )


def test_what_a_file_is_called_is_no_path_and_no_header(
    victim: Victim, administrator: httpx2.Client
) -> None:
    lying = {each for each in victim.folder.rglob("*") if "papers" not in each.name}
    for name in NAMES:
        answer = uploaded(administrator, name, b"a: 1\n")
        assert answer.status_code in (303, 400, 422), name
        assert "evil" not in answer.cookies
        assert "evil" not in answer.headers.get("set-cookie", "")
        if answer.status_code == 303:
            where = answer.headers["location"]
            assert re.fullmatch(r"/admin/procedures/drafts/[0-9a-f]{64}", where)
            page = administrator.get(where)
            assert page.status_code == 200
            assert "<script>alert" not in page.text
    found = {each for each in victim.folder.rglob("*") if "papers" not in each.name}
    assert {each.name for each in found - lying} <= {"office.db-wal", "office.db-shm"}


BOMBS = {
    "aliases": b"a: &a [x, x]\n"
    + b"".join(b"%c: &%c [*%c, *%c]\n" % (n + 1, n + 1, n, n) for n in range(97, 121)),
    "deep": b"a: " + b"[" * 900_000,
    "deep blocks": b"\n".join(b" " * n + b"a:" for n in range(1300)),
    "a huge word": b"title: " + b"x" * 990_000,
    "a huge number": b"limit: " + b"9" * 990_000,
    "a huge number in base 60": b"limit: " + b"1:" * 490_000 + b"1",
    "a million keys": b"{" + b"a," * 490_000 + b"}",
    "many keys": b"\n".join(b"%x:" % n for n in range(150_000)),
    "many lists": b"a: [" + b"[]," * 320_000 + b"]",
    "many words": b"[" * 20 + b"a," * 490_000,
    "keys of keys": b"? " * 490_000,
    "a tag": b"a: !!python/object/apply:os.system [touch climbs]\n",
    "a merge": b"<<: [" + b"{}," * 300_000 + b"]",
    "escapes": b'a: "' + b"\\U0001F600" * 90_000 + b'"',
}


def test_bombs_in_yaml_only_tell_what_is_wrong(
    victim: Victim, administrator: httpx2.Client
) -> None:
    with victim.stays_within(3):
        for name, content in BOMBS.items():
            assert len(content) < 1_000_000, name
            answer = uploaded(administrator, "bomb.yaml", content)
            assert answer.status_code == 303, name
            page = administrator.get(answer.headers["location"])
            assert page.status_code == 200, name
            assert "govuk-error-summary" in page.text, name
            assert "/activate" not in page.text, name
            assert len(page.text) < 5_000_000, name


def many_members() -> bytes:
    """An archive of nine megabytes that is nothing but a list of two hundred thousand names."""
    one = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 0, 20, *[0] * 8, 1, *[0] * 6) + b"a"
    return (
        b"PK\3\4" + bytes(30) + one * 200_000
        + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(one) * 200_000, 34, 0)
    )  # fmt: skip


def swollen() -> bytes:
    """A document whose text would be a gigabyte."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        with archive.open("word/document.xml", "w") as writing:
            for _ in range(100):
                writing.write(bytes(1_000_000))
    return made.getvalue()


def folded() -> bytes:
    """A PDF whose one stream is deflated three times over: a gigabyte in some hundred bytes."""
    stream = zlib.compress(zlib.compress(zlib.compress(bytes(50_000_000), 9), 9), 9)
    filters = b"<< /Filter [/FlateDecode /FlateDecode /FlateDecode] /Length %d >>" % len(stream)
    object_ = b"2 0 obj\n" + filters + b"\nstream\n" + stream + b"\nendstream\nendobj\n"
    return PDF.replace(b"trailer", object_ + b"trailer")


def test_bombs_as_papers_are_refused_or_only_kept(victim: Victim) -> None:
    """Nothing that was handed in is ever unpacked here."""
    path = "/apply/lt-10-building-permit"
    papers = {
        "many.docx": many_members(), "many.pdf": PDF + many_members(),
        "swollen.docx": swollen(), "folded.pdf": folded(), "fine.docx": DOCX,
    }  # fmt: skip
    with httpx2.Client(base_url=victim.url, timeout=60) as citizen, victim.stays_within(2):
        for name, content in papers.items():
            page = citizen.get(f"{path}?desk=ub-desk").text
            command = re.search(r'name="command" value="([^"]*)"', page)
            assert command is not None
            fields = {"desk": "ub-desk", "command": unescape(command[1]), "go": "add"}
            files = [("paper.application", (f"../../{name}", content))] * 3
            answer = citizen.post(path, data=fields, files=files)
            # Of all of them as many as came are kept, or none.
            kept = answer.text.count('name="kept"')
            assert (kept > 0) is not name.startswith("many"), answer.text[:3000]
            assert answer.status_code == (422 if name.startswith("many") else 200)
    assert not list(victim.folder.rglob("*.docx")) + list(victim.folder.rglob("*.pdf"))


def test_json_that_is_nested_without_end_is_only_wrong(victim: Victim) -> None:
    for deep in (b"[" * 900_000, b'{"a":' * 150_000):
        with victim.stays_within(2):
            found = victim.sends(request("/api/v1/dossiers", deep, "application/json"))
        assert found.statuses in ([b"401"], [b"422"], [b"400"])
