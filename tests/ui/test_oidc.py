"""Signing in through a provider: only those who are meant, from their own browser, and nothing of it is kept."""

import asyncio
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey
from starlette.requests import Request
from starlette.responses import Response

from kb.errors import MissingExtra, SettingsError, SignInUnavailable
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, oidc_provider
from tests.ui.conftest import serving
from tests.ui.fakes import FakeServices
from ui.oidc import Attempt, OidcProvider
from ui.server import create_app
from ui.sessions import Sessions
from ui.settings import OidcSettings, Settings, load_settings

BEGIN, CALLBACK = "/review/oidc", "/review/oidc/callback"
BASE = "http://127.0.0.1:7860"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with oidc_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider) -> Iterator[Provider]:
    running.reset()
    yield running
    running.reset()


@pytest.fixture(scope="module")
def services(running: Provider, tmp_path_factory: pytest.TempPathFactory) -> FakeServices:
    oidc = OidcSettings(issuer=running.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Example Login")
    services = FakeServices(Settings(data=tmp_path_factory.mktemp("oidc"), base_url=BASE, oidc=oidc))
    experts = services.learning.experts
    experts.add("lin", None, oidc="42")
    experts.add("wei", PASSWORD, oidc="Wei@Example.org")
    experts.add("kim", None, oidc="kim@example.org")
    experts.add("gone", None, oidc="gone")
    experts.disable("gone")
    return services


@pytest.fixture(scope="module")
def address(services: FakeServices) -> Iterator[str]:
    with serving(services) as client:
        yield str(client.base_url)


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30, headers={"Accept-Language": "en"}) as client:
        yield client


def sent_back(client: httpx.Client, provider: Provider, next: str = "") -> str:
    """The address to which the provider sends the browser back, at this server."""
    reply = client.get(BEGIN, params={"next": next})
    assert reply.status_code == 303, reply.text
    place = provider.authorize(reply.headers["location"])
    assert place.startswith(f"{BASE}{CALLBACK}?")
    return place.removeprefix(BASE)


def sign_in(client: httpx.Client, provider: Provider, next: str = "") -> httpx.Response:
    return client.get(sent_back(client, provider, next))


def is_refused(client: httpx.Client, reply: httpx.Response, status: int = 401) -> bool:
    """The sign-in page says that it did not work, no session began, and the attempt is over."""
    ended = client.cookies.get("dayi") is None and client.cookies.get("dayi-oidc") is None
    return reply.status_code == status and 'role="alert"' in reply.text and "password" in reply.text and ended


# Who gets in


def test_signing_in(services: FakeServices, client: httpx.Client, provider: Provider) -> None:
    """By the subject: a new session in place of the old one, and a page of ours that leads on."""
    old = services.learning.experts.log_in("wei", PASSWORD, "127.0.0.1")
    place = sent_back(client, provider, "/review?state=resolved")
    reply = client.get(place, headers={"Cookie": f"dayi-oidc={client.cookies['dayi-oidc']}; dayi={old}"})
    assert reply.status_code == 200
    assert 'http-equiv="refresh" content="0; url=/review?state=resolved"' in reply.text
    session, attempt = (line.lower() for line in reply.headers.get_list("set-cookie"))
    assert session.startswith("dayi=")
    assert "httponly" in session
    assert "samesite=strict" in session
    assert attempt.startswith('dayi-oidc=""')
    assert services.learning.experts.expert_of(old) is None
    expert = services.learning.experts.expert_of(client.cookies["dayi"])
    assert expert
    assert expert.name == "lin"


def test_a_verified_address_signs_in(client: httpx.Client, provider: Provider) -> None:
    """In whatever letters, where the subject is bound to nobody; whoever is in is not sent to the provider again."""
    provider.claims = {"sub": "77", "email": "wei@EXAMPLE.org"}
    assert sign_in(client, provider).status_code == 200
    assert "wei" in client.get("/review").text
    reply = client.get(BEGIN, params={"next": "/review/golden.jsonl"})
    assert (reply.status_code, reply.headers["location"]) == (303, "/review/golden.jsonl")


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "78"},
        {"sub": "gone"},
        {"sub": "78", "email": "wei@example.org", "email_verified": False},
        {"sub": "78", "email": "wei@example.org", "email_verified": "true"},
        {"sub": "78", "email": "wei@example.org", "email_verified": None},
        {"sub": "78", "email": "\u212aim@example.org"},  # the Kelvin sign, a k in lower case
        {"sub": "78", "email": ["wei@example.org"]},
        {"sub": "wei@example.org", "email": None},
        {"sub": "email:wei@example.org", "email": None},
        {"sub": "42", "email": "wei@example.org"},  # two accounts
    ],
    ids=str,
)
def test_others_are_refused(client: httpx.Client, provider: Provider, claims: dict[str, object]) -> None:
    """Unknown, disabled, unverified, or one who chose another's address as a subject."""
    provider.claims = claims
    reply = sign_in(client, provider)
    assert is_refused(client, reply)
    assert "No open account" in reply.text


