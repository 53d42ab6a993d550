"""The widget as a reader of somebody else's documentation meets it: from another origin, under a strict policy.

After every test the fixture looks back: no dialog, no error, no foreign request, no violation of the page's policy, no
shift of the page's layout.
"""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.values import Item
from tests.browser.conftest import BROWSER, Reader
from ui.texts import TEXTS
from ui.widget.texts import WIDGET_TEXTS

pytestmark = BROWSER

QUESTION = "9848 端口连不上怎么办？"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
ZH, EN = WIDGET_TEXTS["zh"], WIDGET_TEXTS["en"]


def heard(page: Page) -> list[list[object]]:
    found: list[list[object]] = page.evaluate("window.heard")
    return found


LISTEN = """() => {
  window.heard = [];
  for (const name of ['modalOpen', 'modalClose', 'askAIQuerySubmit', 'askAIAnswerCompleted', 'askAIFeedbackSubmit',
                      'askAISourceClick', 'modeSwitch', 'searchResultClick']) {
    document.addEventListener(`dayi:${name}`, (event) => window.heard.push([name, event.detail]));
  }
}"""


def test_ask_check_a_source_and_rate(reader: Reader) -> None:
    """The way of most readers, from question to rating."""
    page = reader.open()
    turn = reader.ask(QUESTION)
    expect(turn).to_have_attribute("data-outcome", "answered")
    expect(turn.locator(".causes > h4")).to_have_text(TEXTS["zh"]["causes"])
    expect(turn.locator(".steps .items > li")).to_have_count(3)
    cite = turn.locator(".causes .cite").first
    cite.click()
    expect(cite).to_have_attribute("aria-expanded", "true")
    quote = turn.locator(".causes .quote")
    expect(quote.locator(".mark")).to_contain_text("只放行 8848 时连不上")
    expect(quote.locator(".context")).to_contain_text("升级到 Nacos 2.x 之后")
    expect(quote.locator("a.open")).to_have_attribute("href", "https://nacos.io/blog/faq/grpc-port/")
    expect(quote.locator("a.open")).to_have_attribute("rel", re.compile("noopener.*nofollow"))
    cite.click()
    expect(quote).to_have_count(0)
    turn.locator("[data-rating=good]").click()
    expect(turn.locator(".said")).to_have_text(ZH["thanks"])
    assert [rating[0] for rating in reader.services.assistant.ratings.values()][-1] == "good"
    assert page.locator("#first").is_visible()


def test_bad_rating_tells_why(reader: Reader) -> None:
    """A thumb down counts at once; reasons and words can follow."""
    page = reader.open()
    turn = reader.ask(QUESTION)
    turn.locator("[data-rating=bad]").click()
    expect(turn.locator("[data-rating=bad]")).to_have_attribute("aria-pressed", "true")
    turn.get_by_label(ZH["reason_outdated"]).check()
    turn.get_by_label(ZH["reason_wrong_citation"]).check()
    turn.locator(".form textarea").fill("3.x 里端口变了")
    turn.locator(".form .button").click()
    expect(turn.locator(".form")).to_be_hidden()
    expect(turn.locator(".said")).to_have_text(ZH["thanks_bad"])
    page.wait_for_timeout(100)
    expected = ("bad", ("outdated", "wrong_citation"), "3.x 里端口变了")
    assert list(reader.services.assistant.ratings.values())[-1] == expected


def test_answer_is_written_piece_by_piece_and_can_be_stopped(reader: Reader) -> None:
    """Text appears before the answer is complete; the server hears of the stop; the next question works."""
    page = reader.open()
    closed = reader.services.assistant.closed
    reader.services.assistant.delay_s = 0.4
    try:
        reader.send(QUESTION)
        expect(page.locator(".turn .written h5").first).to_be_visible()
        assert page.locator(".turn[data-outcome]").count() == 0
        page.click(".composer .send")
        expect(page.locator(".turn .status")).to_have_text(ZH["stopped"])
        page.wait_for_timeout(1200)
        assert reader.services.assistant.closed == closed + 1
        assert page.locator(".turn[data-outcome]").count() == 0
    finally:
        reader.services.assistant.delay_s = 0.02
    reader.ask("再问一次")


