"""The outermost layer of the web application: whatever is mounted inside, this is what the outside meets.

It stands before routing and knows no route, so a forgotten endpoint or a framework's own habits (Gradio answers every
origin with credentials) cannot open a hole: hosts and paths are checked, bodies are capped before anything reads them,
other sites' pages may change nothing except through the API and from configured origins, and every response, errors
included, leaves with the security headers and without anybody else's CORS headers.
"""

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Collection, Container
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.errors import error_body, error_of
from ui.logs import request_id
from ui.sites import Sites

__all__ = ["MAX_BODY_BYTES", "STRICT_CSP", "Guard"]

logger = logging.getLogger("dayi.access")

MAX_BODY_BYTES = 128 * 1024  # a question of 20 000 Han characters is 120 000 bytes of escaped JSON
MAX_RANGES = 5
STRICT_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_BODY_TIME_S = 15
_API = "/api/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": STRICT_CSP,  # a page that needs more sets its own
    "Cache-Control": "no-store",  # answers belong to their asker; static files set their own
}
_READABLE = {"Access-Control-Expose-Headers": "X-Request-ID, Retry-After"}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Content-Type, Accept, Authorization, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass
class _Request:
    """One request on its way through: what the checks found out, and what the log line will say."""

    scope: Scope
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    started: float = field(default_factory=time.monotonic)
    cors: str = ""
    status: int = 0

    @property
    def headers(self) -> Headers:
        return Headers(scope=self.scope)

    @property
    def is_api(self) -> bool:
        return str(self.scope["path"]).startswith(_API)


class Guard:
    """ASGI middleware around the whole application.

    `base_url` is the public address; pages of `origins` may call the whole API, those of `sites` what a reader needs;
    `hosts` are further names under which this server may be addressed, beside the public one and this machine's own.
    The application finds in `request.state.origin` which other site's page asks: "" for our own and for programs.
    """

    def __init__(
        self, app: ASGIApp, *, base_url: str, origins: Container[str], sites: Sites, hosts: Collection[str] = ()
    ) -> None:
        public = urlsplit(base_url)
        self._app = app
        names = (public.hostname or "", "localhost", "127.0.0.1", "::1", *(host.lower() for host in hosts))
        self._hosts = {f"[{name}]" if ":" in name else name for name in names}
        self._own_origin = f"{public.scheme}://{public.netloc}"
        self._origins = origins
        self._sites = sites

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through, or answer it with a refusal."""
        if scope["type"] == "http":
            await self._http(_Request(scope), receive, send)
        elif scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._app(scope, receive, send)

    async def _http(self, request: _Request, receive: Receive, send: Send) -> None:
        token = request_id.set(request.id)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
                _set_headers(message, request)
            await send(message)

        try:
            self._check_address(request)
            self._check_origin(request)
            if request.cors and request.scope["method"] == "OPTIONS":
                await _preflight(send_guarded)
            else:
                await self._app(request.scope, await _capped(request, receive), send_guarded)
        except _Refused as refusal:
            await _respond(send_guarded, refusal.status, error_body(refusal.code, refusal.message))
        except Exception as error:  # the outer edge of every request
            status, code, message = error_of(error)
            logger.error("A request failed: %s", error, exc_info=error)
            if request.status:  # too late to say so: the server cuts the connection
                raise
            await _respond(send_guarded, status, error_body(code, message))
        finally:
            _log(request)
            request_id.reset(token)

    def _check_address(self, request: _Request) -> None:
        path = request.scope["path"]
        raw_path = request.scope.get("raw_path") or path.encode("utf-8", "replace")
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or _host_name(hosts[0]) not in self._hosts:
            raise _Refused(HTTPStatus.BAD_REQUEST, "host", "This server does not answer for that host name.")
        odd = not path.startswith("/") or path.startswith("//") or not raw_path.startswith(b"/")
        odd = odd or b"%00" in request.scope["query_string"]  # what is looked up with it, PostgreSQL refuses
        if odd or any(char < " " or char in "\\\x7f" for char in path) or ".." in path.split("/"):
            raise _Refused(HTTPStatus.BAD_REQUEST, "path", "The address is malformed.")
        if request.headers.get("range", "").count(",") >= MAX_RANGES:
            message = f"At most {MAX_RANGES} ranges can be asked for at once."
            raise _Refused(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "ranges", message)

    def _check_origin(self, request: _Request) -> None:
        """Foreign pages may call the API if the settings say so; elsewhere they may look but change nothing.

        Without CORS headers the browser keeps what they look at from them.
        """
        headers, origin, method = request.headers, request.headers.get("origin"), request.scope["method"]
        own = origin in (self._own_origin, f"http://{headers['host']}", f"https://{headers['host']}")
        if origin is not None and not own and request.is_api:
            if origin not in self._origins and not self._sites.grant(origin, request.scope["path"]):
                raise _Refused(HTTPStatus.FORBIDDEN, "origin", "Pages of this origin may not do this.")
            request.cors = origin
        else:
            foreign = not own if origin is not None else headers.get("sec-fetch-site") in ("cross-site", "same-site")
            if foreign and method not in _SAFE:
                raise _Refused(HTTPStatus.FORBIDDEN, "origin", "Pages of other sites may not do this.")
        request.scope.setdefault("state", {})["origin"] = request.cors


async def _capped(request: _Request, receive: Receive) -> Receive:
    """Read the body up to the cap before the application runs, then replay it; `receive` itself where there is none."""
    headers = request.headers
    if "content-length" not in headers and "transfer-encoding" not in headers:
        return receive
    declared = headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > MAX_BODY_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(_BODY_TIME_S):
            body = await _read(receive)
    except TimeoutError:
        raise _Refused(HTTPStatus.REQUEST_TIMEOUT, "slow_body", "The request body took too long.") from None
    if request.is_api and body and request.scope["method"] not in _SAFE:
        _check_json(headers)
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return bytes(body)


def _too_large() -> _Refused:
    message = f"A request body may hold at most {MAX_BODY_BYTES} bytes."
    return _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message)


def _check_json(headers: Headers) -> None:
    # Types that a plain HTML form can send reach a server without the browser asking first; JSON does not.
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        message = "The body must be sent as application/json."
        raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content_type", message)


def _host_name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit() and not host.endswith("]"):
        host = name
    return host.lower()


def _set_headers(message: Message, request: _Request) -> None:
    headers = MutableHeaders(scope=message)
    for name in [name for name in headers if name.lower().startswith("access-control-")]:
        del headers[name]
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers["X-Request-ID"] = request.id
    if request.is_api:
        headers.add_vary_header("Origin")
    if request.cors:
        headers["Access-Control-Allow-Origin"] = request.cors
        headers.update(_PREFLIGHT if request.scope["method"] == "OPTIONS" else _READABLE)


async def _preflight(send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _respond(send: Send, status: HTTPStatus, body: object) -> None:
    content = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _log(request: _Request) -> None:
    fields = {
        "method": request.scope["method"],
        "path": request.scope["path"][:500],
        "status": request.status,
        "milliseconds": round((time.monotonic() - request.started) * 1000),
    }
    logger.info("request", extra={"fields": fields})
