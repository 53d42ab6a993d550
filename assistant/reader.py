"""Reads a model's Markdown while it is being written: cleans it, cuts it into causes, steps, explanation, checks each.

Text that was sent never changes. So a line is sent only as far as it is decided, and an item that its passages do not
support gets its mark before its end is written. Headings become the answer's own; list marks, fences and what stands
under a list item are written as every reader of Markdown understands them, so that code is code for all, and only that.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from assistant.compose import HEADINGS
from assistant.echo import EchoFilter
from assistant.inline import Inline, releasable
from assistant.layout import FENCE, Part, heading, is_bold_only, list_mark, may_be_heading, part_of
from assistant.prompts import NO_ANSWER
from assistant.values import Item
from kb.text import clean
from kb.values import Language

__all__ = ["UNSUPPORTED", "AnswerReader", "Check"]

Check = Callable[[str, Sequence[int]], tuple[Sequence[int], bool]]
"""From an item's Markdown and the numbers that it cites to the numbers that it stands on, and whether it does."""

UNSUPPORTED: dict[Language, str] = {"zh": "（⚠ 出处中未见依据）", "en": "(⚠ not found in its sources)"}
_ORDER: tuple[Part, ...] = ("causes", "steps", "explanation")
_CITED = re.compile(r"\[(\d{1,3})\]")
_DEFINITION = re.compile(r"\s{0,3}\[[^\[\]]+\]:\s*<?(?:[a-z]+:)?(?://|www\.|mailto:)\S*", re.IGNORECASE)
_CODE = re.compile(r"(?s)(```|~~~).*?(?:\1|\Z)|`[^`\n]*`")
_AROUND = " \t*_`\"'“”#"  # what a model may put around the word for "no answer"
_MAX_LINE = 2_000  # a longer line is cut: nothing an expert wrote is one
_MAX_LEAD = 15  # letters; a longer text that ends in a colon says something by itself


