"""`POST /api/v1/search`: the documents behind the answers."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from assistant.masking import mask
from kb.values import Hit
from ui.boundary import Services
from ui.chat.turns import excerpt
from ui.limits import Limits, address_of
from ui.sites import Sites

__all__ = ["search_routes"]

_Text = Annotated[str, Field(max_length=32_000)]


class SearchBody(BaseModel):
    """What to look for: in one product, in the site's own, or in all."""

    model_config = ConfigDict(extra="forbid", strict=True)

    query: _Text = Field(min_length=1)
    product: str = Field("", max_length=100)
    site: str = Field("", max_length=100)
    k: int = Field(10, ge=1, le=50)


class ReasonView(BaseModel):
    """Why a document matched."""

    name: str
    value: float
    detail: str


class PassageView(BaseModel):
    """A matching piece of a document; `start` and `end` are positions in its text."""

    heading: str
    kind: str
    text: str
    start: int
    end: int


class HitView(BaseModel):
    """A found document, without its whole text; `excerpt` is how its best passage begins, in plain words."""

    document: str
    product: str
    title: str
    url: str
    language: str
    reviewed: bool
    score: float
    excerpt: str
    passages: list[PassageView]
    reasons: list[ReasonView]


class SearchResponse(BaseModel):
    """Hits, best first."""

    hits: list[HitView]


def search_routes(services: Services, sites: Sites, limits: Limits) -> APIRouter:
    """The route for searching."""
    router = APIRouter()

    @router.post("/search", summary="Search documents")
    def search(body: SearchBody, request: Request) -> SearchResponse:
        site = sites.named(body.site, request.state.origin) if body.site else None
        limits.count("search", address_of(request))
        product = body.product or (site.product if site else "")
        products: Sequence[str] = [product] if product else []
        found = services.search.search(mask(body.query)[0], products=products, k=body.k)
        return SearchResponse(hits=[_view(hit) for hit in found.hits])

    return router


def _view(hit: Hit) -> HitView:
    document = hit.document
    return HitView(
        document=document.id,
        product=document.product,
        title=document.title,
        url=document.url,
        language=document.language,
        reviewed=document.reviewed,
        score=hit.score,
        excerpt=excerpt(hit.passages[0].text) if hit.passages else "",
        passages=[
            PassageView(heading=p.heading, kind=p.kind, text=p.text, start=p.start, end=p.end) for p in hit.passages
        ],
        reasons=[ReasonView(name=r.name, value=r.value, detail=r.detail) for r in hit.reasons],
    )
