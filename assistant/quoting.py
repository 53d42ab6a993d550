"""Quoted sections: what of them a reader sees, under which of the expert's headings, and the span that is cited."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.prose import edited, is_aside, is_code_mark, without_link_to_before
from assistant.values import Citation, Item
from kb.values import Document, Section, SectionKind

__all__ = ["Citations", "Quoted", "item_markdown", "under_headings", "whole_sections"]

_MAX_QUOTE = 900  # characters; neighbouring sections share a citation up to here
_MAX_HEADING_DISTANCE = 400  # characters from a heading to what is quoted under it
# Headings made of these words only ("具体步骤", "Explanation") say nothing that the answer's own headings do not.
_GENERIC_CHARACTERS = frozenset(
    "具体详细解决方案操作处理实施执行分析问题原因步骤说明释指南建议总结论注意事项补充提供给出如下与和及的回答"
    "参考思路法措概览述排查可能额外重要点背景依据小以为"
)
_GENERIC_WORDS = re.compile(
    r"(?:detailed |possible |likely |the |common |recommended |important )*(?:steps?|solutions?|explanations?|notes?"
    r"|summary|conclusion|causes?|reasons?|analysis|background|overview|resolution|troubleshooting|details|answer)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A section of a document for the answer; `markdown` is what readers see, `headings` the expert's above it."""

    document: Document
    section: Section
    markdown: str
    headings: tuple[str, ...] = ()
    start: int = -1  # of the first heading; the section's own where there is none

    @classmethod
    def of(cls, document: Document, section: Section, *, aside: bool = False, follows: bool = True) -> "Quoted":
        """The section without its mark and unusable sentences; with `aside`, without summing up as well.

        `follows` says that what stands before it is quoted, too.
        """
        margin = " " * _margin(document, section)
        markdown = item_markdown(margin + document.section_text(section), aside=aside)
        return cls(document, section, markdown if follows else without_link_to_before(markdown), (), section.start)

    @property
    def item_text(self) -> str:
        """The Markdown with the headings as bold lines above it."""
        return "\n\n".join([*(f"**{heading}**" for heading in self.headings), self.markdown])


def whole_sections(document: Document, kind: SectionKind) -> list[Section]:
    """The sections of a kind; a long one that was cut into several is one again."""
    found: list[Section] = []
    for section in document.sections:
        if found and section.kind == kind == found[-1].kind and _continues(document, found[-1], section):
            found[-1] = replace(found[-1], end=section.end)
        elif section.kind == kind:
            found.append(section)
    return found


def _continues(document: Document, before: Section, section: Section) -> bool:
    """Whether a section goes on with what a heading or list item just before it began."""
    if before.heading != section.heading or document.text[before.end : section.start].strip():
        return False
    titled = (_HEADING.match(document.text, one.start) for one in (before, section))
    return list(map(bool, titled)) == [True, False] or _margin(document, before) < _margin(document, section)


def _margin(document: Document, section: Section) -> int:
    before = document.text[document.text.rfind("\n", 0, section.start) + 1 : section.start]
    return len(before.expandtabs(4)) if not before.strip() else 0


def under_headings(quoted: Sequence[Quoted], *, always: bool = False) -> list[Quoted]:
    """Each section with the telling headings that begin between the one before and it.

    Steps for Linux and steps for Windows are no sequence. Without `always`, headings count only where there are several
    groups under them.
    """
    found: list[Quoted] = []
    for number, one in enumerate(quoted):
        after = quoted[number - 1].section.end if number else len(one.document.question)
        headings = list(_headings(one, after))
        start = headings[0][0] if headings else one.section.start
        titles = tuple(title for _, title in headings)
        found.append(Quoted(one.document, one.section, one.markdown, titles, start))
    return found if always or any(one.headings for one in found[1:]) else list(quoted)


def _headings(one: Quoted, after: int) -> Iterator[tuple[int, str]]:
    """Positions and titles of the headings over a section, outermost first."""
    text, section = one.document.text, one.section
    path = {_letters(title) for title in section.heading.split(" › ")} - {_letters(one.document.title), ""}
    start = max(after, section.start - _MAX_HEADING_DISTANCE)
    lines = [line for line in _LINE.finditer(text, start, section.start) if line[0].strip()]
    for number, line in enumerate(lines):
        title = _title(line[0])
        is_lead = number == len(lines) - 1 and re.fullmatch(r"[^\s|>`*#-].{2,58}[：:]", line[0])
        named = is_lead or (_TITLED.match(line[0]) and _letters(_plain(line[0])) in path)
        if named and not _is_empty(title) and not one.markdown.startswith(f"**{title}"):
            yield line.start(), title


