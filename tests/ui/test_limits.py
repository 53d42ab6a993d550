"""Limits per address and site: how much passes, by what callers are told apart, and what the rest notices of it."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from kb.errors import SettingsError, TooManyRequests
from tests.ui.conftest import serving
from tests.ui.fakes import FakeServices
from tests.ui.test_streams import wait_for
from ui.limits import Limits
from ui.settings import LimitSettings, Settings, Site, load_settings

ASK, SEARCH, FEEDBACK = "/api/v1/ask", "/api/v1/search", "/api/v1/feedback"
QUESTION = {"question": "9848 端口"}
READER = "203.0.113.7"
SITE = Site(id="site", origins=["https://site.example.net"])


def reader(address: str = READER) -> dict[str, str]:
    """As this machine's reverse proxy passes somebody on."""
    return {"X-Forwarded-For": address}


class Clock:
    """Time that goes when told to."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def limited(settings: Settings, *, trusted_proxies: Any = ("127.0.0.1/32",), **limits: Any) -> FakeServices:
    own = Settings(trusted_proxies=list(trusted_proxies), limits=LimitSettings(**limits), sites=[SITE])
    return FakeServices(own.model_copy(update={"data": settings.data, "base_url": settings.base_url}))


def ask(limits: Limits, address: str, site: str = "") -> None:
    with limits.asking(address, site):
        pass


def passes(limits: Limits, address: str, times: int, kind: Any = "question", site: str = "") -> int:
    """How many of so many tries pass."""
    passed = 0
    for _ in range(times):
        try:
            if kind == "question":
                ask(limits, address, site)
            else:
                limits.count(kind, address)
        except TooManyRequests:
            continue
        passed += 1
    return passed


def test_a_window_moves() -> None:
    """Room comes back one by one, exactly when the first ones are old, and the wait says when."""
    clock = Clock()
    limits = Limits(LimitSettings(questions_per_minute=3), clock=clock)
    for clock.now in (0.0, 10.0, 20.0):
        ask(limits, READER)
    clock.now = 25.0
    with pytest.raises(TooManyRequests) as refused:
        ask(limits, READER)
    assert refused.value.retry_after_s == 35
    clock.now = 60.0
    assert passes(limits, READER, 5) == 1
    clock.now = 70.5
    assert passes(limits, READER, 5) == 1


def test_refused_tries_cost_nothing() -> None:
    """Who keeps trying is let in when who waits is."""
    clock = Clock()
    limits = Limits(LimitSettings(questions_per_minute=3), clock=clock)
    passes(limits, READER, 3)
    for second in range(59):
        clock.now = 1_000.0 + second
        assert passes(limits, READER, 10) == 0
    clock.now = 1_060.0
    assert passes(limits, READER, 10) == 3


def test_the_day_has_its_own_limit() -> None:
    """A patient script runs into it, and is told to wait hours."""
    clock = Clock()
    limits = Limits(LimitSettings(questions_per_minute=20, questions_per_day=50), clock=clock)
    passed = 0
    for minute in range(10):
        clock.now = minute * 60.0
        passed += passes(limits, READER, 30)
    assert passed == 50
    with pytest.raises(TooManyRequests, match=r"24 hours.*24 小时") as refused:
        ask(limits, READER)
    assert refused.value.retry_after_s > 23 * 3600


def test_waiting_for_a_place_costs_nothing() -> None:
    """A question that is turned away while others are being answered is not one of the minute's."""
    limits = Limits(LimitSettings(questions_per_minute=3, answers_at_once=1))
    with limits.asking(READER):
        assert passes(limits, READER, 50) == 0
    assert passes(limits, READER, 50) == 2


def test_a_full_site_costs_nothing_of_a_place() -> None:
    """Whatever refuses a question, its place is free again."""
    limits = Limits(LimitSettings(answers_at_once=1, site_questions_per_minute=1))
    assert passes(limits, READER, 5, site="a") == 1
    assert passes(limits, READER, 1, site="b") == 1


def test_what_a_full_site_refuses_is_not_counted() -> None:
    """Neither for the address, nor the other way round for the site."""
    limits = Limits(LimitSettings(questions_per_minute=3, site_questions_per_minute=2))
    assert passes(limits, READER, 50, site="a") == 2
    assert passes(limits, READER, 50) == 1
    assert passes(limits, READER, 50, site="b") == 0
    assert passes(limits, "203.0.113.8", 50, site="b") == 2


def test_kinds_are_counted_apart() -> None:
    """Searching while typing takes nothing from asking."""
    limits = Limits(LimitSettings(questions_per_minute=2, searches_per_minute=5, ratings_per_minute=3))
    assert [passes(limits, READER, 9, kind) for kind in ("search", "rating", "question")] == [5, 3, 2]


