"""Hostile text in everything that the widget shows: no dialog, no foreign request, no violation of a strict policy.

The page requires Trusted Types and allows no policy, so a single string that became HTML would be noticed.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BROWSER, Reader
from tests.ui.fakes import document
from tests.ui.payloads import HOST, PAYLOADS

pytestmark = BROWSER

FOUND = """() => {
  const all = [...document.querySelector('dayi-widget').shadowRoot.querySelectorAll('.turn *, .results *')];
  const tags = 'script style iframe img object embed link meta base video audio math template form'.split(' ');
  const bad = all.filter((n) => tags.includes(n.localName) && !n.matches('.form'));
  const attributes = all.flatMap((n) => [...n.attributes]).filter((a) => a.name.startsWith('on') || a.name === 'style'
    || (['href', 'src'].includes(a.name) && !/^(https?|mailto):/.test(a.value)));
  return [...bad.map((n) => n.outerHTML), ...attributes.map((a) => `${a.name}=${a.value}`)];
}"""
PARTS = range(0, len(PAYLOADS), 15)


@pytest.fixture
def hostile(reader: Reader) -> Iterator[Reader]:
    """A reader whose knowledge base and engine have been taken over."""
    assistant = reader.services.assistant
    good = document()
    yield reader
    assistant.answer_text = ""
    assistant.documents["grpc-port"] = good  # type: ignore[index]


def clean(reader: Reader) -> None:
    """The panel holds text only, and the page is what it was."""
    assert reader.page.evaluate(FOUND) == []
    assert reader.events() == []
    assert reader.problems == []
    assert reader.page.title() == "Docs"


@pytest.mark.parametrize("start", PARTS)
def test_hostile_answers_stay_text(hostile: Reader, start: int) -> None:
    """While it is written and when it is done, in causes and in the summary of what was copied."""
    hostile.services.assistant.answer_text = "\n\n".join(PAYLOADS[start : start + 15])
    hostile.open()
    turn = hostile.ask("说点什么")
    clean(hostile)
    turn.locator(".actions .copy").click()
    hostile.page.click("[data-mode=search]")
    hostile.visit()
    hostile.page.click(".launcher")
    expect(hostile.page.locator(".turn")).to_have_count(1)  # from the tab's memory
    clean(hostile)


@pytest.mark.parametrize("start", PARTS)
def test_hostile_documents_stay_text(hostile: Reader, start: int) -> None:
    """Titles of citations, what stands around a quote, results of a search."""
    payloads = PAYLOADS[start : start + 15]
    text = document().text + "\n\n" + "\n\n".join(payloads)
    hostile.services.assistant.documents["grpc-port"] = document(text, title=" ".join(payloads))  # type: ignore[index]
    page = hostile.open()
    page.fill(".composer textarea", "STARTING")
    expect(page.locator(".results li")).to_have_count(1)
    clean(hostile)
    turn = hostile.ask("9848")
    for cite in turn.locator(".cite").all():
        cite.click()
        clean(hostile)


def test_hostile_addresses_lead_nowhere(hostile: Reader) -> None:
    """A citation whose address is a script or names a password is no link."""
    from dataclasses import replace

    for url in ("javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "//evil.example/x", "vbscript:x"):
        hostile.services.assistant.documents["grpc-port"] = replace(document(), url=url)  # type: ignore[index]
        hostile.open()
        turn = hostile.ask("9848")
        turn.locator(".cite").first.click()
        assert turn.locator(".quote a, .sources a").count() == 0
        hostile.page.click(".fresh")
        clean(hostile)


def test_hostile_questions_and_comments_stay_text(hostile: Reader) -> None:
    """In the question's bubble, in the row that offers to ask it, in the rating form, through the page's own call."""
    page = hostile.open()
    text = "\n".join(PAYLOADS)
    for start in range(0, len(text), 4000):
        hostile.ask("q " + text[start : start + 4000])
    page.locator("[data-rating=bad]").last.click()
    page.locator(".form textarea").last.fill(text[:4000])
    page.locator(".form .button").last.click()
    page.click("[data-mode=search]")
    page.evaluate("(query) => Dayi.open({mode: 'search', query})", text[:2000])
    expect(page.locator(".results .ask")).to_be_visible()
    clean(hostile)


def test_hostile_attributes_stay_text(hostile: Reader) -> None:
    """What an owner pasted into the tag cannot break out of its place either."""
    payload = "&lt;img src=x onerror=alert(1)&gt;"
    names = ("modal-title", "project-name", "modal-disclaimer", "modal-example-questions", "position", "language")
    hostile.open(" ".join(f'data-{name}="{payload}"' for name in names))
    expect(hostile.page.locator("h2")).to_have_text("<img src=x onerror=alert(1)>")
    clean(hostile)


def test_links_are_honest(hostile: Reader) -> None:
    """A link to a foreign host shows that host beside it and opens without a way back."""
    hostile.services.assistant.answer_text = f"[docs.example.org](https://{HOST}/login)"
    hostile.open()
    link = hostile.ask("链接").locator(f".causes a[href='https://{HOST}/login']")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow ugc")
    expect(link).to_have_attribute("target", "_blank")
    expect(hostile.page.locator(".causes .link-host")).to_have_text(f"({HOST})")
