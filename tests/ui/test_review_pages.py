"""The review pages from outside: who gets in, who sees what, what a form may do, and that nothing is lost."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.routing import APIRoute

from tests.ui.payloads import PAYLOADS
from tests.ui.review_desk import PASSWORD, Desk, hidden, open_desk, send
from ui.routes.corrections import correction_routes
from ui.routes.review import review_routes
from ui.routes.sign_in import sign_in_routes
from ui.services import build_services
from ui.sessions import Sessions, local_address
from ui.settings import load_settings

SIGN_IN = "/review/login"
OUTSIDE = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "%2f%2fevil.example",
    "/review/..//evil.example",
    "/review\\..\\..",
    "javascript:alert(1)",
    "/review/\r\nSet-Cookie: a=b",
    "http:/review",
    "/a/other",
    "/reviewed",
    "//[",
    "",
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


def sign_in(client: httpx.Client, name: str = "lin", password: str = PASSWORD, **fields: str) -> httpx.Response:
    return client.post(SIGN_IN, data={"name": name, "password": password, **fields})


# Signing in


def test_strangers_are_sent_to_the_sign_in_page(desk: Desk) -> None:
    """And come back to where they wanted to go."""
    reply = desk.client().get("/review/items/x")
    assert (reply.status_code, reply.headers["location"]) == (303, "/review/login?next=/review/items/x")
    filtered = "/review?state=open&product=nacos&overdue=1"
    login = desk.client().get(filtered).headers["location"]
    assert parse_qs(urlsplit(login).query) == {"next": [filtered]}
    assert desk.client().get(f"/review?product={'x' * 2000}").headers["location"] == "/review/login?next=/review"


def test_signing_in_and_out(desk: Desk) -> None:
    """A cookie that scripts and other sites do not get; after signing out, the session is no more."""
    client = desk.client()
    reply = sign_in(client, next="/review?state=resolved")
    assert (reply.status_code, reply.headers["location"]) == (303, "/review?state=resolved")
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    session = client.cookies["dayi"]
    page = client.get("/review")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert client.get(SIGN_IN).headers["location"] == "/review"
    assert send(client, "/review", "/review/logout").headers["location"] == SIGN_IN
    assert desk.services.learning.experts.expert_of(session) is None


def test_over_https_the_cookie_is_bound_to_the_host(desk: Desk) -> None:
    """`__Host-` and `Secure`, whatever address the server itself is reached at."""
    from starlette.requests import Request
    from starlette.responses import Response

    response = Response()
    request = Request({"type": "http", "headers": [], "method": "GET", "path": "/"})
    Sessions(desk.services.learning.experts, "https://answers.example.org").start(request, response, "id")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-dayi=id;")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_a_session_that_was_there_before_is_replaced(desk: Desk) -> None:
    """An id that somebody planted, or that another expert left, is worth nothing afterwards."""
    old = desk.services.learning.experts.log_in("lin", PASSWORD, "127.0.0.9")
    for planted in ("planted", old):
        client = desk.client()
        client.cookies["dayi"] = planted
        reply = client.post(SIGN_IN, data={"name": "lin", "password": PASSWORD})
        assert reply.status_code == 303
        new = re.match(r"dayi=([^;]+)", reply.headers["set-cookie"])
        assert new
        assert new[1] != planted
        assert desk.services.learning.experts.expert_of(planted) is None


@pytest.mark.parametrize("next", OUTSIDE)
def test_signing_in_leads_nowhere_else(desk: Desk, next: str) -> None:
    """Only to review pages of this server."""
    assert local_address(next) == "/review"
    page = desk.client().get(SIGN_IN, params={"next": next})
    assert hidden(page.text, "next") == "/review"


@pytest.mark.parametrize("next", ["/review", "/review/items/a_b-c", "/review?state=open&kind=stale"])
def test_review_pages_are_kept_as_a_goal(next: str) -> None:
    assert local_address(next) == next


def test_wrong_passwords(desk: Desk) -> None:
    """The same page for a wrong password and an unknown name, and the sixth try is refused."""
    client = desk.client()
    desk.services.learning.experts.add("guessed", PASSWORD)
    pages = [sign_in(client, name, "wrong password") for name in ["guessed"] * 5 + ["nobody"]]
    assert {page.status_code for page in pages} == {401}
    assert len({page.text for page in pages}) == 1
    assert sign_in(client, "guessed").status_code == 429
    assert "set-cookie" not in pages[0].headers


# Forms


def forms(desk: Desk) -> list[str]:
    """Every address of the review pages that changes something, with ids that exist."""
    review = desk.complain()
    with desk.client("lin") as client:
        draft = send(client, f"/review/items/{review}", f"/review/items/{review}/corrections",
                     product="nacos", document="nacos-sample-0002").headers["location"]  # fmt: skip
    sessions = Sessions(desk.services.learning.experts, desk.address)
    routes = [
        route
        for make in (sign_in_routes, review_routes, correction_routes)
        for route in make(desk.services, sessions).routes
        if isinstance(route, APIRoute) and "POST" in route.methods
    ]
    posts = {route.path for route in routes} - {SIGN_IN}
    own = [
        path.replace("/items/{id}", f"/items/{review}").replace("/corrections/{id}", f"/corrections/{draft[-22:]}")
        for path in sorted(posts)
    ]
    return [path.replace("{decision}", "reject") for path in own]


def test_forms_of_other_pages_change_nothing(desk: Desk) -> None:
    """Without the session's own token, or from another origin, a form is refused, whatever its type."""
    before = state_of(desk)
    paths = forms(desk)
    assert len(paths) == 8
    after_setup = state_of(desk)
    assert before != after_setup
    with desk.client("lin") as client:
        for path in paths:
            fields = {"version": "1", "into": "x", "state": "dismissed"}
            for reply in (
                client.post(path, data=fields),
                client.post(path, data=fields | {"form": "0" * 64}),
                client.post(path, files={"form": (None, "x"), "version": (None, "1")}),
                client.post(path, json=fields),
                client.post(path, content="version=1", headers={"Content-Type": "text/plain"}),
                client.post(path, data=fields, headers={"Origin": "https://evil.example"}),
                client.post(path, data=fields, headers={"Sec-Fetch-Site": "cross-site"}),
            ):
                assert reply.status_code in (403, 405, 422), (path, reply.status_code)
    assert state_of(desk) == after_setup


