"""The boundary to embedding models."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Embedder", "Sentences", "Vectors"]

Vectors = NDArray[np.float32]
Sentences = NDArray[np.int8]
"""Vectors of one passage's sentences, shape (n, dimension): unit vectors times 127, rounded. A quarter of the bytes."""


class Embedder(Protocol):
    """Turns texts into vectors whose dot product is their likeness. Thread-safe."""

    @property
    def id(self) -> str:
        """Name and revision of the model; a store remembers it and refuses vectors of any other."""

    @property
    def dimension(self) -> int:
        """Length of every vector."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages: shape (len(texts), dimension) float32, rows of length 1.

        A text without a known feature gets a fixed unit vector, never zeros or NaN.

        Raises:
            EmbeddingError: the model failed.
        """

    def encode_passages(self, texts: Sequence[str]) -> tuple[Vectors, list[Sentences]]:
        """`encode_documents`, and the vectors of each text's sentences; none where the model has no use for them.

        Raises:
            EmbeddingError: the model failed.
        """

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions; same shape, promise and errors as `encode_documents`."""
