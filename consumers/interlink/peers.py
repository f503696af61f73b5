"""The other houses that an engine hands legs to, or takes them from.

A TOML file, one table a house:

    [bo-tnmt]
    agencies = ["mae"]          # work in its engine, as do, with `under`, all agencies below
    under = ["monre"]
    accepts = ["t-ministry", "lt-07-project-land-list@2021-01-01"]   # what we take from it
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import msgspec

from engine.core.law import APART
from workflows.organisation import Organisation

HOUSE = re.compile(r"^[a-z0-9][a-z0-9.-]{0,62}$")


class BadPeers(Exception):
    """The file cannot be used; the sentence says where it is wrong."""


class Peer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One other house. `accepts`: ids of procedures, or "id@version", of which it may send legs."""

    agencies: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()


class Peers(msgspec.Struct, frozen=True):
    """Every other house by its name."""

    houses: dict[str, Peer] = {}

    def accepts(self, house: str, procedure: str, version: str) -> bool:
        """Whether legs of this procedure version are taken from that house. Of one that it runs
        itself as a leg of the whole, when those of the whole are."""
        taken, whole = self.houses[house].accepts, procedure.partition(APART)[0]
        return whole in taken or f"{whole}@{version}" in taken

    def elsewhere(self, organisation: Organisation) -> dict[str, str]:
        """Agency -> the house whose engine it works in, for `Law`. Raises BadPeers."""
        found: dict[str, str] = {}
        known = {agency.id: agency.parent for agency in organisation.agencies()}
        for house, peer in self.houses.items():
            for name in (*peer.agencies, *peer.under):
                if name not in known:
                    raise BadPeers(f"{house}: there is no agency {name!r}")
            for agency in known:
                above = set(_upward(agency, known))
                if agency not in peer.agencies and above.isdisjoint(peer.under):
                    continue
                if found.setdefault(agency, house) != house:
                    raise BadPeers(f"{agency} cannot work for both {found[agency]} and {house}")
        return found


def _upward(agency: str | None, parents: dict[str, str | None]) -> Iterator[str]:
    while agency is not None:
        yield agency
        agency = parents.get(agency)


def parse(text: str, own_house: str) -> Peers:
    """The peers that a file's text names. Raises BadPeers."""
    try:
        houses = msgspec.convert(tomllib.loads(text), dict[str, Peer])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadPeers(str(error)) from error
    for house in houses:
        if not HOUSE.match(house):
            raise BadPeers(f"{house!r} is no name of a house: small letters, digits, . and -")
        if house == own_house:
            raise BadPeers(f"{house} is this house itself, not another one")
    return Peers(houses)