def state_of(desk: Desk) -> list[tuple[object, ...]]:
    with desk.services.knowledge.records.read() as connection:
        tables = ("reviews", "corrections", "review_events", "experts", "expert_sessions")
        return [tuple(row) for table in tables for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]


def test_tokens_are_of_one_session(desk: Desk) -> None:
    """Another expert's token does not count, nor does a session's id in its place."""
    review = desk.complain()
    with desk.client("chief") as chief, desk.client("lin") as lin:
        other = hidden(chief.get("/review").text, "form")
        for form in (other, desk.sessions["lin"]):
            fields = {"form": form, "version": "1", "state": "dismissed"}
            assert lin.post(f"/review/items/{review}", data=fields).status_code == 403


# Who sees what


def test_foreign_and_unknown_ids_look_the_same(desk: Desk) -> None:
    """Every page and form with an id, for nobody, for the expert of another product, and for a disabled one."""
    experts = desk.services.learning.experts
    experts.add("gone", PASSWORD)
    session = experts.log_in("gone", PASSWORD, "127.0.0.8")
    experts.disable("gone")
    desk.sessions["gone"] = session
    paths = forms(desk)
    ids = {part for path in paths for part in path.split("/") if len(part) == 22}
    for path in (path for path in paths if len(path.split("/")) > 3):
        unknown = path
        for id in ids:
            unknown = unknown.replace(id, "0" * 22)
        for name in ("", "gone"):
            with desk.client(name) as client:
                for method in ("GET", "POST"):
                    replies = [client.request(method, one) for one in (path, unknown)]
                    assert {reply.status_code for reply in replies} <= {303, 405}
                    assert len({without_request_id(reply) for reply in replies}) == 1
        with desk.client("wei") as client:
            form = hidden(client.get("/review").text, "form")
            fields = {"form": form, "version": "1", "into": "0" * 22}
            posted = [client.post(one, data=fields) for one in (path, unknown)]
            fetched = [client.get(one) for one in (path, unknown)]
            for pair in (posted, fetched):
                assert {reply.status_code for reply in pair} <= {404, 405}
                assert len({without_request_id(reply) for reply in pair}) == 1


