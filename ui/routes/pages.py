"""Pages for people beside the chat: an answer's permanent address, and the description of the API."""

from typing import Annotated

from fastapi import APIRouter, FastAPI, Header, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from kb.errors import AnswerNotFound
from ui.boundary import Services
from ui.chat.turns import turn_html, turn_of
from ui.pages import fragment, preferred_language
from ui.readers import Readers, Subject
from ui.routes.feedback_form import missing

__all__ = ["page_routes"]

_Languages = Annotated[str, Header()]


def page_routes(services: Services, app: FastAPI) -> APIRouter:
    """The routes for pages; `app` is what `/docs` describes."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    readers = Readers(services)

    @router.get("/a/{answer_id}")
    def permalink(request: Request, answer_id: str, accept_language: _Languages = "") -> HTMLResponse:
        language = preferred_language(accept_language)
        try:
            answer = services.assistant.answer(answer_id)
        except AnswerNotFound as error:
            return missing(error, language)
        turn = turn_html(turn_of(answer), language, services.knowledge.records.document)
        form, outcome = readers.form(request, Subject.of_answer(answer))
        page = fragment("answer.html", language, answer=answer, turn=turn, form=form, outcome=outcome)
        return HTMLResponse(page, headers={"X-Robots-Tag": "noindex"})

    @router.get("/favicon.ico")
    def favicon() -> RedirectResponse:
        return RedirectResponse("/ui/icon.svg", 301)

    @router.get("/docs")
    def docs(accept_language: _Languages = "") -> HTMLResponse:
        description = app.openapi()
        return HTMLResponse(fragment("docs.html", preferred_language(accept_language), api=description))

    return router
