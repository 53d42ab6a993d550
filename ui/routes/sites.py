"""`GET /api/v1/sites/{id}`: what a widget may know about its site, and nothing else."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from ui.boundary import Services
from ui.settings import Site
from ui.sites import Sites
from ui.texts import LANGUAGES
from ui.widget.texts import WIDGET_TEXTS

__all__ = ["site_routes"]

_EXAMPLES = 4


class SiteView(BaseModel):
    """A site. `examples` and `texts` are by language; `products` are those that a page of the site may name."""

    id: str
    title: str
    language: str
    colour: str
    url_pattern: str
    examples: dict[str, list[str]]
    products: list[str]
    texts: dict[str, dict[str, str]]


def site_routes(services: Services, sites: Sites) -> APIRouter:
    """The route for sites."""
    router = APIRouter()

    @router.get("/sites/{site_id}", summary="Read what a widget may know of its site")
    def site(site_id: str, request: Request, response: Response) -> SiteView:
        found = sites.named(site_id, request.state.origin)
        response.headers["Cache-Control"] = "private, max-age=300"
        return _view(found, services)

    return router


def _view(site: Site, services: Services) -> SiteView:
    products = services.products()
    own = [product for product in products if site.product in ("", product.id)]
    return SiteView(
        id=site.id,
        title=site.title or (own[0].title if len(own) == 1 else ""),
        language=site.language,
        colour=site.colour,
        url_pattern=site.url_pattern,
        examples={
            language: site.examples or _mixed([product.examples.get(language, []) for product in own])
            for language in LANGUAGES
        },
        products=[product.id for product in products],
        texts={language: dict(WIDGET_TEXTS[language]) for language in LANGUAGES},
    )


def _mixed(lists: Iterable[Sequence[str]]) -> list[str]:
    """The first of each list, then the second of each, as many as a reader looks at."""
    return [text for group in zip_longest(*lists) for text in group if text][:_EXAMPLES]
