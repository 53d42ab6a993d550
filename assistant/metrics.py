"""Formulas of evaluation: rankings, decisions, risk against coverage, and how sure a figure is.

Figures of a set of questions are computed from a structured array with one row per question, so that the bootstrap can
draw rows again and compute every figure anew, whether it is a mean or not. Where a figure does not apply to a question
the row holds nan.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CurvePoint",
    "Floats",
    "Table",
    "auroc",
    "bootstrap",
    "interval",
    "mean",
    "ndcg",
    "p_value",
    "percentile",
    "recall",
    "reciprocal_rank",
    "risk_coverage",
    "thinned",
    "upper_bound",
    "widest_within",
]

Floats = NDArray[np.float64]
Table = NDArray[np.void]  # structured, one row per question

_TIMES = 1000  # resamples; the ends of a 95 % interval then stand on 25 of them


def reciprocal_rank(found: Sequence[str], relevant: Collection[str], k: int = 10) -> float:
    """1 / rank of the first relevant document among the first `k` found, 0 where there is none.

    Source: https://en.wikipedia.org/wiki/Mean_reciprocal_rank
    """
    return next((1 / rank for rank, document in enumerate(found[:k], 1) if document in relevant), 0.0)


def ndcg(found: Sequence[str], relevant: Collection[str], k: int = 10) -> float:
    """Discounted gain (0..1) of the relevant documents among the first `k`, as a share of the best possible order.

    Source: https://en.wikipedia.org/wiki/Discounted_cumulative_gain
    """
    gain = sum(1 / math.log2(rank + 1) for rank, document in enumerate(found[:k], 1) if document in relevant)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(relevant), k) + 1))
    return gain / ideal if ideal else 0.0


def recall(found: Sequence[str], relevant: Collection[str], k: int = 10) -> float:
    """Share (0..1) of the relevant documents that are among the first `k` found.

    Source: https://en.wikipedia.org/wiki/Precision_and_recall
    """
    return len(set(relevant).intersection(found[:k])) / len(set(relevant)) if relevant else 0.0


def mean(values: Floats) -> float:
    """Mean of the values that are not nan; nan of none."""
    applicable = values[~np.isnan(values)]
    return float(applicable.mean()) if applicable.size else math.nan


def percentile(values: Sequence[float] | Floats, share: float) -> float:
    """The smallest value that at least `share` (0..1) of the values do not exceed; nan of none."""
    if not len(values):
        return math.nan
    return float(np.percentile(np.asarray(values, dtype=float), share * 100, method="inverted_cdf"))


def auroc(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Probability (0..1) that a positive scores above a negative, ties counting half; nan where one kind is missing.

    Source: https://en.wikipedia.org/wiki/Mann%E2%80%93Whitney_U_test#Area-under-curve_(AUC)_statistic_for_ROC_curves
    """
    above, below = scores[positive], np.sort(scores[~positive])
    if not (above.size and below.size):
        return math.nan
    beaten = (np.searchsorted(below, above, "left") + np.searchsorted(below, above, "right")) / 2
    return float(beaten.mean() / below.size)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What answering from confidence `threshold` on gives: share answered, and share of those that is wrong (0..1)."""

    threshold: float
    coverage: float
    risk: float


def risk_coverage(confidence: Floats, right: NDArray[np.bool_]) -> list[CurvePoint]:
    """The risk at every threshold that makes a difference, from the most careful to answering everything.

    Source: https://jmlr.org/papers/v11/el-yaniv10a.html
    """
    order = np.argsort(-confidence, kind="stable")
    ordered, wrong = confidence[order], np.cumsum(~right[order])
    total = len(ordered)
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))[:total]
    return [CurvePoint(float(ordered[end]), (end + 1) / total, float(wrong[end]) / (end + 1)) for end in ends]


def thinned(curve: Sequence[CurvePoint], number: int = 200) -> list[CurvePoint]:
    """At most about `number` of the points, evenly taken, the last one included."""
    step = -(-len(curve) // number) or 1
    return [*curve[:-1:step], *curve[-1:]]


def widest_within(curve: Sequence[CurvePoint], max_risk: float) -> CurvePoint | None:
    """The point that answers most questions with a risk of at most `max_risk` (0..1); None where there is none."""
    kept = [point for point in curve if point.risk <= max_risk]
    return max(kept, key=lambda point: point.coverage, default=None)


def upper_bound(share: float, number: int) -> float:
    """What a share seen in `number` cases stays under with 97.5 % confidence (upper end of Wilson's interval).

    Source: https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
    """
    if not number:
        return 1.0
    z = 1.959964
    spread = z * math.sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    return (share + z * z / (2 * number) + spread) / (1 + z * z / number)


def bootstrap(figures: Callable[..., Floats], *tables: Table, times: int = _TIMES, seed: int = 0) -> Floats:
    """`figures(*tables)` of rows drawn with replacement, `times` over: shape (times, number of figures).

    All tables have the same number of rows and give the same rows in each draw, so differences are paired. The same
    seed draws the same rows.

    Source: https://en.wikipedia.org/wiki/Bootstrapping_(statistics)#Case_resampling
    """
    random = np.random.default_rng(seed)
    number = len(tables[0])
    draws = (random.integers(0, number, number) for _ in range(times))
    return np.array([figures(*(table[rows] for table in tables)) for rows in draws])


def interval(samples: Floats) -> tuple[float, float]:
    """The middle 95 % of bootstrap samples of one figure, leaving out nan; nan where nothing else is left."""
    known = samples[~np.isnan(samples)]
    if not known.size:
        return math.nan, math.nan
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def p_value(differences: Floats) -> float:
    """Two-sided probability (0..1) of such a difference by chance, from its bootstrap samples.

    Source: https://en.wikipedia.org/wiki/Bootstrapping_(statistics)#Bootstrap_hypothesis_testing
    """
    known = differences[~np.isnan(differences)]
    if not known.size:
        return math.nan
    return min(1.0, 2 * min(float((known <= 0).mean()), float((known >= 0).mean())))
