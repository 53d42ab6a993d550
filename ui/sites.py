"""The documentation sites of the settings: which pages belong to which, and what they may do.

A site's id stands in the source of its pages, so it is no secret and grants no more than any reader has: asking,
searching and rating. What counts is the browser's word on where the page comes from. A program that sends no origin is
not a browser, and is held back by the limits alone.
"""

from collections.abc import Sequence
from dataclasses import replace

from assistant.values import AskRequest
from kb.errors import SiteRefused
from ui.origins import Origins
from ui.settings import Site

__all__ = ["Sites", "frame_ancestors"]

_READER_ROUTES = frozenset({"ask", "search", "feedback", "expert-requests", "answers", "products", "sites"})
_API = "/api/v1/"


class Sites:
    """The sites by id."""

    def __init__(self, sites: Sequence[Site]) -> None:
        self._sites = {site.id: site for site in sites}
        self._origins = {site.id: Origins(site.origins) for site in sites}

    def grant(self, origin: str, path: str) -> bool:
        """Whether pages of this origin may call this path: some site has it, and the path is a reader's."""
        route = path.removeprefix(_API).partition("/")[0]
        is_readers = path.startswith(_API) and route in _READER_ROUTES
        return is_readers and any(origin in origins for origins in self._origins.values())

    def named(self, id: str, origin: str) -> Site:
        """The site of this id, for a page of `origin`; our own pages and programs have the origin "".

        Raises:
            SiteRefused: there is no such site, or the page is not one of its.
        """
        site = self._sites.get(id)
        if site is None or (origin and origin not in self._origins[id]):
            raise SiteRefused(
                "There is no such site, or this page is not one of its. （没有这个站点，或此页面不属于该站点。）"
            )
        return site

    def complete(self, request: AskRequest, origin: str) -> AskRequest:
        """The request with its site's product and version where it names none. Raises as `named` does."""
        if not request.site:
            return request
        site = self.named(request.site, origin)
        product = request.product or site.product
        version = request.version or (site.version if product == site.product else "")
        return replace(request, product=product, version=version)


def frame_ancestors(site: Site) -> str:
    """The policy for a page that only this site may show in a frame. To browsers, `*.` means any depth there."""
    return " ".join(["frame-ancestors", "'self'", *site.origins])
