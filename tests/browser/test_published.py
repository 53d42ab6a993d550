"""Published pages in a real browser: nothing is refused by the policy, nothing hostile acts, everything fits."""

from dataclasses import replace

import pytest

from tests.browser.conftest import BROWSER, Visit
from tests.browser.test_attacks import HANDLERS
from tests.ui.fakes import publication
from tests.ui.payloads import PAYLOADS

pytestmark = BROWSER

_PHONE = {"viewport": {"width": 390, "height": 844}}
_FORBIDDEN = ", ".join(f"main {tag}" for tag in ("script", "style", "iframe", "img", "object", "embed", "link", "form"))


@pytest.mark.parametrize("visit", [{}, _PHONE], ids=["desk", "phone"], indirect=True)
@pytest.mark.parametrize("path", ["/p/nacos", "/p/nacos/grpc-port"])
def test_pages_fit_and_nothing_is_refused(visit: Visit, path: str) -> None:
    """Structured data passes the content security policy: the fixture fails on every complaint of the browser."""
    visit.page.goto(visit.address + path)
    assert visit.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert visit.page.locator(".published > h1").count() == 1


def test_readers_come_from_the_list_and_go_to_ask(visit: Visit) -> None:
    """The link under the entry opens the chat with the question filled in, and asks nothing by itself."""
    visit.page.goto(visit.address + "/p/nacos")
    visit.page.click(".entries a")
    visit.page.wait_for_url("**/p/nacos/grpc-port")
    asked = len(visit.services.assistant.asked)
    visit.page.click("#feedback a.button")
    visit.page.wait_for_selector("html[data-ready]", timeout=30_000)
    visit.page.wait_for_function("document.querySelector('#question')?.value.length > 0")
    assert visit.page.input_value("#question") == publication().document.title
    assert len(visit.services.assistant.asked) == asked


def test_hostile_entries_stay_text(visit: Visit) -> None:
    """All payloads in every field that an entry has."""
    hostile = "\n\n".join(PAYLOADS)
    fields = {"id": "hostile", "title": hostile, "question": hostile, "text": f"{hostile}\n\n{hostile}"}
    document = replace(publication().document, **fields, metadata={"description": hostile, "keywords": PAYLOADS})  # type: ignore[arg-type]
    visit.services.publications.put(replace(publication(), document=document, versions=tuple(PAYLOADS[:3])))
    try:
        for path in ("/p/nacos/hostile", "/p/nacos"):
            visit.page.goto(visit.address + path)
            assert visit.page.locator(_FORBIDDEN).count() == 0
            assert visit.page.evaluate(HANDLERS) == 0
    finally:
        del visit.services.publications.all["nacos", "hostile"]
