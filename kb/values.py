"""The values that travel between the layers: documents, their typed sections, passages and hits.

Everything that is ever quoted is a span of `Document.text`, so a citation can be checked by slicing: sections and
passages carry positions, never copies that could drift from the text.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = [
    "Document",
    "DocumentKind",
    "Hit",
    "Language",
    "Passage",
    "Reason",
    "Reference",
    "Section",
    "SectionKind",
]

Language = Literal["zh", "en"]
DocumentKind = Literal["qa", "page"]
SectionKind = Literal["question", "cause", "step", "explanation", "note", "reference", "text"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A source that an expert named; `url` is empty where the expert gave a title only."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The smallest citable unit of a document: one cause, one step, one paragraph, one code block with its lead-in.

    `start` and `end` are character offsets into `Document.text` (end exclusive); `heading` is the heading path,
    outermost first, joined by " › ", without Markdown marks. Sections are in text order and do not overlap.
    """

    kind: SectionKind
    heading: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """One expert answer (`kind` "qa") or documentation page ("page"), normalised.

    `id` is unique within `product`. `text` is the clean Markdown that citations point into; for "qa" it begins with the
    question. `source` is the path or line relative to the ingested root; `metadata` keeps the other front-matter keys.
    """

    id: str
    product: str
    title: str
    text: str
    sections: tuple[Section, ...] = ()
    kind: DocumentKind = "page"
    language: Language = "zh"
    question: str = ""
    references: tuple[Reference, ...] = ()
    version: str = ""
    source: str = ""
    url: str = ""
    date: str = ""
    reviewed: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def section_text(self, section: Section) -> str:
        """The words of one of this document's sections."""
        return self.text[section.start : section.end]

    @property
    def digest(self) -> str:
        """Hash of everything in the document; equal documents have equal digests in every process."""
        canonical = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Passage:
    """What the indexes hold: a run of neighbouring sections of one kind, `text == Document.text[start:end]`."""

    kind: SectionKind
    heading: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a document matched: `name` is a feature ("dense", "lexical", "identifiers"), `detail` is for people to read.

    `value` is the feature's part of the hit's score.
    """

    name: str
    value: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One found document with its best passages, best first."""

    document: Document
    passages: tuple[Passage, ...]
    score: float
    reasons: tuple[Reason, ...]
