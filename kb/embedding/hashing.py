"""A deterministic embedding without a model, for tests and tools."""

import zlib
from collections.abc import Sequence

import numpy as np

from kb.embedding.base import Sentences, Vectors
from kb.text import tokens

__all__ = ["HashEmbedder"]


class HashEmbedder:
    """For tests and tools: texts that share words get similar vectors, and nothing has to be loaded.

    Each token adds +1 or -1 at a place that its hash chooses. It knows no meaning; do not serve readers with it.
    """

    def __init__(self, dimension: int = 64) -> None:
        self.id = f"hash-{dimension}"
        self.dimension = dimension

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.encode_documents`."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for token in tokens(text):
                place = zlib.crc32(token.encode(errors="surrogatepass"))
                vector[place % self.dimension] += 1.0 if place >> 31 else -1.0
            if not vector.any():
                vector[0] = 1.0
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    def encode_passages(self, texts: Sequence[str]) -> tuple[Vectors, list[Sentences]]:
        """See `Embedder.encode_passages`; without sentences."""
        return self.encode_documents(texts), [np.zeros((0, self.dimension), np.int8)] * len(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.encode_queries`."""
        return self.encode_documents(texts)
