"""Signing in to the review pages, and out."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Header, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from kb.errors import LoginRefused, TooManyRequests
from ui.boundary import Services
from ui.errors import status_of
from ui.limits import address_of
from ui.pages import fragment, preferred_language
from ui.sessions import ReviewRoute, Session, Sessions, local_address

__all__ = ["sign_in_routes"]

_Languages = Annotated[str, Header()]
_Text = Annotated[str, Form(max_length=1000)]


def sign_in_routes(services: Services, sessions: Sessions) -> APIRouter:
    """The routes for signing in and out."""
    router = APIRouter(include_in_schema=False, route_class=ReviewRoute)
    experts = services.learning.experts

    def page(language: str, next: str, status: int = HTTPStatus.OK, problem: str = "") -> HTMLResponse:
        content = fragment("review_login.html", language, session=None, next=local_address(next), problem=problem)
        return HTMLResponse(content, status)

    @router.get("/review/login")
    def form(
        request: Request, next: Annotated[str, Query(max_length=1000)] = "", accept_language: _Languages = ""
    ) -> Response:
        if sessions.current(request):
            return RedirectResponse(local_address(next), HTTPStatus.SEE_OTHER)
        return page(preferred_language(accept_language), next)

    @router.post("/review/login")
    def sign_in(
        request: Request, name: _Text = "", password: _Text = "", next: _Text = "", accept_language: _Languages = ""
    ) -> Response:
        try:
            id = experts.log_in(name, password, address_of(request))
        except (LoginRefused, TooManyRequests) as error:
            return page(preferred_language(accept_language), next, status_of(error), str(error))
        response = RedirectResponse(local_address(next), HTTPStatus.SEE_OTHER)
        sessions.start(request, response, id)
        return response

    @router.post("/review/logout")
    def sign_out(request: Request, session: Annotated[Session, Depends(sessions.changing)]) -> RedirectResponse:
        response = RedirectResponse("/review/login", HTTPStatus.SEE_OTHER)
        sessions.end(request, response)
        return response

    return router
