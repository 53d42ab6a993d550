"""From events to the HTML of one turn of a conversation. Pure functions: the same turn always gives the same bytes."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeAlias

from markupsafe import Markup

from assistant.values import REASONS, Answer, Citation, Delta, Done, Event, Failed, Item, Sources, Started, Waiting
from kb.values import Document
from ui.pages import fragment
from ui.rendering import plain, render

__all__ = [
    "Documents",
    "SourceContext",
    "Turn",
    "advance",
    "excerpt",
    "source_context",
    "turn_html",
    "turn_of",
    "with_marks",
]

Documents: TypeAlias = Callable[[str, str], Document | None]
"""Finds the document of a product by its id, as `Records.document` does."""

_CONTEXT_CHARS = 900
_EXCERPT_CHARS = 90


@dataclass(frozen=True, slots=True)
class Turn:
    """What is known so far about one question: filled event by event."""

    question: str
    id: str = ""
    citations: tuple[Citation, ...] = ()
    text: str = ""
    answer: Answer | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class SourceContext:
    """A quote between its neighbours, as safe HTML. `is_current`: the document still says so."""

    before: Markup
    quote: Markup
    after: Markup
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class _Quote:
    n: int
    excerpt: str
    context: SourceContext


@dataclass(frozen=True, slots=True)
class _Source:
    citation: Citation  # the first of its document; title, address and review mark are the same in all
    quotes: tuple[_Quote, ...]


def advance(turn: Turn, event: Event) -> Turn:
    """The turn after one more event."""
    match event:
        case Started():
            return replace(turn, id=event.id)
        case Sources():
            return replace(turn, citations=event.citations)
        case Delta():
            return replace(turn, text=turn.text + event.text)
        case Done():
            return turn_of(event.answer)
        case Failed():
            return replace(turn, error=event.code)
        case Waiting():
            return turn


def turn_of(answer: Answer) -> Turn:
    """The finished turn of an answer."""
    return Turn(answer.question, answer.id, answer.citations, answer.markdown, answer)


def turn_html(turn: Turn, language: str, documents: Documents) -> Markup:
    """The turn as HTML in the language of the page; `documents` supplies what stands around each quote."""
    anchor = f"{turn.id or 'turn'}-source"
    numbers = {citation.n for citation in turn.citations}

    def body(markdown: str) -> Markup:
        return render(markdown, citations=numbers, anchor=anchor)

    def item(entry: Item) -> Markup:
        return body(with_marks(entry, numbers))

    return fragment(
        "turn.html",
        language,
        turn=turn,
        anchor=anchor,
        body=body,
        item=item,
        sources=list(_sources(turn.citations, documents)) if turn.answer else [],
        plain=plain,
        reasons=REASONS,
    )


def source_context(citation: Citation, document: Document | None) -> SourceContext:
    """The quote as it stands in its document, with whole sections before and after; alone where it is there no more."""
    quote = render(citation.quote)
    if document is None or document.text[citation.start : citation.end] != citation.quote:
        return SourceContext(Markup(""), quote, Markup(""), is_current=False)
    before, after = _around(document, citation.start, citation.end)
    return SourceContext(_piece(before), quote, _piece(after))


def _around(document: Document, start: int, end: int) -> tuple[str, str]:
    # Sections are whole units: starting or ending in the middle of a code block would turn it inside out.
    starts = [section.start for section in document.sections if start - _CONTEXT_CHARS <= section.start < start]
    ends = [section.end for section in document.sections if end < section.end <= end + _CONTEXT_CHARS]
    return document.text[min(starts, default=start) : start], document.text[end : max(ends, default=end)]


def _piece(markdown: str) -> Markup:
    if not markdown.strip():
        return Markup("")
    return plain(markdown) if markdown.count("```") % 2 else render(markdown)


def with_marks(item: Item, numbers: Iterable[int]) -> str:
    """An item's Markdown with a mark `[n]` for each of its citations, those that it lacks at its end."""
    missing = [n for n in item.citations if n in set(numbers) and f"[{n}]" not in item.text]
    marks = "".join(f"[{n}]" for n in missing)
    last_line = item.text.rpartition("\n")[2].lstrip()
    ends_in_block = last_line.startswith(("```", "~~~", "|")) or item.text.count("```") % 2 == 1
    return item.text + ("\n\n" if ends_in_block else " ") + marks if marks else item.text


def _sources(citations: Sequence[Citation], documents: Documents) -> Iterable[_Source]:
    def place(citation: Citation) -> tuple[str, str]:
        return citation.product, citation.document

    first_seen = {place(c): position for position, c in reversed(list(enumerate(citations)))}
    ordered = sorted(citations, key=lambda c: (first_seen[place(c)], c.n))
    for (product, id), group in groupby(ordered, place):
        own, document = list(group), documents(product, id)
        yield _Source(own[0], tuple(_Quote(c.n, excerpt(c.quote), source_context(c, document)) for c in own))


def excerpt(markdown: str) -> str:
    """The first words of Markdown, on one line and without its marks."""
    text = re.sub(r"```\w*|[`*_#>|]|^\s*(?:\d+\.|-)\s+", " ", markdown, flags=re.MULTILINE)
    text = " ".join(text.split())
    return text if len(text) <= _EXCERPT_CHARS else text[:_EXCERPT_CHARS].rstrip() + "…"
