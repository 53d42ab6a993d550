"""Signing in to the review pages through the provider of the settings."""

import hmac
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from kb.errors import LoginRefused, SignInUnavailable
from ui.boundary import Services
from ui.oidc import CALLBACK, Attempt, Identity, OidcProvider
from ui.pages import fragment, preferred_language
from ui.routes.sign_in import sign_in_page
from ui.sessions import ReviewRoute, Session, Sessions, local_address

__all__ = ["oidc_routes"]

_Languages = Annotated[str, Header()]
_TOO_OLD = "This sign-in is too old, or was begun in another browser; begin again. （登录已过期，请重新开始。）"
_NOT_DONE = "The sign-in service did not sign you in. （登录服务没有完成登录。）"


def oidc_routes(services: Services, sessions: Sessions, provider: OidcProvider) -> APIRouter:
    """The two routes: on the way to the provider, and back."""
    router = APIRouter(include_in_schema=False, route_class=ReviewRoute)

    def enter(request: Request, identity: Identity, next: str, language: str) -> Response:
        id = services.learning.experts.log_in_as(identity.subject, identity.email)
        # A page, not a redirect: after one that began at the provider, browsers keep the strict cookie to themselves.
        response = HTMLResponse(fragment("review_entered.html", language, session=None, next=local_address(next)))
        sessions.start(request, response, id)
        return response

    @router.get("/review/oidc")
    async def begin(
        session: Annotated[Session | None, Depends(sessions.current)],
        next: Annotated[str, Query(max_length=1000)] = "",
        accept_language: _Languages = "",
    ) -> Response:
        if session:
            return RedirectResponse(local_address(next), HTTPStatus.SEE_OTHER)
        attempt = Attempt.new()
        try:
            place = await provider.authorization_url(attempt)
        except SignInUnavailable as error:
            return sign_in_page(preferred_language(accept_language), next, provider.name, error)
        response = RedirectResponse(place, HTTPStatus.SEE_OTHER)
        sessions.keep_attempt(response, attempt.secret, local_address(next))
        return response

    @router.get(CALLBACK)
    async def end(
        request: Request,
        state: Annotated[str, Query(max_length=200)] = "",
        code: Annotated[str, Query(max_length=8000)] = "",
        accept_language: _Languages = "",
    ) -> Response:
        language = preferred_language(accept_language)
        secret, next = sessions.attempt(request)
        attempt = Attempt(secret)
        try:
            if not secret or not hmac.compare_digest(state.encode("utf-8", "replace"), attempt.state.encode()):
                raise LoginRefused(_TOO_OLD)
            if not code:
                raise LoginRefused(_NOT_DONE)
            identity = await provider.identity(attempt, code)
            response = await run_in_threadpool(enter, request, identity, next, language)
        except (LoginRefused, SignInUnavailable) as error:
            response = sign_in_page(language, next, provider.name, error)
        sessions.forget_attempt(response)
        return response

    return router
