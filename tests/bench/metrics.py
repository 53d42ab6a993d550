"""Figures of whole runs, from the formulas that `dayi eval` uses."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from assistant import metrics

__all__ = ["mean_reciprocal_rank", "recall"]


def mean_reciprocal_rank(runs: Mapping[str, Sequence[str]], expected: Mapping[str, str], k: int = 10) -> float:
    """Mean over the queries of 1 / rank of the expected document among the first `k`, 0 where it is not there."""
    return fmean(metrics.reciprocal_rank(runs[query], {document}, k) for query, document in expected.items())


def recall(runs: Mapping[str, Sequence[str]], expected: Mapping[str, str], k: int = 10) -> float:
    """Share of the queries whose expected document is among the first `k`."""
    return fmean(metrics.recall(runs[query], {document}, k) for query, document in expected.items())
