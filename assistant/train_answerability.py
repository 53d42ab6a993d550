"""Fits the weights of `assistant.answerability`: `python -m assistant.train_answerability --data FOLDER`.

FOLDER holds one folder for each knowledge base: a data folder as `dayi ingest --data` makes it, and beside the database
`questions.jsonl`, lines of {"text", "label": "answerable" or "unanswerable", "weight"?, "product"?}. Folders with the
same name up to the first dot are one domain. `python -m tests.bench.answerability FOLDER` makes such folders.

Prints how well questions are told apart, by domain: of models that have not seen these questions (five parts), and of
models that have seen nothing of their domain.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from assistant.answerability import ANSWER_AT, WEIGHTS_FILE
from assistant.metrics import Floats, auroc
from kb import Embedder, HybridSearch, KnowledgeBase, Records, load_embedder
from kb.signals import Signals

__all__ = ["Asked", "ask_all", "fit", "main"]

_PARTS = 5
_RANGES = 10  # of confidence, for the calibration error
_PENALTY = 0.8  # of squared weights of standardised signals, against a total weight of 100 for all questions
_TOTAL = 100.0

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A labelled question with what the search said; `number` is the same for equal texts of different domains."""

    domain: str
    number: int
    answerable: bool
    weight: float
    signals: Signals


@dataclass(frozen=True, slots=True)
class _Model:
    names: Sequence[str]
    weights: Floats  # of the signals, and last the bias

    def confidence(self, asked: Sequence[Asked]) -> Floats:
        return np.asarray(1 / (1 + np.exp(-(_matrix(asked, self.names) @ self.weights))))


def main() -> int:
    """Fit, report and write the weights; 0 when done."""
    options = _options()
    asked = list(ask_all(options.data, load_embedder(options.embedding)))
    names = list(asdict(Signals()))
    by_words = [name for name in names if name != "dense"]
    _report(asked, names)
    weights = {
        "meaning and words": _rounded(fit(asked, names)),
        "words alone": _rounded(fit(asked, by_words)),
    }
    options.out.write_text(json.dumps({"questions": len(asked), "weights": weights}, indent=2) + "\n", "utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of knowledge bases with questions")
    parser.add_argument("--embedding", default="bundled", help="`bundled`, or a sentence-transformers model")
    parser.add_argument("--out", type=Path, default=WEIGHTS_FILE, help="file the weights are written to")
    return parser.parse_args()


# Questions


def ask_all(folder: Path, embedder: Embedder) -> Iterator[Asked]:
    """Every question of every knowledge base in the folder, asked."""
    numbers: dict[str, int] = {}
    for file in sorted(folder.glob("*/questions.jsonl")):
        with file.open(encoding="utf-8") as lines:
            questions = [json.loads(line) for line in lines]
        records = Records(f"sqlite:///{file.with_name('dayi.db')}")
        if records.embedding() != (embedder.id, embedder.dimension):
            records.rebind_embedding(embedder.id, embedder.dimension, embedder.encode_passages)
        knowledge = KnowledgeBase(records, embedder, None)
        try:
            knowledge.follow()
            search = HybridSearch(knowledge)
            for line in questions:
                signals = search.search(line["text"], products=line.get("product", "").split(), k=1).signals
                number = numbers.setdefault(line["text"], len(numbers))
                domain, answerable = file.parent.name.split(".")[0], line["label"] == "answerable"
                yield Asked(domain, number, answerable, float(line.get("weight", 1)), signals)
        finally:
            knowledge.close()


# Fitting


