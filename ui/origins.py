"""Origins that settings name: exact ones, and patterns that match one label or, on this machine, any port.

There is no free regular expression in the settings: a forgotten anchor or a bare dot once let `example.org.evil.com` in
elsewhere. Source: https://github.com/encode/starlette/issues/801
"""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator

__all__ = ["OriginPattern", "Origins"]

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_PATTERN = re.compile(
    rf"(?P<scheme>https?)://(?P<wildcard>\*\.)?(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::(?P<port>[1-9]\d{{0,4}}|\*))?"
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def _check(value: str) -> str:
    found = _PATTERN.fullmatch(value)
    if found is None:
        raise ValueError(
            f"{value!r} is not an origin such as https://docs.example.org or https://*.example.org, in lower case and "
            "without a path"
        )
    if found["wildcard"] and "." not in found["host"]:
        raise ValueError(f"{value!r} would hold for a whole top-level domain")
    if found["port"] == _DEFAULT_PORTS[found["scheme"]]:
        raise ValueError(f"{value!r} names the usual port, which browsers leave out; so must this")
    if found["port"] == "*" and (found["host"] not in _LOOPBACK or found["wildcard"]):
        raise ValueError(f"{value!r} may leave the port open on {', '.join(sorted(_LOOPBACK))} only")
    return value


OriginPattern = Annotated[str, AfterValidator(_check)]
"""`https://docs.example.org`, `https://*.example.org` (exactly one label) or `http://localhost:*` (any port)."""


class Origins:
    """Whether an origin is among these patterns: `"https://docs.example.org" in origins`."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [re.compile(_expression(pattern)) for pattern in patterns]

    def __contains__(self, origin: object) -> bool:
        return isinstance(origin, str) and any(pattern.fullmatch(origin) for pattern in self._patterns)


def _expression(pattern: str) -> str:
    escaped = re.escape(pattern)
    return escaped.replace(r"//\*\.", rf"//{_LABEL}\.").replace(r":\*", r":[1-9][0-9]{0,4}")
