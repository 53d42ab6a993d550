"""The boundary to search indexes. An index is a follower of the records and can be deleted at any time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kb.embedding.base import Vectors

__all__ = ["Change", "Index", "IndexQuery", "Match"]


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the records' log: passage `key` now reads like this or, with `deleted`, is gone.

    `title` is the document's title (for the lexical index), `question` whether the passage is the question itself;
    `vector` has shape (dimension,) float32 and is None for deletions.
    """

    seq: int
    key: int
    product: str
    deleted: bool
    title: str = ""
    heading: str = ""
    text: str = ""
    question: bool = False
    vector: Vectors | None = None


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """What to look for: the words for a lexical index, the vector (dimension,) for a dense one.

    `synonyms` are words that may stand for those of the text; a lexical index counts them for less.
    """

    text: str
    vector: Vectors
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Passage `key` with the index's own score, larger is better (cosine for dense, BM25 for lexical)."""

    key: int
    score: float


class Index(Protocol):
    """A searchable copy of the passages. `tests/contracts/test_index.py` checks any implementation."""

    def apply(self, changes: Sequence[Change]) -> None:
        """Take over changes, durably before returning. Applying the same changes twice is harmless.

        Raises:
            StoreError: nothing or a part was applied; apply the same changes again.
        """

    def search(self, query: IndexQuery, *, products: Sequence[str], limit: int) -> list[Match]:
        """The best `limit` passages of the given products, best first; all products when the list is empty.

        Fewer, or none, when there are no more; never an error for odd text.

        Raises:
            StoreDamaged: the index cannot be read.
        """

    def close(self) -> None:
        """Release files and memory; the object is not used afterwards."""
