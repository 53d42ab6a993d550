"""Documents cut into passages: what is embedded, indexed and cited.

A passage is a run of neighbouring sections of one kind under one heading. Sections stay whole; only one that is longer
than a reader can be shown is cut, between lines and outside code where there is a choice.
"""

import re
from collections.abc import Callable, Iterator

from kb.embedding.base import Embedder
from kb.records import Batch
from kb.values import Document, Passage, Section

__all__ = ["embedding_text", "prepared", "split"]

_TARGET = 800  # characters a passage grows to
_LONGEST_SECTION = 1200  # characters of a section that is still not cut
_LONGEST_EMBEDDED = 2000  # characters; static and transformer models alike see little beyond
_FENCE = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})")
_SOFT_BREAK = re.compile(r"[。！？；]|[.!?;,，、]\s|\s")

_Span = tuple[int, int]


def split(document: Document) -> list[Passage]:
    """Passages of a document in order, all sections except references covered.

    About 400 to 800 characters each; `text == document.text[start:end]`.
    """
    passages: list[Passage] = []
    open_run: Section | None = None
    for section in document.sections:
        fits = open_run is not None and (open_run.kind, open_run.heading) == (section.kind, section.heading)
        if open_run and fits and section.end - open_run.start <= _TARGET:
            open_run = Section(section.kind, section.heading, open_run.start, section.end)
            continue
        passages.extend(_passages(document, open_run))
        open_run = section
    return [*passages, *_passages(document, open_run)]


def embedding_text(document: Document, passage: Passage) -> str:
    """What stands for a passage when it is embedded: its words, under the title and heading that they need.

    A question speaks for itself. At most 2 000 characters.
    """
    if passage.kind == "question":
        return passage.text[:_LONGEST_EMBEDDED]
    parts = [part for part in (document.title, passage.heading) if part and not passage.text.startswith(part)]
    return "\n".join([*dict.fromkeys(parts), passage.text])[:_LONGEST_EMBEDDED]


def prepared(document: Document, embedder: Embedder, *, by_expert: bool = False) -> Callable[[Batch], bool]:
    """Does the slow part of storing a document now; what comes back stores it, as `Batch.put` does.

    Raises:
        EmbeddingError: the model failed.
    """
    passages = split(document)
    texts = [embedding_text(document, passage) for passage in passages]
    vectors, sentences = embedder.encode_passages(texts)

    def put(batch: Batch) -> bool:
        return batch.put(document, passages, vectors, embedded=texts, sentences=sentences, by_expert=by_expert)

    return put


def _passages(document: Document, section: Section | None) -> Iterator[Passage]:
    if section is None or section.kind == "reference":
        return
    for start, end in _pieces(document.text, section.start, section.end):
        yield Passage(section.kind, section.heading, start, end, document.text[start:end])


def _pieces(text: str, start: int, end: int) -> Iterator[_Span]:
    if end - start <= _LONGEST_SECTION:
        yield start, end
        return
    first: int | None = None
    last = start
    for low, high in _atoms(text, start, end):
        if first is not None and high - first > _TARGET:
            yield first, last
            first = None
        first, last = low if first is None else first, high
    if first is not None:
        yield first, last


def _atoms(text: str, start: int, end: int) -> Iterator[_Span]:
    """The parts that are kept together: lines, and code blocks that are not too long."""
    code: list[_Span] = []
    fence = ""
    for span in _lines(text, start, end):
        line = text[span[0] : span[1]]
        mark = _FENCE.match(line)
        if not fence and not mark:
            yield from _short_lines(text, span)
            continue
        code.append(span)
        if not fence and mark:
            fence = mark[1]
        elif line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            yield from _code(text, code)
            code, fence = [], ""
    yield from _code(text, code)


def _code(text: str, lines: list[_Span]) -> Iterator[_Span]:
    if lines and lines[-1][1] - lines[0][0] <= _LONGEST_SECTION:
        yield lines[0][0], lines[-1][1]
    else:
        for span in lines:
            yield from _short_lines(text, span)


def _lines(text: str, start: int, end: int) -> Iterator[_Span]:
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        if text[start:stop].strip():
            yield start, stop
        start = stop + 1


def _short_lines(text: str, span: _Span) -> Iterator[_Span]:
    """A line, cut at sentence ends, commas or spaces where it is longer than a passage."""
    start, end = span
    while end - start > _LONGEST_SECTION:
        breaks = [match.end() for match in _SOFT_BREAK.finditer(text, start + _TARGET // 2, start + _TARGET)]
        stop = breaks[-1] if breaks else start + _TARGET
        yield start, stop
        start = stop
    yield start, end
