"""`/feedback`: rating an answer or a published page in a form; the address alone shows the form and stores nothing."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Header, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from assistant.values import REASONS
from kb.errors import AnswerGone, AnswerNotFound, TooManyRequests
from ui.boundary import Services
from ui.limits import Limits, address_of
from ui.pages import fragment, preferred_language
from ui.readers import Readers, Subject

__all__ = ["feedback_form_routes", "missing"]

_NOINDEX = {"X-Robots-Tag": "noindex"}
_LONGEST_COMMENT = 4_000
_Languages = Annotated[str, Header()]
_Id = Annotated[str, Query(max_length=1_000)]
_Field = Annotated[str, Form(max_length=1_000, pattern=r"^[^\x00]*$")]  # PostgreSQL looks for no NUL


def missing(error: AnswerNotFound, language: str) -> HTMLResponse:
    """The page that says that there is nothing, or nothing any more."""
    gone = isinstance(error, AnswerGone)
    status = HTTPStatus.GONE if gone else HTTPStatus.NOT_FOUND
    return HTMLResponse(fragment("deleted.html" if gone else "missing.html", language), status, headers=_NOINDEX)


def feedback_form_routes(services: Services, limits: Limits) -> APIRouter:
    """The routes of the form."""
    router = APIRouter(include_in_schema=False)
    readers = Readers(services)

    @router.get("/feedback")
    def show(
        request: Request,
        answer: _Id = "",
        product: _Id = "",
        document: _Id = "",
        rating: Annotated[str, Query(max_length=20)] = "",
        accept_language: _Languages = "",
    ) -> HTMLResponse:
        language = preferred_language(accept_language)
        try:
            subject = readers.subject(answer, product, document)
        except AnswerNotFound as error:
            return missing(error, language)
        form, outcome = readers.form(request, subject, rating if rating in ("good", "bad") else "")
        return HTMLResponse(fragment("feedback.html", language, form=form, outcome=outcome), headers=_NOINDEX)

    @router.post("/feedback")
    def send(
        request: Request,
        token: Annotated[str, Form(min_length=16, max_length=100)],
        rating: Annotated[Literal["good", "bad"], Form()],
        answer: _Field = "",
        product: _Field = "",
        document: _Field = "",
        reasons: Annotated[list[str], Form(max_length=20)] = [],  # noqa: B006
        comment: Annotated[str, Form(max_length=3 * _LONGEST_COMMENT)] = "",  # browsers count a line end as one
        contact: Annotated[str, Form(max_length=200)] = "",
        accept_language: _Languages = "",
    ) -> Response:
        language = preferred_language(accept_language)
        known = tuple(reason for reason in REASONS if reason in reasons)
        words = (known, comment.replace("\r\n", "\n")[:_LONGEST_COMMENT], contact.strip())
        try:
            subject = readers.subject(answer, product, document)
            limits.count("rating", address_of(request))
            reader = readers.current(request) or token
            if subject.page:
                services.learning.readers.rate_page(subject.page, reader, rating, *words)
            else:
                services.learning.readers.rate_answer(answer, reader, rating, *words)
        except AnswerNotFound as error:
            return missing(error, language)
        except TooManyRequests as error:
            form, outcome = readers.form(request, subject, rating)
            form = replace(form, reasons=known, comment=words[1], contact=words[2], problem=str(error))
            page = fragment("feedback.html", language, form=form, outcome=outcome)
            headers = _NOINDEX | {"Retry-After": str(error.retry_after_s)}
            return HTMLResponse(page, HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
        response = RedirectResponse(_place(subject), HTTPStatus.SEE_OTHER)
        readers.remember(response, reader)
        return response

    return router


def _place(subject: Subject) -> str:
    """Where the form is shown again, with what is stored now."""
    fields: Mapping[str, str] = subject.fields
    return f"/feedback?{urlencode(fields)}"
