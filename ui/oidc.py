"""Signing in through an OpenID Connect provider: what is asked of it, and what is believed of its answers.

Authorization code flow with PKCE, state and nonce (OpenID Connect Core 3.1, RFC 7636). Nothing that the provider says
is kept from one sign-in to the next, so that changed keys need no restart, and no token outlives the reading of it.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx

from kb.errors import LoginRefused, MissingExtra, SignInUnavailable
from ui.settings import OidcSettings

__all__ = ["CALLBACK", "Attempt", "Identity", "OidcProvider"]

logger = logging.getLogger(__name__)

CALLBACK = "/review/oidc/callback"
_TIMEOUT_S = 10  # for all that one step asks of the provider
_AT_ONCE = 8  # steps under way; more than that are not experts
_LEEWAY_S = 60  # between the provider's clock and ours
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]  # public keys only
_DOWN = "The sign-in service does not answer; try again later. （登录服务暂时没有响应，请稍后再试。）"
_REFUSED = "The sign-in did not succeed; begin again. （登录没有成功，请重新开始。）"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider signed in; `email` is "" unless the provider has verified it."""

    subject: str
    email: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in. All that must come back unchanged follows from a secret that the browser alone keeps."""

    secret: str

    @classmethod
    def new(cls) -> "Attempt":
        """An attempt that nobody can guess."""
        return cls(secrets.token_urlsafe(32))

    @property
    def state(self) -> str:
        """What the provider sends back in the address."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the ID token must hold."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What the code is exchanged with: 64 characters, of 43 to 128 (RFC 7636, 4.1)."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """What the provider sees of the verifier beforehand (RFC 7636, 4.2)."""
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")

    def _derived(self, purpose: str) -> str:
        return hmac.new(self.secret.encode("utf-8", "replace"), purpose.encode(), hashlib.sha256).hexdigest()


class OidcProvider:
    """The provider of the settings, for the service at `base_url`.

    Raises:
        MissingExtra: joserfc is not installed.
    """

    def __init__(self, settings: OidcSettings, base_url: str) -> None:
        try:
            import joserfc  # noqa: F401
        except ImportError as error:
            raise MissingExtra("Signing in with [oidc]", "oidc") from error
        self.name = settings.name
        self._settings = settings
        self._redirect_uri = base_url + CALLBACK
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def authorization_url(self, attempt: Attempt) -> str:
        """Where the browser signs in.

        Raises:
            SignInUnavailable: the provider does not answer, or not as one.
        """
        async with self._asking() as client:
            place = self._endpoint(await self._described(client), "authorization_endpoint")
        parameters = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid email",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{place}{'&' if '?' in place else '?'}{urlencode(parameters)}"

    async def identity(self, attempt: Attempt, code: str) -> Identity:
        """Whom a code stands for.

        Raises:
            LoginRefused: the provider does not take the code, or its token is not for this attempt.
            SignInUnavailable: the provider does not answer, or not as one.
        """
        async with self._asking() as client:
            described = await self._described(client)
            token = await self._exchanged(client, described, attempt, code)
            keys = _read(await client.get(self._endpoint(described, "jwks_uri")))
        claims = self._verified(token, keys, attempt)
        email = claims.get("email") if claims.get("email_verified") is True else ""
        return Identity(claims["sub"], email if isinstance(email, str) else "")

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client for one step, which follows no redirects and takes no cookies."""
        if self._places.locked():
            raise SignInUnavailable(_DOWN)
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        try:
            async with (
                self._places,
                asyncio.timeout(_TIMEOUT_S),
                httpx.AsyncClient(timeout=_TIMEOUT_S, cookies=no_cookies) as client,
            ):
                yield client
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, _Unexpected) as error:
            logger.warning("The provider of sign-ins failed: %s", str(error) or type(error).__name__)
            raise SignInUnavailable(_DOWN) from error

    async def _described(self, client: httpx.AsyncClient) -> dict[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 4)."""
        issuer = self._settings.issuer
        described = _read(await client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
        if described.get("issuer") != issuer:
            raise _Unexpected("it does not write its issuer as the settings do")
        return described

    def _endpoint(self, described: dict[str, Any], name: str) -> str:
        """An address that the provider names, where it is one of the provider's own."""
        address, issuer = str(described.get(name, "")), urlsplit(self._settings.issuer)
        try:
            parts = urlsplit(address)
            same = (parts.scheme, parts.hostname, parts.port) == (issuer.scheme, issuer.hostname, issuer.port)
            named = parts.scheme == "https" and parts.port is None and parts.hostname in self._settings.hosts
        except ValueError:
            same = named = False
        # Readers of addresses differ on what is before an @ and on backslashes.
        odd = "@" in address or "\\" in address or any(char <= " " for char in address)
        if odd or not (same or named):
            raise _Unexpected(f"its {name} is on a host that is neither the issuer's nor among `hosts`")
        return address

    async def _exchanged(
        self, client: httpx.AsyncClient, described: dict[str, Any], attempt: Attempt, code: str
    ) -> str:
        """The ID token for a code."""
        id, secret = self._settings.client_id, self._settings.client_secret.get_secret_value()
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": id,
        }
        methods = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = secret and "client_secret_basic" in methods
        if secret and not basic:
            fields["client_secret"] = secret
        # Both are encoded first (RFC 6749, 2.3.1).
        auth = httpx.BasicAuth(quote_plus(id), quote_plus(secret)) if basic else httpx.USE_CLIENT_DEFAULT
        reply = await client.post(self._endpoint(described, "token_endpoint"), data=fields, auth=auth)
        if reply.status_code == 400:
            logger.warning("The provider of sign-ins took no code: %s", _error_code(reply))
            raise LoginRefused(_REFUSED)
        return str(_read(reply).get("id_token", ""))

    def _verified(self, token: str, keys: dict[str, Any], attempt: Attempt) -> dict[str, Any]:
        """The claims of an ID token, if it is the provider's and for this attempt (OpenID Connect Core 3.1.3.7)."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet
        from joserfc.jws import JWSRegistry

        registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)  # providers add headers of their own
        try:
            # The key set is data of the provider: whatever is wrong with it shows as any of these.
            claims = jwt.decode(token, KeySet.import_key_set(keys), registry=registry).claims  # type: ignore[arg-type]
            audience, client = claims.get("aud"), self._settings.client_id
            shared = isinstance(audience, list) and len(audience) > 1  # then it must say that it was issued to us
            jwt.JWTClaimsRegistry(
                leeway=_LEEWAY_S,
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": client},
                azp={"essential": shared, "value": client},
                nonce={"essential": True, "value": attempt.nonce},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            # The claim or rule that failed; never the token.
            logger.warning("An ID token was refused: %s", getattr(error, "claim", "") or type(error).__name__)
            raise LoginRefused(_REFUSED) from error
        return claims


class _Unexpected(Exception):
    """The provider answers what it should not."""


def _read(reply: httpx.Response) -> dict[str, Any]:
    if reply.status_code != 200:
        raise _Unexpected(f"{reply.url.path} answered with status {reply.status_code} ({_error_code(reply)})")
    try:
        content = reply.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise _Unexpected(f"{reply.url.path} answered with what is no JSON object")
    return content


def _error_code(reply: httpx.Response) -> str:
    """The standard's word for what was wrong, such as invalid_grant or invalid_client; tells nothing secret."""
    try:
        content = reply.json()
    except ValueError:
        return "no reason given"
    return str(content.get("error", "no reason given"))[:50] if isinstance(content, dict) else "no reason given"