def test_zero_lifts_a_limit() -> None:
    """Also one of two."""
    limits = Limits(LimitSettings(questions_per_minute=0, questions_per_day=70, searches_per_minute=0))
    assert passes(limits, READER, 100) == 70
    assert passes(limits, READER, 1_000, "search") == 1_000


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("2001:DB8:0:1:0:0:0:1", "2001:db8:0:1::1", True),
        ("nonsense", "other nonsense", True),
        ("", "unix:", True),
    ],
)
def test_what_counts_as_one_caller(one: str, other: str, same: bool) -> None:
    """An IPv4 address, an IPv6 network of 64 bits, and all whom a proxy does not name."""
    limits = Limits(LimitSettings(questions_per_minute=2))
    assert passes(limits, one, 2) == 2
    assert passes(limits, other, 2) == (0 if same else 2)


def test_exempt_networks_are_not_limited() -> None:
    """This machine by default; an office, if the settings say so."""
    limits = Limits(LimitSettings(exempt=["127.0.0.0/8", "198.51.100.0/24"], questions_per_minute=1))
    assert passes(limits, "127.0.0.1", 50) == 50
    assert passes(limits, "198.51.100.77", 50) == 50
    assert passes(limits, "::1", 50) == 1


def test_a_site_is_limited_as_a_whole() -> None:
    """Many addresses cannot use up what one site may ask, and another site does not notice."""
    limits = Limits(LimitSettings(site_questions_per_minute=10))
    addresses = [f"203.0.113.{n}" for n in range(50)]
    assert sum(passes(limits, address, 1, site="a") for address in addresses) == 10
    assert passes(limits, READER, 1, site="b") == 1


