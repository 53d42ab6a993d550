"""Drafts and corrections: editing with preview and difference, the check, and the decision."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Header
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from assistant.correction import Correction
from kb.errors import AnswerNotFound, DocumentError, EditConflict
from kb.values import Document
from ui.boundary import Services
from ui.chat.turns import turn_html, turn_of
from ui.diff import diff
from ui.pages import fragment, preferred_language
from ui.sessions import ReviewRoute, Session, Sessions

__all__ = ["correction_routes"]

_Languages = Annotated[str, Header()]
_Version = Annotated[int, Form()]
_Long = Annotated[str, Form(max_length=100_000)]
_NEAR = 5


def correction_routes(services: Services, sessions: Sessions) -> APIRouter:
    """The routes of drafts and corrections."""
    router = APIRouter(include_in_schema=False, route_class=ReviewRoute)
    corrections = services.learning.corrections
    Reader = Annotated[Session, Depends(sessions.required)]
    Writer = Annotated[Session, Depends(sessions.changing)]

    def back(id: str) -> RedirectResponse:
        return RedirectResponse(f"/review/corrections/{id}", HTTPStatus.SEE_OTHER)

    def conflict(session: Session, id: str, language: str, mine: tuple[str, str, str] | None = None) -> HTMLResponse:
        """What somebody else made of it beside what this expert wrote, who decides; nothing is lost."""
        current = corrections.get(session.expert, id)
        title, text, phrases = mine or (current.title, current.text, "\n".join(current.phrases))
        theirs = current.text if mine else corrections.text_before(current)
        values = {"correction": current, "title": title, "mine": text, "phrases": phrases, "theirs": theirs}
        values |= {"lines": diff(theirs, text), "is_draft": mine is not None}
        return HTMLResponse(fragment("review_conflict.html", language, session=session, **values), HTTPStatus.CONFLICT)

    @router.get("/review/corrections/{id}")
    def edit(id: str, session: Reader, accept_language: _Languages = "") -> HTMLResponse:
        correction, language = corrections.get(session.expert, id), preferred_language(accept_language)
        values = _edit(services, session, correction, language)
        return HTMLResponse(fragment("review_edit.html", language, session=session, **values))

    @router.post("/review/corrections/{id}")
    def save(
        id: str,
        session: Writer,
        version: _Version,
        title: _Long = "",
        text: _Long = "",
        phrases: _Long = "",
        accept_language: _Languages = "",
    ) -> Response:
        try:
            words = {"title": title, "text": text, "phrases": phrases.splitlines()}
            corrections.save(session.expert, id, version, **words)  # type: ignore[arg-type]
        except EditConflict:
            return conflict(session, id, preferred_language(accept_language), (title, text, phrases))
        return back(id)

    @router.post("/review/corrections/{id}/approve")
    def approve(
        id: str, session: Writer, version: _Version, confirmed: bool = Form(False), accept_language: _Languages = ""
    ) -> Response:
        language, correction = preferred_language(accept_language), corrections.get(session.expert, id)
        try:
            if not confirmed and correction.version == version:
                check = services.learning.regression.check(*corrections.trial(correction))
                if not check.is_safe:
                    values = {"correction": correction, "check": check}
                    return HTMLResponse(fragment("review_check.html", language, session=session, **values))
            approved = corrections.approve(session.expert, id, version)
        except EditConflict:
            return conflict(session, id, language)
        return RedirectResponse(f"/review/items/{approved.review}", HTTPStatus.SEE_OTHER)

    @router.post("/review/corrections/{id}/withdraw")
    def withdraw(
        id: str, session: Writer, version: _Version, redirect_to: Annotated[str, Form(max_length=300)] = ""
    ) -> RedirectResponse:
        corrections.withdraw(session.expert, id, version, redirect_to)
        return back(id)

    decisions = {"rebase": corrections.rebase, "reject": corrections.reject, "keep": corrections.keep}

    @router.post("/review/corrections/{id}/{decision}")
    def decide(
        id: str, decision: Literal["rebase", "reject", "keep"], session: Writer, version: _Version
    ) -> RedirectResponse:
        decisions[decision](session.expert, id, version)
        return back(id)

    return router


def _edit(services: Services, session: Session, correction: Correction, language: str) -> dict[str, Any]:
    learning, records = services.learning, services.knowledge.records
    review = learning.queue.get(session.expert, correction.review)
    reports = learning.queue.reports(review)
    try:
        answer = services.assistant.answer(reports[0].answer) if reports else None
    except AnswerNotFound:  # deleted meanwhile
        answer = None
    try:
        preview, problem = learning.corrections.preview(correction), ""
    except DocumentError as error:
        preview, problem = None, error.message
    found = (
        services.search.search(review.question, products=[correction.product], k=_NEAR).hits if review.question else ()
    )
    before = learning.corrections.text_before(correction)
    near = [hit.document for hit in found if hit.document.id != correction.document]
    return {
        "correction": correction,
        "review": review,
        "turn": turn_html(turn_of(answer), language, records.document) if answer else "",
        "preview": preview,
        "problem": problem,
        "before": before,
        "lines": diff(before, correction.text),
        "outdated": learning.corrections.is_outdated(correction),
        "near": near,
        "successors": [one for one in near if _is_published(services, one)],
    }


def _is_published(services: Services, document: Document) -> bool:
    page = services.publications.get(document.product, document.id)
    return page is not None and page.status == "published"
