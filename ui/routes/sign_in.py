"""Signing in to the review pages, and out."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Header, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from kb.errors import LoginRefused, RequestError, TooManyRequests
from ui.boundary import Services
from ui.errors import status_of
from ui.limits import address_of
from ui.pages import fragment, preferred_language
from ui.sessions import ReviewRoute, Session, Sessions, local_address

__all__ = ["sign_in_page", "sign_in_routes"]

_Languages = Annotated[str, Header()]
_Text = Annotated[str, Form(max_length=1000)]


def sign_in_page(language: str, next: str, provider: str, problem: RequestError | None = None) -> HTMLResponse:
    """The page for signing in, with what went wrong; `provider` names the other way in, "" without one."""
    values = {"next": local_address(next), "provider": provider, "problem": str(problem or "")}
    content = fragment("review_login.html", language, session=None, **values)
    return HTMLResponse(content, status_of(problem) if problem else HTTPStatus.OK)


def sign_in_routes(services: Services, sessions: Sessions) -> APIRouter:
    """The routes for signing in and out."""
    router = APIRouter(include_in_schema=False, route_class=ReviewRoute)
    experts, oidc = services.learning.experts, services.settings.oidc
    provider = oidc.name if oidc else ""

    @router.get("/review/login")
    def form(
        request: Request, next: Annotated[str, Query(max_length=1000)] = "", accept_language: _Languages = ""
    ) -> Response:
        if sessions.current(request):
            return RedirectResponse(local_address(next), HTTPStatus.SEE_OTHER)
        return sign_in_page(preferred_language(accept_language), next, provider)

    @router.post("/review/login")
    def sign_in(
        request: Request, name: _Text = "", password: _Text = "", next: _Text = "", accept_language: _Languages = ""
    ) -> Response:
        try:
            id = experts.log_in(name, password, address_of(request))
        except (LoginRefused, TooManyRequests) as error:
            return sign_in_page(preferred_language(accept_language), next, provider, error)
        response = RedirectResponse(local_address(next), HTTPStatus.SEE_OTHER)
        sessions.start(request, response, id)
        return response

    @router.post("/review/logout")
    def sign_out(request: Request, session: Annotated[Session, Depends(sessions.changing)]) -> RedirectResponse:
        response = RedirectResponse("/review/login", HTTPStatus.SEE_OTHER)
        sessions.end(request, response)
        return response

    return router
