"""The built-in engine: composes causes, steps and explanation from the experts' own words, and quotes only.

Steps come from one document, because steps of two procedures do not add up to one. What the best document lacks, the
next near one may give. Every item is a section of a document, less its list or heading mark, and cites the span it
stands in.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.values import Citation, Item
from kb.text import tokens
from kb.values import Document, Hit, Section, SectionKind

__all__ = ["Draft", "compose", "item_markdown"]

ENGINE = "extractive"
_MAX_CAUSES, _MAX_STEPS, _MAX_EXPLANATIONS = 6, 10, 4
_MAX_QUOTE = 900  # characters; neighbouring sections share a citation up to here
_SUPPORT = 0.85  # a further document may fill in what the best one lacks from this share of its score on
_SAME = 0.8  # token overlap (Jaccard) from which two items say the same
_SCAFFOLD = re.compile(
    r"让我们|一步步|综上|以上(?:步骤|信息|内容)|如果(?:以上|问题(?:依然|仍))|希望(?:这|以上|能)|^(?:根据|针对|关于|对于)(?:您|你|用户)|^(?:您|你)"
    r"|let'?s (?:look|go|analy)|step by step|hope this helps|^(?:based on|according to) (?:your|the)",
    re.IGNORECASE,
)
# Words about the material that an expert answered from, which a reader never saw.
_LEAK = re.compile(
    r"[^。！？：:*\n]*(?:(?:提供|已有|上述)的?(?:知识|信息|内容|资料)|已知信息|知识(?:库|内容|段落)(?:中|里)?)[^。！？\n]*(?:[。！？]|$)"
    r"|[^.!?:*\n]*\b(?:provided|given|above) (?:knowledge|information|context)\b[^.!?\n]*(?:[.!?](?:\s|$)|$)",
    re.IGNORECASE | re.MULTILINE,
)
_CONTINUES = re.compile(r"(?:如下|以下|下面|following|below)?[：:]\s*$")


@dataclass(frozen=True, slots=True)
class Draft:
    """What the engine composed; `summary` is empty or one item."""

    summary: tuple[Item, ...] = ()
    causes: tuple[Item, ...] = ()
    steps: tuple[Item, ...] = ()
    explanation: tuple[Item, ...] = ()
    citations: tuple[Citation, ...] = ()


def compose(hits: Sequence[Hit]) -> Draft:
    """Causes, steps and explanation for a question from its hits, best first; empty when nothing can be quoted."""
    if not hits:
        return Draft()
    near = [hit for hit in hits[:3] if hit is hits[0] or hit.score >= _SUPPORT * hits[0].score]
    picked = _Picked()
    causes = _first_with(near, "cause", _MAX_CAUSES, picked)
    steps = _first_with(near, "step", _MAX_STEPS, picked)
    explanation = picked.take(near[0].document, _explaining(near[0], bool(causes or steps)), _MAX_EXPLANATIONS)
    summary = picked.take(near[0].document, _leading(near[0].document), 1) if causes or steps else []
    cite = _Citations()
    return Draft(
        summary=cite.items(summary),
        causes=cite.items(causes),
        steps=cite.items(steps),
        explanation=cite.items(explanation),
        citations=tuple(cite.citations),
    )


_Quoted = tuple[Document, Section]


class _Picked:
    """Chooses sections and leaves out what was already said."""

    def __init__(self) -> None:
        self._seen: list[frozenset[str]] = []

    def take(self, document: Document, sections: Iterable[Section], limit: int) -> list[_Quoted]:
        taken: list[_Quoted] = []
        for section in sections:
            words = frozenset(tokens(item_markdown(document.section_text(section))))
            if len(taken) < limit and words and not any(_overlap(words, other) >= _SAME for other in self._seen):
                self._seen.append(words)
                taken.append((document, section))
        return taken


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _first_with(hits: Sequence[Hit], kind: SectionKind, limit: int, picked: _Picked) -> list[_Quoted]:
    for hit in hits:
        sections = [section for section in hit.document.sections if section.kind == kind]
        if hit.document.kind == "page":  # a page holds many procedures; only the one that matched counts
            headings = {passage.heading for passage in hit.passages if passage.kind == kind}
            sections = [section for section in sections if section.heading in headings]
        if sections:
            return picked.take(hit.document, sections, limit)
    return []


def _explaining(hit: Hit, is_supplement: bool) -> Iterator[Section]:
    # Beside causes and steps only what the expert marked as explanation or note; alone, whatever matched.
    document = hit.document
    kinds = ("explanation", "note") if is_supplement else ("explanation", "note", "text", "cause", "step")
    spans = [(passage.start, passage.end) for passage in hit.passages]
    for section in document.sections:
        matched = any(section.start < end and start < section.end for start, end in spans)
        if section.kind in kinds and (matched or (is_supplement and document.kind == "qa")):
            text = document.section_text(section)
            if not _SCAFFOLD.search(text) and not _CONTINUES.search(text):
                yield section


def _leading(document: Document) -> Iterator[Section]:
    # The sentence before the first cause or step, where experts put the answer in short.
    for section in document.sections:
        if section.kind in ("cause", "step"):
            return
        text = document.section_text(section)
        if section.kind == "text" and len(text) <= 400 and not _SCAFFOLD.search(text) and not _CONTINUES.search(text):
            yield section


class _Citations:
    """Numbers the quoted spans; neighbouring sections of one document share a number."""

    def __init__(self) -> None:
        self.citations: list[Citation] = []

    def items(self, quoted: Sequence[_Quoted]) -> tuple[Item, ...]:
        items: list[Item] = []
        for group in _neighbours(quoted):
            document, first = group[0]
            n = self._cite(document, first.start, group[-1][1].end)
            items += [Item(item_markdown(document.section_text(section)), (n,)) for _, section in group]
        return tuple(items)

    def _cite(self, document: Document, start: int, end: int) -> int:
        n = len(self.citations) + 1
        self.citations.append(
            Citation(
                n=n,
                document=document.id,
                product=document.product,
                title=document.title,
                url=document.url,
                quote=document.text[start:end],
                start=start,
                end=end,
                reviewed=document.reviewed,
            )
        )
        return n


def _neighbours(quoted: Sequence[_Quoted]) -> Iterator[list[_Quoted]]:
    group: list[_Quoted] = []
    for document, section in quoted:
        if group:
            last_document, last = group[-1]
            between = document.text[last.end : section.start]
            joins = document is last_document and last.end <= section.start and not between.strip("#\n -*\t")
            if not joins or section.end - group[0][1].start > _MAX_QUOTE:
                yield group
                group = []
        group.append((document, section))
    if group:
        yield group


_MARK = re.compile(r"(?:[-*+]|\d{1,3}[.)、．])[ \t]+|\d{1,3}[、．](?=\S)")
_HEADING = re.compile(r"#{1,6}[ \t]+(.+?)[ \t]*#*$")
_NUMBER = re.compile(
    r"(?:步骤|第)\s*[\d一二三四五六七八九十]+\s*步?\s*[:：、.]?\s*|Step\s*\d+\s*[:：.]?\s*|\d{1,2}(?:\.\d{1,2})*[.、:：)]\s*",
    re.IGNORECASE,
)


def item_markdown(raw: str) -> str:
    """A section as the content of a list item: without its own mark, number and talk about the expert's material.

    Lines move left as far as the mark was wide. What is left of each sentence is unchanged; a section that is a list
    of several items stays one.
    """
    lines = raw.expandtabs(4).strip("\n").rstrip().split("\n")
    outer = _indent(lines[0])
    mark = _MARK.match(lines[0], outer)
    is_list = mark and any(_indent(line) <= outer and _MARK.match(line, _indent(line)) for line in lines[1:])
    inner = mark.end() if mark and not is_list else outer
    moved = [lines[0][inner:], *(line[min(inner, _indent(line)) :] for line in lines[1:])]
    return "\n".join(_prose_edited(moved)).strip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _prose_edited(lines: Sequence[str]) -> Iterator[str]:
    # Headings become bold lines and sentences about the material go; code stays as it is.
    in_fence = False
    for number, line in enumerate(lines):
        if line.lstrip().startswith(("```", "~~~")):
            in_fence = not in_fence
        heading = _HEADING.match(line)
        if in_fence:
            yield line
        elif heading:
            title = heading[1].strip("*")
            yield f"**{_NUMBER.sub('', title, count=1) if number == 0 else title}**"
            if lines[number + 1 : number + 2] != [""]:
                yield ""
        elif _LEAK.search(line):
            rest = _LEAK.sub("", line)
            if re.search(r"\w", rest):
                yield rest
        else:
            yield line
