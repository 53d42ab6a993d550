"""Groups of questions that ask about the same, by the likeness of their vectors."""

from collections.abc import Sequence

import numpy as np

from kb.embedding.base import Embedder, Vectors

__all__ = ["group"]

# From the likeness of strangers (0) to that of equals (1); among questions about Nacos in both languages, rewordings
# lie above and other matters below.
_ALIKE = 0.45
_STRANGERS = (
    "客户端连接超时怎么办？",
    "How do I change the log level?",
    "如何备份和恢复数据？",
    "Does it support Oracle as its database?",
    "页面上的中文显示为乱码",
    "Deploy a cluster on Kubernetes",
)


def group(embedder: Embedder, vectors: Vectors, keys: Sequence[str]) -> list[list[int]]:
    """Positions of questions that ask about the same, of equal keys only; every question is in one group.

    The largest group comes first, and in each the most central question, which speaks for it. `vectors` are those that
    `embedder` gives to the questions. The question with the most others like it leads a group
    of these, then the rest is grouped in the same way, so that no chain of neighbours joins what has nothing in common.
    """
    if not len(vectors):
        return []
    likeness = vectors @ vectors.T
    _, products = np.unique(np.array(keys), return_inverse=True)
    alike = (likeness >= _threshold(embedder)) & (products[:, None] == products[None, :])
    np.fill_diagonal(alike, True)
    free, groups = np.ones(len(vectors), dtype=bool), list[list[int]]()
    counts = alike.sum(axis=1)
    while free.any():
        leader = int(np.argmax(np.where(free, counts, 0)))
        members = np.flatnonzero(alike[leader] & free)
        central = likeness[np.ix_(members, members)].sum(axis=1)
        groups.append(members[np.argsort(-central, kind="stable")].tolist())
        free[members] = False
        counts -= alike[:, members].sum(axis=1)
    return sorted(groups, key=len, reverse=True)


def _threshold(embedder: Embedder) -> float:
    """The likeness from which on two questions ask about the same."""
    vectors = embedder.encode_queries(_STRANGERS)
    strangers = float((vectors @ vectors.T)[np.triu_indices(len(_STRANGERS), 1)].mean())
    return strangers + _ALIKE * (1 - strangers)  # models differ in how alike they find what has nothing in common
