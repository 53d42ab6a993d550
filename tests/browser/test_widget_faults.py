"""What the reader and the page around notice when something is wrong with the server or the way to it: one message."""

import json
import threading

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import BROWSER, Reader
from tests.browser.strangers import STRICT, stranger, streaming
from ui.widget.texts import WIDGET_TEXTS

pytestmark = BROWSER

ZH = WIDGET_TEXTS["zh"]
UNREACHABLE = "暂时连不上答疑服务，请稍后再试。"


def quiet(reader: Reader) -> None:
    """The page works on, one message is shown, nothing is uncaught (the browser notes failures itself)."""
    reader.problems[:] = [problem for problem in reader.problems if "Failed to load resource" not in problem]
    assert reader.problems == []
    assert reader.events() == []
    assert reader.page.locator(".notice").count() == 1
    reader.page.keyboard.press("Escape")
    reader.page.click("#own")


def refuse(reader: Reader, status: int, path: str = "ask") -> list[str]:
    """Let the server fail in a way of its own; returns the list of tries."""
    tries: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method == "OPTIONS":
            route.fallback()
            return
        tries.append(route.request.url)
        body = json.dumps(
            {"error": {"code": "rate_limited" if status == 429 else "x", "message": "", "request_id": ""}}
        )
        headers = {"Access-Control-Allow-Origin": reader.docs.origin, "Retry-After": "7"}
        if status:
            route.fulfill(status=status, headers=headers, content_type="application/json", body=body)
        else:
            route.abort("connectionrefused")

    reader.page.route(f"{reader.server}/api/v1/{path}**", answer)
    return tries


def test_server_down_when_opened(reader: Reader) -> None:
    """No more than three tries in a minute, then a message in the page's language; opening again asks again."""
    page = reader.visit()
    page.clock.install()
    tries = refuse(reader, 0, "")
    page.click(".launcher")
    for _ in range(30):
        page.clock.run_for(1000)
    expect(page.locator(".notice")).to_have_text(UNREACHABLE)
    assert len(tries) == 3
    quiet(reader)
    page.unroute_all()
    page.click(".launcher")
    expect(page.locator(".home")).to_be_visible()


def test_server_down_when_asked(reader: Reader) -> None:
    """Three tries, each later than the one before; the question can be sent again; searching does not add to it."""
    page = reader.open()
    page.clock.install()
    tries, searches = refuse(reader, 0), refuse(reader, 0, "search")
    reader.send("9848 端口")
    for _ in range(40):
        page.clock.run_for(1000)
    notice = page.locator(".notice")
    expect(notice).to_contain_text(UNREACHABLE)
    assert len(tries) + len(searches) <= 3
    page.click("[data-mode=search]")
    page.fill(".composer textarea", "9848")
    page.clock.run_for(1000)
    assert len(tries) + len(searches) <= 3
    page.click("[data-mode=ask]")
    page.unroute_all()
    notice.get_by_role("button").click()
    page.locator(".turn .actions").wait_for()
    expect(page.locator(".turn")).to_have_count(1)
    reader.problems.clear()


@pytest.mark.parametrize(
    ("status", "text", "tries"),
    [(429, ZH["error_rate_limited"], 1), (503, ZH["error_busy"], 1), (502, UNREACHABLE, 3), (500, UNREACHABLE, 3)],
)
def test_server_refuses(reader: Reader, status: int, text: str, tries: int) -> None:
    """Each kind of refusal has its words; only what may pass by itself is tried again."""
    page = reader.open()
    page.clock.install()
    seen = refuse(reader, status)
    reader.send("9848 端口")
    for _ in range(30):
        page.clock.run_for(1000)
    expect(page.locator(".notice")).to_contain_text(text)
    assert len(seen) == tries
    quiet(reader)


def test_page_of_another_site_is_refused(reader: Reader) -> None:
    """A site's id on a page that is not its own: the server's real 403."""
    page = reader.visit('data-render-on-load="false"')
    page.evaluate(
        "const w = document.createElement('dayi-widget'); w.dataset.siteId = 'other'; document.body.append(w)"
    )
    page.click(".launcher")
    expect(page.locator(".notice")).to_have_text("这个站点还没有开通答疑。")
    quiet(reader)


def test_page_of_an_unknown_origin_is_refused(reader: Reader) -> None:
    """The browser keeps even the refusal from such a page; a note for its owner says what to look at."""
    notes: list[str] = []
    reader.page.on("console", lambda message: notes.append(message.text))
    with stranger() as elsewhere:
        elsewhere.policy = reader.docs.policy
        own, reader.docs = reader.docs, elsewhere
        page = reader.visit()
        page.clock.install()
        page.click(".launcher")
        for _ in range(30):
            page.clock.run_for(1000)
            page.wait_for_timeout(10)
        expect(page.locator(".notice")).to_have_text(UNREACHABLE)
        reader.problems.clear()  # the browser's notes about CORS
        quiet(reader)
        reader.docs = own
    assert any(elsewhere.origin in note and "site docs" in note for note in notes)


