"""`/api/v1/answers/{id}`, to read and to delete, and `GET /api/v1/products`."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from assistant.reporting import ReviewState
from assistant.values import Answer
from ui.boundary import Services

__all__ = ["answer_routes"]

_TOKEN = HTTPBearer(description="The feedback token that came with the answer")


class ProductView(BaseModel):
    """A product, its number of documents, and example questions by language."""

    id: str
    title: str
    documents: int
    examples: dict[str, list[str]]


class Products(BaseModel):
    """All products."""

    products: list[ProductView]


@dataclass(frozen=True, slots=True)
class ReviewView:
    """How far experts are with an answer; `document` is the entry that was corrected for it, once it is resolved."""

    state: ReviewState
    product: str
    document: str


@dataclass(frozen=True, slots=True)
class StoredAnswer(Answer):
    """An answer with what became of it; without `review`, nobody has to look at it."""

    review: ReviewView | None = None


def answer_routes(services: Services) -> APIRouter:
    """The routes for stored answers and products."""
    router = APIRouter()

    @router.get("/answers/{answer_id}", summary="Read an answer")
    def answer(answer_id: str) -> StoredAnswer:
        answer = services.assistant.answer(answer_id)
        review = services.learning.queue.of_answer(answer_id)
        fixed = review.document if review and review.state == "resolved" else ""
        view = ReviewView(review.state, review.product, fixed) if review else None
        fields = {name: getattr(answer, name) for name in Answer.__dataclass_fields__}
        return StoredAnswer(**fields, review=view)

    @router.delete("/answers/{answer_id}", status_code=HTTPStatus.NO_CONTENT, summary="Delete an answer of one's own")
    def delete(answer_id: str, token: Annotated[HTTPAuthorizationCredentials, Depends(_TOKEN)]) -> None:
        services.assistant.delete(answer_id, token.credentials)

    @router.get("/products", summary="List products")
    def products() -> Products:
        return Products(
            products=[
                ProductView(
                    id=product.id,
                    title=product.title,
                    documents=product.documents,
                    examples={language: list(examples) for language, examples in product.examples.items()},
                )
                for product in services.products()
            ]
        )

    return router
