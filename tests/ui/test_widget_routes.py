"""What the widget loads: its script, its site's settings, answers with trees, and the page for iframes."""

import gzip
import json

import httpx
import pytest

from ui.routes.widget import DEMO_SITE, WIDGET
from ui.settings import Settings
from ui.widget.texts import WIDGET_TEXTS

SITE = {"Origin": "https://site.example.net"}


def test_script_is_cached_and_packed(site: httpx.Client) -> None:
    """Small on the wire, kept by browsers, checked by its tag, allowed in isolated pages."""
    reply = site.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert reply.text == WIDGET.read_text(encoding="utf-8")
    assert reply.headers["content-type"].startswith("text/javascript")
    assert reply.headers["content-encoding"] == "gzip"
    assert int(reply.headers["content-length"]) == len(gzip.compress(WIDGET.read_bytes(), mtime=0))
    assert "max-age=300" in reply.headers["cache-control"]
    assert reply.headers["vary"] == "Accept-Encoding"
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    plain = site.get("/widget.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == WIDGET.read_bytes()
    again = site.get("/widget.js", headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert site.get("/widget.js", headers={"If-None-Match": '"other"'}).status_code == 200


def test_site_says_what_a_widget_may_know(site: httpx.Client) -> None:
    """These fields and no others: no origin list, no threshold, no key."""
    reply = site.get("/api/v1/sites/site", headers=SITE)
    view = reply.json()
    assert set(view) == {
        *("id", "title", "language", "colour", "url_pattern", "examples", "products", "texts"),
    }  # fmt: skip
    assert view["texts"] == json.loads(json.dumps(WIDGET_TEXTS))
    assert len(view["examples"]["zh"]) == 3
    assert view["products"] == ["nacos", "arthas"]
    assert reply.headers["access-control-allow-origin"] == SITE["Origin"]
    assert reply.headers["cache-control"] == "private, max-age=300"


@pytest.mark.parametrize(("path", "headers"), [("nothing", SITE), ("site", {"Origin": "https://evil.example"})])
def test_site_is_for_its_own_pages(site: httpx.Client, path: str, headers: dict[str, str]) -> None:
    """An unknown site and a page of somebody else get the same no."""
    assert site.get(f"/api/v1/sites/{path}", headers=headers).status_code == 403


def test_answers_carry_trees_only_when_asked(site: httpx.Client) -> None:
    """Programs get what they always got."""
    asked = {"question": "9848 端口"}
    plain = site.post("/api/v1/ask", json=asked).json()
    assert "blocks" not in plain
    drawn = site.post("/api/v1/ask", json=asked | {"blocks": True}).json()
    assert set(drawn) == {*plain, "blocks"}
    stream = {"Accept": "text/event-stream"}
    events = site.post("/api/v1/ask", json=asked | {"blocks": True}, headers=stream).text
    deltas = [json.loads(line[6:]) for line in events.split("\n") if line.startswith('data: {"text"')]
    assert any("blocks" in delta for delta in deltas)
    assert '"blocks": {"summary"' in events.rpartition("event: done")[2]
    assert '"blocks"' not in site.post("/api/v1/ask", json=asked, headers=stream).text


def test_found_documents_begin_in_plain_words(site: httpx.Client) -> None:
    """A list of results needs no Markdown."""
    hit = site.post("/api/v1/search", json={"query": "9848"}).json()["hits"][0]
    assert hit["excerpt"] == "客户端一直处于 STARTING 状"


def test_frame_page_names_who_may_show_it(site: httpx.Client) -> None:
    """The site's own pages; what the address says reaches the widget as text."""
    reply = site.get("/embed", params={"site": "site", "product": '"><script>alert(1)</script>', "nonsense": "x"})
    assert "frame-ancestors 'self' https://site.example.net" in reply.headers["content-security-policy"]
    assert "script-src 'self';" in reply.headers["content-security-policy"]
    assert "<script>alert" not in reply.text
    assert "nonsense" not in reply.text
    assert site.get("/embed", params={"site": "nothing"}).status_code == 403
    assert site.get("/embed").status_code == 403


def test_demo_is_there_only_when_wanted(site: httpx.Client) -> None:
    """A server for real readers shows no example site."""
    assert site.get("/demo").status_code == 404
    assert DEMO_SITE.origins == []


@pytest.mark.parametrize("pattern", ["/docs/{version}/", "", "/{product}/v{version}"])
def test_address_pattern_knows_two_names(pattern: str) -> None:
    """Product and version."""
    assert Settings(sites=[{"id": "a", "url_pattern": pattern}]).sites[0].url_pattern == pattern  # type: ignore[list-item]


@pytest.mark.parametrize("pattern", ["/{other}/", "/{version", "/version}"])
def test_other_address_patterns_are_refused(pattern: str) -> None:
    """At the start, not in a reader's browser."""
    with pytest.raises(ValueError, match="url_pattern"):
        Settings(sites=[{"id": "a", "url_pattern": pattern}])  # type: ignore[list-item]
