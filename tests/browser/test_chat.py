"""The chat page as a reader meets it, in a real browser; no test may cause a console error or a foreign request."""

import re

import pytest
from playwright.sync_api import expect

from assistant.values import REASONS
from kb.errors import AnswerNotFound
from tests.browser.conftest import BROWSER, Visit
from ui.texts import TEXTS

pytestmark = BROWSER

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
ENGLISH = {"locale": "en-US"}
DARK = {"color_scheme": "dark"}
QUESTION = "9848 端口连不上怎么办？"


def test_ask_check_a_source_rate_and_reload(visit: Visit) -> None:
    """The way of most readers, from question to rating, and the page remembers it."""
    page = visit.open()
    visit.ask(QUESTION)
    turn = page.locator("#dayi-live .turn")
    expect(turn).to_have_attribute("data-outcome", "answered")
    expect(turn.locator(".steps ol > li")).to_have_count(3)
    turn.locator("a.cite").first.click()
    expect(turn.locator("details[open] mark")).to_contain_text("9848")
    expect(turn.locator("details[open] .context")).to_contain_text("升级到 Nacos 2.x 之后")
    turn.locator("[data-do=good]").click()
    expect(turn.locator(".said")).to_have_text(TEXTS["zh"]["thanks"])
    answer = turn.get_attribute("data-answer")
    assert (answer, f"token-{answer}") in visit.services.assistant.ratings
    page.reload()
    expect(page.locator("#dayi-restored .turn")).to_have_attribute("data-answer", str(answer))
    expect(page.locator("#dayi-restored .question")).to_have_text(QUESTION)


def test_an_asker_deletes_his_answer(visit: Visit) -> None:
    """Only a second click deletes; the answer leaves the page and the server, what else was asked stays."""
    page = visit.open()
    visit.ask(QUESTION)
    visit.ask("第二个问题 8848")
    turn = page.locator("#dayi-live .turn")
    answer = str(turn.get_attribute("data-answer"))
    delete = turn.locator("[data-do=delete]")
    delete.click()
    expect(delete).to_have_text(TEXTS["zh"]["delete_sure"])
    assert visit.services.assistant.answer(answer).id == answer
    with page.expect_response(lambda reply: reply.request.method == "DELETE") as response:
        delete.click()
    assert response.value.status == 204
    expect(page.locator("#dayi-restored .question")).to_have_text([QUESTION])
    with pytest.raises(AnswerNotFound):
        visit.services.assistant.answer(answer)


def test_bad_rating_tells_why(visit: Visit) -> None:
    """A thumb down counts at once; reasons and words can follow."""
    page = visit.open()
    visit.ask(QUESTION)
    turn = page.locator("#dayi-live .turn")
    turn.locator("[data-do=bad]").click()
    expect(turn.locator("[data-do=bad]")).to_have_attribute("aria-pressed", "true")
    turn.get_by_text(TEXTS["zh"]["reason_outdated"]).click()
    turn.locator("textarea").fill("3.x 里端口变了")
    turn.locator(".feedback [type=submit]").click()
    expect(turn.locator(".feedback")).to_be_hidden()
    answer = turn.get_attribute("data-answer")
    expect(turn.locator(".said")).to_have_text(TEXTS["zh"]["thanks_bad"])
    page.wait_for_timeout(300)
    assert visit.services.assistant.ratings[str(answer), f"token-{answer}"] == ("bad", ("outdated",), "3.x 里端口变了")


def test_reasons_are_those_of_every_channel(visit: Visit) -> None:
    """All of them, in the reader's language, sent under the names that experts filter by."""
    page = visit.open()
    visit.ask(QUESTION)
    turn = page.locator("#dayi-live .turn")
    turn.locator("[data-do=bad]").click()
    expect(turn.locator(".feedback .pill")).to_have_text([TEXTS["zh"][f"reason_{reason}"] for reason in REASONS])
    for pill in turn.locator(".feedback .pill").all():
        pill.click()
    with page.expect_response("**/api/v1/feedback"):
        turn.locator(".feedback [type=submit]").click()
    answer = str(turn.get_attribute("data-answer"))
    assert visit.services.assistant.ratings[answer, f"token-{answer}"] == ("bad", REASONS, "")


def test_answer_is_written_piece_by_piece(visit: Visit) -> None:
    """Text appears before the answer is complete."""
    page = visit.open()
    visit.services.assistant.delay_s = 0.4
    try:
        page.fill("#question", QUESTION)
        page.keyboard.press("Enter")
        expect(page.locator(".turn[data-state=writing] .written h3")).to_have_count(1)
        expect(page.locator("#dayi-live .turn[data-state=done]")).to_be_visible()
    finally:
        visit.services.assistant.delay_s = 0.05