def without_request_id(reply: httpx.Response) -> str:
    return reply.text.replace(reply.headers["x-request-id"], "")


def test_an_expert_sees_the_queue_of_his_products(desk: Desk) -> None:
    """In the list, the counts and the downloads."""
    desk.complain("一个只属于 nacos 的问题 9848")
    with desk.client("lin") as lin, desk.client("wei") as wei:
        assert "只属于" in lin.get("/review").text
        assert "只属于" not in wei.get("/review").text
        assert wei.get("/review/golden.jsonl").text == ""


# Working


def test_from_the_rating_to_the_fix(desk: Desk) -> None:
    """Take a review, correct the cited entry, see the check, approve; the asker's page shows what came of it."""
    answer = desk.ask("客户端连不上，current status: STARTING，telnet 8848 是通的")
    desk.services.assistant.rate(answer.id, answer.feedback_token, "bad", ["outdated"], "端口变了")
    review = desk.services.learning.queue.of_answer(answer.id)
    assert review
    item, reader = f"/review/items/{review.id}", desk.client()
    assert "experts&#39; queue" in reader.get(f"/a/{answer.id}").text
    with desk.client("lin") as client:
        assert send(client, item, item, version="1", state="in_progress", owner="lin").status_code == 303
        assert "端口变了" in client.get(item).text
        assert "being" in reader.get(f"/a/{answer.id}").text or "looking" in reader.get(f"/a/{answer.id}").text
        begun = send(client, item, f"{item}/corrections", product="nacos", document=answer.citations[0].document)
        draft = begun.headers["location"]
        page = client.get(draft).text
        text = desk.services.learning.corrections.of_review(review)[0].text.replace("9848", "9848（2.4 起另加 9850）")
        saved = send(
            client, draft, draft, version=hidden(page, "version"), title="STARTING 与端口", text=text, phrases="9850"
        )
        assert saved.status_code == 303
        shown = client.get(draft).text
        assert "<ins>" in shown
        assert "9850" in shown
        done = send(client, draft, f"{draft}/approve", version=hidden(shown, "version"))
        assert done.headers["location"] == item
        assert "9850" in client.get("/review/golden.jsonl").text
        trail = client.get(item).text
        assert "approved" in trail
    fixed = reader.get(f"/a/{answer.id}")
    assert f'<a href="/p/nacos/{answer.citations[0].document}">STARTING 与端口</a>' in fixed.text
    assert "9850" in reader.get(f"/p/nacos/{answer.citations[0].document}").text
    assert "9850" in fixed.text
    assert fixed.headers["x-robots-tag"] == "noindex"
    view = reader.get(f"/api/v1/answers/{answer.id}").json()["review"]
    assert view == {"state": "resolved", "product": "nacos", "document": answer.citations[0].document}


def test_a_review_that_ends_without_a_correction_claims_none(desk: Desk) -> None:
    """Resolved by hand, the asker's page says that nothing changed."""
    answer = desk.ask("客户端还是报 STARTING，9848 已放行")
    desk.services.assistant.rate(answer.id, answer.feedback_token, "bad")
    review = desk.services.learning.queue.of_answer(answer.id)
    assert review
    with desk.client("lin") as client:
        send(client, f"/review/items/{review.id}", f"/review/items/{review.id}", version="1", state="resolved")
    page = desk.client().get(f"/a/{answer.id}").text
    assert "An expert looked at this and changed nothing." in page
    assert "corrected" not in page


