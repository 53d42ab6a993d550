"""Documentation sites: which page's requests are a site's, what its id grants, and what it adds to a question."""

import json
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kb.errors import SiteRefused
from tests.ui.conftest import DOCS, serving
from tests.ui.fakes import FakeServices
from ui.origins import Origins
from ui.settings import Settings, Site
from ui.sites import Sites, frame_ancestors

ASK = "/api/v1/ask"
QUESTION = {"question": "9848 端口"}
NACOS = Site(id="nacos", product="nacos", version="2.4", origins=["https://*.example.org", "http://localhost:*"])
ARTHAS = Site(id="arthas", product="arthas", origins=["https://arthas.example.net"])
HOME = "https://nacos.example.org"
PORTAL = "https://portal.example.com"

# No look-alike of https://*.example.org may pass, whatever it adds, drops or spells otherwise.
LOOK_ALIKES = [
    "https://example.org", "https://.example.org", "https://*.example.org", "https://a.b.example.org",
    "https://a..example.org", "https://aexample.org", "https://a-example.org", "https://example.org.evil.com",
    "https://a.example.org.evil.com", "https://a.example.org:8443", "https://a.example.org:443",
    "https://a.example.org:", "https://a.example.org.", "https://a.example.org/", "https://a.example.org/path",
    "https://a.example.org?", "https://a.example.org#", "https://a.example.org@evil.com",
    "https://evil.com@a.example.org", "https://user:p@a.example.org", "https://evil.com/a.example.org",
    "https://evil.com#.example.org", "https://evil.com?.example.org", "https://evil.com\\.example.org",
    "https://a.exampleXorg", "https://a.example.orgs", "https://a.example.or", "http://a.example.org",
    "HTTPS://a.example.org", "https://A.example.org", "https://a.EXAMPLE.org", "https:/a.example.org",
    "//a.example.org", "a.example.org", "https://a.example.org ", " https://a.example.org", "https://a.example.org\n",
    "https://a.example.org, https://evil.com", "https://evil.com https://a.example.org", "https://-a.example.org",
    "https://a%2eexample.org", "https://a。example.org", "https://ａ.example.org", "https://xn--.example.org\x00",
    "null", "", "*", "file://", "data:", "http://localhost:3000.evil.com", "http://localhost:*", "http://localhost",
    "http://localhost:0", "http://localhost:123456", "https://localhost:3000", "http://localhost.evil.com:3000",
    "http://127.0.0.1:3000",
]  # fmt: skip


@pytest.mark.parametrize("origin", LOOK_ALIKES, ids=range(len(LOOK_ALIKES)))
def test_look_alikes_are_foreign(origin: str) -> None:
    """A pattern holds for exactly one label, and for nothing around it."""
    assert origin not in Origins(NACOS.origins)


@pytest.mark.parametrize(
    "origin", [HOME, "https://a-b.example.org", "https://xn--fiqs8s.example.org", "http://localhost:3000"]
)
def test_patterns_hold_for_what_they_say(origin: str) -> None:
    """One label under the domain, any port on this machine."""
    assert origin in Origins(NACOS.origins)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine_may_have_any_port(host: str) -> None:
    """Each of its names for itself."""
    origins = Origins([f"http://{host}:*"])
    assert f"http://{host}:5173" in origins
    assert "http://127.0.0.2:5173" not in origins


@given(st.text(max_size=30), st.text(max_size=30))
def test_nothing_can_be_put_around_an_exact_origin(before: str, after: str) -> None:
    """An exact origin is equal or foreign."""
    origin = f"{before}{DOCS}{after}"
    assert (origin in Origins([DOCS])) == (origin == DOCS)


@pytest.mark.parametrize(
    "pattern",
    ["*", "null", "", "https://*", "https://*.org", "https://*:8080", "https://a.*.org", "https://*example.org",
     "https://**.example.org", "https://a.example.org/", "https://a.example.org/docs", "docs.example.org",
     "ftp://a.example.org", "https://A.example.org", "https://user@a.example.org", "https://a.example.org:443",
     "http://a.example.org:80", "https://a.example.org:*", "http://*.localhost:*", "https://a.例子.org",
     "https://a.example.org.", "https://.*", "https://(a|b).example.org", "https://a.example.org\n"],
)  # fmt: skip
@pytest.mark.parametrize("setting", ["origins", "sites"])
def test_loose_patterns_are_refused_at_start(pattern: str, setting: str) -> None:
    """What would hold for too much, or never, is said to be wrong."""
    with pytest.raises(ValidationError, match="origin|top-level|port"):
        Settings(**{setting: [pattern] if setting == "origins" else [{"id": "a", "origins": [pattern]}]})  # type: ignore[arg-type]


def test_site_ids_are_distinct_names() -> None:
    """Two sites under one id would be one site with the wrong origins."""
    with pytest.raises(ValidationError, match="same id: a"):
        Settings(sites=[Site(id="a"), Site(id="a")])
    with pytest.raises(ValidationError):
        Site(id="a/../b")


