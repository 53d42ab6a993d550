"""Pages for people beside the chat: an answer's permanent address, and the description of the API."""

from typing import Annotated

from fastapi import APIRouter, FastAPI, Header
from fastapi.responses import HTMLResponse, RedirectResponse

from assistant.publishing import page_path
from assistant.reporting import WAITING
from kb.errors import AnswerNotFound
from ui.boundary import Services
from ui.chat.turns import turn_html, turn_of
from ui.pages import fragment, preferred_language

__all__ = ["page_routes"]

_Languages = Annotated[str, Header()]


def page_routes(services: Services, app: FastAPI) -> APIRouter:
    """The routes for pages; `app` is what `/docs` describes."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/a/{answer_id}")
    def permalink(answer_id: str, accept_language: _Languages = "") -> HTMLResponse:
        language = preferred_language(accept_language)
        noindex = {"X-Robots-Tag": "noindex"}
        try:
            answer = services.assistant.answer(answer_id)
        except AnswerNotFound:
            return HTMLResponse(fragment("missing.html", language), 404, headers=noindex)
        turn = turn_html(turn_of(answer), language, services.knowledge.records.document)
        values = {"answer": answer, "turn": turn, **_review(services, answer_id)}
        return HTMLResponse(fragment("answer.html", language, **values), headers=noindex)

    @router.get("/favicon.ico")
    def favicon() -> RedirectResponse:
        return RedirectResponse("/ui/icon.svg", 301)

    @router.get("/docs")
    def docs(accept_language: _Languages = "") -> HTMLResponse:
        description = app.openapi()
        return HTMLResponse(fragment("docs.html", preferred_language(accept_language), api=description))

    return router


def _review(services: Services, answer_id: str) -> dict[str, object]:
    """What experts made of an answer: the review that waits, or the entry that was corrected for it."""
    review, fix, page = services.learning.queue.of_answer(answer_id), None, ""
    if review and review.state == "resolved" and review.document:
        fix = services.knowledge.records.document(review.product, review.document)
        published = services.publications.get(review.product, review.document)
        page = page_path(review.product, review.document) if published and published.status == "published" else ""
    shown = review if fix or (review and review.state in WAITING) else None
    return {"review": shown, "fix": fix, "page": page}
