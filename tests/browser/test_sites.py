"""What pages of other origins get from the server, as a real browser sees it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import BROWSER
from tests.browser.strangers import Stranger, stranger
from tests.ui.conftest import serving
from tests.ui.fakes import FakeServices
from ui.settings import Settings, Site

pytestmark = BROWSER

ASK = """async (server) => {
  const body = JSON.stringify({ question: "9848", site: "docs" });
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body };
  return fetch(server + "/api/v1/ask", options).then((reply) => reply.status, () => "refused");
}"""
READ = '(server) => fetch(server + "/api/v1/products").then((reply) => reply.status, () => "refused")'


@pytest.fixture(scope="module")
def docs() -> Iterator[Stranger]:
    """A site on this machine: under 127.0.0.1 the settings know it, under localhost they do not."""
    with stranger() as site:
        site.pages["/"] = "<!doctype html><title>Docs</title><h1>Docs</h1>"
        yield site


@pytest.fixture(scope="module")
def server(docs: Stranger, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    known = Site(id="docs", product="nacos", origins=["http://127.0.0.1:*"])
    settings = Settings(data=Path(tmp_path_factory.mktemp("data")), sites=[known, Site(id="other")])
    with serving(FakeServices(settings)) as client:
        yield str(client.base_url).rstrip("/")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_pages_of_the_site_may_ask_and_read(page: Page, docs: Stranger, server: str) -> None:
    """The browser asks first, and is allowed to."""
    page.goto(docs.origin)
    assert page.evaluate(ASK, server) == 200
    assert page.evaluate(READ, server) == 200


def test_pages_of_others_get_nothing(page: Page, docs: Stranger, server: str) -> None:
    """The same page under another name is another origin."""
    page.goto(docs.origin.replace("127.0.0.1", "localhost"))
    assert page.evaluate(ASK, server) == "refused"
    assert page.evaluate(READ, server) == "refused"


@pytest.mark.parametrize("kind", ["sandbox", "data"])
def test_pages_without_an_origin_get_nothing(page: Page, docs: Stranger, server: str, kind: str) -> None:
    """A sandboxed frame in the site's own page, and a page out of an address, are foreign."""
    docs.pages["/sandbox"] = '<!doctype html><iframe sandbox="allow-scripts" src="/"></iframe>'
    page.goto(docs.origin + "/sandbox" if kind == "sandbox" else "data:text/html,<h1>Docs</h1>")
    frame = page.frames[-1]
    frame.wait_for_selector("h1")
    assert frame.evaluate("origin") == "null"
    assert frame.evaluate(ASK, server) == "refused"
    assert frame.evaluate(READ, server) == "refused"


@pytest.mark.parametrize(
    ("host", "site", "shown"),
    [("127.0.0.1", "docs", True), ("localhost", "docs", False), ("127.0.0.1", "other", False)],
)
def test_a_frame_is_for_the_sites_own_pages(
    page: Page, docs: Stranger, server: str, host: str, site: str, shown: bool
) -> None:
    """`/embed` shows itself in pages of the site that it names, and nowhere else."""
    docs.pages["/frame"] = f'<!doctype html><iframe src="{server}/embed?site={site}" width="400" height="600"></iframe>'
    page.goto(docs.origin.replace("127.0.0.1", host) + "/frame")
    frame = page.frame_locator("iframe")
    if shown:
        frame.locator("textarea").fill("9848 端口连不上")
        frame.locator("textarea").press("Enter")
        expect(frame.locator(".steps")).to_be_visible()
    else:
        page.wait_for_timeout(500)
        assert page.frames[-1].url.startswith("chrome-error:")