def test_disabling_ends_the_session(services: FakeServices, client: httpx.Client, provider: Provider) -> None:
    """At once, and binding does not open the account again."""
    experts = services.learning.experts
    experts.add("tmp", None, oidc="tmp")
    provider.claims = {"sub": "tmp"}
    assert sign_in(client, provider).status_code == 200
    assert client.get("/review").status_code == 200
    experts.disable("tmp")
    assert client.get("/review").status_code == 303
    experts.bind("tmp", "tmp")
    del client.cookies["dayi"]
    assert is_refused(client, sign_in(client, provider))


def test_wrong_passwords_do_not_lock_the_provider_out(
    services: FakeServices, client: httpx.Client, provider: Provider
) -> None:
    """Whoever guesses at the password of an account keeps nobody from the other way in."""
    for _ in range(6):
        reply = client.post("/review/login", data={"name": "wei", "password": "a wrong password"})
    assert reply.status_code == 429
    assert "Example Login" in reply.text
    provider.claims = {"sub": "77", "email": "wei@example.org"}
    assert sign_in(client, provider).status_code == 200


# Tokens


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": [CLIENT_ID, "another"]},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"aud": None},
        {"azp": "another"},
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"exp": "never"},
        {"exp": float("nan")},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"sub": None},
        {"sub": 42},
        {"sub": ""},
    ],
    ids=str,
)
def test_tokens_that_are_not_for_this_attempt(
    client: httpx.Client, provider: Provider, claims: dict[str, object]
) -> None:
    """Another nonce, audience, issuer or time."""
    provider.claims = claims
    reply = sign_in(client, provider)
    assert is_refused(client, reply)
    assert "did not succeed" in reply.text


@pytest.mark.parametrize("forgery", ["other key", "other key without id", "none", "secret"])
def test_forged_tokens(client: httpx.Client, provider: Provider, forgery: str) -> None:
    """Signed with a key that is not the provider's, with none, or with what a client knows."""
    provider.key = ECKey.generate_key("P-256")
    if forgery == "other key without id":
        provider.header = {"alg": "ES256"}
    elif forgery == "none":
        provider.header, provider.key = {"alg": "none"}, OctKey.generate_key(256)
    elif forgery == "secret":
        provider.header, provider.key = {"alg": "HS256", "kid": "one"}, OctKey.import_key(CLIENT_SECRET * 2)
    assert is_refused(client, sign_in(client, provider))


# The browser


def test_what_the_provider_is_asked(client: httpx.Client, provider: Provider) -> None:
    """State, nonce and challenge are new each time, and neither the secret nor the verifier is among it."""
    seen = []
    for _ in range(2):
        location = client.get(BEGIN).headers["location"]
        asked = dict(parse_qsl(urlsplit(location).query))
        assert location.startswith(f"{provider.issuer}/authorize?")
        assert (asked["redirect_uri"], asked["scope"]) == (BASE + CALLBACK, "openid email")
        seen += [asked["state"], asked["nonce"], asked["code_challenge"], client.cookies["dayi-oidc"].partition(".")[0]]
        assert client.cookies["dayi-oidc"].partition(".")[0] not in location
    assert len(set(seen)) == 8


def test_the_redirect_address_is_the_configured_one(client: httpx.Client, provider: Provider) -> None:
    """Whatever the request says of its host."""
    reply = client.get(BEGIN, headers={"Host": "localhost", "X-Forwarded-Host": "evil.example"})
    asked = parse_qs(urlsplit(reply.headers["location"]).query)
    assert asked["redirect_uri"] == [BASE + CALLBACK]


def test_a_wrong_state_is_refused(client: httpx.Client, provider: Provider) -> None:
    """Without a word to the provider."""
    place = sent_back(client, provider)
    provider.requests.clear()
    assert is_refused(client, client.get(place.partition("&state=")[0] + "&state=another"))
    assert provider.requests == []


def test_an_attempt_of_another_browser_is_refused(address: str, client: httpx.Client, provider: Provider) -> None:
    """A code that somebody else's sign-in gave is worth nothing here, with or without an attempt of one's own."""
    with httpx.Client(base_url=address) as other:
        place = sent_back(other, provider)
    assert is_refused(client, client.get(place))
    client.get(BEGIN)
    assert is_refused(client, client.get(place))


