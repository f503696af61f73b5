"""The signature of Standard Webhooks (standardwebhooks.com), version 1: HMAC-SHA-256."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
LENGTH = 32
"""Bytes of a secret."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(LENGTH)).decode()


def headers(secret: str, id_: str, seconds: int, body: bytes) -> dict[str, str]:
    """What a message carries so that its receiver can check who sent it, and when: `seconds`
    since 1970."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b"%s.%d.%s" % (id_.encode(), seconds, body)
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{signature}",
    }