def test_threads_cannot_slip_through() -> None:
    """The count is exact under contention."""
    limits, passed = Limits(LimitSettings(questions_per_minute=100)), []
    threads = [threading.Thread(target=lambda: passed.append(passes(limits, READER, 50))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 100


def test_a_flood_from_many_addresses_costs_bounded_memory() -> None:
    """The oldest are forgotten; who is at it is not."""
    limits = Limits(LimitSettings(questions_per_minute=2))
    for n in range(60_000):
        ask(limits, f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
        if n % 10_000 == 0:
            passes(limits, READER, 3)
    assert passes(limits, READER, 3) == 0
    assert len(limits._window._times) <= 50_000


def test_a_corrected_clock_frees_and_locks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour forth or back changes nothing."""
    limits = Limits(LimitSettings(questions_per_minute=3))
    passes(limits, READER, 3)
    real = time.time
    for hours in (1, -1):
        monkeypatch.setattr(time, "time", lambda hours=hours: real() + hours * 3600)
        with pytest.raises(TooManyRequests) as refused:
            ask(limits, READER)
        assert 0 < refused.value.retry_after_s <= 60


@pytest.fixture(scope="module")
def tight(settings: Settings) -> Iterator[httpx.Client]:
    """A server that allows two of everything, behind proxies on this machine and in 10.0.0.0/8."""
    proxies = ["127.0.0.1/32", "10.0.0.0/8"]
    services = limited(
        settings, trusted_proxies=proxies, questions_per_minute=2, searches_per_minute=2, ratings_per_minute=2
    )
    with serving(services) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (ASK, QUESTION),
        (SEARCH, {"query": "9848"}),
        (FEEDBACK, {"answer": "a", "token": "t", "rating": "good"}),
    ],
)
def test_over_the_limit_is_a_clear_429(tight: httpx.Client, path: str, body: dict[str, str]) -> None:
    """In both languages, with the seconds to wait, readable by the site's page; another reader is served."""
    headers = reader() | {"Origin": "https://site.example.net"}
    replies = [tight.post(path, json=body, headers=headers) for _ in range(4)]
    assert [reply.status_code == 429 for reply in replies] == [False, False, True, True]
    refused = replies[-1]
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.json()["error"]["code"] == "rate_limited"
    assert "try again in" in refused.json()["error"]["message"]
    assert "请在" in refused.json()["error"]["message"]
    assert refused.headers["access-control-allow-origin"] == headers["Origin"]
    assert "Retry-After" in refused.headers["access-control-expose-headers"]
    assert tight.post(path, json=body, headers=reader("203.0.113.8")).status_code != 429


def test_a_form_over_the_limit_keeps_what_was_written(tight: httpx.Client) -> None:
    """A page, not JSON: it says when to try again, and nothing has to be typed twice."""
    answer = tight.post(ASK, json=QUESTION, headers=reader("203.0.113.20")).json()["id"]
    fields = {"token": "t" * 22, "rating": "bad", "answer": answer, "comment": "<b>端口不对</b>", "reasons": "outdated"}
    replies = [tight.post("/feedback", data=fields, headers=reader("203.0.113.21")) for _ in range(3)]
    refused = replies[-1]
    assert (refused.status_code, refused.headers["content-type"]) == (429, "text/html; charset=utf-8")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert "try again in" in refused.text
    assert "&lt;b&gt;端口不对&lt;/b&gt;</textarea>" in refused.text
    assert 'value="outdated" checked' in refused.text
    assert 'value="bad" required checked' in refused.text


def test_nothing_that_the_caller_chooses_counts(settings: Settings) -> None:
    """200 calls from one address, with ever new headers, agents and origins: the allowed number passes."""
    services = limited(settings, trusted_proxies=[], exempt=[], questions_per_minute=20)
    statuses = []
    with serving(services) as client:
        for n in range(200):
            headers = {
                "X-Forwarded-For": f"203.0.113.{n}, 198.51.100.{n}",
                "X-Real-IP": f"203.0.113.{n}",
                "Forwarded": f"for=203.0.113.{n}",
                "CF-Connecting-IP": f"203.0.113.{n}",
                "User-Agent": f"agent {n}",
                "Cookie": f"session={n}",
                "Origin": "https://site.example.net" if n % 2 else str(client.base_url).rstrip("/"),
            }
            body = QUESTION | {"conversation": f"c{n}", "site": "site" if n % 2 else ""}
            statuses.append(client.post(ASK, json=body, headers=headers).status_code)
    assert statuses.count(200) == 20
    assert statuses.count(429) == 180


@pytest.mark.parametrize(
    "forwarded",
    [
        "{made_up}, 198.51.100.1",
        "{made_up}, 198.51.100.2, 10.1.2.3",
        "127.0.0.1, {made_up}, 198.51.100.3, 10.1.2.3, 10.1.2.4",
        "{made_up}, [2001:db8::1]:443",
        "{made_up}, 198.51.100.4:5120",
        "{made_up}, unknown",
    ],
)
def test_the_last_hop_before_our_proxies_counts(tight: httpx.Client, forwarded: str) -> None:
    """What the caller wrote in front of it is ignored, however many proxies of ours stand behind."""
    headers = [reader(forwarded.format(made_up=f"192.0.2.{n}")) for n in range(5)]
    assert [tight.post(ASK, json=QUESTION, headers=h).status_code for h in headers] == [200] * 2 + [429] * 3


def test_this_machine_is_not_limited_by_default(tight: httpx.Client) -> None:
    """Evaluations and scripts beside the server go on."""
    assert {tight.post(ASK, json=QUESTION).status_code for _ in range(30)} == {200}


def test_limits_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """As JSON; what is wrong is said by name."""
    monkeypatch.setenv("DAYI_LIMITS", '{"questions_per_minute": 5, "exempt": ["203.0.113.0/24"]}')
    monkeypatch.setenv("DAYI_TRUSTED_PROXIES", '["10.0.0.5"]')
    settings = load_settings()
    assert passes(Limits(settings.limits), "198.51.100.1", 9) == 5
    assert passes(Limits(settings.limits), "203.0.113.9", 9) == 9
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.5/32"]
    monkeypatch.setenv("DAYI_TRUSTED_PROXIES", '["*"]')
    with pytest.raises(SettingsError, match="trusted_proxies"):
        load_settings()


def test_two_answers_at_once_for_one_address(settings: Settings) -> None:
    """The third waits for one of them; others do not; a place is free again when its answer is."""
    services = limited(settings)
    gate = services.assistant.gate = threading.Event()
    with serving(services) as client, _asking(client, [READER, READER]) as results:
        wait_for(lambda: len(services.assistant.asked) == 2)
        third = client.post(ASK, json=QUESTION, headers=reader() | {"Accept": "text/event-stream"})
        assert (third.status_code, third.json()["error"]["code"]) == (429, "rate_limited")
        assert int(third.headers["retry-after"]) == 5
        with _asking(client, ["203.0.113.8"]) as other:
            wait_for(lambda: len(services.assistant.asked) == 3)
            gate.set()
        wait_for(lambda: len(results) == 2)
        assert results + other == [200] * 3
        wait_for(lambda: client.post(ASK, json=QUESTION, headers=reader()).status_code == 200)


def test_a_reader_who_leaves_gives_the_place_back(settings: Settings) -> None:
    """Ten times, one after the other, with a place for one."""
    services = limited(settings, answers_at_once=1, questions_per_minute=0)
    services.assistant.delay_s = 0.02
    with serving(services) as client:
        for _ in range(10):
            with client.stream("POST", ASK, json=QUESTION, headers=reader() | {"Accept": "text/event-stream"}) as reply:
                assert reply.status_code == 200
                next(reply.iter_lines())
            wait_for(lambda: services.assistant.closed == len(services.assistant.asked))
            time.sleep(0.05)  # the place is given back on the loop, right after the thread is through


class _asking:
    """Questions of these addresses in threads; the statuses of their replies, as they come."""

    def __init__(self, client: httpx.Client, addresses: list[str]) -> None:
        self._results: list[int] = []
        self._threads = [threading.Thread(target=self._ask, args=(client, address)) for address in addresses]

    def _ask(self, client: httpx.Client, address: str) -> None:
        self._results.append(client.post(ASK, json=QUESTION, headers=reader(address)).status_code)

    def __enter__(self) -> list[int]:
        for thread in self._threads:
            thread.start()
        return self._results

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join(20)