def test_a_fall_must_be_confirmed(desk: Desk) -> None:
    """A correction that is not found for its own question stops at the check, and goes through when confirmed."""
    review = desk.complain("配置中心的灰度发布怎么回滚？请说明步骤")
    item = f"/review/items/{review}"
    with desk.client("chief") as client:
        draft = send(client, item, f"{item}/corrections", product="nacos").headers["location"]
        text = "## 用户问题\n\n完全不同的事情\n\n## 专家官方解答\n\n与提问无关的内容。\n"
        send(client, draft, draft, version="1", title="别的", text=text)
        checked = send(client, draft, f"{draft}/approve", version="2")
        assert checked.status_code == 200
        assert "would not be answered" in checked.text
        confirm = {
            "form": hidden(checked.text, "form"),
            "version": hidden(checked.text, "version"),
            "confirmed": "true",
        }
        assert client.post(f"{draft}/approve", data=confirm).status_code == 303


def test_a_change_in_between_is_told(desk: Desk) -> None:
    """409 with what is there now and what was wanted; the second attempt from that page counts."""
    item = f"/review/items/{desk.complain('两个人同时改的条目 8848')}"
    with desk.client("lin") as lin, desk.client("chief") as chief:
        assert send(chief, item, item, version="1", owner="chief").status_code == 303
        reply = send(lin, item, item, version="1", owner="lin", state="in_progress", due="")
        assert reply.status_code == 409
        assert "You wanted: <b>lin</b>" in reply.text
        assert "It is now: <b>chief</b>" in reply.text
        assert hidden(reply.text, "version") == "2"
        assert send(lin, item, item, version="2", owner="lin").status_code == 303


def test_readers_of_a_withdrawn_page_are_sent_on(desk: Desk) -> None:
    """To the published entry near it that the maintainer chooses; the old address leads there."""
    learning, chief = desk.services.learning, desk.client("chief")
    expert = learning.experts.expert_of(desk.sessions["chief"])
    assert expert
    approved = []
    for port in ("4711", "4712"):
        draft = learning.corrections.start(expert, learning.queue.get(expert, desk.complain()), "nacos")
        text = draft.text.replace("## 专家官方解答\n", f"## 专家官方解答\n\n放行 {port} 端口。\n")
        draft = learning.corrections.save(expert, draft.id, draft.version, title=port, text=text)
        approved.append(learning.corrections.approve(expert, draft.id, draft.version))
    desk.services.knowledge.follow()
    kept, gone = approved
    page = f"/review/corrections/{gone.id}"
    assert f'<option value="{kept.document}">' in chief.get(page).text
    reply = send(chief, page, f"{page}/withdraw", version=str(gone.version), redirect_to=kept.document)
    assert (reply.status_code, reply.headers["location"]) == (303, page)
    reply = desk.client().get(f"/p/nacos/{gone.document}")
    assert (reply.status_code, reply.headers["location"]) == (301, f"/p/nacos/{kept.document}")


def test_two_texts_are_both_shown(desk: Desk) -> None:
    """Who saves second gets his own text back beside the stored one, and can merge and save them."""
    item = f"/review/items/{desk.complain('两个人同时写的草稿 8848')}"
    with desk.client("lin") as lin, desk.client("chief") as chief:
        draft = send(lin, item, f"{item}/corrections", product="nacos").headers["location"]
        assert send(chief, item, f"{item}/corrections", product="nacos").headers["location"] == draft
        send(chief, draft, draft, version="1", title="T", text="the chief's words")
        reply = send(lin, draft, draft, version="1", title="L", text="words of lin <b>", phrases="one\ntwo")
        assert reply.status_code == 409
        assert "the chief&#39;s words" in reply.text
        assert "words of lin &lt;b&gt;</textarea>" in reply.text
        assert hidden(reply.text, "version") == "2"
        stale = send(lin, draft, f"{draft}/approve", version="1")
        assert stale.status_code == 409
        merged = send(lin, draft, draft, version="2", title="L", text="the chief's words, words of lin")
        assert merged.status_code == 303


