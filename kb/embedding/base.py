"""The boundary to embedding models."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Embedder", "Vectors"]

Vectors = NDArray[np.float32]


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

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions; same shape, promise and errors as `encode_documents`."""