def _is_empty(title: str) -> bool:
    return set(title) <= _GENERIC_CHARACTERS or bool(_GENERIC_WORDS.fullmatch(title)) or is_aside(title)


_LINE = re.compile(r"(?m)^.+$")
_TITLED = re.compile(r"\s{0,3}(?:#|\*\*|__|[^\s*>|`-].*[：:]$)")  # not a table of contents


def _plain(line: str) -> str:
    return re.sub(r"\[([^\[\]]*)\]\([^()\s]*\)", r"\1", line)


def _letters(title: str) -> str:
    return re.sub(r"\W+", "", title)


def _title(line: str) -> str:
    bare = _without_number(line.strip("#*_ \t").rstrip("：: *")).strip("*_ ")
    return "" if "**" in bare else bare


class Citations:
    """Numbers the quoted spans; neighbouring sections of one document share a number."""

    def __init__(self) -> None:
        self.citations: list[Citation] = []

    def items(self, quoted: Sequence[Quoted]) -> tuple[Item, ...]:
        """The items of an answer, each with the number of the citation that holds its words."""
        items: list[Item] = []
        for group in _neighbours(quoted):
            n = self._cite(group[0].document, group[0].start, group[-1].section.end)
            items += [Item(one.item_text, (n,)) for one in group]
        return tuple(items)

    def _cite(self, document: Document, start: int, end: int) -> int:
        n = len(self.citations) + 1
        self.citations.append(Citation.of(document, start, end, n))
        return n


def _neighbours(quoted: Sequence[Quoted]) -> Iterator[list[Quoted]]:
    group: list[Quoted] = []
    for one in quoted:
        if group:
            last = group[-1]
            between = one.document.text[last.section.end : one.start]
            joins = one.document is last.document and last.section.end <= one.start and not between.strip("#\n -*\t")
            if not joins or one.section.end - group[0].start > _MAX_QUOTE:
                yield group
                group = []
        group.append(one)
    if group:
        yield group


_MARK = re.compile(r"(?:[-*+]|\d{1,3}[.)、．])[ \t]+|\d{1,3}[、．](?=\S)")
_HEADING = re.compile(r"(?m)#{1,6}[ \t]+(.+?)[ \t]*#*$")
_NUMBER = re.compile(
    r"(?:步骤|第)\s*[\d一二三四五六七八九十]+\s*步?\s*[:：、.]?\s*|Step\s*\d+\s*[:：.]?\s*|\d{1,2}(?:\.\d{1,2})*[.、:：)]\s*"
    r"|[一二三四五六七八九十]{1,3}[、.．]\s*",
    re.IGNORECASE,
)


def item_markdown(raw: str, *, aside: bool = False) -> str:
    """A section as the content of a list item: without its own mark, number and unusable sentences.

    Lines move left as far as the mark was wide. What is left of each sentence is unchanged; a section that is a list
    of several items stays one. With `aside`, sentences that only sum up go as well. May be empty.
    """
    lines = raw.expandtabs(4).strip("\n").rstrip().split("\n")
    outer = _indent(lines[0])
    mark = _MARK.match(lines[0], outer)
    is_list = mark and any(_indent(line) <= outer and _MARK.match(line, _indent(line)) for line in lines[1:])
    inner = mark.end() if mark and not is_list else outer
    moved = [lines[0][inner:], *(line[min(inner, _indent(line)) :] for line in lines[1:])]
    titled = "\n".join(_with_bold_headings(moved))
    kept = edited(titled, aside=aside).strip()
    return "" if kept != titled.strip() and _BARE_LABEL.fullmatch(kept) else kept


_BARE_LABEL = re.compile(r"\W*|\*\*[^*\n]+\*\*(?:[（(][^（）()\n]*[）)])?\s*[：:]?")


def _without_number(title: str) -> str:
    number = _NUMBER.match(title)
    return title[number.end() :] if number else title


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _with_bold_headings(lines: Sequence[str]) -> Iterator[str]:
    in_code = False
    for number, line in enumerate(lines):
        in_code ^= is_code_mark(line)
        heading = None if in_code else _HEADING.match(line)
        if not heading:
            yield line
            continue
        if is_aside(heading[1]):
            continue
        title = heading[1] if number else _without_number(heading[1].strip("*"))
        yield f"**{title.replace('**', '').strip('*')}**"
        if lines[number + 1 : number + 2] != [""]:
            yield ""
