"""The pages of the published entries, which search engines may index, and their lists."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from assistant.publications import Publication
from assistant.publishing import page_path, successor, to_markdown
from ui.boundary import Services
from ui.pages import fragment, preferred_language
from ui.published import CACHED, CACHED_BY_LANGUAGE, PER_PAGE, Entry, product_titles, shown

__all__ = ["published_routes"]

_NOINDEX = {"X-Robots-Tag": "noindex"}
_Languages = Annotated[str, Header()]
_Number = Annotated[int, Query(ge=1, le=100_000)]


def published_routes(services: Services) -> APIRouter:
    """The routes for published entries."""
    router = APIRouter(include_in_schema=False)
    base_url = services.settings.base_url

    @router.get("/p/{product}")
    def listing(product: str, page: _Number = 1, accept_language: _Languages = "") -> HTMLResponse:
        language = preferred_language(accept_language)
        listed = shown(services.publications.list(product, status="published"))
        first, after = (page - 1) * PER_PAGE, page * PER_PAGE
        if not listed[first:]:
            return HTMLResponse(fragment("missing.html", language), 404, headers=_NOINDEX)
        html = fragment(
            "published_list.html",
            language,
            entries=[Entry.of(publication, base_url) for publication in listed[first:after]],
            total=len(listed),
            page=page,
            more=len(listed) > after,
            product=product,
            title=product_titles(services).get(product, product),
            canonical=f"{base_url}/p/{quote(product, safe='')}" + (f"?page={page}" if page > 1 else ""),
        )
        return HTMLResponse(html, headers=CACHED_BY_LANGUAGE)

    @router.get("/p/{product}/{id:path}")
    def page(product: str, id: str, accept_language: _Languages = "") -> Response:
        return _page(services, product, id, preferred_language(accept_language))

    return router


def _page(services: Services, product: str, id: str, language: str) -> Response:
    def find(document: str) -> Publication | None:
        return services.publications.get(product, document)

    publication, suffix = find(id), ""
    if publication is None and id.endswith(".md"):
        publication, suffix = find(id.removesuffix(".md")), ".md"
    if publication is None or not publication.document.reviewed:
        return HTMLResponse(fragment("missing.html", language), 404, headers=_NOINDEX)
    if publication.status == "retired":
        if instead := successor(publication, find):
            return RedirectResponse(page_path(product, instead.document.id) + suffix, 301, headers=CACHED)
        return HTMLResponse(fragment("withdrawn.html", language), 410, headers=_NOINDEX)
    if suffix:
        return _markdown(publication, services.settings.base_url)
    entry = Entry.of(publication, services.settings.base_url)
    title = product_titles(services).get(product, product)
    html = fragment("published.html", entry.document.language, entry=entry, product=product, product_title=title)
    return HTMLResponse(html, headers=CACHED)


def _markdown(publication: Publication, base_url: str) -> Response:
    canonical = base_url + page_path(publication.document.product, publication.document.id)
    headers = CACHED | {"Link": f'<{canonical}>; rel="canonical"'}
    text = to_markdown(publication, base_url=base_url)
    return Response(text, media_type="text/markdown; charset=utf-8", headers=headers)
