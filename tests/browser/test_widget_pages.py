"""The pages that hold the widget: in an iframe, and on the documentation site of the demo."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BROWSER, Reader
from tests.browser.strangers import stranger
from ui.widget.texts import WIDGET_TEXTS

pytestmark = BROWSER

FRAME = '<!doctype html><html lang="en"><title>Docs</title><h1>Docs</h1><iframe src="{src}" width="600" height="500" allow="clipboard-write"></iframe>'  # noqa: E501


def frame(reader: Reader, query: str) -> str:
    """A page of the site with the widget in an iframe."""
    reader.docs.policy = f"default-src 'none'; frame-src {reader.server}"
    reader.docs.pages["/frame"] = FRAME.format(src=f"{reader.server}/embed?{query}")
    return f"{reader.docs.origin}/frame"


def test_iframe_answers_on_a_page_of_the_site(reader: Reader) -> None:
    """For sites that allow no script: everything is there, filled to the frame, in the language that was asked for."""
    page = reader.page
    page.goto(frame(reader, "site=docs&language=en&version=2.0&color-scheme=dark"))
    inside = page.frame_locator("iframe")
    expect(inside.locator(".home h3")).to_have_text(WIDGET_TEXTS["en"]["welcome"])
    box = inside.locator("section.panel").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (600, 500)
    inside.locator(".composer textarea").fill("9848 端口")
    inside.locator(".composer textarea").press("Enter")
    inside.locator(".turn .actions").wait_for()
    asked = reader.services.assistant.asked[-1]
    assert (asked.site, asked.product, asked.version) == ("docs", "nacos", "2.0")


def test_iframe_is_refused_elsewhere(reader: Reader) -> None:
    """A page of another origin cannot show it."""
    url = frame(reader, "site=docs")
    with stranger() as elsewhere:
        elsewhere.policy, elsewhere.pages["/frame"] = reader.docs.policy, reader.docs.pages["/frame"]
        with reader.page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            reader.page.goto(url.replace(reader.docs.origin, elsewhere.origin))
        assert reader.page.frame_locator("iframe").locator(".panel").count() == 0
    reader.page.goto("about:blank")
    reader.problems.clear()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_demo_site_shows_the_widget(reader: Reader, language: str) -> None:
    """Its own search box opens it, Ctrl-K too, and dark mode is the site's."""
    page = reader.page
    page.goto(f"{reader.server}/demo/{language}")
    page.click(".ask")
    expect(page.locator(".home h3")).to_have_text(WIDGET_TEXTS[language]["welcome"])  # type: ignore[index]
    reader.ask("9848 端口")
    page.keyboard.press("Control+k")
    expect(page.locator("dialog")).to_be_hidden()
    page.click(".theme")
    page.click(".launcher")
    assert page.evaluate("document.querySelector('dayi-widget').root.classList.contains('dark')")
    page.keyboard.press("Escape")
    page.click("[hreflang]")
    expect(page.locator("html")).not_to_have_attribute("lang", "zh-CN" if language == "zh" else "en")


def test_demo_chooses_the_readers_language(reader: Reader) -> None:
    """`/demo` leads to the page in the browser's language."""
    reader.page.goto(f"{reader.server}/demo")
    assert reader.page.url == f"{reader.server}/demo/zh"