def test_text_that_stands_is_not_drawn_again(reader: Reader) -> None:
    """What a reader is reading, or has selected, stays the same element while more is written below."""
    page = reader.open()
    reader.services.assistant.delay_s = 0.3
    try:
        reader.send(QUESTION)
        first = page.locator(".turn .written > *").first
        first.evaluate("node => { node.isTheSame = true; }")
        expect(page.locator(".turn .written > *")).not_to_have_count(1)
        page.wait_for_timeout(700)
        assert first.evaluate("node => node.isTheSame") is True
    finally:
        reader.services.assistant.delay_s = 0.02


def test_follow_up_belongs_to_the_conversation(reader: Reader) -> None:
    """The second question carries the capability; a new conversation does not."""
    page = reader.open()
    reader.ask(QUESTION)
    reader.ask("还是不行呢？")
    assert reader.services.assistant.asked[-1].conversation == "conversation1"
    page.click(".fresh")
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator(".home")).to_be_visible()
    reader.ask(QUESTION)
    assert reader.services.assistant.asked[-1].conversation == ""


def test_question_says_where_it_comes_from(reader: Reader) -> None:
    """Site and address without query, the version from the address; the page's own words come first."""
    page = reader.visit()
    page.goto(page.url + "?token=secret#part")
    page.click(".launcher")
    reader.ask(QUESTION)
    asked = reader.services.assistant.asked[-1]
    assert (asked.site, asked.product, asked.version) == ("docs", "nacos", "2.3.1")
    assert asked.page_url == page.url.partition("?")[0]
    reader.open('data-product="arthas" data-version="4.0"')
    reader.ask(QUESTION)
    asked = reader.services.assistant.asked[-1]
    assert (asked.product, asked.version) == ("arthas", "4.0")
    page.evaluate("Dayi('setContext', {version: '4.1'})")
    reader.ask(QUESTION)
    assert reader.services.assistant.asked[-1].version == "4.1"


def test_abstention_offers_an_expert(reader: Reader) -> None:
    """A plain no with the nearest entries, and a way to ask somebody."""
    page = reader.open()
    turn = reader.ask("我不知道的事 sk-secret")
    expect(turn).to_have_attribute("data-outcome", "abstained")
    expect(turn.locator(".abstained h4")).to_have_text(ZH["abstained"])
    expect(turn.locator(".notice")).to_have_text(ZH["masked"])
    expect(turn.locator(".question")).not_to_contain_text("sk-secret")
    expect(turn.locator(".related > h4")).to_have_text(ZH["nearest"])
    expect(turn.locator(".related li")).to_have_count(2)
    turn.get_by_role("button", name=ZH["expert"]).click()
    expect(turn.get_by_label(ZH["contact"])).to_be_focused()
    turn.get_by_label(ZH["contact"]).fill("me@example.org")
    with page.expect_request("**/api/v1/expert-requests") as sent:
        turn.locator(".abstained .form .button").click()
    body = json.loads(sent.value.post_data or "")
    assert (body["contact"], body["answer"]) == ("me@example.org", f"answer{len(reader.services.assistant.asked)}")
    expect(turn.locator(".abstained .said")).to_have_text(ZH["expert_sent"])
    expect(turn.locator(".abstained .form")).to_be_hidden()


def test_degraded_and_unsupported_are_said(reader: Reader) -> None:
    """Whatever is wrong with an answer stands above it; an item without support says so itself."""
    item = Item("重启客户端。", (), supported=False)
    reader.services.assistant.changes = {
        "outcome": "degraded", "notice": "words_only", "engine": "generative", "explanation": (item,),
    }  # fmt: skip
    try:
        reader.open()
        turn = reader.ask(QUESTION)
        expect(turn.locator(".notice")).to_have_text(ZH["notice_words_only"])
        expect(turn.locator(".unsupported")).to_have_text(f"重启客户端。{ZH['unsupported']}")
        expect(turn.locator(".warning")).to_have_count(1)
        expect(turn.locator(".fine")).to_have_text(ZH["written"])
    finally:
        reader.services.assistant.changes = {}


