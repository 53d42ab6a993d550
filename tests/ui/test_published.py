"""Published entries: what search engines may index, what they must not, and what leads them there."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as Xml

import httpx
import pytest

from assistant.publications import Publication
from ingest import parse_text
from tests.ui.conftest import serving
from tests.ui.fakes import FakeServices, publication
from tests.ui.payloads import PAYLOADS
from ui.published import Entry, atom_feed
from ui.settings import Settings

BASE = "https://answers.example.org"
PAGE = "/p/nacos/grpc-port"


def entry(id: str, *, status: str = "published", redirect_to: str = "", **changes: object) -> Publication:
    document = replace(publication().document, id=id, **changes)  # type: ignore[arg-type]
    return replace(publication(), document=document, status=status, redirect_to=redirect_to)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    services = FakeServices(Settings(data=tmp_path_factory.mktemp("data"), base_url=BASE))
    services.publications.put(
        entry("old", status="retired", redirect_to="older"),
        entry("older", status="retired", redirect_to="grpc-port"),
        entry("withdrawn", status="retired"),
        entry("circle", status="retired", redirect_to="circle"),
        entry("draft", reviewed=False, title="未复核"),
        entry("docs/a b?#客.md", title="An id with everything in it"),
        entry("english", language="en", title="English title"),
        entry("hostile", title="</script><script>alert(1)</script>", question=PAYLOADS[0], text="\n\n".join(PAYLOADS)),
    )
    with serving(services) as client:
        yield client


def test_a_page_is_for_readers_and_search_engines(site: httpx.Client) -> None:
    """Title, description, canonical address, dates, versions, references, feedback; no mark against indexing."""
    reply = site.get(PAGE, headers={"Accept-Language": "en"})
    assert reply.status_code == 200
    assert "x-robots-tag" not in reply.headers
    assert "noindex" not in reply.text
    assert f'<link rel="canonical" href="{BASE}{PAGE}">' in reply.text
    assert '<html lang="zh"' in reply.text  # the entry's language, whoever looks
    assert re.search(r'<meta name="description" content="[^"]{20,160}">', reply.text)
    for words in ("2026-11-20", "2.2", "2.3", "https://nacos.io/docs/latest/overview/", 'id="feedback"', "nc -zv"):
        assert words in reply.text
    assert reply.headers["cache-control"] == "public, max-age=300"


def test_permalinks_are_not_for_search_engines(site: httpx.Client) -> None:
    """In the header and on the page."""
    answer = site.post("/api/v1/ask", json={"question": "9848"}).json()["id"]
    reply = site.get(f"/a/{answer}")
    assert reply.headers["x-robots-tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in reply.text


@pytest.mark.parametrize("id", ["grpc-port", "hostile"])
def test_structured_data_says_what_the_page_says(site: httpx.Client, id: str) -> None:
    """One QAPage with the accepted answer, and nothing in it can end the element."""
    [raw] = re.findall(
        r'<script type="application/ld\+json">(.*?)</script>', site.get(f"/p/nacos/{id}").text, re.DOTALL
    )
    assert not set(raw) & set("<>&")
    question = json.loads(raw)["mainEntity"]
    assert json.loads(raw)["@type"] == "QAPage"
    assert question["answerCount"] == 1
    assert question["datePublished"] == "2026-11-02"
    assert question["acceptedAnswer"]["datePublished"] == "2026-11-20"
    assert question["acceptedAnswer"]["url"] == f"{BASE}/p/nacos/{id}#answer"


def test_the_markdown_of_a_page_is_its_file(site: httpx.Client) -> None:
    """Read back as the same document; search engines are told which of the two is meant."""
    reply = site.get(PAGE + ".md")
    assert reply.headers["content-type"] == "text/markdown; charset=utf-8"
    assert reply.headers["link"] == f'<{BASE}{PAGE}>; rel="canonical"'
    document = parse_text(reply.text, path="x.md").document
    assert document is not None
    assert document.text == publication().document.text.strip()


def test_retired_entries_lead_on_or_are_gone(site: httpx.Client) -> None:
    """301 to the entry at the end of the way, for the Markdown too; 410 where there is none."""
    for path, to in (("old", PAGE), ("older", PAGE), ("old.md", PAGE + ".md")):
        reply = site.get(f"/p/nacos/{path}")
        assert (reply.status_code, reply.headers["location"]) == (301, to)
    for path in ("withdrawn", "withdrawn.md", "circle"):
        reply = site.get(f"/p/nacos/{path}")
        assert (reply.status_code, reply.headers["x-robots-tag"]) == (410, "noindex")


@pytest.mark.parametrize(
    "path", ["/p/nacos/draft", "/p/nacos/draft.md", "/p/nacos/no", "/p/no/grpc-port", "/p/no", "/p/nacos/"]
)
def test_nothing_unreviewed_has_a_page(site: httpx.Client, path: str) -> None:
    """The same as what never was."""
    reply = site.get(path)
    assert (reply.status_code, reply.headers["x-robots-tag"]) == (404, "noindex")
    assert "未复核" not in reply.text


def test_the_list_leads_to_every_entry(site: httpx.Client) -> None:
    """Every link on it works; unreviewed and retired ones are not there."""
    reply = site.get("/p/nacos")
    assert "Accept-Language" in reply.headers["vary"]  # it is cached, and in the reader's language
    links = re.findall(r'<li lang="\w+"><a href="([^"]+)"', reply.text)
    assert len(links) == 4
    assert all(site.get(link).status_code == 200 for link in links)
    assert f'<link rel="canonical" href="{BASE}/p/nacos">' in reply.text
    assert "noindex" not in reply.text
    assert site.get("/p/nacos?page=2").status_code == 404
    assert site.get("/p/nacos?page=0").status_code == 422


def test_sitemap_and_feed_and_llms_txt_name_the_same_pages(site: httpx.Client) -> None:
    """Exactly the published ones, by their public addresses, each of which answers."""
    found = {
        "sitemap": [e.text for e in Xml.fromstring(site.get("/sitemap.xml").content).iterfind("{*}url/{*}loc")],
        "feed": [e.text for e in Xml.fromstring(site.get("/feeds/nacos.xml").content).iterfind("{*}entry/{*}id")],
        "llms": re.findall(r"\]\((https://[^)]*)\.md\): ", site.get("/llms.txt").text),
    }
    assert found["sitemap"] == found["feed"] == found["llms"]
    assert len(found["sitemap"]) == 4
    for address in found["sitemap"]:
        assert address is not None
        assert site.get(address.removeprefix(BASE)).status_code == 200
        assert site.get(address.removeprefix(BASE) + ".md").status_code == 200
    assert site.get("/feeds/arthas.xml").status_code == 404


def test_robots_may_see_that_permalinks_are_not_for_them(site: httpx.Client) -> None:
    """A page that may not be fetched cannot say that it is not to be indexed."""
    text = site.get("/robots.txt").text
    assert f"Sitemap: {BASE}/sitemap.xml" in text
    assert "Disallow: /a" not in text.replace("/api/", "")


def test_a_feed_holds_what_xml_cannot() -> None:
    """Control characters and noncharacters, too."""
    hostile = entry("x", title="a\x00\x0b\ufffe\ud800]]><b>", text="q\n\n\uffff\x01&<")
    shown = [Entry.of(hostile, BASE)]
    feed = Xml.fromstring(atom_feed(shown, title="t\uffff", address=f"{BASE}/f", home=BASE))
    assert feed.findtext("{*}entry/{*}title") == "a]]><b>"
