"""Notices to other programs and to group chats: shapes, signatures, and what readers' words may not do there."""

import base64
import hashlib
import hmac
import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from assistant.notices.courier import Notice
from assistant.notices.webhooks import Webhook, WebhookKind, WebhookSender
from kb.errors import NoticeError
from tests.receivers import WebServer, web_server

NOW = 1_800_000_000.0
SECRET = "SEC-very-secret"
BODY = {
    "product": "nacos",
    "question": "9848 端口\n不通 & <@all> @所有人 <!channel>",
    "language": "zh",
    "path": "/review/items/r",
}
NOTICE = Notice("n1", "bad_rating", BODY, "2026-01-01T00:00:00Z")


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


def send(server: WebServer, kind: WebhookKind, *, secret: str = SECRET, path: str = "/hook?access_token=abc") -> Any:
    webhook = Webhook(kind, server.url + path, secret)
    WebhookSender(webhook, "https://answers.example.org", clock=lambda: NOW).send(NOTICE)
    return json.loads(server.requests[-1].body)


def signed(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize(
    ("secret", "key"), [(SECRET, SECRET.encode()), ("whsec_" + base64.b64encode(b"bytes").decode(), b"bytes")]
)
def test_programs_get_json_and_know_that_it_is_ours(server: WebServer, secret: str, key: bytes) -> None:
    """The signature covers id, time and body, as Standard Webhooks say."""
    body = send(server, "generic", secret=secret)
    assert body == {
        "id": "n1",
        "event": "bad_rating",
        "at": "2026-01-01T00:00:00Z",
        "url": "https://answers.example.org/review/items/r",
        "product": "nacos",
        "question": BODY["question"],
        "language": "zh",
    }
    request = server.requests[-1]
    assert request.headers["webhook-id"] == "n1"
    assert request.headers["webhook-timestamp"] == "1800000000"
    assert request.headers["webhook-signature"] == "v1," + signed(key, b"n1.1800000000." + request.body)


def test_without_a_secret_nothing_is_signed(server: WebServer) -> None:
    send(server, "generic", secret="")
    assert "webhook-signature" not in server.requests[-1].headers
    send(server, "dingtalk", secret="")
    assert "sign=" not in server.requests[-1].path
    assert "sign" not in send(server, "feishu", secret="")


def test_dingtalk(server: WebServer) -> None:
    """Time in milliseconds and signature stand in the address."""
    body = send(server, "dingtalk")
    query = parse_qs(urlsplit(server.requests[-1].path).query)
    assert query["access_token"] == ["abc"]
    assert query["timestamp"] == ["1800000000000"]
    assert query["sign"] == [signed(SECRET.encode(), f"1800000000000\n{SECRET}".encode())]
    assert body["msgtype"] == "text"
    assert "差评: [nacos] 9848 端口 不通" in body["text"]["content"]


def test_feishu(server: WebServer) -> None:
    """Time and signature stand in the body; time and secret are the key, and the signed text is empty."""
    body = send(server, "feishu")
    assert body["timestamp"] == "1800000000"
    assert body["sign"] == signed(f"1800000000\n{SECRET}".encode(), b"")
    assert (body["msg_type"], "9848" in body["content"]["text"]) == ("text", True)


@pytest.mark.parametrize("kind", ["slack", "dingtalk", "feishu", "wecom"])
def test_readers_words_do_nothing_in_a_chat(server: WebServer, kind: WebhookKind) -> None:
    """They mention nobody and set no link; the link to the review is ours."""
    text = json.dumps(send(server, kind), ensure_ascii=False)
    assert not set("<>@") & set(text)
    assert "https://answers.example.org/review/items/r" in text
    assert kind != "slack" or "&amp;" in text


@pytest.mark.parametrize("kind", ["slack", "wecom"])
def test_long_questions_are_cut(server: WebServer, kind: WebhookKind) -> None:
    """WeCom takes 2048 bytes."""
    long = Notice("n", "expert_request", BODY | {"question": "端" * 20_000}, "")
    WebhookSender(Webhook(kind, server.url), "https://a.example").send(long)
    body = json.loads(server.requests[-1].body)
    assert len((body["text"] if kind == "slack" else body["text"]["content"]).encode()) < 2048


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        ("generic", (500, {}, b"")),
        ("generic", (302, {"Location": "/elsewhere"}, b"")),
        ("dingtalk", (200, {}, b'{"errcode": 310000, "errmsg": "sign not match"}')),
        ("feishu", (200, {}, b'{"code": 19021, "msg": "sign match fail"}')),
        ("wecom", (200, {}, b'{"errcode": 93000}')),
        ("slack", (404, {}, b"no_team")),
    ],
)
def test_refusals_are_seen(server: WebServer, kind: WebhookKind, reply: tuple[int, dict[str, str], bytes]) -> None:
    """Also those that come with status 200; a redirect leads nowhere; no error tells the address or the secret."""
    server.script.append(reply)
    with pytest.raises(NoticeError) as error:
        send(server, kind)
    assert len(server.requests) == 1
    assert "abc" not in str(error.value)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("body", [b"", b"ok", b"[1]", b"\xff\xfe", b'{"errcode": 0}', b'{"code": "x"}', b"x" * 200_000])
def test_other_replies_are_fine(server: WebServer, body: bytes) -> None:
    server.script.append((200, {}, body))
    send(server, "wecom")


def test_a_program_may_say_what_it_likes(server: WebServer) -> None:
    """Codes in a reply mean a refusal to chats only."""
    server.script.append((200, {}, b'{"code": 200, "message": "ok"}'))
    send(server, "generic")


@contextmanager
def dripping() -> Iterator[str]:
    """The address of a server that sends a reply byte by byte and never comes to its end."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                for char in "HTTP/1.1 200 OK\r\nX-Slow: " + "x" * 30:
                    self.request.sendall(char.encode())
                    time.sleep(0.5)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.slow
def test_a_reply_that_drips_is_not_waited_for() -> None:
    """However often something comes, ten seconds are enough for all of it."""
    started = time.monotonic()
    with dripping() as url, pytest.raises(NoticeError, match="no answer"):
        WebhookSender(Webhook("generic", url), "").send(NOTICE)
    assert time.monotonic() - started < 15


def test_nobody_there(server: WebServer) -> None:
    """An unreachable address is a failure as any other, and neither it nor the secret is in a text of the webhook."""
    webhook = Webhook("generic", "http://127.0.0.1:1/token-abc", SECRET)
    with pytest.raises(NoticeError, match="no answer") as error:
        WebhookSender(webhook, "").send(NOTICE)
    assert not any(word in f"{webhook!r} {webhook.name} {error.value}" for word in ("token-abc", SECRET))
