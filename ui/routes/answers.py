"""`GET /api/v1/answers/{id}` and `GET /api/v1/products`: what can be read."""

from fastapi import APIRouter
from pydantic import BaseModel

from assistant.values import Answer
from ui.boundary import Services

__all__ = ["answer_routes"]


class ProductView(BaseModel):
    """A product, its number of documents, and example questions by language."""

    id: str
    title: str
    documents: int
    examples: dict[str, list[str]]


class Products(BaseModel):
    """All products."""

    products: list[ProductView]


def answer_routes(services: Services) -> APIRouter:
    """The routes for stored answers and products."""
    router = APIRouter()

    @router.get("/answers/{answer_id}", summary="Read an answer")
    def answer(answer_id: str) -> Answer:
        return services.assistant.answer(answer_id)

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