def test_a_code_cannot_be_used_twice(client: httpx.Client, provider: Provider) -> None:
    """Neither in the browser, which has forgotten the attempt, nor with the attempt's cookie put back."""
    place = sent_back(client, provider)
    attempt = client.cookies["dayi-oidc"]
    assert client.get(place).status_code == 200
    client.cookies.clear()
    assert is_refused(client, client.get(place))
    client.cookies["dayi-oidc"] = attempt
    reply = client.get(place)
    assert reply.status_code == 401
    assert "dayi=" not in str(reply.headers.get_list("set-cookie"))


def test_a_provider_that_signs_nobody_in(client: httpx.Client, provider: Provider) -> None:
    """Its words are not repeated."""
    state = parse_qs(urlsplit(client.get(BEGIN).headers["location"]).query)["state"][0]
    reply = client.get(CALLBACK, params={"state": state, "error": "access_denied", "error_description": "<b>evil"})
    assert is_refused(client, reply)
    assert "evil" not in reply.text


@pytest.mark.parametrize("next", ["https://evil.example", "//evil.example", "/\\evil.example", "/review/..//x", "/a/b"])
def test_signing_in_leads_nowhere_else(client: httpx.Client, provider: Provider, next: str) -> None:
    """Only to review pages, also where the cookie was changed in between."""
    assert 'url=/review"' in sign_in(client, provider, next).text
    del client.cookies["dayi"]
    place = sent_back(client, provider)
    secret = client.cookies["dayi-oidc"].partition(".")[0]
    client.cookies.clear()
    client.cookies["dayi-oidc"] = f"{secret}.{next}"
    assert 'url=/review"' in client.get(place).text


def test_a_long_way_back_does_not_cost_the_cookie(client: httpx.Client, provider: Provider) -> None:
    """Browsers keep none over 4096 bytes."""
    place = sent_back(client, provider, "/review?state=" + "审" * 900)
    assert len(client.cookies["dayi-oidc"]) < 4000
    assert 'url=/review"' in client.get(place).text


def test_over_https_the_attempt_is_bound_to_the_host(services: FakeServices) -> None:
    """`__Host-` and `Secure`; for ten minutes, and to be had when the provider leads back."""
    response = Response()
    sessions = Sessions(services.learning.experts, "https://answers.example.org")
    sessions.keep_attempt(response, "secret", "/review")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-dayi-oidc=secret.%2Freview;")
    assert {"HttpOnly", "Max-Age=600", "Path=/", "SameSite=lax", "Secure"} == set(cookie.split("; ")[1:])
    request = Request({"type": "http", "headers": [(b"cookie", cookie.partition(";")[0].encode())]})
    assert sessions.attempt(request) == ("secret", "/review")


# The provider


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/.well-known/openid-configuration", (500, {})),
        ("/.well-known/openid-configuration", (302, {"location": "/keys"})),
        ("/token", (503, {})),
        ("/token", (307, {"location": "/keys"})),
        ("/token", (401, {})),
        ("/keys", (404, {})),
        ("/keys", (302, {"location": "/.well-known/openid-configuration"})),
    ],
)
def test_a_provider_with_a_fault(
    client: httpx.Client, provider: Provider, path: str, fault: tuple[int, dict[str, str]]
) -> None:
    """503 and the password's form; redirects are not followed."""
    place = sent_back(client, provider)
    provider.faults, count = {path: fault}, len(provider.requests)
    assert is_refused(client, client.get(place), 503)
    assert [asked for asked, _ in provider.requests[count:]][-1] == path


def test_a_provider_that_is_down(tmp_path: Path) -> None:
    """The page says so, and the password still works."""
    with oidc_provider() as provider:
        issuer = provider.issuer
    services = FakeServices(Settings(data=tmp_path, oidc=OidcSettings(issuer=issuer, client_id="dayi")))
    services.learning.experts.add("lin", PASSWORD)
    with serving(services) as client:
        reply = client.get(BEGIN, params={"next": "/review/items/x"})
        assert is_refused(client, reply, 503)
        assert 'name="next" value="/review/items/x"' in reply.text
        assert client.post("/review/login", data={"name": "lin", "password": PASSWORD}).status_code == 303


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize(
    "where", ["http://localhost:{port}/keys", "http://{issuer}@127.0.0.1:9/", "file:///etc/passwd", ""]
)
def test_only_the_issuer_is_spoken_to(client: httpx.Client, provider: Provider, name: str, where: str) -> None:
    """Addresses elsewhere, on another port or of another kind are refused before anything is sent."""
    place, port = sent_back(client, provider), urlsplit(provider.issuer).port
    provider.described = {name: where.format(port=port, issuer=urlsplit(provider.issuer).netloc)}
    provider.requests.clear()
    reply = client.get(BEGIN) if name == "authorization_endpoint" else client.get(place)
    assert reply.status_code == 503
    assert all(headers["host"] == f"127.0.0.1:{port}" for _, headers in provider.requests)


