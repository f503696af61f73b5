"""The second fact: a word of ten letters, given once, by which its bearer may see a dossier.

It is drawn by lot (49 bits), so that a keyed hash is enough: nobody can try them all, neither at
the desk, which counts attempts, nor with the table in hand but without the key. A slow hash would
add nothing but a way to keep the desk busy.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from typing import TYPE_CHECKING
from unicodedata import normalize

from sqlalchemy import Insert, LargeBinary, case, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from app.citizen.tables import facts, keys, metadata
from consumers.home import Home, ensure
from engine.store.errors import in_plain_words
from schemas.envelope import to_micros
from schemas.events import DossierReceived

if TYPE_CHECKING:
    from app.house import House

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without those that are taken for another."""

LENGTH = 10

_NOBODYS = secrets.token_bytes(32)
"""What a word is compared with where there is none: no word has this digest."""


class Facts:
    """The words of one store. Any number of threads may call it."""

    def __init__(self, log: Home) -> None:
        self._log = log
        self._name = log.engine.url.render_as_string(hide_password=True)
        ensure(log, metadata)
        self._key = self._made_once("facts")

    def key(self, name: str) -> bytes:
        """32 bytes for another use than this, the same in every process."""
        return hmac.digest(self._key, b"key\0" + name.encode(), "sha256")

    def issue(self, code: str, at: datetime) -> str:
        """A new word for a dossier, as it is printed; one that was given before is void."""
        word = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        self._keep(code, word, at, again=True)
        return printed(word)

    def derive(self, code: str, command_id: bytes, at: datetime) -> str:
        """The word for a dossier that was registered by this command: whoever repeats it, because
        the answer was lost, gets the same. One that the desk gave since stays."""
        drawn = hmac.digest(self._key, b"word\0" + command_id + code.encode(), "sha256")
        word = _letters(int.from_bytes(drawn))
        self._keep(code, word, at, again=False)
        return printed(word)

    def derived(self, code: str, command_id: bytes, at: datetime) -> str | None:
        """The same; None where the dossier was given another one since."""
        word = self.derive(code, command_id, at)
        return word if self.proven(code, word) else None

    def proven(self, code: str, word: str) -> bool:
        """Whether the word is that of the dossier with this very code."""
        return self.bearer(code, word) == code

    def bearer(self, typed: str, word: str) -> str | None:
        """The dossier whose code was typed, in whatever letters, if the word is its own. For a code
        or a word that is wrong, and a dossier that is not there, the same is done: one look at
        the table, which always gives a row, one hash, one comparison that takes as long for all."""
        ways = facts.c.dossier.in_((typed, typed.lower(), typed.upper()))
        first = case((facts.c.dossier == typed, 0), else_=1), facts.c.dossier
        code, digest = (
            select(column).where(ways).order_by(*first).limit(1).scalar_subquery()
            for column in (facts.c.dossier, facts.c.digest)
        )
        query = select(
            func.coalesce(code, typed), func.coalesce(digest, literal(_NOBODYS, LargeBinary))
        )
        with in_plain_words(self._name), self._log.engine.connect() as connection:
            found, expected = connection.execute(query).one()
        its = hmac.compare_digest(self._digest(found, plain(word)), bytes(expected))
        return str(found) if its else None

    def _digest(self, code: str, word: str) -> bytes:
        return hmac.digest(self._key, f"{code}\0{word}".encode(), "sha256")

    def _keep(self, code: str, word: str, at: datetime, *, again: bool) -> None:
        row = {"digest": self._digest(code, word), "issued_at": to_micros(at)}
        if not self._inserted(insert(facts).values(dossier=code, **row)) and again:
            with self._log.begin() as connection:
                connection.execute(update(facts).where(facts.c.dossier == code).values(row))

    def _inserted(self, statement: Insert) -> bool:
        """False when the row is there."""
        try:
            with self._log.begin() as connection:
                connection.execute(statement)
        except IntegrityError:
            return False
        return True

    def _made_once(self, name: str) -> bytes:
        query = select(keys.c.value).where(keys.c.name == name)
        for _ in range(2):
            with in_plain_words(self._name), self._log.engine.connect() as connection:
                found = connection.scalar(query)
            if found is not None:
                return bytes(found)
            drawn = secrets.token_bytes(32)
            self._inserted(insert(keys).values(name=name, value=drawn))
        raise AssertionError("who was refused to insert a row finds it")


def issue(house: House, code: str) -> str:
    """A new word for a dossier of this house, as it is printed on a receipt."""
    return Facts(house.log).issue(code, house.real_now)


def at_receipt(house: House, code: str) -> str | None:
    """The word that a dossier got when a desk received it: the same for whoever asks again. None
    where the citizen has his from online, or was given another one since."""
    first = next(iter(house.log.read_stream(code, limit=1)), None)
    if first is None or first.type != DossierReceived.type:
        return None
    return Facts(house.log).derived(code, first.command_id, house.real_now)


def plain(word: str) -> str:
    """A word as it was typed, without what stands between its letters."""
    return "".join(each for each in normalize("NFKC", word).upper() if each in LETTERS)


def printed(word: str) -> str:
    """In two halves, which are easier to read and to type."""
    return f"{word[: LENGTH // 2]}-{word[LENGTH // 2 :]}"


def _letters(number: int) -> str:
    found = []
    for _ in range(LENGTH):
        number, letter = divmod(number, len(LETTERS))
        found.append(LETTERS[letter])
    return "".join(found)
