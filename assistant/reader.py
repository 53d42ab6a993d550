"""Reads a model's Markdown while it is being written: cleans it, cuts it into causes, steps, explanation, checks each.

Text that was sent never changes. So a line is sent only as far as it is decided, and an item that its passages do not
support gets its mark before its end is written. The model's layout stays; its headings become the answer's own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.compose import HEADINGS
from assistant.echo import EchoFilter
from assistant.inline import Inline, releasable
from assistant.prompts import NO_ANSWER
from assistant.values import Item
from kb.text import clean
from kb.values import Language

__all__ = ["UNSUPPORTED", "AnswerReader", "Check"]

Part = Literal["summary", "causes", "steps", "explanation"]
Check = Callable[[str, Sequence[int]], tuple[Sequence[int], bool]]
"""From an item's Markdown and the numbers that it cites to the numbers that it stands on, and whether it does."""

UNSUPPORTED: dict[Language, str] = {"zh": "（⚠ 出处中未见依据）", "en": "(⚠ not found in its sources)"}
_PARTS: dict[Part, re.Pattern[str]] = {
    "causes": re.compile(r"原因|cause|reason", re.IGNORECASE),
    "steps": re.compile(r"步骤|解决|方法|处理|step|fix|solution|what to do", re.IGNORECASE),
    "explanation": re.compile(r"说明|解释|补充|注意|explanation|background|note", re.IGNORECASE),
}
_HEADING = re.compile(r"\s{0,3}#{1,6}\s*(.*?)[\s#:：]*$")
_LISTED = re.compile(r"\s{0,1}(?:\d{1,2}[.)、]|[-*+])\s+")
_FENCE = re.compile(r"\s*(```|~~~)")
_CITED = re.compile(r"\[(\d{1,3})\]")
_CODE = re.compile(r"(?s)(```|~~~).*?(?:\1|\Z)|`[^`\n]*`")
_MAX_LINE = 2_000  # a longer line is cut: nothing an expert wrote is one


@dataclass(slots=True)
class _Open:
    """The item that is being written."""

    listed: bool
    lines: list[str]


