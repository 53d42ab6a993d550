"""Cross-encoders by name, which read question and passage together: slower than vectors, better in order."""

import importlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kb.errors import EmbeddingError, MissingExtra

__all__ = ["CrossEncoderReranker", "Reranker"]


class Reranker(Protocol):
    """Says how well each passage answers a question."""

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """One finite score a passage, shape (len(passages),) float32; higher is better, comparable within a call only.

        Raises:
            EmbeddingError: the model failed.
        """


class CrossEncoderReranker:
    """The sentence-transformers cross-encoder `name`, a Hugging Face id ("BAAI/bge-reranker-v2-m3") or a folder.

    Code inside a model is never run.

    Raises:
        MissingExtra: sentence-transformers is not installed.
        EmbeddingError: there is no such model, or it cannot be loaded.
    """

    def __init__(self, name: str) -> None:
        try:
            library = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise MissingExtra(f"The reranker {name}", "models") from error
        try:
            self._model = library.CrossEncoder(name, num_labels=1, trust_remote_code=False)
        except Exception as error:  # the library raises whatever its download and its formats raise
            raise EmbeddingError(
                f"The reranker {name} cannot be loaded ({error}): check the name and the network, or name a "
                f"downloaded model's folder"
            ) from error
        self._name = name

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """See `Reranker.scores`."""
        if not passages:
            return np.zeros(0, np.float32)
        try:
            pairs = [(question, passage) for passage in passages]
            found = np.asarray(self._model.predict(pairs, show_progress_bar=False), np.float32)
        except Exception as error:  # any backend, any of its exceptions
            raise EmbeddingError(f"The reranker {self._name} failed: {error}") from error
        return np.nan_to_num(found.reshape(len(passages)))