@pytest.fixture(scope="module")
def desk(settings: Settings) -> FakeServices:
    return FakeServices(settings.model_copy(update={"sites": [NACOS, ARTHAS], "origins": [PORTAL]}))


@pytest.fixture(scope="module")
def client(desk: FakeServices) -> Iterator[httpx.Client]:
    with serving(desk) as client:
        yield client


@pytest.mark.parametrize("origin", [o for o in LOOK_ALIKES if o.isascii() and o == o.strip() and o.isprintable()])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_pages_of_no_site_get_403_from_the_api(client: httpx.Client, method: str, origin: str) -> None:
    """Reading, asking and asking whether one may: all the same, and no permission for the browser."""
    path = "/api/v1/products" if method == "GET" else ASK
    reply = client.request(method, path, json=QUESTION, headers={"Origin": origin})
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "origin")
    assert "access-control-allow-origin" not in reply.headers


def test_a_sites_pages_ask_search_and_rate(client: httpx.Client) -> None:
    """All that a reader needs, with replies that the page may read."""
    headers = {"Origin": HOME}
    answer = client.post(ASK, json=QUESTION | {"site": "nacos"}, headers=headers)
    search = client.post("/api/v1/search", json={"query": "9848", "site": "nacos"}, headers=headers)
    rating = {"answer": answer.json()["id"], "token": answer.json()["feedback_token"], "rating": "good"}
    rated = client.post("/api/v1/feedback", json=rating, headers=headers)
    read = client.get(f"/api/v1/answers/{answer.json()['id']}", headers=headers)
    assert [r.status_code for r in (answer, search, rated, read)] == [200, 200, 201, 200]
    assert {r.headers["access-control-allow-origin"] for r in (answer, search, rated, read)} == {HOME}


@pytest.mark.parametrize(
    "path", ["/api/v1/documents", "/api/v1/documents/a", "/api/v2/ask", "/api/v1/", "/api/v1/keys"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_site_grants_nothing_else(client: httpx.Client, method: str, path: str) -> None:
    """Routes for writing are refused before they are looked for, also ones that do not exist yet."""
    assert client.request(method, path, headers={"Origin": HOME}).status_code == 403
    assert client.request(method, path, headers={"Origin": PORTAL}).status_code != 403, (
        "`origins` may call the whole API"
    )


@pytest.mark.parametrize("path", [ASK, "/api/v1/search"])
@pytest.mark.parametrize(
    ("origin", "site"),
    [(HOME, "arthas"), ("https://arthas.example.net", "nacos"), (PORTAL, "nacos"), (HOME, "unknown")],
)
def test_a_page_names_no_other_site(client: httpx.Client, path: str, origin: str, site: str) -> None:
    """Not another site's id, and none that does not exist; both get the same answer."""
    body = {"question" if path == ASK else "query": "9848", "site": site}
    reply = client.post(path, json=body, headers={"Origin": origin})
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "site")
    assert reply.headers["access-control-allow-origin"] == origin, "its own page may read why"


def test_own_pages_and_programs_may_name_a_site(client: httpx.Client) -> None:
    """The frame of a site is our own page; a program sends no origin."""
    own = {"Origin": str(client.base_url).rstrip("/")}
    assert client.post(ASK, json=QUESTION | {"site": "nacos"}, headers=own).status_code == 200
    assert client.post(ASK, json=QUESTION | {"site": "nacos"}).status_code == 200
    assert client.post(ASK, json=QUESTION | {"site": "unknown"}).status_code == 403


@pytest.mark.parametrize(
    ("body", "product", "version"),
    [
        ({"site": "nacos"}, "nacos", "2.4"),
        ({"site": "nacos", "version": "1.4"}, "nacos", "1.4"),
        ({"site": "nacos", "product": "arthas"}, "arthas", ""),
        ({"site": "arthas"}, "arthas", ""),
        ({}, "", ""),
    ],
)
def test_a_site_supplies_what_the_question_leaves_out(
    client: httpx.Client, desk: FakeServices, body: dict[str, str], product: str, version: str
) -> None:
    """Its product and version; what the request names wins, and another product has another version."""
    client.post(ASK, content=json.dumps(QUESTION | body), headers={"Content-Type": "application/json"})
    asked = desk.assistant.asked[-1]
    assert (asked.product, asked.version, asked.site) == (product, version, body.get("site", ""))


def test_frames_are_for_the_sites_own_pages() -> None:
    """The policy names its origins and our own pages."""
    assert frame_ancestors(ARTHAS) == "frame-ancestors 'self' https://arthas.example.net"
    assert frame_ancestors(Site(id="a")) == "frame-ancestors 'self'"


def test_a_site_without_origins_is_for_own_pages_only() -> None:
    """Nothing configured grants nothing."""
    sites = Sites([Site(id="a")])
    assert sites.named("a", "").id == "a"
    with pytest.raises(SiteRefused):
        sites.named("a", HOME)
    assert not sites.grant(HOME, ASK)