def test_offline(reader: Reader) -> None:
    """Said at once, without a try."""
    page = reader.open()
    page.context.set_offline(True)
    sent = len(reader.requests)
    reader.send("9848 端口")
    expect(page.locator(".notice")).to_contain_text("当前没有网络连接。")
    assert len(reader.requests) == sent
    quiet(reader)
    page.context.set_offline(False)


def test_server_that_says_nothing(reader: Reader) -> None:
    """A connection on which nothing comes for 45 seconds is given up."""
    page = reader.open()
    reader.services.assistant.gate = threading.Event()
    try:
        page.clock.install()
        reader.send("9848 端口")
        page.wait_for_timeout(300)
        page.clock.run_for(46_000)
        expect(page.locator(".notice")).to_contain_text(ZH["error_incomplete"])
    finally:
        reader.services.assistant.gate.set()
        reader.services.assistant.gate = None
    quiet(reader)


def test_tab_closed_while_an_answer_is_written(reader: Reader) -> None:
    """The server hears of it and stops working; so does leaving for another page."""
    closed = reader.services.assistant.closed
    reader.services.assistant.delay_s = 0.3
    try:
        other = reader.page.context.new_page()
        other.goto(reader.docs.page(reader.server))
        other.click(".launcher")
        other.fill(".composer textarea", "9848 端口")
        other.keyboard.press("Enter")
        other.locator(".turn .written h5").first.wait_for()
        other.close()
        reader.page.wait_for_timeout(1200)
        assert reader.services.assistant.closed == closed + 1
        page = reader.open()
        reader.send("9848 端口")
        page.locator(".turn .written h5").first.wait_for()
        reader.visit()
        page.wait_for_timeout(1200)
        assert reader.services.assistant.closed == closed + 2
    finally:
        reader.services.assistant.delay_s = 0.02


def test_failure_in_the_middle(reader: Reader) -> None:
    """The assistant itself gives up after its first event."""
    page = reader.open()
    reader.send("失败")
    expect(page.locator(".notice")).to_contain_text(ZH["error"])
    quiet(reader)


def events(*named: tuple[str, object]) -> bytes:
    return b"".join(f"event: {n}\ndata: {json.dumps(d, ensure_ascii=False)}\n\n".encode() for n, d in named)


DELTAS = events(
    ("answer", {"id": "a", "permalink": "", "conversation": "c"}),
    ("delta", {"text": "鉴权", "keep": 0, "blocks": [["p", {}, ["鉴权失败 🔐"]]]}),
    ("delta", {"text": "", "keep": 1, "blocks": [["p", {}, ["第二段"]]]}),
)


@pytest.mark.parametrize(
    ("pieces", "pause_s"),
    [
        ([DELTAS[n : n + 1] for n in range(len(DELTAS))], 0.002),
        ([DELTAS.replace(b"\n", b"\r\n")], 0.0),
        ([b": still here\n\n", DELTAS + b"event: delta\ndata: {brok"], 0.0),
    ],
    ids=["byte by byte", "other line ends", "cut in an event"],
)
def test_streams_may_be_cut_anywhere(reader: Reader, pieces: list[bytes], pause_s: float) -> None:
    """In the middle of a character, between the two line ends; what came is shown, and what did not come is said."""
    with streaming(pieces, pause_s=pause_s) as server:
        reader.docs.policy = STRICT.format(server=f"{reader.server} {server}")
        page = reader.open(f'data-api-base="{server}"')
        reader.send("9848 端口")
        expect(page.locator(".turn .written p")).to_have_text(["鉴权失败 🔐", "第二段"])
        expect(page.locator(".notice")).to_contain_text(ZH["error_incomplete"])
        reader.problems[:] = [problem for problem in reader.problems if server not in problem]
        quiet(reader)


@pytest.mark.parametrize(
    "stream",
    [
        b"event: delta\ndata: not json\n\n",
        b'event: done\ndata: {"id": "a"}\n\n',
        b"event: delta\ndata: null\n\n",
        b"\xff\xfe\n\n" * 3,
        b"<html>a proxy's own page</html>",
    ],
    ids=["not json", "half an answer", "null", "not text", "html"],
)
def test_nonsense_is_a_message(reader: Reader, stream: bytes) -> None:
    """Whatever a proxy or a broken server sends."""
    with streaming([stream]) as server:
        reader.docs.policy = STRICT.format(server=f"{reader.server} {server}")
        page = reader.open(f'data-api-base="{server}"')
        reader.send("9848 端口")
        expect(page.locator(".notice")).to_contain_text(ZH["error_incomplete"])
        reader.problems[:] = [problem for problem in reader.problems if server not in problem]
        quiet(reader)


def test_storage_may_be_forbidden(reader: Reader) -> None:
    """A page whose storage cannot be used works, it only forgets."""
    forbid = "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('forbidden'); } })"
    reader.page.add_init_script(forbid)
    reader.open()
    reader.ask("9848 端口")


def test_memory_may_be_damaged(reader: Reader) -> None:
    """What somebody else wrote under our name is not trusted to be ours."""
    for value in ("{", "null", "7", '[{"id": 1}]', '[null, {"question": "x"}]'):
        reader.page.add_init_script(f"sessionStorage.setItem('dayi:docs', {json.dumps(value)})")
        reader.open()
        expect(reader.page.locator(".home")).to_be_visible()
