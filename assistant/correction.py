"""A correction as a value, and what turns documents into text that experts edit, and back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy import RowMapping

from kb.records import Batch, to_document, words_digest
from kb.values import Document, Language

__all__ = ["Correction", "CorrectionState", "Editor", "to_correction"]

CorrectionState = Literal["draft", "approved", "conflict", "rejected", "replaced", "withdrawn"]


class Editor(Protocol):
    """Documents as experts edit them. What it raises as `DocumentError` is for the expert to read."""

    def editable(self, document: Document) -> str:
        """A document's text in Markdown, for editing."""

    def edited(self, document: Document, title: str, text: str) -> Document:
        """The document with another title and text."""

    def new_answer(self, id: str, product: str, question: str, language: Language) -> tuple[Document, str]:
        """A document that is still to be written, and the Markdown to begin with."""

    def prepared(self, document: Document) -> Callable[[Batch], bool]:
        """Does the slow part of storing a document; what comes back stores it for an expert."""


@dataclass(frozen=True, slots=True)
class Correction:
    """An expert's text for a document.

    `source` is the document as its source has it now, None for a new answer and where the source is gone. Texts that
    stand are "approved", or in "conflict" when the source has changed since.
    """

    id: str
    review: str
    product: str
    document: str
    state: CorrectionState
    title: str
    text: str
    phrases: tuple[str, ...]
    source: Document | None
    base_digest: str
    author: str
    reviewer: str
    version: int
    created_at: str
    updated_at: str

    @property
    def digest(self) -> str:
        """Hash of what is approved with it."""
        return words_digest(self.title, self.text)


def to_correction(row: RowMapping) -> Correction:
    """The correction of a row of its table."""
    values: dict[str, Any] = {name: row[name] for name in Correction.__slots__}
    values["phrases"] = tuple(row["phrases"])
    values["source"] = to_document(row["source"]) if row["source"] else None
    return Correction(**values | {"review": row["review"] or ""})
