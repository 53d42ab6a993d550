"""The experts' figures, the public ones, and that an approval is told to those who wait for it."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.receivers import MailServer, WebServer, mail_server, web_server
from tests.ui.review_desk import Desk, open_desk
from ui.settings import Product, Site, WebhookSettings

STRANGE = '=HYPERLINK("https://evil.example";"Nacos") 怎么用 Oracle 存储？'


@pytest.fixture(scope="module")
def web() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


@pytest.fixture(scope="module")
def mails() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, web: WebServer, mails: MailServer) -> Iterator[Desk]:
    settings = {
        "products": [Product(id="nacos", title="Nacos", public_quality=True)],
        "sites": [
            Site(id="docs", product="nacos", title="Nacos docs", public_quality=True),
            Site(id="blog", product="nacos"),
        ],
        "webhooks": [WebhookSettings(url=f"{web.url}/hook", secret="hush")],  # type: ignore[arg-type]
        "base_url": "http://answers.example.org",
        "smtp_host": "127.0.0.1",
        "smtp_port": mails.port,
        "smtp_from": "answers@example.org",
        "smtp_starttls": False,
    }
    with open_desk(tmp_path_factory.mktemp("insight"), **settings) as opened:
        opened.ask(site="docs")
        yield opened


def abstain(desk: Desk, question: str) -> str:
    """The review of a question that an expert is asked about."""
    answer = desk.ask(question)
    desk.services.assistant.ask_expert(answer.id, answer.feedback_token)
    review = desk.services.learning.queue.of_answer(answer.id)
    assert review
    return review.id


def test_figures_are_for_experts(desk: Desk) -> None:
    """Page and tables alike."""
    for path in ("/review/insight", "/review/insight/days.csv", "/review/insight/unanswered.csv"):
        reply = desk.client().get(path)
        assert (reply.status_code, reply.headers["location"]) == (303, f"/review/login?next={path}")


def test_the_page_shows_what_was_asked(desk: Desk) -> None:
    """Counts, a chart, topics with links into the queue; words of readers are text."""
    review = abstain(desk, "<script>alert(1)</script> 怎么升级到四维版本？")
    page = desk.client("chief").get("/review/insight?days=30").text
    assert f'href="/review/items/{review}"' in page
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("<svg viewBox") >= 1
    assert "dayi links --check" in page
    chinese = desk.client("chief").get("/review/insight", headers={"Accept-Language": "zh-CN"}).text
    assert "数据洞察" in chinese


@pytest.mark.parametrize("query", ["days=31", "days=x", "product=" + "x" * 101])
def test_odd_filters_are_refused(desk: Desk, query: str) -> None:
    assert desk.client("chief").get(f"/review/insight?{query}").status_code == 422


def test_reviewers_see_their_products(desk: Desk) -> None:
    """Another product's figures are not shown to them, named or not."""
    abstain(desk, STRANGE)
    client = desk.client("wei")
    for query in ("", "?product=nacos"):
        assert "Oracle" not in client.get(f"/review/insight{query}").text
        assert "nacos" not in client.get(f"/review/insight/days.csv{query}").text
        assert "Oracle" not in client.get(f"/review/insight/unanswered.csv{query}").text


def test_tables_open_as_text(desk: Desk) -> None:
    """A reader's formula is none in the table, and the counts are those of the page."""
    abstain(desk, STRANGE)
    reply = desk.client("lin").get("/review/insight/unanswered.csv")
    assert reply.headers["content-disposition"] == 'attachment; filename="dayi-unanswered.csv"'
    assert reply.text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(reply.text.removeprefix("\ufeff"))))
    assert f"'{STRANGE}" in [row["question"] for row in rows]
    days = list(csv.DictReader(io.StringIO(desk.client("lin").get("/review/insight/days.csv").text)))
    assert {row["site"] for row in days} == {"", "docs"}


def test_public_figures(desk: Desk) -> None:
    """Where the settings say so, for a product and for a site; as a page in both languages and as JSON."""
    client = desk.client()
    reply = client.get("/quality/nacos")
    assert (reply.status_code, "max-age" in reply.headers["cache-control"]) == (200, True)
    assert "Reviewed entries" in reply.text
    page = client.get("/quality/nacos", headers={"Accept-Language": "zh"})
    assert "回答质量" in page.text
    assert "Accept-Language" in page.headers["vary"]
    data = client.get("/quality/docs.json").json()
    assert (data["title"], data["questions"], data["answered"]) == ("Nacos docs", 1, 1.0)
    assert data["reviewed_entries"] == client.get("/quality/nacos.json").json()["reviewed_entries"] > 0
    for id in ("arthas", "blog", "nothing", "nacos.xml"):
        assert client.get(f"/quality/{id}").status_code == 404
        assert client.get(f"/quality/{id}.json").json()["error"]["code"] == "not_found"


def test_an_approval_is_told_once(desk: Desk, web: WebServer, mails: MailServer) -> None:
    """Webhooks hear of the rating, the correction and the page; every asker with an address gets one mail."""
    services, learning = desk.services, desk.services.learning
    services.courier.deliver()
    web.requests.clear()
    question = "Nacos 怎样用七号端口传输量子状态？"
    for contact in ("wei@example.net", "13800000000", "WeChat: wei", "wei@example.net", "lin@example.net"):
        answer = desk.ask(question)
        services.assistant.rate(answer.id, answer.feedback_token, "bad", contact=contact)
    review = learning.queue.of_answer(answer.id)
    lin = learning.experts.expert_of(desk.sessions["lin"])
    assert review
    assert lin
    for sentence in ("先打开七号端口。", "先打开七号端口，再重启。"):
        draft = learning.corrections.start(lin, learning.queue.get(lin, review.id), "nacos")
        text = f"## 用户问题\n\n{question}\n\n## 专家官方解答\n\n### 解决步骤\n\n1. {sentence}\n"
        draft = learning.corrections.save(lin, draft.id, draft.version, title=question, text=text)
        learning.corrections.approve(lin, draft.id, draft.version)
        while services.courier.deliver():
            pass
        seen = learning.queue.get(lin, review.id)
        learning.queue.change(lin, review.id, seen.version, state="open")
    bodies = [json.loads(request.body) for request in web.requests]
    assert [body["event"] for body in bodies].count("bad_rating") == 5
    told = {body["event"]: body["url"] for body in bodies}
    assert told["bad_rating"] == f"http://answers.example.org/review/items/{review.id}"
    assert told["fixed"] == f"http://answers.example.org/a/{answer.id}"
    assert told["published"].startswith("http://answers.example.org/p/nacos/expert-")
    assert all("webhook-signature" in request.headers for request in web.requests)
    assert sorted(message["To"] for message in mails.messages) == ["lin@example.net", "wei@example.net"]
    assert all(question in message.get_content() for message in mails.messages)


def test_the_secrets_of_notices_are_in_no_settings_list(desk: Desk, tmp_path: Path) -> None:
    """Nor is the address of a chat, which is one."""
    shown = desk.services.settings.model_dump_json()
    assert "hush" not in shown
    assert "/hook" not in shown
