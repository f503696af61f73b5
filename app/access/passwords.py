"""Passwords: hashed with Argon2, compared in the same time whether or not there is an account."""

from __future__ import annotations

import secrets
import threading
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
"""Hashes that are worked out at the same time: each takes 64 MB, and a core for its time."""

SHORTEST, LONGEST = 12, 200
"""Characters of a password that somebody chooses."""

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of first passwords: nothing that looks like something else when it is read aloud."""


class Passwords:
    """`hasher`: with other costs than Argon2's recommended ones."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = threading.BoundedSemaphore(AT_ONCE)

    def hash(self, password: str) -> str:
        with self._turn:
            return self._hasher.hash(password)

    def fits(self, password: str, stored: str | None) -> bool:
        """Whether it is the password of `stored`. As slow when there is no hash."""
        with self._turn:
            try:
                found = self._hasher.verify(stored or self._nobodys, password[:LONGEST])
            except (VerificationError, InvalidHashError):
                return False
        return found and stored is not None

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_hex())


def first_password() -> str:
    """One to be told once: five groups of four letters and digits, 99 bits."""
    letters = [secrets.choice(ALPHABET) for _ in range(20)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 20, 4))


def too_weak(password: str, name: str) -> str:
    """Why a password cannot be taken: "short", "long" or "easy"; "" when it can."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    return "easy" if name.lower() in password.lower() or len(set(password)) < 5 else ""
