"""The formulas give what was worked out by hand, and what must hold for any input."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.metrics import (
    CurvePoint,
    Floats,
    Table,
    auroc,
    bootstrap,
    interval,
    mean,
    ndcg,
    p_value,
    percentile,
    recall,
    reciprocal_rank,
    risk_coverage,
    thinned,
    upper_bound,
    widest_within,
)

CONFIDENCES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def column(values: list[float]) -> Table:
    return np.array([(value,) for value in values], dtype=[("value", float)])


def column_mean(table: Table) -> Floats:
    return np.array([mean(table["value"])])


@pytest.mark.parametrize(
    ("found", "relevant", "k", "expected"),
    [
        (["x", "y", "z"], {"y"}, 10, 1 / 2),
        (["x", "y", "z"], {"y", "z"}, 10, 1 / 2),
        (["x", "y", "z"], {"y"}, 1, 0),
        (["x"], {"q"}, 10, 0),
        ([], {"q"}, 10, 0),
    ],
)
def test_reciprocal_rank(found: list[str], relevant: set[str], k: int, expected: float) -> None:
    """The first relevant document decides."""
    assert reciprocal_rank(found, relevant, k) == expected


def test_ndcg() -> None:
    """Ranks 1 and 3 of two relevant ones: (1 + 1/2) / (1 + 1/log2 3) = 0.91972."""
    assert ndcg(["a", "b", "c"], {"a", "c"}) == pytest.approx(0.919721, abs=1e-6)
    assert ndcg(["b", "a"], {"a"}) == pytest.approx(1 / math.log2(3))
    assert ndcg(["a", "c", "b"], {"a", "c"}) == 1
    assert ndcg(["a", "c"], {"a", "c"}, k=1) == 1
    assert ndcg(["b"], set()) == 0


def test_recall() -> None:
    """Of two relevant ones, one is first and both are among three."""
    assert [recall(["a", "b", "c"], {"a", "c"}, k) for k in (1, 2, 3)] == [0.5, 0.5, 1]
    assert recall(["a"], set()) == 0


def test_mean_leaves_out_what_does_not_apply() -> None:
    """The mean of 1, nan and 0 is a half; of nothing it is nan."""
    assert mean(np.array([1, math.nan, 0])) == 0.5
    assert math.isnan(mean(np.array([math.nan])))


def test_percentile() -> None:
    """The 95th of a hundred values is the 95th smallest."""
    assert percentile(list(range(100, 0, -1)), 0.95) == 95
    assert percentile([7.0], 0.5) == 7
    assert percentile([1.0, 2.0], 0.5) == 1
    assert math.isnan(percentile([], 0.5))


def test_auroc() -> None:
    """Of the four pairs three are in order and one is a tie: 3.5 / 4."""
    scores, positive = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])
    assert auroc(scores, positive) == 0.875
    assert math.isnan(auroc(scores, np.ones(4, dtype=bool)))


def test_risk_coverage() -> None:
    """Equal confidences are one point; the risk is the share of wrong ones so far."""
    curve = risk_coverage(np.array([0.8, 0.4, 0.9, 0.8]), np.array([False, False, True, True]))
    assert curve == [CurvePoint(0.9, 1 / 4, 0), CurvePoint(0.8, 3 / 4, 1 / 3), CurvePoint(0.4, 1, 1 / 2)]
    assert risk_coverage(np.array([]), np.array([], dtype=bool)) == []


def test_widest_within_answers_as_much_as_the_promise_allows() -> None:
    """A third may be wrong: three quarters are answered. A risk of none: a quarter. Impossible: nothing."""
    curve = [CurvePoint(0.9, 0.25, 0.1), CurvePoint(0.8, 0.75, 1 / 3), CurvePoint(0.4, 1, 0.5)]
    assert widest_within(curve, 0.34) == curve[1]
    assert widest_within(curve, 0.1) == curve[0]
    assert widest_within(curve, 0.05) is None


def test_thinned_keeps_both_ends() -> None:
    """Of a thousand points about ten stay, the first and the last among them; a short curve stays whole."""
    curve = [CurvePoint(1 - n / 1000, n / 1000, 0) for n in range(1001)]
    thin = thinned(curve, 10)
    assert (thin[0], thin[-1], len(thin)) == (curve[0], curve[-1], 11)
    assert thinned(curve[:5], 10) == curve[:5]
    assert thinned([]) == []


def test_upper_bound() -> None:
    """None wrong of ten: z² / (10 + z²) = 0.27753; a half of 100 stays under 0.5962; of none nothing is known."""
    assert upper_bound(0, 10) == pytest.approx(0.277533, abs=1e-6)
    assert upper_bound(0.5, 100) == pytest.approx(0.596168, abs=1e-6)
    assert upper_bound(0, 0) == 1


def test_bootstrap_draws_the_same_rows_for_the_same_seed() -> None:
    """Another seed draws others; a column without variation always gives its value."""
    table = column([0, 1, 1, 0, 1])
    assert np.array_equal(bootstrap(column_mean, table), bootstrap(column_mean, table))
    assert not np.array_equal(bootstrap(column_mean, table), bootstrap(column_mean, table, seed=1))
    assert np.all(bootstrap(column_mean, column([0.25] * 4)) == 0.25)


def test_bootstrap_of_two_tables_is_paired() -> None:
    """Rows that all differ by one differ by one in every draw, however much they vary."""
    before, after = column([0, 5, 9, 2]), column([1, 6, 10, 3])
    draws = bootstrap(lambda old, new: column_mean(new) - column_mean(old), before, after, times=50)
    assert draws.shape == (50, 1)
    assert np.allclose(draws, 1)


def test_interval_of_a_share_is_close_to_the_normal_one() -> None:
    """Of 400 questions half are right: 0.5 ± 1.96 · √(0.25 / 400) = 0.451 to 0.549."""
    low, high = interval(bootstrap(column_mean, column([0, 1] * 200))[:, 0])
    assert low == pytest.approx(0.451, abs=0.01)
    assert high == pytest.approx(0.549, abs=0.01)


def test_interval_is_the_middle_of_the_samples() -> None:
    """Of 0 to 100 it is 2.5 to 97.5; nan does not count, and of nan alone there is none."""
    assert interval(np.array([*range(101), math.nan])) == (2.5, 97.5)
    assert all(map(math.isnan, interval(np.array([math.nan]))))


def test_p_value() -> None:
    """One of a hundred differences is on the other side: 2 / 100. No difference at all: 1."""
    assert p_value(np.array([-1.0] + [1.0] * 99)) == 0.02
    assert p_value(np.zeros(10)) == 1
    assert math.isnan(p_value(np.array([math.nan])))


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.sets(st.sampled_from("abcdefghij"), min_size=1))
def test_ranking_figures_are_shares(found: list[str], relevant: set[str]) -> None:
    """Whatever was found, each figure is in 0..1, and 0 exactly when nothing relevant is there."""
    for figure in (reciprocal_rank, ndcg, recall):
        value = figure(found, relevant)
        assert 0 <= value <= 1 + 1e-12
        assert (value == 0) == relevant.isdisjoint(found[:10])


@given(CONFIDENCES, st.data())
def test_auroc_of_reversed_scores_is_the_rest(values: list[float], data: st.DataObject) -> None:
    """Turning the scores round turns the figure round."""
    positive = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    area = auroc(np.array(values), positive)
    assert math.isnan(area) or area + auroc(-np.array(values), positive) == pytest.approx(1)


@given(CONFIDENCES, st.data())
def test_the_curve_ends_with_everything_answered(values: list[float], data: st.DataObject) -> None:
    """Coverage grows as the threshold falls, up to all questions with the overall risk."""
    right = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    curve = risk_coverage(np.array(values), right)
    assert [point.coverage for point in curve] == sorted({point.coverage for point in curve})
    assert [point.threshold for point in curve] == sorted({*values}, reverse=True)
    assert curve[-1].coverage == 1
    assert curve[-1].risk == pytest.approx(1 - right.mean())