@dataclass(slots=True)
class _Open:
    """The item that is being written; `width` is that of its list mark."""

    width: int
    written: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.written)


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
        self._is_wrapped = False  # the whole answer stands in a code block
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
            self._end_fence()
        self._end_item()
        return self._flushed()

    def _flushed(self) -> str:
        sent = "".join(self._out)
        self._out.clear()
        self.text += sent
        return sent

    @property
    def _has_begun(self) -> bool:
        return bool(self.text) or any(self._out)

    def _read(self, text: str) -> None:
        for piece in re.findall(r"[^\n]*\n|[^\n]+", text):
            if self.declined:
                return
            self._line += piece.rstrip("\n")
            if piece.endswith("\n") or len(self._line) > _MAX_LINE:
                self._end_line()
            elif not self._fence:
                self._send_ahead()

    def _send_ahead(self) -> None:
        """Send what is decided of an unfinished line."""
        line = self._line
        bare = line.lstrip(_AROUND)
        undecided = not self._has_begun and (NO_ANSWER.startswith(bare) or bare.startswith(NO_ANSWER))
        if (
            undecided
            or (not self._sent and may_be_heading(line))
            or self._part == "references"
            or line.lstrip().startswith(("#", "```", "~~~"))
        ):
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
        fence = None if sent else FENCE.match(line)
        if self._fence:
            self._end_code_line(line, fence)
        elif not self._has_begun and line.lstrip(_AROUND).startswith(NO_ANSWER):
            self.declined = True
        elif not line.strip():
            self._blank()
        elif fence:
            self._begin_fence(fence)
        elif not sent and _DEFINITION.match(line):
            return
        elif not sent and (title := heading(line)) is not None:
            self._begin_heading(title)
        elif self._part != "references":
            if not sent:
                self._begin_line(line)
                rest = line[self._sent :]
                self._write(self._inline.clean(rest) if self._sent else self._inline.clean_line(rest))
            else:
                self._write(self._inline.clean(line[sent:]))
        self._sent = 0
        self._breaks += not self._fence

    # ---- code

    def _begin_fence(self, fence: re.Match[str]) -> None:
        bare = not fence["info"]
        if (not self._has_begun and fence["info"].lower() in ("markdown", "md")) or (self._is_wrapped and bare):
            self._is_wrapped = True
            return
        if self._part != "references":
            self._begin_line("```", goes_on=self._item is not None)
            self._fence = fence["mark"][0] * 3
            self._write(self._fence + fence["info"])

    def _end_code_line(self, line: str, fence: re.Match[str] | None) -> None:
        if fence and not fence["info"] and fence["mark"].startswith(self._fence[0]):
            self._end_fence()
        else:
            width = self._item.width if self._item else 0
            pad = " " * max(0, width - (len(line) - len(line.lstrip(" "))))
            self._write("\n" + (pad + line if line.strip() else ""))

    def _end_fence(self) -> None:
        width = self._item.width if self._item else 0
        self._write(f"\n{' ' * width}{self._fence}")
        self._fence = ""

    # ---- parts and items

    def _begin_heading(self, title: str) -> None:
        part = part_of(title, self._part)
        if part is None:  # a heading inside the part: a bold line over what follows
            if self._part != "references" and title:
                self._end_item()
                self._begin_line(title)
                self._write(f"**{self._inline.clean_line(title)}**")
            return
        self._end_item()
        if part != self._part and part in _ORDER:
            self._heading = HEADINGS[self._language][_ORDER.index(part)]
        self._part = part

    def _blank(self) -> None:
        if self._item and not self._item.width and not _leads_on(self._item.text):
            self._end_item()

    def _begin_line(self, line: str, *, goes_on: bool | None = None) -> None:
        """Close what is before the line, and write what stands before its text: breaks, heading, mark, indent."""
        mark = list_mark(line)
        if goes_on is None:
            goes_on = self._goes_on(line, listed=mark is not None)
        if not goes_on:
            self._end_item()
            self._write_heading()
        if self._has_begun:
            breaks = "\n" * max(1, min(2, self._breaks))
            self._out.append(breaks)
            if goes_on and self._item:
                self._item.written.append(breaks)
        self._breaks = 0
        if goes_on and self._item:
            indent = len(line) - len(line.lstrip(" "))
            self._write(" " * max(0, self._item.width - indent))
        else:
            self._item = _Open(len(mark[0]) if mark else 0)
            if mark:
                self._write(mark[0])
                self._sent = mark[1]

    def _goes_on(self, line: str, *, listed: bool) -> bool:
        item = self._item
        if item is None:
            return False
        if item.width and line.startswith("  "):
            return True
        return not listed and (self._breaks <= 1 or _leads_on(item.text) or is_bold_only(item.text[item.width :]))

    def _write_heading(self) -> None:
        if self._heading:
            self._out.append(("\n\n" if self._has_begun else "") + f"### {self._heading}")
            self._heading, self._breaks = "", 2

    def _write(self, text: str) -> None:
        self._out.append(text)
        if self._item:
            self._item.written.append(text)

    def _end_item(self) -> None:
        """Check what was written last and add what is missing: the citation that it stands on, or the mark."""
        item, self._item = self._item, None
        if item is None:
            return
        markdown = _moved(item.text, item.width)
        letters = len(re.findall(r"\w", _CITED.sub("", markdown)))
        if not letters or is_bold_only(markdown):
            return  # nothing is said, or only a title over what follows
        cited = list(dict.fromkeys(int(n) for n in _CITED.findall(_CODE.sub("", markdown))))
        numbers, supported = self._check(markdown, cited)
        if not supported and letters <= _MAX_LEAD and _leads_on(markdown):
            return  # "Proceed as follows:"
        added = "".join(f"[{n}]" for n in numbers if n not in cited)
        added += "" if supported else UNSUPPORTED[self._language]
        if added:
            ends_in_block = markdown.rstrip().rpartition("\n")[2].lstrip().startswith(("```", "~~~", "|"))
            self._out.append((f"\n\n{' ' * item.width}" if ends_in_block else " ") + added)
        if self._part == "summary" and added:  # there it is text, not items
            markdown += f" {added}"
        self.parts[self._part].append(Item(markdown, tuple(numbers), supported))


def _leads_on(text: str) -> bool:
    return _CITED.sub("", text).rstrip("* \n").endswith(("：", ":"))


def _moved(text: str, width: int) -> str:
    """An item's content: without the list's mark, its lines moved left as far as the mark is wide."""
    first, *rest = text[width:].split("\n")
    return "\n".join([first, *(line[min(width, len(line) - len(line.lstrip(" "))) :] for line in rest)]).strip("\n")
