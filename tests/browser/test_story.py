"""The whole product in one story, through the doors that people use: commands, widget, review pages, files."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import BROWSER
from tests.conftest import SAMPLES
from ui.widget.texts import WIDGET_TEXTS

pytestmark = [*BROWSER, pytest.mark.slow, pytest.mark.timeout(300)]

QUESTION = "通过 Nginx 代理 Nacos 2.x 集群，9848 应该怎么配"
OLD, NEW = "执行 `nginx -t && nginx -s reload`。", "执行 `nginx -t && systemctl reload nginx`，并确认 9848 已监听。"
PASSWORD = "correct horse battery staple"
DAYI = [sys.executable, "-m", "ui.cli"]


@dataclass
class Desk:
    address: str
    data: Path

    def dayi(self, *arguments: str, stdin: str = "") -> str:
        """Run a command beside the server and return what it prints."""
        command = [*DAYI, *arguments, "--data", str(self.data)]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    data = tmp_path_factory.mktemp("story") / "data"
    command = [*DAYI, "serve", "--demo", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = next((m[1] for line in process.stderr if (m := re.search(r"answers on (\S+)", line))), "")
        try:
            yield Desk(address, data)
        finally:
            process.terminate()
            process.stderr.read()


def ask(page: Page, desk: Desk) -> Locator:
    """Ask in the widget on the demo site; the finished turn."""
    page.goto(f"{desk.address}/demo/zh")
    page.locator("dayi-widget .launcher, dayi-widget button").first.click()
    box = page.locator("dayi-widget textarea").first
    box.fill(QUESTION)
    box.press("Enter")
    turn = page.locator("dayi-widget [data-outcome]").last
    expect(turn).to_have_attribute("data-outcome", "answered", timeout=30_000)
    return turn


def test_from_a_bad_answer_to_a_published_fix(browser: Browser, desk: Desk, tmp_path: Path) -> None:
    """Ask, rate badly, correct the cited entry, publish; the next reader gets the fix, and sources do not undo it."""
    desk.dayi("expert", "add", "lin", "--role", "maintainer", stdin=f"{PASSWORD}\n")
    reader = browser.new_context(locale="zh-CN").new_page()
    reader.set_default_timeout(15_000)
    turn = ask(reader, desk)
    expect(turn).to_contain_text("nginx -s reload")
    permalink = turn.locator("a[href*='/a/']").first.get_attribute("href")
    assert permalink
    turn.locator("[data-rating=bad]").click()
    turn.get_by_label(WIDGET_TEXTS["zh"]["reason_outdated"]).check()
    turn.locator(".form textarea").fill("容器里没有 nginx -s")
    turn.locator(".form .button").click()
    expect(turn.locator(".said")).to_have_text(WIDGET_TEXTS["zh"]["thanks_bad"])

    expert = browser.new_context(locale="zh-CN").new_page()
    expert.set_default_timeout(15_000)
    expert.goto(f"{desk.address}/review")
    expert.fill("[name=name]", "lin")
    expert.fill("[name=password]", PASSWORD)
    expert.keyboard.press("Enter")
    expect(expert.locator(".queue .what").first).to_contain_text(QUESTION)
    expert.locator(".queue a").first.click()
    expect(expert.locator(".said-by")).to_have_text("容器里没有 nginx -s")
    expert.locator("form[action*='correct'] button").first.click()
    text = expert.locator("textarea[name=text]")
    assert OLD in text.input_value()
    text.fill(text.input_value().replace(OLD, NEW))
    expert.locator(".editor button").first.click()
    expect(expert.locator(".diff ins").first).to_contain_text("systemctl")
    expert.locator("form[action*='approve'] button").click()
    expect(expert.locator(".trail")).to_be_visible()

    turn = ask(browser.new_context(locale="zh-CN").new_page(), desk)
    expect(turn).to_contain_text("systemctl reload nginx")
    expect(turn).not_to_contain_text("nginx -s reload")
    turn.locator(".cite").first.click()
    expect(turn).to_contain_text(WIDGET_TEXTS["zh"]["reviewed"])
    reader.goto(desk.address + urlsplit(permalink).path)
    expect(reader.locator(".fix")).to_contain_text("systemctl")

    desk.dayi("publish", "--out", str(tmp_path / "site"), "--product", "nacos")
    files = [path for path in (tmp_path / "site").rglob("*.md") if "systemctl" in path.read_text("utf-8")]
    assert len(files) == 1
    addresses = re.findall(r"<loc>([^<]+)</loc>", httpx.get(f"{desk.address}/sitemap.xml").text)
    pages = [httpx.get(desk.address + "/p/" + address.partition("/p/")[2]) for address in addresses if "/p/" in address]
    assert any("systemctl" in page.text and "QAPage" in page.text for page in pages if page.status_code == 200)

    desk.dayi("ingest", str(SAMPLES / "nacos"), "--product", "nacos", "--force")
    turn = ask(browser.new_context(locale="zh-CN").new_page(), desk)
    expect(turn).to_contain_text("systemctl reload nginx")
