"""Hostile text in questions and answers, in a real browser: no dialog, no foreign request, no forbidden element."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BROWSER, Visit
from tests.ui.payloads import HOST, PAYLOADS

pytestmark = BROWSER

FORBIDDEN = ", ".join(
    f".turn {tag}"
    for tag in ("script", "style", "iframe", "img", "object", "embed", "link", "meta", "base", "video", "audio", "math")
)
HANDLERS = """() => [...document.querySelectorAll('.turn *')].flatMap(node => [...node.attributes])
.filter(a => a.name.startsWith('on') || a.name === 'style' || /^(javascript|data|vbscript):/i.test(a.value)).length"""


def clean(visit: Visit) -> None:
    """The page shows text only: nothing ran, nothing loads, nothing could run later."""
    assert visit.page.locator(FORBIDDEN).count() == 0
    assert visit.page.evaluate(HANDLERS) == 0
    assert visit.problems == []


@pytest.mark.parametrize("start", range(0, len(PAYLOADS), 15))
def test_hostile_answers_stay_text(visit: Visit, start: int) -> None:
    """Fifteen payloads at a time as an answer's own words, while it is written and when it is done."""
    visit.services.assistant.answer_text = "\n\n".join(PAYLOADS[start : start + 15])
    try:
        page = visit.open()
        visit.ask("说点什么")
        expect(page.locator("#dayi-live .turn")).to_have_attribute("data-state", "done")
        clean(visit)
        answer = page.locator("#dayi-live .turn").get_attribute("data-answer")
        page.goto(f"{visit.address}/a/{answer}")
        clean(visit)
    finally:
        visit.services.assistant.answer_text = ""


def test_hostile_questions_stay_text(visit: Visit) -> None:
    """All payloads in questions: on the page at once, in the answer's turn, after a reload, and at the permalink."""
    page = visit.open()
    text = "\n".join(PAYLOADS)
    for start in range(0, len(text), 4000):
        visit.ask("q " + text[start : start + 4000])
    clean(visit)
    page.reload()
    expect(page.locator("#dayi-restored .turn").first).to_be_visible()
    clean(visit)


def test_hostile_links_are_honest(visit: Visit) -> None:
    """A link to a foreign host shows that host beside it and opens without a way back."""
    visit.services.assistant.answer_text = f"[docs.example.org](https://{HOST}/login)"
    try:
        page = visit.open()
        visit.ask("链接")
        link = page.locator(f"#dayi-live .causes a[href='https://{HOST}/login']")
        expect(link).to_have_attribute("rel", "noopener noreferrer nofollow ugc")
        expect(page.locator("#dayi-live .causes .link-host")).to_have_text(f"({HOST})")
    finally:
        visit.services.assistant.answer_text = ""
