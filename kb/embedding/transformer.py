"""Any sentence-transformers model by name, for those who have the memory; it replaces the bundled one."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kb.embedding.base import Sentences, Vectors
from kb.embedding.static import unit_rows
from kb.errors import EmbeddingError, MissingExtra

__all__ = ["TransformerEmbedder"]


class TransformerEmbedder:
    """The model `name`, a Hugging Face id ("BAAI/bge-m3") or a folder; an `Embedder`.

    Code inside a model is never run. Models with prompts of their own get them for questions and passages.

    Raises:
        MissingExtra: sentence-transformers is not installed.
        EmbeddingError: there is no such model, or it cannot be loaded.
    """

    def __init__(self, name: str) -> None:
        try:
            library = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise MissingExtra(f"The embedding model {name}", "models") from error
        try:
            self._model = library.SentenceTransformer(name, trust_remote_code=False)
        except Exception as error:  # the library raises whatever its download and its formats raise
            raise EmbeddingError(
                f"The embedding model {name} cannot be loaded ({error}): check the name and the network, or set "
                f"DAYI_EMBEDDING to a downloaded model's folder or to bundled"
            ) from error
        self._name = name
        self._dimension: int = self.encode_documents(["."]).shape[1]

    @property
    def id(self) -> str:
        """The model's name, as it was given."""
        return self._name

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        return self._dimension

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension), rows of length 1; a fixed one for unknown text.

        Raises:
            EmbeddingError: the model failed.
        """
        return self._encode(self._model.encode_document, texts)

    def encode_passages(self, texts: Sequence[str]) -> tuple[Vectors, list[Sentences]]:
        """See `Embedder.encode_passages`; without sentences, which would take several times as long.

        Raises:
            EmbeddingError: the model failed.
        """
        return self.encode_documents(texts), [np.zeros((0, self._dimension), np.int8)] * len(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions; same shape, promise and errors as `encode_documents`."""
        return self._encode(self._model.encode_query, texts)

    def _encode(self, encode: Callable[..., Any], texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self._dimension), np.float32)
        try:
            vectors = np.asarray(encode(list(texts), show_progress_bar=False), np.float32)
        except Exception as error:  # any backend, any of its exceptions
            raise EmbeddingError(f"The embedding model {self._name} failed: {error}") from error
        return unit_rows(vectors)
