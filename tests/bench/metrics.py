"""Ranking figures and percentiles; checked against values worked out by hand in `test_metrics.py`."""

import math
from collections.abc import Mapping, Sequence

__all__ = ["mean_reciprocal_rank", "percentile", "recall"]


def mean_reciprocal_rank(runs: Mapping[str, Sequence[str]], expected: Mapping[str, str], k: int = 10) -> float:
    """Mean over the queries of 1 / rank of the expected document among the first `k`, 0 where it is not there.

    Source: https://en.wikipedia.org/wiki/Mean_reciprocal_rank
    """
    ranks = [
        list(runs[query][:k]).index(doc) + 1 if doc in runs[query][:k] else math.inf for query, doc in expected.items()
    ]
    return sum(1 / rank for rank in ranks) / len(ranks)


def recall(runs: Mapping[str, Sequence[str]], expected: Mapping[str, str], k: int = 10) -> float:
    """Share of the queries whose expected document is among the first `k`."""
    return sum(doc in runs[query][:k] for query, doc in expected.items()) / len(expected)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0..1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