def test_another_issuer_is_refused(client: httpx.Client, provider: Provider) -> None:
    """The provider must write itself as the settings do (OpenID Connect Discovery 4.3)."""
    provider.described = {"issuer": "https://evil.example"}
    assert client.get(BEGIN).status_code == 503


def test_the_secret_goes_the_way_that_the_provider_wants(client: httpx.Client, provider: Provider) -> None:
    """In the header by default, in the form where only that is offered."""
    assert sign_in(client, provider).status_code == 200
    assert [h.get("authorization", "")[:6] for path, h in provider.requests if path == "/token"] == ["Basic "]
    client.cookies.clear()
    provider.requests.clear()
    provider.described = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert sign_in(client, provider).status_code == 200
    assert [h.get("authorization") for path, h in provider.requests if path == "/token"] == [None]


def test_nothing_of_a_sign_in_is_kept(
    services: FakeServices, client: httpx.Client, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    """No cookie of the provider, no token, code or secret in the log or the data folder."""
    caplog.set_level(logging.DEBUG)
    place = sent_back(client, provider)
    provider.claims = {"nonce": "another"}
    client.get(place)
    provider.claims = {}
    second = sent_back(client, provider)
    client.get(second)
    assert all("cookie" not in headers for _, headers in provider.requests)
    secret = [parse_qs(urlsplit(address).query)["code"][0] for address in (place, second)]
    secret += [*provider.tokens, CLIENT_SECRET, "s3cret%2Fof"]
    files = b"".join(file.read_bytes() for file in services.settings.data.rglob("*") if file.is_file())
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.split(".")[0] in ("ui", "dayi"))
    assert "An ID token was refused: nonce" in logged
    for word in secret:
        assert word not in logged
        assert word.encode() not in files


# Settings


def test_the_button(client: httpx.Client) -> None:
    """In both languages, with where to go afterwards."""
    page = client.get("/review/login", params={"next": "/review?state=open"}).text
    assert "Sign in with Example Login" in page
    assert 'href="/review/oidc?next=/review%3Fstate%3Dopen"' in page
    chinese = client.get("/review/login", headers={"Accept-Language": "zh-CN"}).text
    assert "使用统一身份登录： Example Login" in chinese


def test_without_settings_there_is_no_other_way_in(tmp_path: Path) -> None:
    with serving(FakeServices(Settings(data=tmp_path))) as client:
        assert "oidc" not in client.get("/review/login").text
        assert client.get(BEGIN).status_code == 404
        assert client.get(CALLBACK).status_code == 404


@pytest.mark.parametrize(
    "issuer",
    ["http://login.example.org", "http://127.0.0.1.evil.example", "login.example.org", "https://", "https://a@b.example",
     "https://login.example.org/?a=b", "ftp://localhost"],
)  # fmt: skip
def test_the_issuer_must_be_trustworthy(issuer: str) -> None:
    """https, or this machine."""
    with pytest.raises(SettingsError, match="https://login.example.org"):
        load_settings(oidc={"issuer": issuer, "client_id": "dayi"})


def test_file_and_environment_add_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The secret may come from the environment alone, and is not shown."""
    monkeypatch.chdir(tmp_path)
    Path("dayi.toml").write_text('[oidc]\nissuer = "https://login.example.org/"\nclient_id = "dayi"\n')
    monkeypatch.setenv("DAYI_OIDC", '{"client_secret": "hidden"}')
    oidc = load_settings().oidc
    assert oidc
    assert (oidc.issuer, oidc.client_secret.get_secret_value()) == ("https://login.example.org/", "hidden")
    assert "hidden" not in oidc.model_dump_json()


def test_a_missing_package_says_how_to_install_it(services: FakeServices, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is served."""
    monkeypatch.setitem(sys.modules, "joserfc", None)  # as if it were not installed
    with pytest.raises(MissingExtra, match=r"pip install 'dayi\[oidc\]'"):
        create_app(services)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://keys.example.net/v3", True),
        ("http://keys.example.net/v3", False),
        ("https://keys.example.net:8443/v3", False),
        ("https://keys.example.net.evil.example/v3", False),
        ("https://evil.example\\@keys.example.net/v3", False),
        ("https://keys.example.net@evil.example/v3", False),
    ],
)
def test_hosts_may_hold_the_providers_endpoints(provider: Provider, address: str, allowed: bool) -> None:
    """Some providers keep keys and tokens elsewhere; only over https, and only where the settings say so."""
    provider.described = {"authorization_endpoint": address}
    settings = OidcSettings(issuer=provider.issuer, client_id=CLIENT_ID, hosts=["keys.example.net"])
    asking = OidcProvider(settings, BASE).authorization_url(Attempt.new())
    if allowed:
        assert asyncio.run(asking).startswith(f"{address}?response_type=code&")
    else:
        with pytest.raises(SignInUnavailable):
            asyncio.run(asking)
