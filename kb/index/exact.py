"""Exact dense search in memory: for processes that do not own the index folder, and to check other indexes against."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kb.embedding.base import Vectors
from kb.index.base import Change, IndexQuery, Match

__all__ = ["ExactIndex"]


@dataclass(slots=True)
class _Product:
    vectors: dict[int, Vectors] = field(default_factory=dict)
    table: tuple[list[int], Vectors] | None = None  # keys and matrix, made when first searched


class ExactIndex:
    """Compares a question with every passage: no approximation and no files, fast up to some 100 000 passages."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._products: dict[str, _Product] = {}
        self._lock = threading.Lock()

    def apply(self, changes: Sequence[Change]) -> None:
        """See `Index.apply`."""
        with self._lock:
            for change in changes:
                product = self._products.setdefault(change.product, _Product())
                product.table = None
                if change.vector is None:
                    product.vectors.pop(change.key, None)
                else:
                    product.vectors[change.key] = change.vector

    def search(self, query: IndexQuery, *, products: Sequence[str], limit: int) -> list[Match]:
        """See `Index.search`."""
        found = []
        for keys, matrix in self._tables(products):
            scores = matrix @ query.vector
            best = np.argsort(-scores, kind="stable")[: max(limit, 0)]
            found += [Match(keys[row], float(scores[row])) for row in best]
        found.sort(key=lambda match: (-match.score, match.key))
        return found[: max(limit, 0)]

    def close(self) -> None:
        """See `Index.close`."""
        self._products.clear()

    def _tables(self, products: Sequence[str]) -> list[tuple[list[int], Vectors]]:
        with self._lock:
            names = set(products) & self._products.keys() if products else self._products.keys()
            return [self._table(self._products[name]) for name in names]

    def _table(self, product: _Product) -> tuple[list[int], Vectors]:
        if product.table is None:
            keys = sorted(product.vectors)
            matrix = np.empty((len(keys), self._dimension), np.float32)
            for row, key in enumerate(keys):
                matrix[row] = product.vectors[key]
            product.table = keys, matrix
        return product.table
