"""Errors on their way out: every kind of failure becomes the one error body with the right status.

Only a `RequestError` says in its own words what is wrong; the others are written for whoever runs the server, so the
reader gets a plain sentence and the request id, under which the log holds the rest.
"""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kb.errors import (
    AnswerGone,
    AnswerNotFound,
    DayiError,
    DocumentError,
    EditConflict,
    KeyReused,
    LoginRefused,
    ModelError,
    NotAllowed,
    NoticeError,
    PublishError,
    QuestionError,
    RequestError,
    SettingsError,
    SignInUnavailable,
    SiteRefused,
    StoreError,
    TooManyRequests,
    UnknownProduct,
)
from ui.logs import request_id
from ui.streams import Busy, Stopping

__all__ = ["RETRY_AFTER_S", "STATUS", "error_body", "error_of", "install_error_handlers", "status_of_code"]

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 5

STATUS: dict[type[DayiError], HTTPStatus] = {
    DayiError: HTTPStatus.INTERNAL_SERVER_ERROR,
    SettingsError: HTTPStatus.INTERNAL_SERVER_ERROR,
    DocumentError: HTTPStatus.INTERNAL_SERVER_ERROR,
    PublishError: HTTPStatus.INTERNAL_SERVER_ERROR,
    NoticeError: HTTPStatus.INTERNAL_SERVER_ERROR,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    ModelError: HTTPStatus.SERVICE_UNAVAILABLE,
    RequestError: HTTPStatus.BAD_REQUEST,
    QuestionError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnknownProduct: HTTPStatus.UNPROCESSABLE_ENTITY,
    AnswerNotFound: HTTPStatus.NOT_FOUND,
    AnswerGone: HTTPStatus.GONE,
    LoginRefused: HTTPStatus.UNAUTHORIZED,
    SignInUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    EditConflict: HTTPStatus.CONFLICT,
    NotAllowed: HTTPStatus.FORBIDDEN,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    SiteRefused: HTTPStatus.FORBIDDEN,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
}
"""Status of each class of error; a class that is not named has its nearest ancestor's."""

_PUBLIC = {
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong here. The request id helps the operator to find it.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The service cannot answer at the moment. Please try again later.",
}

_BUSY = "Too many questions at once. Please try again in a moment. （提问的人较多，请稍候再试。）"
_STOPPING = "The server is restarting. Please try again in a moment. （服务正在重启，请稍候再试。）"


def error_body(code: str, message: str) -> dict[str, dict[str, str]]:
    """The one shape of every error that leaves the server."""
    return {"error": {"code": code, "message": message, "request_id": request_id.get()}}


def status_of(error: DayiError) -> HTTPStatus:
    """The HTTP status of an error."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def status_of_code(code: str) -> HTTPStatus:
    """The HTTP status that belongs to the `code` of a `Failed` event."""
    return next((status for cls, status in STATUS.items() if cls.code == code), HTTPStatus.SERVICE_UNAVAILABLE)


def error_of(error: BaseException) -> tuple[HTTPStatus, str, str]:
    """Status, code and public message of anything that can go wrong while a request is handled."""
    if isinstance(error, Busy):
        return HTTPStatus.SERVICE_UNAVAILABLE, "busy", _BUSY
    if isinstance(error, Stopping):
        return HTTPStatus.SERVICE_UNAVAILABLE, "stopping", _STOPPING
    if isinstance(error, RequestError):
        return status_of(error), error.code, str(error)
    status = status_of(error) if isinstance(error, DayiError) else HTTPStatus.INTERNAL_SERVER_ERROR
    return status, getattr(error, "code", "internal"), _PUBLIC[status]


def install_error_handlers(app: FastAPI) -> None:
    """Give every expected failure, unknown paths included, the one error body; the guard does so for the rest."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for kind in (DayiError, Busy, Stopping):
        app.add_exception_handler(kind, _failed)


def _respond(status: int, code: str, message: str, retry_after_s: int = RETRY_AFTER_S) -> JSONResponse:
    later = status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
    headers = {"Retry-After": str(retry_after_s)} if later else None
    return JSONResponse(error_body(code, message), status, headers=headers)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    status, code, message = error_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, (Busy, Stopping)):
        logger.error("A request failed: %s", error, exc_info=error)
    return _respond(status, code, message, getattr(error, "retry_after_s", RETRY_AFTER_S))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # The input itself is left out: it may hold what JSON cannot carry, and nobody needs it back.
    problems = "; ".join(
        f"{'.'.join(str(part) for part in e['loc'][1:]) or 'body'}: {e['msg']}" for e in error.errors()
    )
    message = problems.encode("utf-8", "replace").decode()[:500]
    return _respond(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", message)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:  # a body that is not JSON at all, or nested beyond reason
        return _respond(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "The body is not readable JSON.")
    status = HTTPStatus(error.status_code)
    response = _respond(status, status.phrase.lower().replace(" ", "_"), status.description or status.phrase)
    response.headers.update(error.headers or {})
    return response
