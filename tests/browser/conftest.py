"""A real browser on a page of the real server. Skipped where no Chromium is installed."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, Request, expect, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests.browser.strangers import STRICT, Stranger, stranger
from tests.ui.conftest import serving
from tests.ui.fakes import FakeServices
from ui.routes.widget import DEMO_SITE
from ui.settings import Settings, Site

BROWSER = [
    pytest.mark.browser,
    # Gradio's queue statistics use what pandas 3 deprecates; a warning would end the queue's task here.
    pytest.mark.filterwarnings("ignore:.*(no_silent_downcasting|copy keyword is deprecated)"),
]
_QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Visit:
    """A page together with everything that must not happen on it."""

    page: Page
    address: str
    services: FakeServices
    problems: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Page:
        """Go there and wait until the page can be used."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("html[data-ready]", timeout=30_000)
        return self.page

    def ask(self, question: str) -> None:
        """Send a question and wait for the end of its answer."""
        asked = len(self.services.assistant.asked)
        self.page.fill("#question", question)
        self.page.keyboard.press("Enter")
        self.page.wait_for_function("document.documentElement.hasAttribute('data-busy')")
        self.page.wait_for_function("!document.documentElement.hasAttribute('data-busy')", timeout=30_000)
        assert len(self.services.assistant.asked) == asked + 1

    def watch(self) -> None:
        """Note dialogs, errors, refused requests and requests to anybody else."""
        self.page.on("dialog", lambda dialog: (self.problems.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("pageerror", lambda error: self.problems.append(f"error {error}"))
        self.page.on("console", lambda m: self.problems.append(f"console {m.text}") if m.type == "error" else None)
        self.page.on(
            "request",
            lambda r: None if r.url.startswith((self.address, "data:")) else self.problems.append(f"foreign {r.url}"),
        )


def _executable() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    try:
        started = playwright.chromium.launch(executable_path=_executable(), args=_QUIET)
    except BrowserError as error:
        pytest.skip(f"no Chromium: install it, or run `playwright install chromium` ({str(error).splitlines()[0]})")
    yield started
    started.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeServices, str]]:
    services = FakeServices(Settings(data=Path(tmp_path_factory.mktemp("data"))), delay_s=0.05)
    with serving(services) as client:
        yield services, str(client.base_url).rstrip("/")


@pytest.fixture
def visit(browser: Browser, desk: tuple[FakeServices, str], request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A fresh visitor; parametrise indirectly with options of the browser's context."""
    services, address = desk
    options = {"locale": "zh-CN", "viewport": {"width": 1280, "height": 860}} | getattr(request, "param", {})
    context = browser.new_context(**options)
    context.set_default_timeout(15_000)
    visit = Visit(context.new_page(), address, services)
    visit.watch()
    yield visit
    context.close()
    assert visit.problems == []


@dataclass
class Reader:
    """A reader of somebody else's documentation, where the widget stands, and everything that must not happen there."""

    page: Page
    docs: Stranger
    server: str
    services: FakeServices
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def visit(self, attributes: str = "", *, lang: str = "zh-CN", text: str = "Run it.") -> Page:
        """Open a page with the widget on it."""
        self.page.goto(self.docs.page(self.server, attributes, lang=lang, text=text))
        self.page.wait_for_function("!!window.customElements.get('dayi-widget')")
        return self.page

    def open(self, attributes: str = "", *, lang: str = "zh-CN") -> Page:
        """Open a page, and the panel with the button."""
        self.visit(attributes, lang=lang)
        self.page.click(".launcher")
        expect(self.page.locator(".composer textarea")).to_be_focused()
        return self.page

    def send(self, question: str) -> None:
        """Type a question and send it."""
        self.page.fill(".composer textarea", question)
        self.page.keyboard.press("Enter")

    def ask(self, question: str) -> Locator:
        """Send a question and wait for its answer."""
        before = self.page.locator(".turn").count()
        self.send(question)
        turn = self.page.locator(".turn").nth(before)
        turn.locator(".actions").wait_for()
        return turn

    def events(self) -> list[str]:
        """What the browser noticed about the page's policy and layout."""
        noticed: list[str] = self.page.evaluate("window.noticed")
        return noticed

    def watch(self) -> None:
        """Note dialogs, errors, refused requests and requests to anybody else."""
        self.page.on("dialog", lambda dialog: (self.problems.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("pageerror", lambda error: self.problems.append(f"error {error}"))
        self.page.on("console", lambda m: self.problems.append(f"console {m.text}") if m.type == "error" else None)
        self.page.on("request", self._on_request)
        self.page.add_init_script(_NOTICE)

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((self.docs.origin, self.server)):
            self.problems.append(f"foreign {request.url}")


_NOTICE = """
window.noticed = [];
addEventListener('securitypolicyviolation', (e) => window.noticed.push(`policy ${e.violatedDirective}`));
addEventListener('unhandledrejection', (e) => window.noticed.push(`rejection ${e.reason}`));
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const own = entry.sources.filter((source) => source.node);  // those inside a shadow tree have none
    if (own.length) window.noticed.push(`shift ${own.map((source) => source.node.nodeName)}`);
  }
}).observe({ type: 'layout-shift', buffered: true });
"""


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stranger, FakeServices, str]]:
    """A stranger's documentation under a strict policy, and our server on another port."""
    with stranger() as docs:
        site = Site(id="docs", product="nacos", origins=[docs.origin], url_pattern="/docs/{version}/", title="Nacos")
        other = Site(id="other", origins=["https://docs.example.org"])
        settings = Settings(data=Path(tmp_path_factory.mktemp("data")), sites=[site, other, DEMO_SITE])
        services = FakeServices(settings, delay_s=0.02)
        with serving(services, demo=True) as client:
            server = str(client.base_url).rstrip("/")
            yield docs, services, server


@pytest.fixture
def reader(
    browser: Browser, neighbours: tuple[Stranger, FakeServices, str], request: pytest.FixtureRequest
) -> Iterator[Reader]:
    """A fresh reader; parametrise indirectly with options of the browser's context."""
    docs, services, server = neighbours
    docs.policy = STRICT.format(server=server)
    # Without motion the panel stands where it stands at once; one test asks for it.
    options = {"locale": "zh-CN", "viewport": {"width": 1280, "height": 860}, "reduced_motion": "reduce"}
    options |= getattr(request, "param", {})
    context = browser.new_context(**options)
    context.set_default_timeout(15_000)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader = Reader(context.new_page(), docs, server, services)
    reader.watch()
    yield reader
    events = reader.events()
    context.close()
    assert reader.problems == []
    assert events == []