def test_stop_ends_the_answer(visit: Visit) -> None:
    """The reader can go on at once, and the assistant is told."""
    page = visit.open()
    closed = visit.services.assistant.closed
    visit.services.assistant.delay_s = 0.5
    try:
        page.fill("#question", QUESTION)
        page.keyboard.press("Enter")
        expect(page.locator(".turn[data-state=writing] .written h3").first).to_be_visible()
        page.click(".composer .stop")
        expect(page.locator(".composer .stop")).to_be_hidden()
        expect(page.get_by_text(TEXTS["zh"]["stopped"])).to_be_visible()
        page.wait_for_timeout(1500)
        assert visit.services.assistant.closed == closed + 1
        assert page.locator(".turn[data-state=done]").count() == 0
    finally:
        visit.services.assistant.delay_s = 0.05
    visit.ask("再问一次")


def test_follow_up_belongs_to_the_conversation(visit: Visit) -> None:
    """The second question carries the capability, and both turns stay on the page."""
    page = visit.open()
    visit.ask(QUESTION)
    visit.ask("还是不行呢？")
    assert visit.services.assistant.asked[-1].conversation == "conversation1"
    expect(page.locator(".turn .question")).to_have_text([QUESTION, "还是不行呢？"])
    page.locator(".thread .turn a.cite").first.click()
    expect(page.locator(".thread .turn details[open]")).to_have_count(1)
    page.click("[data-do=new]")
    page.wait_for_selector("html[data-ready][data-page=empty]")
    visit.ask(QUESTION)
    assert visit.services.assistant.asked[-1].conversation == ""


def test_abstention_looks_different(visit: Visit) -> None:
    """A plain no with the nearest entries, and a hint that something was hidden."""
    page = visit.open()
    visit.ask("我不知道的事 sk-secret")
    turn = page.locator("#dayi-live .turn")
    expect(turn).to_have_attribute("data-outcome", "abstained")
    expect(turn.locator(".abstained h3")).to_have_text(TEXTS["zh"]["abstained"])
    expect(turn.locator(".notice.masked")).to_be_visible()
    expect(turn.locator(".related li")).to_have_count(2)
    expect(turn.locator(".question")).not_to_contain_text("sk-secret")


def test_failure_is_said_in_words(visit: Visit) -> None:
    """And the next question works."""
    page = visit.open()
    visit.ask("失败")
    expect(page.locator("#dayi-live .notice.error")).to_have_text(TEXTS["zh"]["error"])
    visit.ask(QUESTION)
    expect(page.locator("#dayi-live .turn")).to_have_attribute("data-outcome", "answered")


@pytest.mark.parametrize("visit", [ENGLISH], indirect=True)
def test_language_follows_the_browser_and_the_switch(visit: Visit) -> None:
    """Everything that the page says changes at once, finished answers included, and the choice stays."""
    page = visit.open()
    expect(page.locator("#dayi-top h1")).to_have_text(TEXTS["en"]["welcome"])
    expect(page.locator("#question")).to_have_attribute("placeholder", TEXTS["en"]["placeholder"])
    visit.ask(QUESTION)
    expect(page.locator("#dayi-live .steps h3")).to_have_text(TEXTS["en"]["steps"])
    page.click("[data-do=language]")
    expect(page.locator("#dayi-live .steps h3")).to_have_text(TEXTS["zh"]["steps"])
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("[data-do=new] .wide")).to_have_text(TEXTS["zh"]["new"])


@pytest.mark.parametrize("visit", [PHONE, PHONE | ENGLISH | DARK], indirect=True, ids=["zh", "en-dark"])
def test_phone_needs_no_sideways_scrolling(visit: Visit) -> None:
    """Empty, answered, with an open source and the rating form."""
    page = visit.open()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    visit.ask(QUESTION + "x" * 200)
    assert page.evaluate(wide) == 0
    page.locator("#dayi-live a.cite").first.click()
    page.locator("#dayi-live [data-do=bad]").click()
    assert page.evaluate(wide) == 0
    assert page.locator(".composer .box").bounding_box()["width"] > 340  # type: ignore[index]


def test_dark_mode_follows_the_system_and_the_switch(visit: Visit) -> None:
    """The switch wins and stays."""
    page = visit.open()
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(paper)
    assert dark != light
    page.click("[data-do=theme]")
    assert page.evaluate(paper) == light
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate(paper) == light


