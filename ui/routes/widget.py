"""The widget's script, the page that holds it for an iframe, and a documentation site that shows it off."""

import gzip
import hashlib
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ui.guard import STRICT_CSP
from ui.pages import fragment, preferred_language
from ui.settings import Site
from ui.sites import Sites, frame_ancestors

__all__ = ["DEMO_SITE", "WIDGET", "demo_routes", "widget_routes"]

DEMO_SITE = Site(id="demo", product="nacos", title="Nacos")
"""The site of the pages at `/demo`."""

WIDGET = Path(__file__).parents[1] / "widget" / "widget.js"
"""The script that sites load."""

_CACHE = "public, max-age=300"  # no longer: the script and the texts of the server have to fit each other
# What the page in an iframe passes on to the widget, as its attributes.
_PASSED_ON = ("product", "version", "language", "color-scheme")
_Text = Annotated[str, Header()]


def widget_routes(sites: Sites) -> APIRouter:
    """The routes for `/widget.js` and `/embed`; only pages of the site that it names may frame the latter."""
    router = APIRouter(include_in_schema=False)
    script = WIDGET.read_bytes()
    packed = gzip.compress(script, mtime=0)
    # One tag for both forms: a proxy that unpacks the script keeps it.
    tag = f'W/"{hashlib.sha256(script).hexdigest()[:16]}"'
    headers = {
        "Cache-Control": _CACHE,
        "ETag": tag,
        "Vary": "Accept-Encoding",
        "Cross-Origin-Resource-Policy": "cross-origin",  # for sites that isolate themselves
    }

    @router.get("/widget.js")
    def widget(if_none_match: _Text = "", accept_encoding: _Text = "") -> Response:
        if tag in if_none_match:
            return Response(status_code=304, headers=headers)
        if "gzip" in accept_encoding:
            return Response(packed, headers=headers | {"Content-Encoding": "gzip"}, media_type="text/javascript")
        return Response(script, headers=headers, media_type="text/javascript")

    @router.get("/embed")
    def embed(request: Request, site: str = "", accept_language: _Text = "") -> HTMLResponse:
        ancestors = frame_ancestors(sites.named(site, ""))
        given = request.query_params
        attributes = {name: given[name][:200] for name in _PASSED_ON if name in given}
        language = "zh" if (given.get("language") or preferred_language(accept_language)) == "zh" else "en"
        page = fragment("embed.html", language, site=site, attributes=attributes)
        policy = STRICT_CSP.replace("frame-ancestors 'none'", ancestors)
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    return router


def demo_routes() -> APIRouter:
    """The routes for `/demo`: a page as a stranger's site would write it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/demo")
    def choose(accept_language: _Text = "") -> RedirectResponse:
        return RedirectResponse(
            f"/demo/{preferred_language(accept_language)}", 302, headers={"Vary": "Accept-Language"}
        )

    @router.get("/demo/{language}")
    def demo(language: Literal["zh", "en"]) -> HTMLResponse:
        return HTMLResponse(fragment(f"demo_{language}.html", language))

    return router
