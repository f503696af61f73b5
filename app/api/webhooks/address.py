"""Where a webhook may be sent: not to what only this machine, or its network, can reach."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

LONGEST = 1000
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


class BadAddress(Exception):
    """Nothing is sent there; the sentence says why."""


class Target(NamedTuple):
    """An address that was checked: the host's name, and the numbers that it had then."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


def checked(url: str) -> tuple[str, str, int, str]:
    """(scheme, host, port, path with query) of an address that may be registered. Raises
    BadAddress."""
    if len(url) > LONGEST or any(letter <= " " or letter == "\x7f" for letter in url):
        raise BadAddress(f"an address has at most {LONGEST} characters and no blanks")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise BadAddress(f"{url!r} is no address") from None
    if not host:
        raise BadAddress(f"{url!r} names no host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadAddress("an address has no user, no password and no fragment here")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise BadAddress("only https, or http to this machine itself")
    if parts.scheme not in ("http", "https"):
        raise BadAddress(f"{parts.scheme!r} is neither https nor http")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path


def resolved(url: str, *, private: bool) -> Target:
    """Asks for the numbers of the host and refuses those that are not everybody's, unless
    `private`. What is sent then goes to one of these, so that a name that changes meanwhile
    leads nowhere else. Raises BadAddress."""
    scheme, host, port, path = checked(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadAddress(f"the name {host!r} is not known") from None
    numbers = tuple(dict.fromkeys(str(each[4][0]) for each in found))
    closed = [each for each in numbers if not is_public(each)]
    if closed and not private:
        raise BadAddress(f"{host!r} is {closed[0]}, which is of a private network")
    return Target(scheme, host, port, path, numbers)


def is_public(number: str) -> bool:
    """Whether an address is one of the whole internet."""
    return all(
        each.is_global and not each.is_multicast
        for each in _meant(ip_address(number.partition("%")[0]))
    )


def _meant(address: Address) -> list[Address]:
    """An IPv6 address, and the IPv4 address that it stands for, if it does."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        return [address, address.sixtofour]
    if address in NAT64:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]
