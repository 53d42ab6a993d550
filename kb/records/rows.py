"""Documents and passages as rows of the tables, and back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from hashlib import sha256
from typing import Any

import numpy as np
from sqlalchemy import RowMapping

from kb.embedding.base import Sentences, Vectors
from kb.errors import StoreError
from kb.records.schema import documents
from kb.values import Document, Passage, Reference, Section

__all__ = [
    "document_columns",
    "document_row",
    "document_values",
    "passage_rows",
    "text_digest",
    "to_bytes",
    "to_document",
    "to_passage",
    "to_sentences",
    "to_vector",
    "words_digest",
]

_FIELDS = [field.name for field in fields(Document)]
document_columns = [documents.c[name] for name in _FIELDS]
_VECTOR = np.dtype("<f4")


def text_digest(text: str) -> str:
    """Identity of a text that is embedded: equal texts need one vector only."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def words_digest(title: str, text: str) -> str:
    """Identity of what a document says, wherever it stands and whatever else its header holds."""
    return text_digest(f"{title}\n{text}")


def document_row(document: Document, content_hash: str, origin: str) -> dict[str, Any]:
    """The document's columns, without key, time and seq."""
    return document_values(document) | {"content_hash": content_hash, "origin": origin}


def document_values(document: Document) -> dict[str, Any]:
    """The document as plain values, ready for JSON; `to_document` reads them."""
    row = {name: getattr(document, name) for name in _FIELDS}
    row["sections"] = [[s.kind, s.heading, s.start, s.end] for s in document.sections]
    row["references"] = [asdict(reference) for reference in document.references]
    row["metadata"] = json.loads(
        json.dumps(dict(document.metadata), default=str)
    )  # dates become text, as when read back
    return row


def to_document(row: RowMapping | Mapping[str, Any]) -> Document:
    """The document of a row that has (at least) `document_columns`."""
    values = {name: row[name] for name in _FIELDS}
    values["sections"] = tuple(Section(*section) for section in row["sections"])
    values["references"] = tuple(Reference(**reference) for reference in row["references"])
    return Document(**values)


def passage_rows(
    passages: Sequence[Passage], vectors: Vectors, embedded: Sequence[str], sentences: Sequence[Sentences]
) -> list[dict[str, Any]]:
    """One row per passage, without document, product and seq.

    Raises:
        StoreError: the vectors or the embedded texts do not belong to these passages, or hold NaN.
    """
    texts = embedded or [passage.text for passage in passages]
    matrix = np.asarray(vectors)
    parts = [part.tobytes() for part in sentences] if sentences else [b""] * len(passages)
    if len(texts) != len(passages) or (passages and (matrix.ndim != 2 or len(matrix) != len(passages))):
        raise StoreError(f"{len(passages)} passages came with {len(texts)} texts and vectors of shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise StoreError("A vector holds a value that is not a number; the embedding model is broken")
    return [
        {
            "kind": passage.kind,
            "heading": passage.heading,
            "start": passage.start,
            "end": passage.end,
            "text": passage.text,
            "embedded": None if text == passage.text else text,
            "text_digest": text_digest(text),
            "vector": to_bytes(vector),
            "sentences": part,
        }
        for passage, text, vector, part in zip(passages, texts, matrix, parts, strict=False)
    ]


def to_passage(row: RowMapping) -> Passage:
    """The passage of a row of `passages` that is not deleted."""
    return Passage(row["kind"], row["heading"], row["start"], row["end"], row["text"])


def to_bytes(vector: Vectors) -> bytes:
    """A vector as it is stored: float32, little-endian."""
    return vector.astype(_VECTOR, copy=False).tobytes()


def to_vector(stored: bytes) -> Vectors:
    """The stored vector, shape (dimension,) float32, read-only."""
    return np.frombuffer(stored, dtype=_VECTOR).astype(np.float32, copy=False)


def to_sentences(stored: bytes | None, dimension: int) -> Sentences:
    """The stored sentences' vectors, shape (n, dimension) int8, read-only."""
    return np.frombuffer(stored or b"", np.int8).reshape(-1, dimension)