def fit(asked: Sequence[Asked], names: Sequence[str]) -> _Model:
    """A logistic model over these signals with a penalty on large weights, by Newton's method.

    Source: https://en.wikipedia.org/wiki/Iteratively_reweighted_least_squares
    """
    rows, right = _matrix(asked, names), np.array([one.answerable for one in asked], dtype=float)
    amount = np.array([one.weight for one in asked])
    amount *= _TOTAL / amount.sum()
    mean, spread = np.average(rows, axis=0, weights=amount), np.ones(len(names) + 1)
    spread[:-1] = np.sqrt(np.average((rows - mean)[:, :-1] ** 2, axis=0, weights=amount)) + 1e-9
    mean[-1] = 0.0  # the bias
    standard = (rows - mean) / spread
    penalty = np.diag([_PENALTY] * len(names) + [0.0])
    weights = np.zeros(len(names) + 1)
    for _ in range(50):
        guess = 1 / (1 + np.exp(-(standard @ weights)))
        slope = standard.T @ (amount * (guess - right)) + penalty @ weights
        curve = (standard * (amount * guess * (1 - guess) + 1e-9)[:, None]).T @ standard + penalty
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    weights /= spread
    weights[-1] -= weights[:-1] @ mean[:-1]
    return _Model(names, weights)


def _matrix(asked: Sequence[Asked], names: Sequence[str]) -> Floats:
    return np.array([[*(getattr(one.signals, name) for name in names), 1.0] for one in asked], dtype=float)


def _rounded(model: _Model) -> dict[str, float]:
    return {name: round(float(w), 4) for name, w in zip([*model.names, "bias"], model.weights, strict=True)}


# Figures


def _report(asked: Sequence[Asked], names: Sequence[str]) -> None:
    """Figures on questions that the fitted model has not seen."""
    part = np.random.default_rng(0).integers(0, _PARTS, 1 + max(one.number for one in asked))
    unseen = _held_out(asked, names, [int(part[one.number]) for one in asked])
    domains = sorted({one.domain for one in asked})
    foreign = _held_out(asked, names, [domains.index(one.domain) for one in asked])
    columns = ("Domain", "answerable", "others", "AUROC", "answered", "refused", "F1", "Brier", "error")
    for title, guesses in (("Unseen questions", unseen), ("Unseen domains", foreign)):
        table = Table(*columns, title=title, box=None, header_style="bold")
        for domain in domains:
            table.add_row(domain, *_figures(*_chosen(asked, guesses, domain)))
        Console(file=sys.stderr, width=120).print(table)


def _held_out(asked: Sequence[Asked], names: Sequence[str], groups: Sequence[int]) -> Floats:
    """The confidence in every question of a model fitted on the other groups."""
    guesses = np.zeros(len(asked))
    for group in set(groups):
        rows = np.array([number for number, own in enumerate(groups) if own == group])
        others = [one for one, own in zip(asked, groups, strict=True) if own != group]
        guesses[rows] = fit(others, names).confidence([asked[row] for row in rows])
    return guesses


def _chosen(asked: Sequence[Asked], guesses: Floats, domain: str) -> tuple[Floats, NDArray[np.bool_]]:
    rows = [number for number, one in enumerate(asked) if one.domain == domain]
    return guesses[rows], np.array([asked[row].answerable for row in rows])


def _figures(guesses: Floats, answerable: NDArray[np.bool_]) -> list[str]:
    answered = guesses >= ANSWER_AT
    f1 = 2 * (answered & answerable).sum() / max(answered.sum() + answerable.sum(), 1)
    figures = [auroc(guesses, answerable), answered[answerable].mean(), 1 - answered[~answerable].mean(), f1,
               ((guesses - answerable) ** 2).mean(), _calibration_error(guesses, answerable)]  # fmt: skip
    return [str(answerable.sum()), str((~answerable).sum()), *(f"{value:.3f}" for value in figures)]


def _calibration_error(guesses: Floats, answerable: NDArray[np.bool_]) -> float:
    """Mean distance between confidence and share of answerable questions, over ten ranges of confidence.

    Source: https://arxiv.org/abs/1706.04599 (expected calibration error)
    """
    place = np.minimum((guesses * _RANGES).astype(int), _RANGES - 1)
    gaps = [abs((guesses[place == b] - answerable[place == b]).sum()) for b in range(_RANGES)]
    return math.fsum(gaps) / len(guesses)


if __name__ == "__main__":
    sys.exit(main())
