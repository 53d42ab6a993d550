"""`/quality/{id}`: how well a product or a site is answered, for everybody, where the settings say so."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from starlette.responses import Response

from assistant.insight import Quality
from kb.errors import AnswerNotFound
from ui.boundary import Services
from ui.pages import fragment, preferred_language
from ui.published import CACHED, CACHED_BY_LANGUAGE, product_titles

__all__ = ["quality_routes"]

_FRESH_S = 300  # how long figures are shown before they are counted again, whoever asks
_Languages = Annotated[str, Header()]


class QualityView(BaseModel):
    """Figures of 90 days; shares are of all questions (0 to 1)."""

    id: str
    title: str
    first_day: str
    last_day: str
    questions: int
    answered: float
    abstained: float
    bad_rated: float
    median_hours_to_fix: float | None
    reviewed_entries: int


@dataclass(frozen=True, slots=True)
class _Subject:
    """Whose figures they are: a product, or a site with the product that it is about."""

    id: str
    title: str
    product: str
    site: str = ""


def quality_routes(services: Services) -> APIRouter:
    """The routes of the public figures."""
    router = APIRouter()
    view = _counted(services)

    @router.get("/quality/{id}.json", summary="How well a product or a site is answered, where that is public")
    def data(id: str, response: Response) -> QualityView:
        found = _subject(services, id)
        if found is None:
            raise AnswerNotFound("There are no public figures under this name. （没有公开的数据。）")
        response.headers.update(CACHED)
        return view(found)

    @router.get("/quality/{id}", include_in_schema=False)
    def page(id: str, accept_language: _Languages = "") -> HTMLResponse:
        found, language = _subject(services, id), preferred_language(accept_language)
        if found is None:
            return HTMLResponse(fragment("missing.html", language), 404)
        return HTMLResponse(fragment("quality.html", language, quality=view(found)), headers=CACHED_BY_LANGUAGE)

    return router


def _subject(services: Services, id: str) -> _Subject | None:
    """The product of this id, else the site, whose figures are public."""
    settings = services.settings
    if any(product.public_quality for product in settings.products if product.id == id):
        return _Subject(id, product_titles(services).get(id, id), id)
    for site in settings.sites:
        if site.id == id and site.public_quality:
            return _Subject(id, site.title or id, site.product, id)
    return None


def _counted(services: Services) -> Callable[[_Subject], QualityView]:
    """The figures of a subject, counted once in five minutes."""

    @lru_cache(maxsize=256)
    def count(subject: _Subject, _: int) -> QualityView:
        return _view(subject, services.learning.insight.quality(subject.product, subject.site))

    return lambda subject: count(subject, int(time.monotonic() // _FRESH_S))


def _view(subject: _Subject, quality: Quality) -> QualityView:
    counts = quality.counts
    return QualityView(
        id=subject.id,
        title=subject.title,
        first_day=quality.first,
        last_day=quality.last,
        questions=counts.asked,
        answered=round(counts.share("answered"), 4),
        abstained=round(counts.share("abstained"), 4),
        bad_rated=round(counts.share("bad_rated"), 4),
        median_hours_to_fix=None if quality.hours_to_fix is None else round(quality.hours_to_fix, 1),
        reviewed_entries=quality.reviewed,
    )