def test_question_back_is_answered_with_a_click(reader: Reader) -> None:
    """The desk asks which one it is, and offers the replies."""
    reader.services.assistant.changes = {"outcome": "abstained", "choices": ("Nacos 1.x", "Nacos 2.x")}
    try:
        page = reader.open()
        turn = reader.ask(QUESTION)
        expect(turn.locator(".abstained h4")).to_have_text(ZH["which"])
        reader.services.assistant.changes = {}
        turn.get_by_role("button", name="Nacos 2.x").click()
        expect(page.locator(".turn").nth(1).locator(".question")).to_have_text("Nacos 2.x")
        assert reader.services.assistant.asked[-1].conversation == "conversation1"
    finally:
        reader.services.assistant.changes = {}


def test_related_question_is_asked(reader: Reader) -> None:
    """A click on a related entry asks it; its page stands beside."""
    reader.open()
    turn = reader.ask(QUESTION)
    expect(turn.locator(".related .go")).to_have_attribute("href", "https://nacos.io/blog/faq/nginx/")
    turn.locator(".related .row").first.click()
    expect(reader.page.locator(".turn")).to_have_count(2)
    assert reader.services.assistant.asked[-1].question == "经 Nginx 代理后 2.x 客户端无法连接"


def test_code_and_answer_can_be_copied(reader: Reader) -> None:
    """Exactly the code, and the whole answer with its address."""
    page = reader.open()
    turn = reader.ask(QUESTION)
    turn.locator(".code .copy").first.click()
    expect(page.locator("p.sr")).to_have_text(ZH["copied"])
    paste = "navigator.clipboard.readText()"
    assert page.evaluate(paste) == "nc -zv nacos.example.com 9848\n"
    turn.locator(".actions .copy").click()
    expect(turn.locator(".actions .copy")).to_have_text(ZH["copied"])
    text = page.evaluate(paste)
    assert text.startswith(QUESTION)
    assert "解决步骤" in text
    permalink = turn.locator(".actions a").get_attribute("href")
    assert permalink is not None
    assert re.search(r"/a/answer\d+$", permalink)
    assert text.endswith(permalink)


def test_examples_are_the_products_or_the_pages_own(reader: Reader) -> None:
    """A click asks."""
    page = reader.open()
    expect(page.locator(".home .row")).to_have_text(
        ["Nacos 开启鉴权后客户端报 user not found 怎么办？", "9848 端口是做什么用的，必须开放吗？"]
    )
    page = reader.open("""data-modal-example-questions='["A, or B?", "C?"]'""")
    expect(page.locator(".home .row")).to_have_text(["A, or B?", "C?"])
    page.locator(".home .row").first.click()
    expect(page.locator(".turn .question")).to_have_text("A, or B?")
    page.locator(".turn .actions").wait_for()


def test_results_appear_while_typing(reader: Reader) -> None:
    """Beside asking; the keyboard reaches them; slow replies to earlier letters change nothing."""
    page = reader.open()
    page.locator(".composer textarea").press_sequentially("STARTING", delay=10)
    expect(page.locator(".results li")).to_have_count(1)
    assert sum("/search" in url for url in reader.requests) <= 2
    page.keyboard.press("ArrowDown")
    expect(page.locator(".results .ask")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".results li a")).to_be_focused()
    expect(page.locator(".results li a")).to_have_attribute("href", "https://nacos.io/blog/faq/grpc-port/")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".composer textarea")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".turn .question")).to_have_text("STARTING")
    page.locator(".turn .actions").wait_for()


def test_search_mode_leads_to_pages(reader: Reader) -> None:
    """Enter goes to the first page found; the conversation waits behind it; asking is one click away."""
    page = reader.open()
    reader.ask(QUESTION)
    page.click("[data-mode=search]")
    expect(page.locator(".thread")).to_be_hidden()
    page.fill(".composer textarea", "STARTING")
    expect(page.locator(".results li")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".results li a")).to_be_focused()
    page.click("[data-mode=ask]")
    expect(page.locator(".thread")).to_be_visible()
    page.click("[data-mode=search]")
    page.locator(".results .ask").click()
    expect(page.locator(".turn")).to_have_count(2)
    page.locator(".turn").nth(1).locator(".actions").wait_for()


