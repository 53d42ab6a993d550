"""The bundled embedding model at run time: NumPy and a dictionary, no transformer, no torch.

A text is the weighted sum of its features' vectors, normalised. The features are the tokens that lexical search uses,
plus character 4-grams, which connect words that only share a stem ("registration", "registered").
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors

from kb.embedding.base import Sentences, Vectors
from kb.embedding.sentences import quantised, sentences_of
from kb.errors import EmbeddingError
from kb.text import tokens

__all__ = ["StaticEmbedder", "damped", "feature_counts", "model_features", "revision_of", "unit_rows"]

BUNDLED = Path(__file__).parents[1] / "model"
MODULE = "0_StaticEmbedding"
UNKNOWN = 0  # row of the features outside the vocabulary; it is zero
_GRAM = 4
_WORDS = 50_000  # whose vocabulary rows are remembered, with those of their 4-grams: some 10 MB


def model_features(text: str) -> list[str]:
    """Features of a text, with repetitions: its search tokens and 4-grams ("#<clu") of its longer Latin words."""
    words = tokens(text)
    return words + [gram for word in words for gram in _grams(word)]


@lru_cache(maxsize=20_000)
def _grams(word: str) -> tuple[str, ...]:
    if len(word) <= _GRAM or not (word.isascii() and word.isalpha()):
        return ()
    marked = f"<{word}>"
    return tuple(f"#{marked[i : i + _GRAM]}" for i in range(len(marked) - _GRAM + 1))


def feature_counts(text: str) -> Counter[str]:
    """How often each feature occurs in a text."""
    return Counter(model_features(text))


def damped(counts: NDArray[np.float32]) -> NDArray[np.float32]:
    """What repetitions of a feature weigh: a product's name said twenty times must not drown the rest."""
    return np.sqrt(counts)


def unit_rows(vectors: Vectors) -> Vectors:
    """The rows at length 1; a row without a direction (zeros, not finite) becomes the first unit vector."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    usable = np.isfinite(lengths) & (lengths > 0)
    first = np.eye(1, vectors.shape[1], dtype=np.float32)
    return np.where(usable, vectors / np.where(usable, lengths, 1), first).astype(np.float32)


def revision_of(module: Path) -> str:
    """Short hash of the files that decide a model's vectors; `module` is its StaticEmbedding folder."""
    digest = hashlib.sha256((module / "tokenizer.json").read_bytes())
    digest.update((module / "model.safetensors").read_bytes())
    return digest.hexdigest()[:12]


class StaticEmbedder:
    """A bilingual static model read from `folder` (None: the bundled one); an `Embedder`.

    The rows stay 8-bit in memory and only those of a text's features are widened.

    Raises:
        EmbeddingError: the folder misses a file, or a file is damaged or belongs to another model.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or BUNDLED
        try:
            self._load(folder)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise EmbeddingError(
                f"The embedding model in {folder} cannot be read ({error}): restore the folder, or train it anew "
                f"with python -m kb.model.train"
            ) from error

    def _load(self, folder: Path) -> None:
        module = folder / MODULE
        config = json.loads((folder / "config.json").read_text("utf-8"))
        revision = revision_of(module)
        if config["revision"] != revision:
            raise ValueError(f"its files have hash {revision}, config.json names {config['revision']}")
        tokenizer = json.loads((module / "tokenizer.json").read_text("utf-8"))
        tensors = load_tensors((module / "model.safetensors").read_bytes())
        self._row: dict[str, int] = tokenizer["model"]["vocab"]
        self._rows: NDArray[np.int8] = tensors["embedding.weight"]
        self._scale: NDArray[np.float32] = tensors["embedding.scale"].astype(np.float32)
        self._id = f"{config['id']}@{revision}"
        self._word_rows: dict[str, tuple[int, ...]] = {}

    @property
    def id(self) -> str:
        """Name and hash of the weights, like "dayi-static-zh-en@0123456789ab"."""
        return self._id

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        return int(self._rows.shape[1])

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension), rows of length 1; a fixed one for unknown text."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            vector[:] = self._sums(*self._counts([text]))[0]
        return unit_rows(vectors)

    def encode_passages(self, texts: Sequence[str]) -> tuple[Vectors, list[Sentences]]:
        """See `Embedder.encode_passages`. Text is cut into features once: no feature spans two sentences."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        sentences = []
        for vector, text in zip(vectors, texts, strict=True):
            rows, counts = self._counts(sentences_of(text))
            *parts, vector[:] = self._sums(rows, np.vstack([counts, counts.sum(axis=0)]))
            sentences.append(quantised(unit_rows(np.stack(parts))))
        return unit_rows(vectors), sentences

    def _counts(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The vocabulary rows of the texts' features, and how often each occurs: shape (len(texts), len(rows))."""
        found = [self._features(text) for text in texts]
        rows, column = np.unique(np.fromiter(chain.from_iterable(found), np.int64), return_inverse=True)
        shape = len(texts), len(rows)
        text = np.repeat(np.arange(len(texts)), [len(own) for own in found])
        return rows, np.bincount(text * len(rows) + column, minlength=shape[0] * shape[1]).reshape(shape)

    def _sums(self, rows: NDArray[np.int64], counts: NDArray[np.int64]) -> list[Vectors]:
        amounts = damped(counts.astype(np.float32)) * self._scale[rows]
        weights = self._rows[rows].astype(np.float32)
        # One by one: for a whole matrix of this size OpenBLAS starts threads, which costs more than they save.
        return [np.dot(amount, weights) for amount in amounts]

    def _features(self, text: str) -> list[int]:
        """As `model_features`, in vocabulary rows."""
        rows: list[int] = []
        for word in tokens(text):
            rows += self._word_rows.get(word) or self._learn(word)
        return rows

    def _learn(self, word: str) -> tuple[int, ...]:
        if len(self._word_rows) >= _WORDS:
            self._word_rows.clear()
        rows = tuple(self._row.get(name, UNKNOWN) for name in (word, *_grams(word)))
        self._word_rows[word] = rows
        return rows

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions: the same as `encode_documents`."""
        return self.encode_documents(texts)
