"""Embedding models: the boundary, the bundled model, and any other by name.

`kb.embedding.hashing.HashEmbedder` needs no model at all and is meant for tests.
"""

from functools import cache

from kb.embedding.base import Embedder, Vectors
from kb.embedding.static import StaticEmbedder
from kb.embedding.transformer import TransformerEmbedder

__all__ = ["Embedder", "StaticEmbedder", "TransformerEmbedder", "Vectors", "load_embedder"]


@cache
def load_embedder(name: str) -> Embedder:
    """The embedding model called `name`: "bundled", or a sentence-transformers model's name or folder.

    One is loaded once in a process.

    Raises:
        MissingExtra: a model other than the bundled one needs sentence-transformers.
        EmbeddingError: the model cannot be loaded.
    """
    return StaticEmbedder() if name == "bundled" else TransformerEmbedder(name)