def test_one_request_and_nothing_kept_before_first_use(reader: Reader) -> None:
    """Before somebody opens the panel: the script. After the first answer: this tab's memory, and never a cookie."""
    page = reader.visit()
    page.wait_for_timeout(300)
    assert [url for url in reader.requests if url.startswith(reader.server)] == [f"{reader.server}/widget.js"]
    kept = "[localStorage.length, sessionStorage.length, document.cookie.length]"
    assert page.evaluate(kept) == [0, 0, 0]
    page.click(".launcher")
    page.locator(".composer").wait_for()
    assert page.evaluate(kept) == [0, 0, 0]
    reader.ask(QUESTION)
    assert page.evaluate(kept) == [0, 1, 0]
    assert page.context.cookies() == []


def test_conversation_survives_navigation_in_its_tab_only(reader: Reader) -> None:
    """Another page of the site in the same tab goes on with it; another tab knows nothing."""
    page = reader.open()
    reader.ask(QUESTION)
    reader.open(lang="en")
    expect(page.locator(".turn .question")).to_have_text(QUESTION)
    expect(page.locator(".turn .causes > h4")).to_have_text(EN["causes"])
    page.locator(".turn .cite").first.click()
    expect(page.locator(".quote .mark").first).to_be_visible()
    page.locator("[data-rating=good]").click()
    expect(page.locator(".said")).to_have_text(EN["thanks"])
    reader.ask("还是不行呢？")
    assert reader.services.assistant.asked[-1].conversation == "conversation1"
    other = page.context.new_page()
    other.goto(page.url)
    other.click(".launcher")
    expect(other.locator(".home")).to_be_visible()
    expect(other.locator(".turn")).to_have_count(0)


@pytest.mark.parametrize("lang", ["zh-CN", "zh", "en", "en-GB", "fr"])
def test_language_follows_the_page(reader: Reader, lang: str) -> None:
    """`html[lang]` says which; what is neither Chinese nor English gets English."""
    page = reader.open(lang=lang)
    texts = ZH if lang.startswith("zh") else EN
    expect(page.locator(".home h3")).to_have_text(texts["welcome"])
    expect(page.locator("h2")).to_have_text(texts["title_of"].format("Nacos"))


def test_language_can_be_set_and_can_change(reader: Reader) -> None:
    """The attribute wins; a page that changes its language takes the panel along when it is opened again."""
    page = reader.open('data-language="en"')
    expect(page.locator(".home h3")).to_have_text(EN["welcome"])
    page = reader.open()
    page.fill(".composer textarea", "half a question")
    page.keyboard.press("Escape")
    page.evaluate("document.documentElement.lang = 'en'")
    page.click(".launcher")
    expect(page.locator(".composer textarea")).to_have_attribute("placeholder", EN["placeholder"])
    expect(page.locator(".composer textarea")).to_have_value("half a question")
    page.evaluate("window.noticed.length = 0")  # the page itself looks a little different in another language


def is_dark(page: Page) -> bool:
    return bool(page.evaluate("document.querySelector('dayi-widget').root.classList.contains('dark')"))


