"""Runs of an evaluation: stored, compared question by question, and the threshold that keeps a promise."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from assistant.answerability import ANSWER_AT
from assistant.evaluate import Evaluated
from assistant.figures import FIGURES, figure_values, scores_of, table_of
from assistant.metrics import (
    CurvePoint,
    Floats,
    Table,
    bootstrap,
    interval,
    p_value,
    risk_coverage,
    thinned,
    upper_bound,
    widest_within,
)
from kb.errors import RequestError

__all__ = ["Change", "Estimate", "Measure", "Promise", "Run", "compare", "load_run"]

# What makes an answer wrong: only that the question has none ("answerable"), or also the wrong document ("right").
Measure = Literal["answerable", "right"]

_SMALLEST_FALL = 0.005  # half a point; a smaller one is no regression however certain it is


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Promise:
    """How to keep "wrong in at most `max_risk` of the answers" for one product ("" for all), in the sense of `measure`.

    Answer from `threshold` on: that answers the share `coverage` of the questions and is wrong in the share `risk`,
    with 97.5 % confidence in less than `risk_below`. Without a `threshold` no choice keeps the promise, and `risk` is
    the lowest there is.
    """

    product: str
    measure: Measure
    max_risk: float
    questions: int
    threshold: float | None = None
    coverage: float = 0.0
    risk: float = 0.0
    risk_below: float = 1.0


@dataclass(frozen=True)
class Run:
    """All questions of one evaluation; `model` is the embedding model's id, `settings` say how it was run.

    `threshold` is the confidence from which the desk answered, the most careful one where products have their own.
    """

    model: str
    settings: Mapping[str, Any]
    results: tuple[Evaluated, ...]
    threshold: float = ANSWER_AT

    @cached_property
    def estimates(self) -> dict[str, Estimate]:
        """The figures that apply to these questions, by name."""
        table = table_of(self.results)
        values, samples = figure_values(table), bootstrap(figure_values, table)
        return {
            name: Estimate(float(value), *interval(samples[:, number]))
            for number, (name, value) in enumerate(zip(FIGURES, values, strict=True))
            if not math.isnan(value)
        }

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What can be told of these questions: without golden documents, a wrong one cannot."""
        return ("answerable", "right") if any(one.documents for one in self.results) else ("answerable",)

    def curve(self, measure: Measure, product: str = "") -> list[CurvePoint]:
        """Risk against coverage of the questions of a product, or of all."""
        results = [one for one in self.results if product in ("", one.product)]
        right = [one.is_right if measure == "right" else one.answerable for one in results]
        return risk_coverage(np.array([one.confidence for one in results], dtype=float), np.array(right, dtype=bool))

    def promises(self, max_risk: float) -> list[Promise]:
        """The thresholds that keep a promise (`max_risk` in 0..1): over all questions, and where several products
        were asked about, for each of them.
        """
        products = sorted({one.product for one in self.results})
        chosen = ["", *filter(None, products)] if len(products) > 1 else [""]
        return [self._promise(product, measure, max_risk) for product in chosen for measure in self.measures]

    def as_dict(self, promises: Sequence[Promise] = ()) -> dict[str, Any]:
        """Everything that a later comparison or a person may want, ready for JSON; `load_run` reads it."""
        return self.summary(promises) | {
            "curves": {m: [asdict(point) for point in thinned(self.curve(m))] for m in self.measures},
            "questions": [asdict(one) | {"scores": _known(scores_of(one))} for one in self.results],
        }

    def summary(self, promises: Sequence[Promise] = ()) -> dict[str, Any]:
        """The figures without the questions."""
        return {
            "model": self.model,
            "settings": dict(self.settings),
            "threshold": self.threshold,
            "questions": len(self.results),
            "answerable": sum(one.answerable for one in self.results),
            "metrics": {
                name: _known({"value": one.value, "low": one.low, "high": one.high})
                for name, one in self.estimates.items()
            },
            "promises": [asdict(promise) for promise in promises],
        }

    def _promise(self, product: str, measure: Measure, max_risk: float) -> Promise:
        questions = sum(product in ("", one.product) for one in self.results)
        curve = self.curve(measure, product)
        point = widest_within(curve, max_risk)
        if point is None:
            lowest = min((point.risk for point in curve), default=1.0)
            return Promise(product, measure, max_risk, questions, risk=lowest)
        below = upper_bound(point.risk, round(point.coverage * questions))
        return Promise(product, measure, max_risk, questions, point.threshold, point.coverage, point.risk, below)


def load_run(path: Path) -> Run:
    """A run that was stored as JSON of `Run.as_dict`.

    Raises:
        RequestError: the file cannot be read, or is no run.
    """
    names = {field.name for field in fields(Evaluated)}
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        results = [
            Evaluated(**{name: _frozen(value) for name, value in question.items() if name in names})
            for question in stored["questions"]
        ]
        return Run(stored["model"], stored["settings"], tuple(results), stored["threshold"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RequestError(f"{path} is not a run that `dayi eval --out` wrote: {error!r}") from None


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure differs from a baseline's on the same questions; `low` and `high` bound the difference (95 %)."""

    name: str
    before: float
    after: float
    low: float
    high: float
    p: float
    is_regression: bool

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before


def compare(baseline: Run, run: Run) -> list[Change]:
    """The change of each figure over the questions that both runs have, by a paired bootstrap.

    A guarded figure that fell by more than half a point is a regression when the interval lies below zero.

    Raises:
        RequestError: the runs share no question.
    """
    old, new = ({one.id: one for one in each.results} for each in (baseline, run))
    shared = [id for id in new if id in old]
    if not shared:
        raise RequestError("The baseline holds none of these questions, so there is nothing to compare.")
    tables = table_of([old[id] for id in shared]), table_of([new[id] for id in shared])
    before, after = map(figure_values, tables)
    samples = bootstrap(_difference, *tables)
    changes = []
    for number, (name, figure) in enumerate(FIGURES.items()):
        low, high = interval(samples[:, number])
        fell = figure.guarded and high < 0 and after[number] - before[number] < -_SMALLEST_FALL
        values = (float(before[number]), float(after[number]), low, high, p_value(samples[:, number]))
        if not math.isnan(low):
            changes.append(Change(name, *values, is_regression=bool(fell)))
    return changes


def _difference(before: Table, after: Table) -> Floats:
    return figure_values(after) - figure_values(before)


def _known(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in values.items() if not math.isnan(value)}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
