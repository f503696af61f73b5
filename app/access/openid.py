"""Signing in at a provider of OpenID Connect: authorization code with PKCE, state and nonce.

Nothing is kept while somebody is away: what proves that the answer is to our question follows
from one number by chance in a signed cookie. The only user of Authlib and joserfc.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec
from authlib.integrations.httpx_client import OAuth2Client, OAuthError
from itsdangerous import BadSignature, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.access.provider import Provider

_log = logging.getLogger("lienthong.desk")

TIMEOUT = 10.0
"""Seconds that the provider has for an answer."""

AWAY = 10 * 60
"""Seconds that somebody may take to sign in there."""

LEEWAY = 60
"""Seconds that two clocks may differ."""

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"})
"""With a key that only the provider has."""


class NotProven(Exception):
    """What came back from the provider proves nothing; why."""


class Unreachable(Exception):
    """The provider does not answer, or not as one."""


class Away(msgspec.Struct, frozen=True):
    """Somebody who is at the provider: `cookie` goes with him, `address` is where he goes."""

    cookie: str
    address: str


class OpenId:
    """One provider. `secret`: of all processes that serve one store."""

    def __init__(self, provider: Provider, secret: bytes) -> None:
        self.provider = provider
        self._key = hmac.digest(secret, b"openid", "sha256")
        self._signer = URLSafeTimedSerializer(self._key, salt="away")
        self._lock = threading.Lock()
        self._known: dict[str, Any] | None = None
        self._keys: KeySet | None = None

    def begin(self, here: str, back: str) -> Away:
        """`here`: the address that the provider sends people back to; `back`: the page that they
        want. Raises Unreachable."""
        id_ = secrets.token_urlsafe(16)
        metadata = self._metadata()
        with self._client(here) as client:
            address, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=self._derived("state", id_),
                nonce=self._derived("nonce", id_),
                code_verifier=self._derived("verifier", id_),
            )
        return Away(str(self._signer.dumps([id_, back])), address)

    def end(self, cookie: str, here: str, answer: Mapping[str, str]) -> tuple[str, str]:
        """(subject, back) of who comes with this cookie and this answer of the provider. Raises
        NotProven, Unreachable."""
        try:
            id_, back = self._signer.loads(cookie, max_age=AWAY)
        except BadSignature:
            raise NotProven("nobody was sent from here, or too long ago") from None
        if not hmac.compare_digest(
            self._derived("state", id_).encode(), answer.get("state", "").encode()
        ):
            raise NotProven("the answer is to another question")
        if answer.get("iss", self.provider.issuer) != self.provider.issuer:
            raise NotProven("the answer is another provider's")
        if "code" not in answer:
            raise NotProven(answer.get("error", "no code")[:100])
        return self._subject(self._id_token(here, answer["code"], id_), id_), str(back)

    def _id_token(self, here: str, code: str, id_: str) -> str:
        try:
            with self._client(here) as client:
                tokens = client.fetch_token(
                    self._metadata()["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=self._derived("verifier", id_),
                )
        except OAuthError as error:
            raise NotProven(str(error.error)[:100]) from None
        except (httpx2.HTTPError, ValueError) as error:
            raise Unreachable(type(error).__name__) from error
        if "id_token" not in tokens:
            raise NotProven("no identity came with the answer")
        return str(tokens["id_token"])

    def _subject(self, token: str, id_: str) -> str:
        claims = self._claims(token)
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": self.provider.issuer},
            aud={"essential": True, "value": self.provider.client},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": self._derived("nonce", id_)},
        )
        try:
            registry.validate(claims)
        except JoseError as error:
            raise NotProven(str(error)[:100]) from None
        if claims.get("azp", self.provider.client) != self.provider.client:
            raise NotProven("the identity was given to another program")
        subject = claims.get(self.provider.claim)
        if not isinstance(subject, str) or not subject:
            raise NotProven(f"the identity says no {self.provider.claim}")
        if self.provider.claim == "email" and claims.get("email_verified") is not True:
            raise NotProven("the address of mail is not verified")
        return subject

    def _claims(self, token: str) -> dict[str, Any]:
        """Of a token that the provider signed; keys that are not known are asked for once."""
        for attempt in range(2):
            try:
                return jwt.decode(token, self._key_set(attempt > 0), list(ALGORITHMS)).claims
            except (JoseError, ValueError) as error:
                wrong = error
        raise NotProven(type(wrong).__name__)

    def _derived(self, what: str, id_: str) -> str:
        return hmac.digest(self._key, f"{what}:{id_}".encode(), "sha256").hex()

    def _client(self, here: str) -> OAuth2Client:
        return OAuth2Client(
            self.provider.client,
            self.provider.secret,
            scope="openid profile email",
            redirect_uri=here,
            code_challenge_method="S256",
            timeout=TIMEOUT,
        )

    def _metadata(self) -> dict[str, Any]:
        with self._lock:
            if self._known is None:
                # Discovery 4.1: a slash at the end is left out here, and nowhere else.
                place = self.provider.issuer.removesuffix("/")
                known = self._get(f"{place}/.well-known/openid-configuration")
                if known.get("issuer") != self.provider.issuer:
                    _log.warning(
                        "LIENTHONG_OIDC_ISSUER is %r, and the provider there calls itself %r",
                        self.provider.issuer, known.get("issuer"),
                    )  # fmt: skip
                    raise Unreachable("it calls itself otherwise")
                self._known = known
            return self._known

    def _key_set(self, anew: bool) -> KeySet:
        metadata = self._metadata()
        with self._lock:
            if self._keys is None or anew:
                keys = self._get(metadata["jwks_uri"])
                # Encryption keys and kinds that are not known here are none of ours.
                signing = [each for each in keys["keys"] if each.get("use", "sig") == "sig"]
                self._keys = KeySet.import_key_set({"keys": signing})
            return self._keys

    def _get(self, address: str) -> dict[str, Any]:
        try:
            answer = httpx2.get(address, timeout=TIMEOUT)
            found: dict[str, Any] = answer.raise_for_status().json()
            return found
        except (httpx2.HTTPError, ValueError) as error:
            raise Unreachable(type(error).__name__) from error