def test_dark_mode_follows_the_page(reader: Reader) -> None:
    """By its ground, whatever the system says; by its selector; or as told."""
    page = reader.open()
    assert not is_dark(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(50)
    assert not is_dark(page)  # the page stays white
    page.evaluate("document.documentElement.style.backgroundColor = '#111'")
    page.wait_for_timeout(50)
    assert is_dark(page)
    page = reader.open('data-color-scheme-selector="html[data-theme=dark]"')
    assert not is_dark(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_timeout(50)
    assert is_dark(page)
    assert is_dark(reader.open('data-color-scheme="dark"'))


def test_colours_names_and_texts_are_the_sites(reader: Reader) -> None:
    """A light colour gets dark letters; a broken value is ignored; variables of the page reach the panel."""
    page = reader.open(
        'data-project-color="#ffd400" data-project-name="Cloud" data-modal-disclaimer="Be kind." '
        'data-position="top-left" data-color-scheme="light"'
    )
    look = "getComputedStyle(document.querySelector('dayi-widget').shadowRoot.querySelector('.launcher'))"
    assert page.evaluate(f"{look}.backgroundColor") == "rgb(255, 212, 0)"
    assert page.evaluate(f"{look}.color") == "rgb(0, 0, 0)"
    expect(page.locator("h2")).to_have_text(ZH["title_of"].format("Cloud"))
    expect(page.locator(".composer .fine")).to_have_text("Be kind.")
    box = page.locator("dialog").bounding_box()
    assert box is not None
    assert (box["x"], box["y"]) == (20, 20)
    page = reader.open('data-project-color="red; } * { display: none" data-modal-title="Titel"')
    expect(page.locator("h2")).to_have_text("Titel")
    page.evaluate("document.documentElement.style.setProperty('--dayi-width', '600px')")
    box = page.locator("dialog").bounding_box()
    assert box is not None
    assert box["width"] == 600


def test_functions_work_before_and_after_loading(reader: Reader) -> None:
    """A queue keeps what was called early; then functions and commands do the same."""
    page = reader.page
    page.add_init_script(
        "window.Dayi = function () { (Dayi.q = Dayi.q || []).push(arguments); };"
        "Dayi('onModalOpen', (detail) => { window.opened = detail; }); Dayi('open', {query: 'early', submit: true});"
    )
    reader.visit()
    expect(page.locator(".composer textarea")).to_have_value("early")  # nobody clicked: it waits
    expect(page.locator(".results .ask")).to_be_visible()
    assert page.evaluate("window.opened") == {"mode": "ask"}
    page.evaluate("Dayi.close()")
    expect(page.locator("dialog")).to_be_hidden()
    page.evaluate("Dayi('toggle')")
    expect(page.locator("dialog")).to_be_visible()
    page.evaluate("Dayi.open({mode: 'search', query: 'STARTING'})")
    expect(page.locator("[data-mode=search]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".results li")).to_have_count(1)
    page.evaluate("Dayi.unmount()")
    expect(page.locator("dayi-widget")).to_have_count(0)
    page.evaluate("Dayi.open()")
    expect(page.locator("dialog")).to_be_visible()
    page.evaluate("Dayi.unmount(); document.body.append(document.createElement('dayi-widget')); Dayi.unmount()")
    expect(page.locator("dayi-widget")).to_have_count(0)


def test_events_tell_what_happens_and_no_secret(reader: Reader) -> None:
    """Each event once, as a DOM event and to handlers; never a token; a handler that throws harms nothing."""
    page = reader.visit()
    page.evaluate(LISTEN)
    page.evaluate("() => Dayi('onModalOpen', () => { throw new Error('theirs'); })")
    page.evaluate(
        "() => { window.count = (d) => window.heard.push(['handler', d]); Dayi('onModalClose', window.count); }"
    )
    page.click(".launcher")
    turn = reader.ask(QUESTION)
    turn.locator(".cite").first.click()
    turn.locator("[data-rating=good]").click()
    expect(turn.locator(".said")).to_have_text(ZH["thanks"])
    page.keyboard.press("Escape")
    page.wait_for_timeout(100)
    names = [name for name, _ in heard(page)]
    assert names == [
        "modalOpen", "askAIQuerySubmit", "askAIAnswerCompleted", "askAISourceClick", "askAIFeedbackSubmit",
        "modalClose", "handler",
    ]  # fmt: skip
    assert "token" not in json.dumps(heard(page))
    page.evaluate("Dayi('onModalClose', window.count, 'remove')")
    page.click(".launcher")
    page.keyboard.press("Escape")
    page.wait_for_timeout(100)
    assert [name for name, _ in heard(page)][-1] == "modalClose"


def test_shortcut_and_the_sites_own_button_open_it(reader: Reader) -> None:
    """Ctrl-K where the site wants it; a click on what the selector names; no button of ours if hidden."""
    page = reader.visit()
    page.keyboard.press("Control+k")
    page.wait_for_timeout(100)
    assert page.locator("dialog[open]").count() == 0
    attributes = 'data-modal-open-on-command-k="true" data-button-hide="true" data-modal-override-open-selector="#own"'
    page = reader.visit(attributes)
    expect(page.locator(".launcher")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.locator("dialog")).to_be_visible()
    expect(page.locator(".composer textarea")).to_be_focused()
    page.keyboard.press("Meta+k")
    expect(page.locator("dialog")).to_be_hidden()
    page.click("#own")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#own")).to_be_focused()


def test_click_beside_the_panel_closes_it(reader: Reader) -> None:
    """But not the end of a selection that began inside."""
    page = reader.open()
    heading = page.locator(".home h3").bounding_box()
    assert heading is not None
    page.mouse.move(heading["x"] + 100, heading["y"] + 10)
    page.mouse.down()
    page.mouse.move(100, 500)
    page.mouse.up()
    page.wait_for_timeout(100)
    expect(page.locator("dialog")).to_be_visible()
    page.mouse.click(100, 500)
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator(".launcher")).to_be_focused()


def test_not_rendered_until_asked(reader: Reader) -> None:
    """`data-render-on-load="false"`: for sites that want a word of consent first."""
    page = reader.visit('data-render-on-load="false"')
    expect(page.locator("dayi-widget")).to_have_count(0)
    page.evaluate("Dayi('render')")
    expect(page.locator(".launcher")).to_be_visible()


def test_element_in_the_page_is_a_panel_of_its_own(reader: Reader) -> None:
    """`<dayi-widget data-inline>` needs no button, and a second script tag does no harm."""
    page = reader.visit('data-render-on-load="false"')
    page.evaluate(
        "() => { const w = document.createElement('dayi-widget'); w.dataset.inline = ''; w.dataset.siteId = 'docs';"
        "document.querySelector('main').after(w); }"
    )
    expect(page.locator("section.panel .home")).to_be_visible()
    expect(page.locator(".tool.close")).to_have_count(0)
    reader.ask(QUESTION)
    page.evaluate(
        "(url) => new Promise((done) => { const s = document.createElement('script'); s.onload = done;"
        "trustedTypes; s.setAttribute('data-site-id', 'docs'); done(); })",
        reader.server,
    )


def test_page_that_swaps_its_body_keeps_the_widget(reader: Reader) -> None:
    """Sites that navigate without loading replace the body; the conversation stays."""
    page = reader.open()
    reader.ask(QUESTION)
    page.keyboard.press("Escape")
    page.evaluate("document.documentElement.replaceChild(document.createElement('body'), document.body)")
    page.click(".launcher")
    expect(page.locator(".turn .question")).to_have_text(QUESTION)


@pytest.mark.parametrize("reader", [PHONE], indirect=True)
def test_phone_shows_it_full_screen(reader: Reader) -> None:
    """Nothing is cut off at the side, with a long question, an open quote and the rating form."""
    page = reader.open()
    assert page.locator("dialog").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    rows = page.locator(".composer textarea")
    rows.fill(QUESTION + "x" * 200)
    assert int(rows.get_attribute("rows") or 0) > 3
    turn = reader.ask(QUESTION + "x" * 200)
    expect(rows).to_have_attribute("rows", "1")
    turn.locator(".cite").first.click()
    turn.locator("[data-rating=bad]").click()
    turn.locator(".form").wait_for()
    wide = "n => n.scrollWidth - n.clientWidth"
    assert page.locator(".scroller").evaluate(wide) == 0
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_widget_is_ready_at_once(reader: Reader, browser: Browser) -> None:
    """Up to its button it takes less than 50 ms of the main thread, as the browser's own trace counts them."""
    reader.visit()  # fonts and the browser itself are warm after this
    browser.start_tracing(page=reader.page, categories=["devtools.timeline", "v8"])
    reader.visit()
    reader.page.wait_for_timeout(200)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    ours = [e for e in events if e["name"] == "EvaluateScript" and "widget.js" in e["args"]["data"].get("url", "")]
    assert ours, "the trace does not know the script"
    assert sum(event["dur"] for event in ours) < 50_000  # microseconds


def test_pages_styles_and_globals_stay_apart(reader: Reader) -> None:
    """The page's rules do not reach the panel; the only new global is `Dayi`."""
    page = reader.visit()
    page.evaluate(
        "() => { const s = new CSSStyleSheet(); s.replaceSync('body * { display: none !important; color: lime }"
        " dayi-widget { position: fixed; inset: 0; background: red }'); document.adoptedStyleSheets = [s]; }"
    )
    # `body *` matches the element itself as well; its own rule is the stronger one.
    expect(page.locator(".launcher")).to_be_visible()
    assert page.locator("dayi-widget").evaluate("n => getComputedStyle(n).display") == "contents"
    page.evaluate("document.adoptedStyleSheets = []")
    own = page.evaluate(
        "() => { const f = document.createElement('iframe'); document.body.append(f);"
        "const clean = new Set(Object.getOwnPropertyNames(f.contentWindow)); f.remove();"
        "return Object.getOwnPropertyNames(window).filter((n) => !clean.has(n)); }"
    )
    assert set(own) - {"noticed", "0"} == {"Dayi"}