def test_malformed_forms_are_refused_in_words(desk: Desk) -> None:
    """A page says so; nothing breaks."""
    item = f"/review/items/{desk.complain('表单测试 8848')}"
    with desk.client("lin") as client:
        for fields in ({"version": "x"}, {}, {"version": "1", "due": "soon"}, {"version": "1", "state": "lost"}):
            reply = send(client, item, item, **fields)
            assert reply.status_code in (400, 422)
            assert reply.headers["content-type"].startswith("text/html")
        for query in ("?state=lost", "?overdue=maybe", "?after=" + "x" * 200):
            assert client.get(f"/review{query}").status_code == 422
        assert client.get("/review?after=~&kind=nothing&owner=%27%20OR%201=1").status_code == 200


@pytest.mark.parametrize("start", range(0, len(PAYLOADS), 35))
def test_hostile_text_stays_text(desk: Desk, start: int) -> None:
    """Payloads in question, comment, contact, reasons, drafts and phrases: no element of theirs on any page."""
    text = "\n\n".join(PAYLOADS[start : start + 35])
    answer = desk.ask("q " + text)
    desk.services.assistant.rate(answer.id, answer.feedback_token, "bad", [text[:90]], text[:4000], text[:200])
    review = desk.services.learning.queue.of_answer(answer.id)
    assert review
    item = f"/review/items/{review.id}"
    with desk.client("chief") as client:
        draft = send(client, item, f"{item}/corrections", product="nacos").headers["location"]
        words = f"## 用户问题\n\n{text}\n\n## 专家官方解答\n\n{text}\n"
        send(client, draft, draft, version="1", title=text[:300], text=words, phrases=text[:150].replace("\n", " "))
        conflict = send(client, draft, draft, version="1", title=text[:300], text=words, phrases="")
        pages = [client.get(path).text for path in ("/review", item, draft)] + [conflict.text]
    for page in pages:
        assert not re.search(
            r"<(script|iframe|object|embed|img|svg(?! class=\"icon\")|math|style|base|video|audio)\b", page
        )
        assert not re.search(r"<[a-z][^>]*\s(on\w+|style)\s*=", re.sub(r'"[^"]*"', '""', page))


def test_expert_requests(desk: Desk) -> None:
    """The widget's call: stored once per key, for the asker only, and in the queue."""
    answer = desk.ask("请专家看看 8848")
    body = {"answer": answer.id, "token": answer.feedback_token, "comment": "急", "contact": "me@example.org"}
    with desk.client() as client:
        headers = {"Idempotency-Key": "k"}
        replies = [client.post("/api/v1/expert-requests", json=body, headers=headers) for _ in range(3)]
        assert {(reply.status_code, reply.text) for reply in replies} == {(201, f'{{"answer":"{answer.id}"}}')}
        other = client.post("/api/v1/expert-requests", json=body | {"comment": "x"}, headers=headers)
        assert (other.status_code, other.json()["error"]["code"]) == (422, "key_reused")
        foreign = client.post("/api/v1/expert-requests", json=body | {"token": "x"})
        assert foreign.status_code == 404
    review = desk.services.learning.queue.of_answer(answer.id)
    assert review
    assert review.kind == "asked_expert"
    with desk.client("lin") as client:
        assert "me@example.org" in client.get(f"/review/items/{review.id}").text


def test_no_account_means_nobody_gets_in(tmp_path_factory: pytest.TempPathFactory) -> None:
    """There is no default account: on a new server every sign-in fails."""
    services = build_services(load_settings(data=tmp_path_factory.mktemp("new")))
    assert services.learning.experts.all() == []
    services.close()
