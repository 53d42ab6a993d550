"""How much one address may do, and one site together: moving windows in the memory of the one process that serves.

The key is what the connection says (behind a configured proxy, what the proxy says), never what the caller chooses:
a session, a header of its own or a site's id would be changed at will. IPv6 callers own at least a /64, so that counts
as one. Time is monotonic: a corrected clock neither frees nor locks anybody.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Literal

from starlette.requests import HTTPConnection

from kb.errors import TooManyRequests
from ui.settings import LimitSettings

__all__ = ["Limits", "address_of"]

_Kind = Literal["question", "site", "search", "rating"]

_MINUTE_S, _DAY_S = 60, 86_400
_MAX_KEYS = 50_000  # the callers seen longest ago are forgotten, so a flood from many addresses costs bounded memory
_PLACE_RETRY_S = 5
_UNITS = ((3600, "hours", "小时"), (60, "minutes", "分钟"), (1, "seconds", "秒"))

_Rate = tuple[int, int]  # so many, in so many seconds
_Key = tuple[_Kind, str]


class Limits:
    """Counts what callers do, and says when it is too much. Thread-safe."""

    def __init__(self, settings: LimitSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._exempt = settings.exempt
        self._at_once = settings.answers_at_once
        self._rates: dict[_Kind, list[_Rate]] = {
            "question": _in_force((settings.questions_per_minute, _MINUTE_S), (settings.questions_per_day, _DAY_S)),
            "site": _in_force((settings.site_questions_per_minute, _MINUTE_S)),
            "search": _in_force((settings.searches_per_minute, _MINUTE_S)),
            "rating": _in_force((settings.ratings_per_minute, _MINUTE_S)),
        }
        self._window = _MovingWindow(clock)
        self._places: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def asking(self, address: str, site: str = "") -> Iterator[None]:
        """One question of an address, and of a site: counted, and one of its few answers at once while the block lasts.

        Raises:
            TooManyRequests: the address, or the site, has used up its allowance, or as many answers as the address may
                have are being made. What an address is refused costs neither it nor the site anything.
        """
        client = self._client(address)
        with self._place(client):
            self._count(("question", client), ("site", site))
            yield

    def count(self, kind: Literal["search", "rating"], address: str) -> None:
        """Count one act of an address.

        Raises:
            TooManyRequests: the address has used up its allowance; nothing is counted.
        """
        self._count((kind, self._client(address)))

    def _count(self, *acts: tuple[_Kind, str]) -> None:
        limited = {(kind, who): self._rates[kind] for kind, who in acts if who and self._rates[kind]}
        if wait_s := self._window.hit(limited):
            raise _too_many(math.ceil(wait_s))

    @contextmanager
    def _place(self, client: str) -> Iterator[None]:
        if not client or not self._at_once:
            yield
            return
        with self._lock:
            if self._places[client] >= self._at_once:
                raise _too_many(_PLACE_RETRY_S)
            self._places[client] += 1
        try:
            yield
        finally:
            with self._lock:
                self._places[client] -= 1
                if not self._places[client]:
                    del self._places[client]

    def _client(self, address: str) -> str:
        """What an address counts as; "" for one that has no limits."""
        ip = _parsed(address)
        if ip is None:
            return "unknown"  # a trusted proxy that does not say for whom: all of its callers share one allowance
        if any(ip in network for network in self._exempt):
            return ""
        return str(ip) if ip.version == 4 else str(IPv6Network((int(ip) >> 64 << 64, 64)))


def address_of(connection: HTTPConnection) -> str:
    """Whose request it is: the peer's address, or the one that a configured proxy names."""
    return connection.client.host if connection.client else ""


class _MovingWindow:
    """When each key was seen last. Written here because `limits` counts by the wall clock and one window at a time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times: dict[_Key, list[float]] = {}
        self._lock = threading.Lock()

    def hit(self, limited: Mapping[_Key, list[_Rate]]) -> float:
        """Count one for each key and return 0; or count nothing and return in how many seconds all have room."""
        with self._lock:
            now, wait_s = self._clock(), 0.0
            for key, rates in limited.items():
                times = self._times[key] = self._times.pop(key, [])  # the latest key last
                full = [times[-most] + window_s for most, window_s in rates if len(times) >= most]
                wait_s = max([wait_s, *(end - now for end in full)])
            if wait_s > 0:
                return wait_s
            for key, rates in limited.items():
                self._times[key].append(now)
                del self._times[key][: -max(most for most, _ in rates)]
            while len(self._times) > _MAX_KEYS:
                del self._times[next(iter(self._times))]
        return 0.0


def _in_force(*rates: _Rate) -> list[_Rate]:
    return [rate for rate in rates if rate[0]]


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip


def _too_many(retry_after_s: int) -> TooManyRequests:
    size_s, english, chinese = next((unit for unit in _UNITS if retry_after_s > unit[0]), _UNITS[-1])
    amount = math.ceil(retry_after_s / size_s)
    message = (
        f"That was a lot in a short time. Please try again in {amount} {english}. "
        f"（操作过于频繁，请在 {amount} {chinese}后再试。）"
    )
    return TooManyRequests(message, retry_after_s)
