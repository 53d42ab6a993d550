"""What search engines, feed readers and language models read of the published entries.

All of it is made from the same completed documents as the pages and the Markdown files, and holds nothing else.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as Xml

from markupsafe import Markup

from assistant.publications import Publication
from assistant.publishing import answer_of, completed, page_path, summary
from kb.values import Document
from ui.boundary import Services
from ui.rendering import render
from ui.texts import texts

__all__ = [
    "CACHED",
    "CACHED_BY_LANGUAGE",
    "PER_PAGE",
    "Entry",
    "atom_feed",
    "llms_txt",
    "product_titles",
    "robots_txt",
    "shown",
    "sitemap",
]

CACHED = {"Cache-Control": "public, max-age=300"}
"""Headers of what is the same for everybody."""
CACHED_BY_LANGUAGE = CACHED | {"Vary": "Accept-Language"}
"""Headers of what is the same for everybody who reads the same language."""
PER_PAGE = 50
"""Entries on a page of a list, and in a feed."""

_SITEMAP_ADDRESSES = 50_000  # the protocol's limit: https://www.sitemaps.org/protocol.html
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass(frozen=True, slots=True)
class Entry:
    """A published entry as pages and lists show it; `document` is complete, `address` is the page's public one."""

    document: Document
    address: str
    review_date: str
    updated_at: str

    @classmethod
    def of(cls, publication: Publication, base_url: str) -> "Entry":
        """The entry of a publication."""
        document = completed(publication)
        address = base_url + page_path(document.product, document.id)
        return cls(document, address, publication.review_date, publication.updated_at)

    @property
    def path(self) -> str:
        """The page's path on this server."""
        return page_path(self.document.product, self.document.id)

    @property
    def answer(self) -> str:
        """The expert's words in Markdown."""
        return answer_of(self.document)

    @property
    def description(self) -> str:
        """One or two plain sentences."""
        written = self.document.metadata["description"]
        return summary(written if isinstance(written, str) else self.answer)

    @property
    def versions(self) -> Sequence[str]:
        """The versions that the answer holds for."""
        return self.document.metadata.get("versions") or list(filter(None, [self.document.version]))

    def structured_data(self) -> Markup:
        """Schema.org's QAPage as JSON for a `script` element.

        Source: https://developers.google.com/search/docs/appearance/structured-data/qapage
        """
        dates = {
            name: _DATE.match(date) for name, date in (("asked", self.document.date), ("reviewed", self.review_date))
        }
        known = {name: {"datePublished": match[0]} if match else {} for name, match in dates.items()}
        answer = {
            "@type": "Answer",
            "text": self.answer,
            "url": f"{self.address}#answer",
            "author": {"@type": "Organization", "name": texts(self.document.language)["published_by"]},
        }
        question = {
            "@type": "Question",
            "name": self.document.title,
            "text": self.document.question,
            "answerCount": 1,
            "inLanguage": self.document.language,
            "acceptedAnswer": answer | known["reviewed"],
        }
        page = {"@context": "https://schema.org", "@type": "QAPage", "mainEntity": question | known["asked"]}
        # No character that could end the element; JSON reads the escapes back.
        return Markup(
            re.sub(r"[<>&\u2028\u2029]", lambda m: f"\\u{ord(m[0]):04x}", json.dumps(page, ensure_ascii=False))
        )


def shown(publications: Iterable[Publication]) -> list[Publication]:
    """What may be shown, last changed first: published, and reviewed by an expert."""
    public = [p for p in publications if p.status == "published" and p.document.reviewed]
    return sorted(public, key=lambda p: (p.updated_at, p.document.product, p.document.id), reverse=True)


def product_titles(services: Services) -> dict[str, str]:
    """Names of the products by id."""
    return {product.id: product.title for product in services.products()}


def atom_feed(entries: Sequence[Entry], *, title: str, address: str, home: str) -> bytes:
    """An Atom feed of entries, newest first; `address` is its own, `home` that of the page which lists them."""
    feed = Xml.Element("feed", xmlns=_ATOM)
    _add(feed, "id", address)
    _add(feed, "title", title)
    _add(feed, "updated", max((entry.updated_at for entry in entries), default=""))
    _add(feed, "link", rel="self", href=address)
    _add(feed, "link", rel="alternate", href=home)
    for entry in entries:
        item = _add(feed, "entry")
        _add(item, "id", entry.address)
        _add(item, "title", entry.document.title)
        _add(item, "updated", entry.updated_at)
        _add(item, "link", rel="alternate", href=entry.address)
        _add(_add(item, "author"), "name", texts(entry.document.language)["published_by"])
        _add(item, "summary", entry.description)
        _add(item, "content", str(render(entry.answer)), type="html")
    return _xml(feed)


def sitemap(publications: Sequence[Publication], base_url: str) -> bytes:
    """A sitemap of the published pages; of the first ones where there are more than a sitemap may hold."""
    urls = Xml.Element("urlset", xmlns=_SITEMAP)
    for publication in publications[:_SITEMAP_ADDRESSES]:
        url = _add(urls, "url")
        _add(url, "loc", base_url + page_path(publication.document.product, publication.document.id))
        if match := _DATE.match(publication.updated_at):
            _add(url, "lastmod", match[0])
    return _xml(urls)


def llms_txt(entries: Sequence[Entry], titles: Mapping[str, str], *, base_url: str) -> str:
    """The published entries for language models, product by product; `titles` are the products' names.

    Source: https://llmstxt.org
    """
    by_product: dict[str, list[Entry]] = {}
    for entry in entries:
        by_product.setdefault(entry.document.product, []).append(entry)
    parts = [f"# Dayi\n\n> Expert-reviewed answers. Ask your own question at {base_url}/"]
    for product in sorted(by_product):
        lines = [f"- [{_line(e.document.title)}]({e.address}.md): {_line(e.description)}" for e in by_product[product]]
        parts.append(f"## {_line(titles.get(product, product))}\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


def robots_txt(base_url: str) -> str:
    """Everything may be read: pages that are not for search engines say so themselves, which those have to see."""
    return f"User-agent: *\nDisallow: /api/\nDisallow: /review/\n\nSitemap: {base_url}/sitemap.xml\n"


def _line(text: str) -> str:
    return re.sub(r"([\\\[\]<])", r"\\\1", " ".join(text.split()))


def _add(parent: Xml.Element, tag: str, text: str = "", **attributes: str) -> Xml.Element:
    element = Xml.SubElement(parent, tag, attributes)
    element.text = re.sub(
        "[\ufffe\uffff]", "", text
    )  # the characters that XML cannot hold, after those that texts cannot
    return element


def _xml(root: Xml.Element) -> bytes:
    data: Any = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return bytes(data)
