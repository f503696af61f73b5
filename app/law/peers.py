"""The other houses of a store: registered like a definition, so that every command knows them."""

from __future__ import annotations

import hashlib

from app.settings import Settings
from app.trouble import BadInput
from consumers.interlink.peers import BadPeers, Peers, parse
from engine.store.log import Log
from workflows.organisation import Organisation

KIND = "peers"


def register(log: Log, settings: Settings) -> None:
    """Registers the file that the settings name, if it says something new. Raises BadInput."""
    if settings.peers is None:
        return
    content = settings.peers.read_bytes()
    _parsed(content, settings)
    digest = hashlib.sha256(content).hexdigest()
    known = log.definitions(KIND)
    if not known or known[-1].digest != digest:
        log.register(KIND, KIND, f"{len(known) + 1:06d}", digest, content)


def peers(log: Log, settings: Settings) -> Peers:
    """The other houses that the store knows of: those of the file that was registered last."""
    known = log.definitions(KIND)
    return _parsed(known[-1].content, settings) if known else Peers()


def elsewhere(log: Log, settings: Settings, organisation: Organisation) -> dict[str, str]:
    """Agency -> the house in whose engine it works. Raises BadInput."""
    try:
        return peers(log, settings).elsewhere(organisation)
    except BadPeers as error:
        raise BadInput(f"The other houses of this store: {error}") from error


def _parsed(content: bytes, settings: Settings) -> Peers:
    try:
        return parse(content.decode(), settings.house)
    except (BadPeers, UnicodeDecodeError) as error:
        raise BadInput(f"{settings.peers or 'The other houses of this store'}: {error}") from error
