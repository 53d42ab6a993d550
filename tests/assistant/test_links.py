"""Looking at references: only public machines are reached, whatever a document says, and the results are kept."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.fetching import Fetched, Fetcher, is_public
from assistant.links import LinkChecks
from kb.embedding.hashing import HashEmbedder
from kb.records import Records
from kb.values import Document, Passage, Reference
from tests.receivers import WebServer, web_server

PRIVATE = [
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://2130706433:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0x7f.1:{port}/",
    "http://127.1:{port}/",
    "http://0.0.0.0:{port}/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://user:password@127.0.0.1:{port}/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "http://",
    "http://[",
    "//127.0.0.1:{port}/",
    "http://exa mple/",
]


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


def put(records: Records, id: str, *urls: str, product: str = "nacos") -> None:
    embedder = HashEmbedder(8)
    records.bind_embedding(embedder.id, embedder.dimension)
    references = tuple(Reference("R", url) for url in urls)
    document = Document(id, product, f"T {id}", "text", references=references)
    records.put(document, [Passage("text", "", 0, 4, "text")], embedder.encode_documents(["text"]))


def looked(fetcher: Fetcher, url: str) -> Fetched:
    return asyncio.run(fetcher.look(url))


def local(web: WebServer, *more: str) -> Fetcher:
    """A fetcher for which this machine is public, and every name leads to it."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    return Fetcher(allows=lambda address: address in ("127.0.0.1", *more), resolve=resolve)


@pytest.mark.parametrize("url", PRIVATE)
def test_private_addresses_are_not_reached(web: WebServer, url: str) -> None:
    """In no spelling."""
    assert looked(Fetcher(), url.format(port=web.port)).dead
    assert web.requests == []


def test_a_name_with_one_private_address_is_not_reached(web: WebServer) -> None:
    """A public address beside it makes it no better."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["93.184.215.14", "127.0.0.1"]

    result = looked(Fetcher(resolve=resolve), f"http://docs.example.org:{web.port}/")
    assert (result.dead, result.reason) == (True, "not a public address")


def test_a_name_that_changes_its_mind_leads_nowhere_else(web: WebServer) -> None:
    """It is resolved once for a connection, and the connection goes to what was checked."""
    asked = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    fetcher = Fetcher(allows=lambda address: address == "127.0.0.1", resolve=resolve)
    assert looked(fetcher, f"http://docs.example.org:{web.port}/page?x=1") == Fetched(200, False)
    assert asked == ["docs.example.org"]
    (request,) = web.requests
    assert (request.path, request.headers["host"]) == ("/page?x=1", f"docs.example.org:{web.port}")


def test_redirects_are_followed_with_the_same_care(web: WebServer) -> None:
    """To another page, but not to a private machine, and not for ever."""
    fetcher = local(web)
    web.script += [(301, {"Location": "/moved"}, b"")]
    assert looked(fetcher, f"http://a.example:{web.port}/").status == 200
    assert web.requests[-1].path == "/moved"

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1" if host == "a.example" else "169.254.169.254"]

    guarded = Fetcher(allows=lambda address: address == "127.0.0.1", resolve=resolve)
    web.script += [(302, {"Location": "http://metadata.example/latest"}, b"")]
    assert looked(guarded, f"http://a.example:{web.port}/").reason == "not a public address"
    web.script += [(302, {"Location": "/"}, b"")] * 10
    assert "redirects" in looked(fetcher, f"http://a.example:{web.port}/").reason


@pytest.mark.parametrize(
    ("status", "dead"),
    [(200, False), (404, True), (410, True), (500, True), (403, False), (429, False), (503, False), (401, False)],
)
def test_what_counts_as_dead(web: WebServer, status: int, dead: bool) -> None:
    """Refusing a program is no death."""
    web.script.append((status, {}, b""))
    assert looked(local(web), f"http://a.example:{web.port}/") == Fetched(
        status, dead, f"status {status}" if dead else ""
    )


def test_a_pinned_connection_still_checks_the_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is that of the name, not that of the address which the name was resolved to."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("openssl, which makes the certificate, is not installed")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    command = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    names = ["-subj", "/CN=docs.example.org", "-addext", "subjectAltName=DNS:docs.example.org"]
    subprocess.run(command + names, check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    with web_server(certificate, key) as web:
        fetcher = local(web)
        assert looked(fetcher, f"https://docs.example.org:{web.port}/") == Fetched(200, False)
        assert looked(fetcher, f"https://other.example.org:{web.port}/").reason == "no answer (ConnectError)"
        assert len(web.requests) == 1


def test_nobody_listens() -> None:
    fetcher = Fetcher(allows=lambda _: True)
    assert looked(fetcher, "http://127.0.0.1:1/") == Fetched(0, True, "no answer (ConnectError)")
    assert looked(fetcher, "https://127.0.0.1:1/").dead


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("64:ff9b::5db8:d70e", True),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("2001:0:53aa:64c:0:7eff:f5ff:fffe", False),
        ("255.255.255.255", False),
        ("ff02::1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_results_are_kept_and_come_round(web: WebServer, records: Records) -> None:
    """What nobody looked at comes first; what is gone from the documents goes; scopes hold."""
    host = f"http://a.example:{web.port}"
    put(records, "a", f"{host}/1#part", f"{host}/2", "mailto:x@example.org", "")
    put(records, "b", f"{host}/1", product="arthas")
    checks, fetcher = LinkChecks(records), local(web)
    assert checks.summary().checked_at == ""
    web.script.append((404, {}, b""))
    assert list(checks.check(fetcher, limit=1, seconds=20)) == [f"{host}/1"]
    summary = checks.summary()
    assert [(link.product, link.document, link.title) for link in summary.dead] == [
        ("arthas", "b", "T b"),
        ("nacos", "a", "T a"),
    ]
    assert [link.product for link in checks.summary(["nacos"]).dead] == ["nacos"]
    assert list(checks.check(fetcher, limit=1, seconds=20)) == [f"{host}/2"]
    assert list(checks.check(fetcher, limit=1, seconds=20)) == [f"{host}/1"]
    assert (checks.summary().dead, checks.summary().checked) == ((), 3)
    put(records, "a", f"{host}/2")
    checks.check(fetcher, limit=1, seconds=20)
    assert checks.summary().checked == 2


def test_a_check_ends_in_time(records: Records) -> None:
    """A machine that does not answer holds up the command for no longer than it was told."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(30)
        return []

    put(records, "a", *(f"http://{n}.example/" for n in range(20)))
    assert LinkChecks(records).check(Fetcher(resolve=resolve), limit=20, seconds=0.2) == {}
