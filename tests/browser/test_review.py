"""The review pages in a real browser without JavaScript: the whole way to a fix, by keyboard, and hostile text."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import BROWSER
from tests.ui.payloads import HOST, PAYLOADS
from tests.ui.review_desk import PASSWORD, QUESTION, Desk, open_desk

pytestmark = BROWSER

FORBIDDEN = "script, style, iframe, img, object, embed, base, video, audio, math, form[action*='//']"
HANDLERS = """() => [...document.querySelectorAll('*')].flatMap(node => [...node.attributes])
.filter(a => a.name.startsWith('on') || a.name === 'style'
          || (['href', 'src', 'action'].includes(a.name) && /^(javascript|data|vbscript):/i.test(a.value))).length"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


def open_page(browser: Browser, desk: Desk, *, scripts: bool, expert: str = "") -> tuple[Page, list[str]]:
    """A page, and what must not happen on it."""
    context = browser.new_context(java_script_enabled=scripts, locale="en-US", viewport={"width": 1280, "height": 860})
    if expert:
        context.add_cookies([{"name": "dayi", "value": desk.sessions[expert], "url": desk.address}])
    page, problems = context.new_page(), list[str]()
    page.on("dialog", lambda dialog: (problems.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: problems.append(f"error {error}"))
    page.on("console", lambda m: problems.append(f"console {m.text}") if m.type == "error" else None)
    page.on(
        "request",
        lambda r: None if r.url.startswith((desk.address, "data:")) else problems.append(f"foreign {r.url}"),
    )
    return page, problems


def test_the_way_to_a_fix_without_javascript(browser: Browser, desk: Desk) -> None:
    """Sign in, open the review from the list, correct the cited entry, look at the difference, approve."""
    answer = desk.ask()
    desk.services.assistant.rate(answer.id, answer.feedback_token, "bad", ["outdated"], "2.4 needs one more port")
    page, problems = open_page(browser, desk, scripts=False)
    page.goto(f"{desk.address}/review")
    expect(page.locator("[name=name]")).to_be_focused()
    page.keyboard.type("lin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".queue .what").first).to_contain_text(QUESTION)
    page.locator(".queue a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".said-by")).to_have_text("2.4 needs one more port")
    page.get_by_role("button", name="Take it").click()
    page.get_by_role("button", name="Correct this entry").first.click()
    text = page.locator("textarea[name=text]")
    text.fill(text.input_value().replace("9848", "9848 (2.4: and 9850)"))
    page.get_by_role("button", name="Save and preview").click()
    expect(page.locator(".diff ins").first).to_contain_text("9850")
    page.get_by_role("button", name="Approve; readers get it at once").click()
    expect(page.locator(".head .tag").first).to_have_text("Resolved")
    expect(page.locator(".trail")).to_contain_text("approved")
    page.goto(f"{desk.address}/a/{answer.id}")
    expect(page.locator(".fix")).to_contain_text("9850")
    assert problems == []
    page.context.close()


@pytest.mark.parametrize("start", range(0, len(PAYLOADS), 35))
def test_hostile_text_runs_nowhere(browser: Browser, desk: Desk, start: int) -> None:
    """Payloads in every stored field, on every review page, with JavaScript on: no dialog, no foreign request."""
    text = "\n\n".join(PAYLOADS[start : start + 35])
    answer = desk.ask("q " + text)
    words = ([text[:90]], text[:4000], text[:200])
    desk.services.assistant.rate(answer.id, answer.feedback_token, "bad", *words)
    desk.services.assistant.ask_expert(answer.id, answer.feedback_token, text[:4000], text[:200])
    learning = desk.services.learning
    review = learning.queue.of_answer(answer.id)
    assert review
    chief = next(expert for expert in learning.experts.all() if expert.name == "chief")
    draft = learning.corrections.start(chief, review, "nacos")
    body = f"## 用户问题\n\n{text}\n\n## 专家官方解答\n\n{text}\n\n## 参考链接\n\n- [{text[:100]}](https://{HOST}/)\n"
    phrases = [part[:200] for part in PAYLOADS[start : start + 5]]
    draft = learning.corrections.save(chief, draft.id, 1, title=text[:300], text=body, phrases=phrases)
    page, problems = open_page(browser, desk, scripts=True, expert="chief")

    def clean() -> None:
        assert page.locator(FORBIDDEN).count() == 0
        assert page.evaluate(HANDLERS) == 0
        assert problems == []

    for path in ("/review", f"/review/items/{review.id}", f"/review/corrections/{draft.id}"):
        page.goto(desk.address + path)
        clean()
    learning.corrections.save(chief, draft.id, draft.version, title=text[:300], text=body + "x")
    page.locator(".editor .button").click()  # from a page that is too old by now
    expect(page.locator(".notice.error")).to_be_visible()
    problems[:] = [problem for problem in problems if "409" not in problem]
    clean()
    approved = learning.corrections.approve(chief, draft.id, learning.corrections.get(chief, draft.id).version)
    for path in (f"/review/items/{review.id}", f"/review/corrections/{approved.id}", f"/a/{answer.id}"):
        page.goto(desk.address + path)
        clean()
    page.context.close()
    learning.corrections.withdraw(chief, approved.id, approved.version)
    desk.services.knowledge.follow()
