"""A real browser on a page of the real server. Skipped where no Chromium is installed."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests.ui.conftest import serving
from tests.ui.fakes import FakeServices
from ui.settings import Settings

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
