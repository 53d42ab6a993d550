"""`POST /api/v1/feedback`: what the asker thinks of an answer."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from ui.boundary import Services
from ui.limits import Limits, address_of

__all__ = ["feedback_routes"]

_Reason = Annotated[str, Field(max_length=100)]


class FeedbackBody(BaseModel):
    """A rating; `token` is the capability that came with the answer."""

    model_config = ConfigDict(extra="forbid", strict=True)

    answer: str = Field(min_length=1, max_length=100)
    token: str = Field(min_length=1, max_length=200)
    rating: Literal["good", "bad"]
    reasons: list[_Reason] = Field([], max_length=10)
    comment: str = Field("", max_length=4_000)
    contact: str = Field("", max_length=200)


class FeedbackStored(BaseModel):
    """What is stored now."""

    answer: str
    rating: Literal["good", "bad"]


def feedback_routes(services: Services, limits: Limits) -> APIRouter:
    """The route for rating."""
    router = APIRouter()

    @router.post("/feedback", status_code=HTTPStatus.CREATED, summary="Rate an answer; the last rating counts")
    def rate(body: FeedbackBody, request: Request) -> FeedbackStored:
        limits.count("rating", address_of(request))
        services.assistant.rate(body.answer, body.token, body.rating, body.reasons, body.comment, body.contact)
        return FeedbackStored(answer=body.answer, rating=body.rating)

    return router
