"""What of a model's line may be shown: no image, no link but to the documents' hosts, no citation that points nowhere.

A stream comes in pieces, so a line is released only as far as nothing that follows can change what it means.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from kb.values import Language

__all__ = ["Inline", "releasable"]

_URL = r"(?:[a-z][a-z0-9+.-]{1,20}:)?//[^\s<>()\[\]`\"'，。；、）】]+|www\.[^\s<>()\[\]`\"'，。；、）】]+"
_NUMBERS = r"\d{1,3}(?:\s*[,，、-]\s*\d{1,3})*"
_PART = re.compile(
    rf"(?P<code>(?P<ticks>`+).+?(?P=ticks)(?!`))"
    rf"|(?:\[(?P<cited>{_NUMBERS})\]|【(?P<lenticular>{_NUMBERS})】)(?:\([^()\s]*\))?"
    r"|!?\[(?P<text>[^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])"
    r"|(?P<frame></?(?:passages?|history|question)\b[^<>]*>)"
    r"|(?P<definition>^\s{0,3}\[[^\[\]]+\]:.*$)"
    rf"|<(?P<auto>[a-z][a-z0-9+.-]*:[^\s<>]*)>|(?P<url>{_URL})",
    re.IGNORECASE,
)
# The end of a line that may still become something else: code, a link, an address, a word, the start of a list item.
_UNFINISHED = re.compile(
    r"(?:!?\[[^\[\]]{0,200}(?:\](?:\([^()]{0,500}|\[[^\[\]]{0,200})?)?|\][(\[]?|【[\d,，、\s-]*|<[^<>\s]{0,500}"
    r"|</?(?:passages?|history|question)\b[^<>]{0,500}|[!-~]+)$"
)
_REMOVED: dict[Language, str] = {"zh": "（链接已移除）", "en": "(link removed)"}
_LOCAL = re.compile(r"localhost|127(?:\.\d{1,3}){3}|\[::1\]|(?:[\w-]+\.)*example\.(?:com|org|net)", re.IGNORECASE)


def releasable(line: str) -> int:
    """How many characters of an unfinished line can be shown already."""
    if re.match(r"\s{0,3}\[(?!\d)", line):  # it may become the definition of a link
        return 0
    end = len(line)
    unfinished = _UNFINISHED.search(line)
    if unfinished:
        end = unfinished.start()
    ticks = [match.start() for match in re.finditer("`+", line)]
    if len(ticks) % 2:
        end = min(end, ticks[-1])
    straddling = (match.start() for match in _PART.finditer(line) if match.start() < end < match.end())
    return min(straddling, default=end)


@dataclass(slots=True)
class Inline:
    """Cleans lines of one answer. `numbers` are the citations that exist, `hosts` those that may be linked to."""

    numbers: Collection[int]
    hosts: Collection[str]
    language: Language
    dropped: int = 0  # citations that pointed nowhere

    def clean(self, text: str) -> str:
        """The text as it may be shown; a whole line, or a piece up to where it was `releasable`."""
        return _PART.sub(self._part, text)

    def _part(self, match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        if cited := match["cited"] or match["lenticular"]:
            return "".join(f"[{n}]" for n in self._known(cited))
        if match["definition"] is not None or match["frame"]:
            return ""
        if match["text"] is not None:
            return self.clean(match["text"])
        url = match["auto"] or match["url"]
        return url if self._is_allowed(url) else _REMOVED[self.language]

    def _known(self, cited: str) -> list[int]:
        found: list[int] = []
        for part in re.split(r"\s*[,，、]\s*", cited):
            first, _, last = part.partition("-")
            found += range(int(first), int(last or first) + 1)
        known = [n for n in found if n in self.numbers]
        self.dropped += len(found) - len(known)
        return known

    def _is_allowed(self, url: str) -> bool:
        try:
            parts = urlsplit(url if "//" in url else f"//{url}")
            host = parts.hostname or ""
        except ValueError:
            return False
        if "@" in parts.netloc or parts.scheme not in ("", "http", "https", "jdbc", "grpc", "nacos"):
            return False
        return host in self.hosts or bool(_LOCAL.fullmatch(host))
