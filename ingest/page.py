"""Documentation pages: Markdown or MDX of any docs site, cut by headings into units that can be cited."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from ingest.front_matter import FrontMatter
from ingest.kinds import Meaning, heading_meaning, is_imperative, is_note, label_meaning
from ingest.listing import Entry, entries
from ingest.markdown import Block, parse
from ingest.normalise import normalise
from kb.text import detect_language
from kb.values import Document, Language, Section, SectionKind

__all__ = ["build_page", "parse_page"]

_UNIT = 800  # characters up to which neighbouring blocks are cited together
_SEPARATOR = " › "
_TUTORIAL = re.compile(r"快速(?:开始|入门|上手)|入门|教程|quick ?start|getting started|tutorial", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})*[.、:：\s]|(?:Step|步骤)\s?\d)", re.IGNORECASE)
_LANGUAGES: dict[str, Language] = {"en": "en", "en-us": "en", "zh": "zh", "zh-cn": "zh", "zh-hans": "zh", "cn": "zh"}
_HEADER_FIELDS = {"id", "title", "date", "version", "language", "lang", "url", "canonical", "product", "slug"}


def parse_page(header: FrontMatter, *, id: str, product: str, version: str = "", source: str = "") -> Document:
    """The document of a page; `id` counts where the front matter has none. A page of images has an empty text."""
    text = normalise(header.body)
    url = next((value for key in ("url", "canonical", "slug") if _is_absolute(value := header.text(key))), "")
    named = (header.text("language") or header.text("lang")).lower()
    return build_page(
        text,
        id=header.text("id") or id,
        product=product,
        title=header.text("title"),
        language=_LANGUAGES.get(named) or language_of(source, text),
        version=version or header.text("version"),
        source=source,
        url=url,
        date=header.text("date"),
        metadata={key: value for key, value in header.values.items() if key not in _HEADER_FIELDS},
    )


def build_page(
    text: str, *, id: str, product: str, title: str, language: Language, source: str, **fields: object
) -> Document:
    """A page's document from its normalised Markdown; without a title, its first heading or its name is taken."""
    blocks = parse(text)
    first = next((block.title for block in blocks if block.type == "heading" and block.title), "")
    title = title or first or PurePosixPath(source or id).stem
    sections = tuple(_sections(text, blocks, title))
    return Document(id, product, title, text, sections, language=language, source=source, **fields)  # type: ignore[arg-type]


def language_of(source: str, text: str) -> Language:
    """The language of a page: what its words show; a language folder decides when there are few words."""
    folders = [part.lower() for part in PurePosixPath(source).parts[:-1]]
    named = next((_LANGUAGES[part] for part in folders if part in _LANGUAGES), None)
    # Half of the "English" pages of a bilingual site are not translated yet, so words weigh more than folders.
    return named if named and len(text) < 200 else detect_language(text)


def _is_absolute(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _sections(text: str, blocks: Sequence[Block], title: str) -> Iterator[Section]:
    path: list[tuple[Block, Meaning]] = []
    tutorial, walk = bool(_TUTORIAL.search(title)), _is_walk(blocks)
    at = 0
    while at < len(blocks):
        block = blocks[at]
        if block.type == "heading":
            while path and path[-1][0].level >= block.level:
                path.pop()
            inherited = path[-1][1] if path else ""
            kind = "step" if walk and _NUMBERED.match(block.title) else _heading_kind(block.title, tutorial)
            if not kind and heading_meaning(block.title) != "explanation":
                kind = inherited
            path.append((block, kind))
            at += 1
            continue
        end = at
        while end < len(blocks) and blocks[end].type != "heading":
            end += 1
        kind = path[-1][1] if path else ""
        heading = _SEPARATOR.join(opened.title for opened, _ in path if opened.title and opened.title != title)
        yield from _units(text, entries(text, blocks[at:end]), kind, heading or title)
        at = end


def _is_walk(blocks: Sequence[Block]) -> bool:
    """Whether the numbered headings are the steps of one procedure: most of them command."""
    numbered = [block for block in blocks if block.type == "heading" and _NUMBERED.match(block.title)]
    outer = min((block.level for block in numbered), default=0)
    units = [heading_meaning(block.title) == "unit" for block in numbered if block.level == outer]
    return len(units) >= 3 and sum(units) * 2 >= len(units)


def _heading_kind(title: str, tutorial: bool) -> Meaning:
    """The kind of what stands under a page's heading, only where the heading leaves no doubt."""
    announced = label_meaning(title)
    if announced in ("cause", "step", "note", "reference"):
        return announced if len(title) < 24 else ""
    if heading_meaning(title) == "unit" and _NUMBERED.match(title) and (tutorial or is_imperative(title)):
        return "step"
    return ""


def _units(text: str, found: Sequence[Entry], meaning: Meaning, heading: str) -> Iterator[Section]:
    """Neighbouring blocks put together up to the size of a unit; items of steps and causes stand alone."""
    run: Section | None = None
    for kind, start, end, alone in _spans(text, found, meaning):
        if run and run.kind == kind and not alone and end - run.start <= _UNIT:
            run = Section(kind, heading, run.start, end)
            continue
        if run:
            yield run
        run = Section(kind, heading, start, end)
    if run:
        yield run


def _spans(text: str, found: Sequence[Entry], meaning: Meaning) -> Iterator[tuple[SectionKind, int, int, bool]]:
    """Kind, start and end of what is never cut, and whether it stands alone."""
    kind: SectionKind = meaning or "text"  # type: ignore[assignment]
    at = 0
    while at < len(found):
        entry = found[at]
        start, end = entry.start, entry.end
        listed = bool(entry.items) and kind in ("step", "cause") and not _is_settings(text, entry)
        if entry.block.type == "quote" or (entry.block.type == "paragraph" and is_note(text[start:end])):
            yield "note", start, end, False
        elif listed or (entry.items and end - start > _UNIT):
            yield from ((kind, item.start, item.end, listed) for item in entry.items)
        else:
            # A paragraph is read with the code or table that it introduces.
            while entry.block.type == "paragraph" and at + 1 < len(found) and _introduced(found[at + 1], end - start):
                at += 1
                end = found[at].end
            yield "text" if _is_settings(text, entry) else kind, start, end, False
        at += 1


def _is_settings(text: str, entry: Entry) -> bool:
    """Whether a list tells what settings mean: each item begins with code."""
    starts = [re.match(r"[-*+]\s+(?:\*\*)?`", text[item.start : item.end]) for item in entry.items]
    return len(starts) > 1 and all(starts)


def _introduced(entry: Entry, length: int) -> bool:
    return entry.block.type in ("code", "table") and length + entry.end - entry.start <= 2 * _UNIT
