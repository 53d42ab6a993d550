"""Ratings in forms: of whoever holds the link to an answer, and of readers of published pages, without JavaScript."""

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from assistant.publications import Publication
from tests.ui.payloads import PAYLOADS
from tests.ui.review_desk import Desk, hidden, open_desk, send

PAGE = {"product": "nacos", "document": "nacos-sample-0002"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as opened:
        document = opened.services.knowledge.records.document(*PAGE.values())
        assert document
        publication = Publication(replace(document, reviewed=True), "2026-11-02", "2026-11-20", ())
        opened.services.publications.put(publication)
        yield opened


def rate(client: httpx.Client, token: str = "t" * 22, rating: str = "bad", **fields: str) -> httpx.Response:
    return client.post("/feedback", data={"token": token, "rating": rating, **fields})


def ratings(desk: Desk, answer: str) -> list[tuple[str, str, str]]:
    rows = [row for row in desk.services.assistant.ratings() if row["answer"] == answer]
    return [(row["by"], row["rating"], row["comment"]) for row in rows]


def pages(desk: Desk) -> list[tuple[str, str]]:
    return [(row["rating"], row["comment"]) for row in desk.services.learning.readers.of_pages()]


def test_a_bare_link_shows_the_form_and_stores_nothing(desk: Desk) -> None:
    """However often it is followed, by whatever prefetches links; the rating that it names is chosen."""
    answer, client = desk.ask(), desk.client()
    for _ in range(3):
        reply = client.get("/feedback", params={"answer": answer.id, "rating": "bad"})
        assert (reply.status_code, reply.headers["x-robots-tag"]) == (200, "noindex")
        assert 'value="bad" required checked' in reply.text
        assert "set-cookie" not in reply.headers
        assert client.head("/feedback", params={"answer": answer.id, "rating": "bad"}).status_code == 405
    assert ratings(desk, answer.id) == []
    assert desk.services.learning.queue.of_answer(answer.id) is None


def test_the_form_of_a_permalink(desk: Desk) -> None:
    """Sent twice it is one rating, later ones of the same browser replace it, and the reader sees what was stored."""
    answer, client = desk.ask("永久链接的表单 9848"), desk.client()
    token = hidden(client.get(f"/a/{answer.id}").text, "token")
    for comment in ("端口不对", "端口不对", "端口还是不对"):
        reply = rate(client, token, answer=answer.id, reasons="inaccurate", comment=comment, contact="me@example.org")
        assert (reply.status_code, reply.headers["location"]) == (303, f"/feedback?answer={answer.id}")
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "max-age" not in cookie  # until the browser closes
    assert "expires" not in cookie
    assert ratings(desk, answer.id) == [("reader", "bad", "端口还是不对")]
    again = hidden(client.get(f"/a/{answer.id}").text, "token")
    assert again != token
    rate(client, again, "good", answer=answer.id)
    assert ratings(desk, answer.id) == [("reader", "good", "")]
    shown = client.get(reply.headers["location"]).text
    assert "Your rating: <b>Helpful</b>" in shown
    assert "This is in the experts&#39; queue." in shown
    assert "Your rating" not in desk.client().get(f"/a/{answer.id}").text


def test_readers_do_not_replace_the_asker(desk: Desk) -> None:
    """Each of them counts for himself, even where one knows the asker's token by chance; the queue shows all words."""
    answer = desk.ask("别人的评价 9848")
    desk.services.assistant.rate(answer.id, answer.feedback_token, "bad", (), "asker's words", "asker@example.org")
    rate(desk.client(), answer=answer.id, comment="reader's words")
    rate(desk.client(), answer.feedback_token, "good", answer=answer.id)
    assert sorted(ratings(desk, answer.id)) == [
        ("asker", "bad", "asker's words"),
        ("reader", "bad", "reader's words"),
        ("reader", "good", ""),
    ]
    review = desk.services.learning.queue.of_answer(answer.id)
    assert review
    assert review.reports == 1
    with desk.client("lin") as client:
        item = client.get(f"/review/items/{review.id}").text
    assert "asker&#39;s words" in item
    assert "reader&#39;s words" in item
    assert item.count("asker@example.org") == 1
    assert item.count('<article class="turn"') == 1


def test_an_expert_request_is_not_shown_under_a_strangers_rating(desk: Desk) -> None:
    """Who asked for an expert keeps his own line."""
    answer = desk.ask("请专家看看，别人也评价了 9848")
    desk.services.assistant.ask_expert(answer.id, answer.feedback_token, "please look", "asker@example.org")
    rate(desk.client(), answer=answer.id, comment="reader's words")
    review = desk.services.learning.queue.of_answer(answer.id)
    assert review
    reports = desk.services.learning.queue.reports(review)
    assert sorted((report.comment, report.contact) for report in reports) == [
        ("please look", "asker@example.org"),
        ("reader's words", ""),
    ]


def test_a_published_page_is_rated_as_a_document(desk: Desk) -> None:
    """Its section leads to the form; a complaint is one review of that document, which its expert can correct."""
    reader = desk.client()
    page = reader.get("/p/nacos/nacos-sample-0002")
    links = re.findall(r'href="(/feedback\?[^"]+)"', page.text)
    assert len(links) == 2
    form = reader.get(links[1].replace("&amp;", "&"))
    assert 'value="bad" required checked' in form.text
    token = hidden(form.text, "token")
    for _ in range(2):
        reply = rate(reader, token, **PAGE, reasons="outdated", comment="这一页过时了", contact="me@example.org")
    other = desk.client()
    rate(other, "o" * 22, **PAGE, comment="确实过时")
    assert pages(desk) == [("bad", "这一页过时了"), ("bad", "确实过时")]
    (review,) = [
        one for one in desk.services.learning.queue.page(chief(desk)).reviews if one.document == PAGE["document"]
    ]
    assert (review.kind, review.reports, review.product) == ("bad_rated", 2, "nacos")
    item = f"/review/items/{review.id}"
    with desk.client("lin") as client:
        shown = client.get(item).text
        for words in ("这一页过时了", "确实过时", "me@example.org", "/p/nacos/nacos-sample-0002"):
            assert words in shown
        assert (
            send(client, item, item, version="2" if review.version == 2 else "1", state="in_progress").status_code
            == 303
        )
        assert "An expert is looking at this." in reader.get(reply.headers["location"]).text
        draft = send(client, item, f"{item}/corrections", **PAGE).headers["location"]
        text = desk.services.learning.corrections.of_review(review)[0].text + "\n\n更正：另见 9850。\n"
        send(client, draft, draft, version="1", title="更正过的标题", text=text)
        done = send(client, draft, f"{draft}/approve", version="2", confirmed="true")
        assert done.status_code == 303, done.text
    fixed = reader.get(reply.headers["location"]).text
    assert re.search(r"An expert corrected this on <time[^>]*>\d{4}-\d\d-\d\d</time>", fixed)
    assert '<a href="/p/nacos/nacos-sample-0002">更正过的标题</a>' in fixed
    rate(reader, token, **PAGE, comment="再次")  # a new matter after the end
    assert desk.services.learning.queue.get(chief(desk), review.id).state == "resolved"
    waiting = [
        one for one in desk.services.learning.queue.page(chief(desk)).reviews if one.document == PAGE["document"]
    ]
    assert [one.reports for one in waiting] == [1]


def chief(desk: Desk):  # type: ignore[no-untyped-def]
    return next(one for one in desk.services.learning.experts.all() if one.name == "chief")


def test_what_was_left_as_it_is_says_so(desk: Desk) -> None:
    """A dismissed complaint is answered on the permalink, too."""
    answer = desk.ask("没有改动的问题 9848")
    rate(desk.client(), answer=answer.id)
    review = desk.services.learning.queue.of_answer(answer.id)
    assert review
    with desk.client("lin") as client:
        send(client, f"/review/items/{review.id}", f"/review/items/{review.id}", version="1", state="dismissed")
    assert "An expert looked at this and changed nothing." in desk.client().get(f"/a/{answer.id}").text


@pytest.mark.parametrize(
    "fields",
    [
        {"answer": "nothing"}, {"answer": ""}, {}, {"product": "nacos", "document": "nacos-sample-0003"},
        {"product": "nothing", "document": "nacos-sample-0002"}, {"product": "nacos", "document": "../../etc"},
    ],
)  # fmt: skip
def test_what_is_not_there_cannot_be_rated(desk: Desk, fields: dict[str, str]) -> None:
    """Unknown answers, and documents that are not published, in the address and in the form."""
    client, before = desk.client(), pages(desk)
    assert client.get("/feedback", params=fields).status_code == 404
    assert rate(client, **fields).status_code == 404
    assert pages(desk) == before


def test_forms_of_other_sites_are_refused(desk: Desk) -> None:
    """The guard stands before it; a form without a rating or token is refused as well."""
    answer, client = desk.ask(), desk.client()
    fields = {"token": "t" * 22, "rating": "bad", "answer": answer.id}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert client.post("/feedback", data=fields, headers=headers).status_code == 403
    for changes in ({"rating": "worst"}, {"rating": ""}, {"token": "short"}, {"comment": "x" * 20_000}):
        assert client.post("/feedback", data=fields | changes).status_code == 422
    assert ratings(desk, answer.id) == []


def test_only_known_reasons_are_stored(desk: Desk) -> None:
    """Others are left out; every one of the six has its words."""
    answer, client = desk.ask("理由 9848"), desk.client()
    rate(client, answer=answer.id, reasons=["outdated", "<b>", "wrong_citation"])  # type: ignore[arg-type]
    (row,) = [row for row in desk.services.assistant.ratings() if row["answer"] == answer.id]
    assert row["reasons"] == ["outdated", "wrong_citation"]
    assert client.get(f"/a/{answer.id}").text.count('name="reasons"') == 6


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_words_stay_words(desk: Desk, language: str) -> None:
    """In the question that the form names, and in what comes back into it."""
    text = "\n".join(PAYLOADS[:30])
    answer, client = desk.ask("q " + text), desk.client()
    client.headers["Accept-Language"] = language
    rate(client, answer=answer.id, comment=text[:4000], contact=text[:200])
    for path in (f"/feedback?answer={answer.id}", f"/a/{answer.id}"):
        page = client.get(path).text
        assert not re.search(r"<(script|iframe|object|embed|img|base|video|audio|style)\b", page)
