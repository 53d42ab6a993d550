"""The one client that looks at addresses which stand in documents. It reaches public machines only.

The name is resolved once, every address that it has is checked, and the connection goes to the address that was
checked, so that a name which changes its mind leads nowhere else. Each redirect is treated in the same way. No body is
read, and no proxy or credentials of the environment are used.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

__all__ = ["Fetched", "Fetcher", "is_public"]

_TIMEOUT_S = 10
_HOPS = 5
_ALIVE = (
    401,
    403,
    405,
    406,
    407,
    408,
    425,
    429,
    451,
    503,
)  # there is something, which does not talk to programs, or now
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered; `status` is that of HTTP, 0 without an answer, and `reason` says why it is dead."""

    status: int
    dead: bool
    reason: str = ""


class _Refused(Exception):
    """The address is none that is fetched."""


class Fetcher:
    """Looks at addresses. `allows` says which IP addresses may be connected to; `resolve` gives those of a name."""

    def __init__(self, *, allows: Callable[[str], bool] | None = None, resolve: Resolve | None = None) -> None:
        self._allows = allows or is_public
        self._resolve = resolve or _resolve
        self._tls = httpx.create_ssl_context()  # takes longer than a request

    async def look(self, url: str) -> Fetched:
        """What is there, within ten seconds. Never raises: what goes wrong is the result."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await self._followed(url)
        except TimeoutError:
            return Fetched(0, True, f"no answer within {_TIMEOUT_S} s")
        except _Refused as refusal:
            return Fetched(0, True, str(refusal))
        except (OSError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return Fetched(0, True, f"no answer ({type(error).__name__})")

    async def _followed(self, url: str) -> Fetched:
        for _ in range(_HOPS):
            status, place = await self._answer(url)
            if not place:
                dead = status >= 400 and status not in _ALIVE
                return Fetched(status, dead, f"status {status}" if dead else "")
            url = urljoin(url, place)
        raise _Refused(f"more than {_HOPS} redirects")

    async def _answer(self, url: str) -> tuple[int, str]:
        """Status, and where it leads on to."""
        target = httpx.URL(url)
        if target.scheme not in ("http", "https") or not target.host or target.userinfo:
            raise _Refused("not a plain web address")
        port = target.port or (443 if target.scheme == "https" else 80)
        addresses = await self._resolve(target.host, port)
        if not addresses or not all(self._allows(address) for address in addresses):
            raise _Refused("not a public address")
        headers = {"Host": target.netloc.decode(), "User-Agent": "Dayi link check", "Accept": "*/*"}
        pinned = target.copy_with(host=addresses[0])
        extensions = {"sni_hostname": target.host}
        async with (
            httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_S, verify=self._tls) as client,
            client.stream("GET", pinned, headers=headers, extensions=extensions) as reply,
        ):
            return reply.status_code, reply.headers.get("location", "") if reply.is_redirect else ""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet, also where it is wrapped into an IPv6 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner or ip.teredo:
            return bool(inner) and is_public(str(inner))
    return ip.is_global and not ip.is_multicast


async def _resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
