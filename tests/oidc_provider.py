"""A scripted OpenID Connect provider over real HTTP: it signs in whom a test wants, and errs as a test wants."""

import base64
import hashlib
import html
import json
import secrets
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "KEY", "Provider", "oidc_provider"]

CLIENT_ID, CLIENT_SECRET = "dayi", "s3cret/of+the client"
KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})


@dataclass
class Provider:
    """`claims` overrides what an ID token says (None leaves a claim out), `described` what the provider says of itself.

    `faults` maps a path to the status and headers that it answers with instead; `sign` makes the token.
    """

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256", "kid": "one"})
    key: Any = field(default_factory=lambda: KEY)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def reset(self) -> None:
        """Behave well again."""
        self.claims, self.described, self.faults, self.key = {}, {}, {}, KEY
        self.header = {"alg": "ES256", "kid": "one"}
        self.requests.clear()

    def authorize(self, address: str) -> str:
        """Sign somebody in who was sent to `address`; where the browser goes next."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and content of a reply: JSON, or a page."""
        place = urlsplit(path).path
        self.requests.append((place, headers))
        if place in self.faults:
            status, more = self.faults[place]
            return status, more, {}
        if place == "/.well-known/openid-configuration":
            return 200, {"set-cookie": "tracked=1"}, self._description()
        if place == "/keys":
            return 200, {}, {"keys": [KEY.as_dict(private=False)]}
        if place == "/authorize":
            page = f'<!doctype html><title>Login</title><a href="{html.escape(self.authorize(path))}">Allow</a>'
            return 200, {"content-type": "text/html"}, page
        return self._token(headers, {name: values[0] for name, values in parse_qs(body).items()})

    def _description(self) -> dict[str, Any]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.issuer} | {key: f"{self.issuer}/{name}" for key, name in names.items()} | self.described

    def _token(self, headers: dict[str, str], fields: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        basic = base64.b64encode(b"dayi:s3cret%2Fof%2Bthe+client").decode()
        if headers.get("authorization") != f"Basic {basic}" and fields.get("client_secret") != CLIENT_SECRET:
            return 401, {}, {"error": "invalid_client"}
        asked = self._codes.pop(fields["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(fields["code_verifier"].encode()).digest()).rstrip(b"=")
        if (
            not asked
            or asked["code_challenge"] != challenge.decode()
            or asked["redirect_uri"] != fields["redirect_uri"]
        ):
            return 400, {}, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "42", "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], "email": "lin@example.org", "email_verified": True} | self.claims
        kept = {name: value for name, value in claims.items() if value is not None}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some of what tests want to be signed is not safe
            token = jwt.encode(self.header, kept, self.key, algorithms=["ES256", "HS256", "none"])
        self.tokens += [token, "access-1234567890"]
        return 200, {"set-cookie": "tracked=2"}, {"id_token": token, "access_token": self.tokens[-1]}


@contextmanager
def oidc_provider(host: str = "127.0.0.1") -> Iterator[Provider]:
    """A running provider on a free port of this machine."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0))).decode()
            status, more, content = provider.answer(self.command, self.path, headers, body)
            self.send_response(status)
            for name, value in {"content-type": "application/json", **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write((content if isinstance(content, str) else json.dumps(content)).encode())

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://{host}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join(10)