def test_address_fills_in_but_never_sends(visit: Visit) -> None:
    """`?product=&q=` prepares a question."""
    asked = len(visit.services.assistant.asked)
    page = visit.open("/?product=arthas&q=" + "%3Cimg%20src%3Dx%3E%20CPU")
    expect(page.locator("#question")).to_have_value("<img src=x> CPU")
    expect(page.locator("#product")).to_have_value("arthas")
    page.wait_for_timeout(500)
    assert len(visit.services.assistant.asked) == asked


def test_examples_fit_product_and_language(visit: Visit) -> None:
    """Choosing a product changes the examples; a click asks."""
    page = visit.open()
    page.select_option("#product", "arthas")
    expect(page.locator(".example")).to_have_text(["watch 命令怎么看入参？"])
    page.click(".example")
    expect(page.locator("#dayi-live .turn[data-state=done]")).to_be_visible()
    assert visit.services.assistant.asked[-1].product == "arthas"


def test_code_and_answer_can_be_copied(visit: Visit) -> None:
    """Exactly the code; the answer with its question and its address."""
    page = visit.open()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.ask(QUESTION)
    page.locator("#dayi-live .steps pre").first.hover()
    page.locator("#dayi-live .steps .copy").first.click()
    assert page.evaluate("navigator.clipboard.readText()") == "nc -zv nacos.example.com 9848\n"
    page.click("#dayi-live [data-do=copy-answer]")
    page.wait_for_timeout(200)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{QUESTION}\n\n### 可能原因")
    answer = page.locator("#dayi-live .turn").get_attribute("data-answer")
    assert copied.endswith(f"\n\n{visit.address}/a/{answer}")


def test_keyboard_is_enough(visit: Visit) -> None:
    """Type, send, and reach the first source without a mouse; Shift and Enter begin a new line."""
    page = visit.open()
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type("第一行")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("第二行")
    expect(page.locator("#question")).to_have_value("第一行\n第二行")
    page.keyboard.press("Enter")
    expect(page.locator("#dayi-live .turn[data-state=done]")).to_be_visible()
    page.locator("#dayi-live a.cite").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dayi-live details[open] summary")).to_be_focused()


def test_an_input_methods_enter_sends_nothing(visit: Visit) -> None:
    """Choosing a word with Enter is not asking, however the browser tells it."""
    page = visit.open()
    page.keyboard.type("duankou")
    asked = len(visit.services.assistant.asked)
    for how in ({"isComposing": True}, {"keyCode": 229}):
        page.locator("#question").dispatch_event("keydown", {"key": "Enter", **how})
    page.wait_for_timeout(200)
    assert len(visit.services.assistant.asked) == asked
    expect(page.locator("#question")).to_have_value("duankou")


def test_a_question_that_is_too_long_says_so(visit: Visit) -> None:
    """Nothing is cut off without a word."""
    page = visit.open()
    page.locator("#question").fill("日志 " * 10_000)
    page.keyboard.press("Enter")
    expect(page.locator("#dayi-live .turn[data-state=failed]")).to_contain_text("请缩短")


def test_permalink_works_without_script(visit: Visit) -> None:
    """Question, answer and quotes are there; search engines stay away; nothing lets a stranger rate."""
    page = visit.open()
    visit.ask(QUESTION)
    address = page.locator("#dayi-live a.action").get_attribute("href")
    assert visit.page.context.browser
    reader = visit.page.context.browser.new_context(java_script_enabled=False, locale="en-US")
    other = reader.new_page()
    reply = other.goto(visit.address + str(address))
    assert reply
    assert reply.headers["x-robots-tag"] == "noindex"
    assert reply.headers["cache-control"] == "no-store"
    assert QUESTION in other.locator(".question").inner_text()
    other.locator("a.cite").first.click()
    other.locator("summary").first.click()
    assert "9848" in other.locator("details[open] mark").inner_text()
    assert "token-" not in other.content()
    reader.close()


def test_no_long_connection_is_kept(visit: Visit) -> None:
    """Many tabs must work on HTTP/1.1: an idle page holds no stream open."""
    page = visit.open()
    open_streams: set[str] = set()
    page.on("request", lambda r: open_streams.add(r.url) if re.search("queue/data|heartbeat", r.url) else None)
    for end in ("requestfinished", "requestfailed"):  # the page hangs up once the answer is complete
        page.on(end, lambda r: open_streams.discard(r.url))  # type: ignore[call-overload]
    visit.ask(QUESTION)
    page.wait_for_timeout(500)
    assert open_streams == set()
