"""`POST /api/v1/feedback` and `/expert-requests`: what the asker thinks of an answer, and who is to look at it."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict, Field

from ui.boundary import Services
from ui.limits import Limits, address_of

__all__ = ["feedback_routes"]

_Key = Annotated[str, Header(max_length=200)]
_Id = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]  # PostgreSQL looks for no NUL
_Reason = Annotated[str, Field(max_length=100)]


class FeedbackBody(BaseModel):
    """A rating; `token` is the capability that came with the answer."""

    model_config = ConfigDict(extra="forbid", strict=True)

    answer: _Id
    token: str = Field(min_length=1, max_length=200)
    rating: Literal["good", "bad"]
    reasons: list[_Reason] = Field([], max_length=10)
    comment: str = Field("", max_length=4_000)
    contact: str = Field("", max_length=200)


class FeedbackStored(BaseModel):
    """What is stored now."""

    answer: str
    rating: Literal["good", "bad"]


class ExpertRequestBody(BaseModel):
    """A wish that an expert looks at an answer; `token` is the capability that came with it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    answer: _Id
    token: str = Field(min_length=1, max_length=200)
    comment: str = Field("", max_length=4_000)
    contact: str = Field("", max_length=200)


class ExpertAsked(BaseModel):
    """Which answer an expert will look at."""

    answer: str


def feedback_routes(services: Services, limits: Limits) -> APIRouter:
    """The routes for rating and for asking an expert; with an `Idempotency-Key`, a repeated request counts once."""
    router = APIRouter()
    assistant = services.assistant

    @router.post("/feedback", status_code=HTTPStatus.CREATED, summary="Rate an answer; the last rating counts")
    def rate(body: FeedbackBody, request: Request, idempotency_key: _Key = "") -> FeedbackStored:
        limits.count("rating", address_of(request))
        words = (body.reasons, body.comment, body.contact)
        assistant.rate(body.answer, body.token, body.rating, *words, key=idempotency_key)
        return FeedbackStored(answer=body.answer, rating=body.rating)

    @router.post("/expert-requests", status_code=HTTPStatus.CREATED, summary="Ask an expert to look at an answer")
    def ask_expert(body: ExpertRequestBody, request: Request, idempotency_key: _Key = "") -> ExpertAsked:
        limits.count("rating", address_of(request))
        assistant.ask_expert(body.answer, body.token, body.comment, body.contact, key=idempotency_key)
        return ExpertAsked(answer=body.answer)

    return router
