"""The widget for everybody: keyboard, screen reader, high contrast, large text, no motion."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BROWSER, Reader
from ui.widget.texts import WIDGET_TEXTS

pytestmark = BROWSER

ZH = WIDGET_TEXTS["zh"]
SMALL = {"viewport": {"width": 390, "height": 844}}
AXE = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.flat().join(' ')).join(' | ')}`);
}"""
FOCUS = "(document.activeElement.shadowRoot || document).activeElement"


def flaws(page: Page) -> list[str]:
    found: list[str] = page.evaluate(AXE)
    return found


@pytest.mark.parametrize("reader", [{}, SMALL], indirect=True, ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(reader: Reader, node_modules: Path, scheme: str) -> None:
    """Every rule of axe-core, in every state of the panel."""
    reader.docs.policy = ""  # the checker itself needs styles
    axe = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    page = reader.visit(f'data-color-scheme="{scheme}"')
    page.evaluate(axe)
    assert flaws(page) == []
    page.click(".launcher")
    expect(page.locator(".home")).to_be_visible()
    assert flaws(page) == []
    page.fill(".composer textarea", "STARTING")
    expect(page.locator(".results li")).to_have_count(1)
    assert flaws(page) == []
    turn = reader.ask("9848 端口")
    turn.locator(".cite").first.click()
    turn.locator("[data-rating=bad]").click()
    turn.get_by_label(ZH["reason_other"]).check()
    assert flaws(page) == []
    turn = reader.ask("不知道 sk-secret")
    turn.get_by_role("button", name=ZH["expert"]).click()
    assert flaws(page) == []
    reader.send("失败")
    expect(page.locator(".turn .notice button")).to_be_visible()
    assert flaws(page) == []


def test_dialog_has_role_name_and_focus(reader: Reader) -> None:
    """It is a modal dialog with a name; the focus goes in, stays in, and comes back."""
    page = reader.visit()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="答疑")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=ZH["title_of"].format("Nacos"))
    expect(dialog).to_be_visible()
    expect(page.locator(".composer textarea")).to_be_focused()
    reader.ask("9848 端口")
    for key in ["Tab"] * 40 + ["Shift+Tab"] * 40:
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.localName") in ("dayi-widget", "body")  # the browser's own bar
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator(".launcher")).to_be_focused()


def test_everything_can_be_done_with_the_keyboard(reader: Reader) -> None:
    """Ask, open a quote, rate, choose reasons, send, begin anew, close: no pointer."""
    page = reader.open()
    page.keyboard.type("9848 端口")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("第二行")
    page.keyboard.press("Enter")
    page.locator(".turn .actions").wait_for()
    assert reader.services.assistant.asked[-1].question == "9848 端口\n第二行"

    def reach(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(f"(s) => {FOCUS}?.matches(s)", selector):
                return
        pytest.fail(f"{selector} is never reached")

    reach(".cite")
    page.keyboard.press("Enter")
    expect(page.locator(".quote")).to_be_visible()
    reach(".quote a")
    reach(".code .copy")
    reach("[data-rating=bad]")
    page.keyboard.press("Space")
    expect(page.locator(".form:visible")).to_be_visible()
    reach("input[value=other]")
    page.keyboard.press("Space")
    reach(".form .button")
    page.keyboard.press("Enter")
    expect(page.locator(".turn .said")).to_have_text(ZH["thanks_bad"])
    reach(".fresh")
    page.keyboard.press("Enter")
    expect(page.locator(".home")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()


def test_an_input_methods_enter_sends_nothing(reader: Reader) -> None:
    """Choosing a word with Enter is not asking."""
    page = reader.open()
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "duankou", "selectionStart": 7, "selectionEnd": 7})
    asked = len(reader.services.assistant.asked)
    for how in ({"isComposing": True}, {"keyCode": 229}):
        page.locator(".composer textarea").dispatch_event("keydown", {"key": "Enter", **how})
    page.wait_for_timeout(200)
    assert len(reader.services.assistant.asked) == asked
    session.send("Input.insertText", {"text": "端口"})
    page.keyboard.press("Enter")
    page.locator(".turn .actions").wait_for()
    assert reader.services.assistant.asked[-1].question == "端口"


def test_screen_readers_hear_each_thing_once(reader: Reader) -> None:
    """Searching, then done: not every piece of text, and politely."""
    page = reader.open()
    page.evaluate(
        """() => { window.said = []; const live = document.querySelector('dayi-widget').live;
        new MutationObserver(() => window.said.push(live.textContent)).observe(live, { childList: true }); }"""
    )
    assert page.locator("p.sr").get_attribute("role") == "status"
    reader.ask("9848 端口")
    assert page.evaluate("window.said") == [ZH["searching"], ZH["ready"]]
    reader.ask("不知道")
    assert page.evaluate("window.said")[2:] == [ZH["searching"], ZH["abstained"]]


def test_answers_say_their_language(reader: Reader) -> None:
    """The panel speaks the page's language, an answer its own."""
    page = reader.open(lang="en")
    reader.ask("9848 端口")
    expect(page.locator("dialog")).to_have_attribute("lang", "en")
    expect(page.locator(".turn .reply")).to_have_attribute("lang", "zh")


@pytest.mark.parametrize("reader", [{"forced_colors": "active"}], indirect=True)
def test_forced_colours_keep_the_shapes(reader: Reader) -> None:
    """Without our colours, buttons and states still have an edge."""
    page = reader.open()
    turn = reader.ask("9848 端口")
    cite = turn.locator(".cite").first
    cite.click()
    edge = "n => [getComputedStyle(n).borderTopWidth, getComputedStyle(n).borderTopStyle]"
    for place in (".launcher", ".composer .send", ".mode[aria-pressed=true]", ".question", ".causes .items > li"):
        assert page.locator(place).first.evaluate(edge) == ["1px", "solid"], place
    outline = "n => getComputedStyle(n).outlineStyle"
    assert cite.evaluate(outline) == "solid"
    assert turn.locator(".mark").evaluate("n => getComputedStyle(n).borderLeftStyle") == "solid"


@pytest.mark.parametrize(
    ("reader", "moves"),
    [({"reduced_motion": "reduce"}, False), ({"reduced_motion": "no-preference"}, True)],
    indirect=["reader"],
    ids=["reduced", "not reduced"],
)
def test_reduced_motion_moves_nothing(reader: Reader, moves: bool) -> None:
    """The panel rises and the mark of waiting beats only where the reader does not mind."""
    page = reader.open()
    name = "n => getComputedStyle(n).animationName"
    assert page.locator("dialog").evaluate(name) == ("rise" if moves else "none")
    reader.services.assistant.delay_s = 0.3
    try:
        reader.send("9848 端口")
        assert page.locator(".pulse").evaluate(name) == ("pulse" if moves else "none")
        page.locator(".turn .actions").wait_for()
    finally:
        reader.services.assistant.delay_s = 0.02


@pytest.mark.parametrize("reader", [{"viewport": {"width": 640, "height": 430}}], indirect=True)
def test_large_text_is_all_there(reader: Reader) -> None:
    """A window of 1280 by 860 at 200 %: everything is reached by scrolling down alone."""
    page = reader.open()
    turn = reader.ask("9848 端口")
    turn.locator(".cite").first.click()
    assert page.locator(".scroller").evaluate("n => n.scrollWidth - n.clientWidth") == 0
    box = page.locator(".composer").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 430
    turn.locator(".actions a").click(trial=True)