class AnswerReader:
    """Takes one model's answer apart.

    `check` judges each item; `inline` says which numbers and hosts exist; runs of `secret` do not pass. Afterwards
    `parts` holds the items by part of the answer, `text` all that was sent, and `declined` whether the model said that
    it has no answer.
    """

    def __init__(self, inline: Inline, check: Check, language: Language, *, secret: str = "") -> None:
        self.parts: dict[Part, list[Item]] = {"summary": [], "causes": [], "steps": [], "explanation": []}
        self.text = ""
        self.declined = False
        self._inline, self._check, self._language = inline, check, language
        self._echo = EchoFilter(secret)
        self._part: Part = "summary"
        self._heading = ""  # waits for the first item under it
        self._line = ""
        self._sent = 0  # characters of the line that were sent or need not be
        self._breaks = 0  # line ends that wait for what follows
        self._fence = ""
        self._item: _Open | None = None
        self._out: list[str] = []

    def feed(self, piece: str) -> str:
        """What of the answer can be sent now, often nothing."""
        self._read(self._echo.feed(clean(piece.replace("\r", ""))))
        return self._flushed()

    def close(self) -> str:
        """The rest, when the model has ended or was cut off."""
        self._read(self._echo.close())
        if self._line:
            self._end_line()
        if self._fence:
            self._write(f"\n{self._fence}")
            self._fence = ""
        self._end_item()
        return self._flushed()

    def _flushed(self) -> str:
        sent = "".join(self._out)
        self._out.clear()
        self.text += sent
        return sent

    def _read(self, text: str) -> None:
        for piece in text.splitlines(keepends=True):
            self._line += piece.rstrip("\n")
            if piece.endswith("\n") or len(self._line) > _MAX_LINE:
                self._end_line()
            else:
                self._send_ahead()

    def _send_ahead(self) -> None:
        """Send what is decided of an unfinished line."""
        line = self._line
        decided = len(line.strip()) >= len(NO_ANSWER) or not NO_ANSWER.startswith(line.strip())
        if self._fence or not decided or line.lstrip().startswith("#"):
            return
        end = releasable(line)
        if end > self._sent and line[:end].strip():
            if not self._sent:
                self._begin_line(line)
            self._write(self._inline.clean(line[self._sent : end]))
            self._sent = end

    def _end_line(self) -> None:
        line, sent = self._line, self._sent
        self._line, self._sent = "", 0
        if line.strip(" .。").removeprefix(NO_ANSWER) != line.strip(" .。") and not sent:
            self.declined = self.declined or not any(self.parts.values()) and self._item is None
            return
        fence = _FENCE.match(line)
        if self._fence:
            self._write("\n" + line)
            if fence and fence[1] == self._fence:
                self._fence = ""
        elif not line.strip():
            self._blank()
        elif heading := _HEADING.match(line) if line.lstrip().startswith("#") else None:
            self._begin_part(heading[1])
        else:
            if not sent:
                self._begin_line(line)
            self._write(line[sent:] if fence else self._inline.clean(line[sent:]))
            self._fence = fence[1] if fence else ""
        self._breaks += not self._fence

    def _blank(self) -> None:
        if self._item and not self._item.listed:
            self._end_item()

    def _begin_part(self, title: str) -> None:
        self._end_item()
        for part, pattern in _PARTS.items():
            if pattern.search(title):
                self._part = part
                self._heading = HEADINGS[self._language][list(_PARTS).index(part)]
                return

    def _begin_line(self, line: str) -> None:
        listed = bool(_LISTED.match(line))
        goes_on = self._item is not None and (
            line.startswith("  ") or bool(_FENCE.match(line)) or (not listed and self._breaks == 1)
        )
        if not goes_on:
            self._end_item()
            if self._heading:
                self._out.append(("\n\n" if self.text or self._out else "") + f"### {self._heading}")
                self._heading, self._breaks = "", 2
            self._item = _Open(listed, [""])
        if self.text or self._out:
            self._breaks = max(1, min(2, self._breaks))
            self._out.append("\n" * self._breaks)
            if goes_on and self._item:
                self._item.lines.append("\n" * self._breaks)
        self._breaks = 0

    def _write(self, text: str) -> None:
        self._out.append(text)
        if self._item:
            self._item.lines.append(text)

    def _end_item(self) -> None:
        """Check what was written last and add what is missing: the citation that it stands on, or the mark."""
        item, self._item = self._item, None
        if item is None:
            return
        written = "".join(item.lines)
        mark = _LISTED.match(written)
        width = mark.end() if mark else 0
        markdown = _without_mark(written, width)
        if not re.search(r"\w", _CITED.sub("", markdown)) or markdown.rstrip().endswith(("：", ":")):
            return  # nothing is said, or only announced
        cited = list(dict.fromkeys(int(n) for n in _CITED.findall(_CODE.sub("", markdown))))
        numbers, supported = self._check(markdown, cited)
        added = "".join(f"[{n}]" for n in numbers if n not in cited) + (
            "" if supported else UNSUPPORTED[self._language]
        )
        if added:
            ends_in_block = markdown.rstrip().rpartition("\n")[2].lstrip().startswith(("```", "~~~", "|"))
            self._out.append((f"\n\n{' ' * width}" if ends_in_block else " ") + added)
        self.parts[self._part].append(Item(markdown, tuple(numbers), supported))


def _without_mark(text: str, width: int) -> str:
    """An item's content: without the list's mark, its lines moved left as far as the mark is wide."""
    first, *rest = text[width:].split("\n")
    return "\n".join([first, *(line[min(width, len(line) - len(line.lstrip(" "))) :] for line in rest)]).strip("\n")
