"""What leads others to the published entries: feeds, the sitemap, `llms.txt` and `robots.txt`."""

from urllib.parse import quote

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from ui.boundary import Services
from ui.published import CACHED, PER_PAGE, Entry, atom_feed, llms_txt, product_titles, robots_txt, shown, sitemap

__all__ = ["discovery_routes"]


def discovery_routes(services: Services) -> APIRouter:
    """The routes for feed readers, search engines and language models."""
    router = APIRouter(include_in_schema=False)
    base_url = services.settings.base_url

    @router.get("/feeds/{product}.xml")
    def feed(product: str) -> Response:
        listed = shown(services.publications.list(product, status="published"))
        if not listed:
            raise HTTPException(404)
        name = quote(product, safe="")
        xml = atom_feed(
            [Entry.of(publication, base_url) for publication in listed[:PER_PAGE]],
            title=product_titles(services).get(product, product),
            address=f"{base_url}/feeds/{name}.xml",
            home=f"{base_url}/p/{name}",
        )
        return Response(xml, media_type="application/atom+xml", headers=CACHED)

    @router.get("/sitemap.xml")
    def site_map() -> Response:
        listed = shown(services.publications.list(status="published"))
        return Response(sitemap(listed, base_url), media_type="application/xml", headers=CACHED)

    @router.get("/llms.txt")
    def for_language_models() -> Response:
        listed = shown(services.publications.list(status="published"))
        entries = [Entry.of(publication, base_url) for publication in listed]
        text = llms_txt(entries, product_titles(services), base_url=base_url)
        return Response(text, media_type="text/markdown; charset=utf-8", headers=CACHED)

    @router.get("/robots.txt")
    def robots() -> Response:
        return Response(robots_txt(base_url), media_type="text/plain; charset=utf-8", headers=CACHED)

    return router
