"""Who is signed in to the review pages: one cookie, one function that says whose it is, one class for refusals.

A second cookie holds an attempt to sign in through a provider while the browser is there.
"""

import hmac
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlsplit

from fastapi import Form, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.responses import Response

from assistant.experts import SESSION_S, Expert, ExpertStore, form_token
from kb.errors import DocumentError, NotAllowed, RequestError
from ui.errors import status_of
from ui.pages import fragment, preferred_language

__all__ = ["HOME", "ReviewRoute", "Session", "Sessions", "local_address"]

HOME = "/review"
LOGIN = "/review/login"
_ATTEMPT_S = 600  # to sign in at the provider
_MAX_ADDRESS = 1000  # what the forms for signing in take
_LONGEST_NEXT = 2000  # browsers keep no cookie over 4096 bytes


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in expert; `form` is what every form of the session carries."""

    expert: Expert
    form: str


class _SignInNeeded(Exception):
    """The page is for experts, and nobody is signed in."""


class Sessions:
    """The cookie of the review pages. Over https its name begins with `__Host-`: no other host can have set it."""

    def __init__(self, experts: ExpertStore, base_url: str) -> None:
        self._experts = experts
        self._secure = base_url.startswith("https:")
        self._name = "__Host-dayi" if self._secure else "dayi"
        self._attempt_name = f"{self._name}-oidc"

    def current(self, request: Request) -> Session | None:
        """Who sends the request; the only place that says so."""
        id = request.cookies.get(self._name, "")
        expert = self._experts.expert_of(id) if id else None
        return Session(expert, form_token(id)) if expert else None

    def required(self, request: Request) -> Session:
        """Who sends the request, on pages that are for experts."""
        session = self.current(request)
        if session is None:
            raise _SignInNeeded
        return session

    def changing(self, request: Request, form: Annotated[str, Form()] = "") -> Session:
        """Who sends a form, where it comes from a page of the sender's own session."""
        session = self.required(request)
        if not hmac.compare_digest(form.encode(), session.form.encode()):
            raise NotAllowed("This form is too old; open the page again. （表单已过期，请重新打开页面。）")
        return session

    def start(self, request: Request, response: Response, id: str) -> None:
        """Begin a session, in place of one that the browser had."""
        self._end_old(request)
        response.set_cookie(
            self._name, id, max_age=SESSION_S, path="/", secure=self._secure, httponly=True, samesite="strict"
        )

    def end(self, request: Request, response: Response) -> None:
        """End the session."""
        self._end_old(request)
        response.delete_cookie(self._name, path="/", secure=self._secure, httponly=True, samesite="strict")

    def keep_attempt(self, response: Response, secret: str, next: str) -> None:
        """Let the browser keep an attempt, and where to go afterwards, for ten minutes."""
        place = quote(next, safe="")
        value = f"{secret}.{place if len(place) <= _LONGEST_NEXT else ''}"
        # Lax: the provider's page leads back here.
        response.set_cookie(
            self._attempt_name, value, max_age=_ATTEMPT_S, path="/", secure=self._secure, httponly=True, samesite="lax"
        )

    def attempt(self, request: Request) -> tuple[str, str]:
        """The secret of the browser's attempt, "" without one, and where to go afterwards."""
        secret, _, place = request.cookies.get(self._attempt_name, "").partition(".")
        return secret, unquote(place)

    def forget_attempt(self, response: Response) -> None:
        """End the attempt, however it went."""
        response.delete_cookie(self._attempt_name, path="/", secure=self._secure, httponly=True, samesite="lax")

    def _end_old(self, request: Request) -> None:
        if old := request.cookies.get(self._name, ""):
            self._experts.log_out(old)


class ReviewRoute(APIRoute):
    """Refusals of the review pages as pages: sign in, or what was wrong."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with refusals turned into pages."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except _SignInNeeded:
                return RedirectResponse(f"{LOGIN}?next={quote(_asked_for(request))}", HTTPStatus.SEE_OTHER)
            except RequestValidationError:
                return _refusal(request, HTTPStatus.UNPROCESSABLE_ENTITY, "")
            except DocumentError as error:
                return _refusal(request, HTTPStatus.UNPROCESSABLE_ENTITY, error.message)
            except RequestError as error:
                return _refusal(request, status_of(error), str(error))

        return handle


def _asked_for(request: Request) -> str:
    """The page to show after signing in, with its filters where they are not too long for the form."""
    if request.method != "GET":
        return HOME
    whole = f"{request.url.path}?{request.url.query}".rstrip("?")
    return whole if len(whole) <= _MAX_ADDRESS else request.url.path


def local_address(address: str) -> str:
    """Where to go after signing in: a page of the review pages, whatever was asked for."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return HOME
    odd = parts.scheme or parts.netloc or "\\" in address or any(char <= " " for char in address)
    inside = parts.path == HOME or (parts.path.startswith(f"{HOME}/") and ".." not in parts.path.split("/"))
    return HOME if odd or not inside else parts._replace(fragment="").geturl()


def _refusal(request: Request, status: HTTPStatus, message: str) -> HTMLResponse:
    language = preferred_language(request.headers.get("accept-language", ""))
    page = fragment("review_error.html", language, session=None, status=int(status), message=message)
    return HTMLResponse(page, status)
