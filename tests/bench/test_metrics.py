"""The figures of runs are right: values worked out by hand."""

import pytest

from tests.bench.metrics import mean_reciprocal_rank, recall

RUNS = {"a": ["x", "y", "z"], "b": ["p", "q"], "c": []}
EXPECTED = {"a": "y", "b": "p", "c": "r"}


def test_mean_reciprocal_rank() -> None:
    """(1/2 + 1 + 0) / 3."""
    assert mean_reciprocal_rank(RUNS, EXPECTED) == pytest.approx(0.5)
    assert mean_reciprocal_rank(RUNS, EXPECTED, k=1) == pytest.approx(1 / 3)


def test_recall() -> None:
    """Two of three are found, one of them first."""
    assert recall(RUNS, EXPECTED) == pytest.approx(2 / 3)
    assert recall(RUNS, EXPECTED, k=1) == pytest.approx(1 / 3)
