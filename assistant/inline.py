"""What of a model's line may be shown: no image, no link but to the documents' hosts, no citation that points nowhere.

A stream comes in pieces, so a line is released only as far as nothing that follows can change what it means. What is
code here must be code to every reader of Markdown: spans end in their line, and a backtick without a partner goes.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from kb.values import Language

__all__ = ["Inline", "releasable"]

_URL = r"(?:[a-z][a-z0-9+.-]{1,20}:)?//[^\s<>()\[\]`\"'，。；、）】]+|www\.[^\s<>()\[\]`\"'，。；、）】]+"
_NUMBERS = r"\^?\d{1,3}(?:\s*[,，、–-]\s*\d{1,3})*"
_ADDRESS = r"\((?=[^()\s]*[/.:@#])[^()\s]*\)"
_PART = re.compile(
    r"\\[`\[\]()!<>\\]"
    r"|(?P<code>(?P<ticks>`++)(?P<content>.+?)(?<!`)(?P=ticks)(?!`))|(?P<lone>`++|~{3,})"
    rf"|(?:[\[［](?P<cited>{_NUMBERS})[\]］]|【(?P<lenticular>{_NUMBERS})(?:†[^】]*)?】)(?:{_ADDRESS})?"
    r"|!?\[(?P<text>[^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])|(?P<target>\]\()"
    r"|(?P<frame></?(?:passages?|history|question)\b[^<>]*>)"
    rf"|(?<!<)<++(?P<auto>[a-z][a-z0-9+.-]*:[^\s<>]*)>+|(?<!<)<++(?P<mail>[^\s<>@]+@[^\s<>]+)>+|(?P<url>{_URL})",
    re.IGNORECASE,
)
# The end of a line that may still become something else: code, a link, an address, a word, the start of a list item.
_UNFINISHED = re.compile(
    r"(?:!?\[[^\[\]]{0,200}(?:\](?:\([^()]{0,500}|\[[^\[\]]{0,200})?)?|\][(\[]?|[【［][^】］]{0,40}|<[^<>\s]{0,500}"
    r"|</?(?:passages?|history|question)\b[^<>]{0,500}|[!-~]+|\\)$"
)
_BRACKETED = re.compile(r"\s{0,3}\[[^\[\]]*(?:\](?P<after>.)?)?")
_REMOVED: dict[Language, str] = {"zh": "（链接已移除）", "en": "(link removed)"}
_LOCAL = re.compile(r"localhost|127(?:\.\d{1,3}){3}|\[::1\]|(?:[\w-]+\.)*example\.(?:com|org|net)", re.IGNORECASE)


def releasable(line: str) -> int:
    """How many characters of an unfinished line can be shown already."""
    first = _BRACKETED.match(line)
    if first and (first["after"] == ":" or first.end() == len(line)):  # it may be the definition of a link
        return 0
    end = len(line)
    unfinished = _UNFINISHED.search(line)
    if unfinished:
        end = unfinished.start()
    for part in _PART.finditer(line):
        if part["lone"] or part.start() < end < part.end():  # a backtick may still find its partner
            return min(end, part.start())
    return end


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

    def clean_line(self, line: str) -> str:
        """The same for a whole line, which may not define the target of a link either."""
        first = _BRACKETED.match(line)
        if first and first["after"] == ":":
            line = f"{line[: first.end() - 1]} {line[first.end() - 1 :]}"
        return self.clean(line)

    def _part(self, match: re.Match[str]) -> str:
        if match["code"]:
            # Tables are cut into cells before code is seen: such a span is not code to everybody.
            return self.clean(match["content"]) if "|" in match["content"] else match[0]
        if cited := match["cited"] or match["lenticular"]:
            return self._citations(match, cited)
        if match["lone"] or match["frame"]:
            return ""
        if match["target"]:
            return "] ("
        if match["text"] is not None:
            return self.clean(match["text"])
        if url := match["auto"] or match["url"]:
            return url if self._is_allowed(url) else _REMOVED[self.language]
        return match["mail"] or match[0]

    def _citations(self, match: re.Match[str], cited: str) -> str:
        found: list[int] = []
        for part in re.split(r"\s*[,，、]\s*", cited.lstrip("^")):
            first, *last = (int(number) for number in re.split(r"\s*[–-]\s*", part))
            found += range(first, last[0] + 1) if last else [first]
        known = [n for n in found if n in self.numbers]
        before = match.string[match.start() - 1 : match.start()]
        if not known and before.isascii() and before.isalnum():  # args[0]
            return match[0]
        self.dropped += max(1, len(found)) - len(known) if len(known) < max(1, len(found)) else 0
        return "".join(f"[{n}]" for n in known)

    def _is_allowed(self, url: str) -> bool:
        try:
            parts = urlsplit(url if "//" in url else f"//{url}")
            host = parts.hostname or ""
        except ValueError:
            return False
        if "@" in parts.netloc or parts.scheme not in ("", "http", "https", "jdbc", "grpc", "nacos"):
            return False
        return host in self.hosts or bool(_LOCAL.fullmatch(host))
