"""The chat page under limits and behind a reverse proxy that speaks https to the reader."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BROWSER, Visit
from tests.ui.conftest import serving
from tests.ui.fakes import FakeServices
from ui.settings import LimitSettings, Settings
from ui.texts import TEXTS

pytestmark = BROWSER

QUESTION = "9848 端口连不上怎么办？"


def proxied(address: str) -> dict[str, object]:
    return {"extra_http_headers": {"X-Forwarded-For": address, "X-Forwarded-Proto": "https"}}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeServices, str]]:
    limits = LimitSettings(questions_per_minute=2, answers_at_once=1)
    services = FakeServices(Settings(data=Path(tmp_path_factory.mktemp("data")), limits=limits), delay_s=0.05)
    with serving(services) as client:
        yield services, str(client.base_url).rstrip("/")


@pytest.mark.parametrize("visit", [proxied("203.0.113.1")], indirect=True)
def test_too_many_questions_are_said_in_words(visit: Visit) -> None:
    """The third is declined in the turn's place; the reader's earlier answers stay."""
    page = visit.open()
    visit.ask(QUESTION)
    visit.ask(QUESTION)
    page.fill("#question", QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("#dayi-live .notice.error")).to_have_text(TEXTS["zh"]["error_rate_limited"])
    expect(page.locator(".thread .turn[data-state=done]")).to_have_count(2)
    assert len(visit.services.assistant.asked) == 2


@pytest.mark.parametrize("visit", [proxied("203.0.113.2")], indirect=True)
def test_a_stopped_answer_gives_its_place_back(visit: Visit) -> None:
    """With one answer at once, the reader can ask again after a stop."""
    page = visit.open()
    gate = visit.services.assistant.gate = threading.Event()
    try:
        page.fill("#question", QUESTION)
        page.keyboard.press("Enter")
        expect(page.locator(".turn[data-state=writing] .status").first).to_be_visible()
        page.click(".composer .stop")
    finally:
        gate.set()
        visit.services.assistant.gate = None
    page.wait_for_timeout(500)
    visit.ask(QUESTION)
    expect(page.locator("#dayi-live .turn")).to_have_attribute("data-outcome", "answered")
