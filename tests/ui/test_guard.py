"""What the outside meets before anything else: hosts, paths, origins, bodies, headers, and the list of routes."""

import io
import json
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from tests.ui.conftest import DOCS
from tests.ui.fakes import FakeServices
from ui.guard import MAX_BODY_BYTES
from ui.logs import JsonLines
from ui.server import create_app
from ui.settings import Settings

ASK = "/api/v1/ask"
QUESTION = {"question": "9848 端口"}
INVENTORY = Path(__file__).parent / "route_inventory.txt"
LOOK_ALIKES = [
    "https://evil.example",
    "null",
    "",
    "https://docs.example.org.evil.example",
    "https://evildocs.example.org",
    "https://sub.docs.example.org",
    "https://docs.example.org:8443",
    "http://docs.example.org",
    "https://DOCS.example.org",
    "https://docs.example.org.",
    "https://docs.example.org/",
    "https://docs.example.org@evil.example",
    "https://evil.example/https://docs.example.org",
    "docs.example.org",
    "https://docs\u002eexample.org%00",
    "file://",
    "*",
]


def raw(site: httpx.Client, request: bytes) -> bytes:
    """What the server answers to bytes that no client library would send."""
    assert site.base_url.port
    with socket.create_connection(("127.0.0.1", site.base_url.port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        reply = b""
        while chunk := connection.recv(65536):
            reply += chunk
    return reply


def routes() -> list[tuple[str, str]]:
    lines = INVENTORY.read_text(encoding="utf-8").splitlines()
    return [(line.split()[0], line.split()[1]) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("origin", LOOK_ALIKES, ids=range(len(LOOK_ALIKES)))
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
@pytest.mark.parametrize("path", [ASK, "/api/v1/products", "/", "/gradio_api/queue/join", "/gradio_api/cancel"])
def test_foreign_origins_get_no_permission(site: httpx.Client, method: str, path: str, origin: str) -> None:
    """No look-alike of a configured origin may read, and none may change anything."""
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    reply = site.request(method, path, headers=headers, json=QUESTION if method == "POST" else None)
    assert not [name for name in reply.headers if name.startswith("access-control-")]
    assert method != "POST" or reply.status_code == 403


@pytest.mark.parametrize("origin", [DOCS, "https://site.example.net"])
def test_configured_origins_may_call_the_api(site: httpx.Client, origin: str) -> None:
    """Exactly that origin, never with credentials, and caches are told that it matters."""
    before = site.options(ASK, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    reply = site.post(ASK, json=QUESTION, headers={"Origin": origin})
    for answer in (before, reply):
        assert answer.status_code in (200, 204)
        assert answer.headers["access-control-allow-origin"] == origin
        assert "origin" in answer.headers["vary"].lower()
        assert "access-control-allow-credentials" not in answer.headers
    assert "Content-Type" in before.headers["access-control-allow-headers"]
    assert "Authorization" in before.headers["access-control-allow-headers"]  # to delete an answer
    assert "DELETE" in before.headers["access-control-allow-methods"]


def test_configured_origins_have_no_business_outside_the_api(site: httpx.Client) -> None:
    """The chat page's own connection is for the chat page."""
    reply = site.post("/gradio_api/queue/join", json={}, headers={"Origin": DOCS})
    assert reply.status_code == 403


def test_own_pages_may_ask(site: httpx.Client) -> None:
    """The public address and the address at hand are our own."""
    for origin in ("https://answers.example.org", str(site.base_url).rstrip("/")):
        assert site.post(ASK, json=QUESTION, headers={"Origin": origin}).status_code == 200


def test_cross_site_request_without_origin_changes_nothing(site: httpx.Client) -> None:
    """A browser that hides the origin still says where the request comes from."""
    assert site.post(ASK, json=QUESTION, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_state_changes_need_json(site: httpx.Client, kind: str) -> None:
    """What a form can send without asking is refused."""
    reply = site.post("/api/v1/feedback", content=json.dumps(QUESTION), headers={"Content-Type": kind})
    assert (reply.status_code, reply.json()["error"]["code"]) == (415, "content_type")


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n",
        b"GET / HTTP/1.1\r\n",
        b"GET @evil HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET //evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n",
        b"GET /\\evil HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET /ui/../../pyproject.toml HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET /ui/%2e%2e/%2e%2e/pyproject.toml HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET /a%00b HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET /a%0d%0ab HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET /feedback?answer=%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:99999@evil\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n",
    ],
    ids=range(14),
)
def test_odd_addresses_are_400(site: httpx.Client, head: bytes) -> None:
    """Foreign hosts, doubled hosts and paths that mean something else to somebody else."""
    status = raw(site, head + b"Connection: close\r\n\r\n").split(b" ", 2)[1]
    assert status == b"400"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]", "[::1]:7860", "ANSWERS.example.org:443"])
def test_own_names_are_served(site: httpx.Client, host: str) -> None:
    """Loopback and the public name, with any port."""
    assert site.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("base_url", "hosts"), [("http://[2001:DB8::1]:7860", ()), ("http://a.example", ("2001:db8::1",))]
)
def test_addresses_of_version_six_are_served(settings: Settings, base_url: str, hosts: tuple[str, ...]) -> None:
    """As the public address, and as the one that is listened on."""
    services = FakeServices(settings.model_copy(update={"base_url": base_url}))
    client = TestClient(create_app(services, hosts=hosts), base_url="http://[2001:db8::1]:7860")
    assert client.get("/healthz").status_code == 200


def test_permalinks_keep_the_public_address(site: httpx.Client) -> None:
    """Links are made from the settings, not from what the request calls us."""
    reply = site.get("/openapi.json", headers={"Host": "localhost", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in reply.text


def oversized() -> Iterator[bytes]:
    for _ in range(160):
        yield b" " * 65_536


@pytest.mark.parametrize("path", [ASK, "/api/v1/search", "/gradio_api/queue/join", "/nothing"])
def test_large_bodies_are_413(site: httpx.Client, path: str) -> None:
    """With and without a declared length, on every path."""
    headers = {"Content-Type": "application/json"}
    declared = raw(
        site,
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 10485760\r\n"
        "Content-Type: application/json\r\n\r\n".encode(),
    )
    assert declared.split(b" ", 2)[1] == b"413"
    try:
        reply = site.post(path, content=oversized(), headers=headers)
    except httpx.WriteError:  # the server hung up while we were still sending, as it may
        return
    assert reply.status_code == 413


def test_a_body_of_exactly_the_cap_is_read(site: httpx.Client) -> None:
    """The bound is where it says."""
    body = json.dumps(QUESTION).encode()
    headers = {"Content-Type": "application/json"}
    assert site.post(ASK, content=body.ljust(MAX_BODY_BYTES), headers=headers).status_code == 200
    assert site.post(ASK, content=body.ljust(MAX_BODY_BYTES + 1), headers=headers).status_code == 413


def test_many_ranges_are_refused(site: httpx.Client) -> None:
    """Five thousand ranges of one file cost nothing."""
    many = "bytes=" + ",".join(f"{n}-{n}" for n in range(500))
    assert site.get("/ui/dayi.css", headers={"Range": many}).status_code == 416
    assert site.get("/ui/dayi.css", headers={"Range": "bytes=0-3,6-9"}).status_code == 206


@pytest.mark.parametrize(
    ("method", "path"),
    [*routes(), ("GET", "/nothing"), ("POST", "/healthz"), ("GET", "/ui/nothing.css"), ("PUT", ASK)],
    ids=lambda value: str(value),
)
def test_every_response_has_the_security_headers(site: httpx.Client, method: str, path: str) -> None:
    """Pages, API, files and errors alike."""
    with site.stream(method, path) as reply:
        headers = reply.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors" in headers["content-security-policy"]
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cache-control"]
    assert "server" not in headers


def test_chat_page_allows_scripts_by_nonce_only(site: httpx.Client) -> None:
    """Each page its own nonce; no inline script without it; nobody else's address in the page's head."""
    one, two = site.get("/"), site.get("/")
    policy = one.headers["content-security-policy"]
    assert "script-src 'self' 'unsafe-eval' 'nonce-" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert policy != two.headers["content-security-policy"]
    assert one.text.count("<script") == one.text.count("<script nonce=")
    for host in ("fonts.googleapis", "cdnjs", "huggingface.co", "raw.githubusercontent"):
        assert f'="https://{host}' not in one.text.split("window.gradio_config")[0]


GRADIO = [
    "upload", "upload_progress", "file=/etc/passwd", "file/etc/passwd", "proxy=https://a.example", "info",
    "openapi.json",
    "app_id", "runs", "user", "token", "login_check", "dev/reload", "call/ask", "call/v2/ask", "run/ask",
    "api/ask", "component_server", "stream/x", "vibe-code", "vibe-edit", "process_recording", "deep_link",
    "custom_component/a/client/b/c", "run-history/buckets", "mcp", "profiling/traces", "queue/status",
]  # fmt: skip


@pytest.mark.parametrize("name", GRADIO)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_gradio_routes_that_the_page_does_not_need_do_not_exist(site: httpx.Client, method: str, name: str) -> None:
    """Uploads, files, proxy, descriptions and editors are 404."""
    reply = site.request(method, f"/gradio_api/{name}")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path",
    ["config", "config/", "monitoring", "monitoring/summary", "login", "logout", "svelte/x", "manifest.json",
     "pwa_icon", "docs/", "redoc", "static/../../routes.py", "static/%2e%2e/%2e%2e/routes.py",
     "assets/..%2f..%2froutes.py",
     "static/..%5c..%5croutes.py", "assets//etc/passwd", "assets/....//etc/passwd", "static/fonts/x", "file=x",
     "proxy=x"],
)  # fmt: skip
def test_leftovers_and_traversals_are_refused(site: httpx.Client, path: str) -> None:
    """No configuration, no monitoring, no file outside the folders."""
    assert site.get(f"/{path}").status_code in (400, 404)


def test_upload_leaves_nothing_behind(site: httpx.Client) -> None:
    """The largest door that Gradio opens is shut before its body is read."""
    reply = site.post("/gradio_api/upload", files={"files": ("a.txt", io.BytesIO(b"x" * 1000))})
    assert reply.status_code == 404


def test_saved_pages_cannot_be_named(site: httpx.Client) -> None:
    """Gradio's deep links never reach Gradio; our own parameters do no harm."""
    assert "invalid" not in site.get("/?deep_link=..%2f..%2fetc").text.split("deep_link_state")[1][:20]
    assert site.get("/?product=nacos&q=%3Cscript%3E").status_code == 200
    assert "<script>" not in site.get("/?q=<script>alert(1)</script>").text


def test_what_answers_is_in_the_inventory(site: httpx.Client) -> None:
    """A route that anybody can read must be written down: known ones of the application and of Gradio are tried."""
    listed = set(routes())
    paths = {"/" + name.rstrip("/") for name in GRADIO} | {f"/gradio_api/{name}" for name in GRADIO}
    paths |= set(site.get("/openapi.json").json()["paths"])
    paths |= {path for _, path in listed} | {"/metrics", "/docs", "/redoc", "/config", "/theme.css", "/robots.txt"}
    for path in sorted(paths):
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            with site.stream(method, path) as reply:
                assert reply.status_code >= 300 or (method, path) in listed, f"{method} {path} is not in the inventory"


def test_inventory_holds_what_answers(site: httpx.Client) -> None:
    """And nothing that is no more."""
    for method, path in routes():
        with site.stream(method, path) as reply:
            assert reply.status_code not in (404, 405), f"{method} {path}"


def test_a_log_line_is_one_line() -> None:
    """Whatever is in a path or a message, nobody can forge a second entry."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.info("a\r\n{}\x1b[2J\u2028\u2029\x85b %s", "c\nd", extra={"fields": {"path": "/x\ny"}})
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["path"] == "/x\ny"


def test_each_request_is_logged_with_its_id(site: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    """Method, path, status and duration, under the id that the caller sees; no query, no body."""
    with caplog.at_level(logging.INFO, "dayi.access"):
        site.post(ASK + "?key=hidden", json=QUESTION)
        end = time.monotonic() + 5  # the line is written after the answer has left
        while not caplog.records and time.monotonic() < end:
            time.sleep(0.01)
    fields = caplog.records[-1].fields  # type: ignore[attr-defined]
    assert (fields["method"], fields["path"], fields["status"]) == ("POST", ASK, 200)
    assert "hidden" not in str(fields)


def test_the_longest_chinese_question_fits_under_the_cap(site: httpx.Client) -> None:
    """20 000 Han characters, escaped as many JSON writers do, are read."""
    body = json.dumps({**QUESTION, "question": "鉴" * 20_000})
    assert site.post(ASK, content=body, headers={"Content-Type": "application/json"}).status_code != 413
