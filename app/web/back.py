"""Where somebody goes back to after signing in or switching the language: only ever here."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

HOME = "/"
LONGEST = 2000
_KEPT = "/?&=%:@!$'()*+,;~-._"


def safe_back(asked: str | None) -> str:
    """A path of this server; "/" for whatever leads or might lead a browser elsewhere: another
    host, `//host`, `/\\host`, a control character, which browsers drop when they read it."""
    if not asked or len(asked) > LONGEST or not asked.startswith("/"):
        return HOME
    if asked[1:2] in ("/", "\\") or "\\" in asked or not asked.isprintable():
        return HOME
    parts = urlsplit(asked)
    if parts.scheme or parts.netloc or parts.path.startswith("/api/"):
        return HOME
    return quote(asked.partition("#")[0], safe=_KEPT)


def sign_in_then(address: str, *, unsent: bool = False) -> str:
    """The address of the page for signing in, which leads on to `address`. `unsent`: it says that
    a form came too late, and nothing was done."""
    told = "&unsent=yes" if unsent else ""
    return f"/sign-in?back={quote(safe_back(address), safe='/')}{told}"
