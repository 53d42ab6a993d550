"""One score from the features of a document, and the reasons that readers see."""

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kb.candidates import Candidate, Ref
from kb.values import Language, Reason

__all__ = ["WEIGHTS", "feature_rows", "ranked", "reasons"]

# Part of each feature in a document's score: for documents in the query's language, and for others, which can share
# names with it, hardly words. Dense, sentence, lexical and translation count in standard deviations among the
# candidates, coverage as a share (0..1), identifiers and pairs of words as log(1 + number found), reviewed as 0 or 1.
# `python -m tests.bench.fusion` fits them and says what these and the fitted ones find. On questions left out the first
# column did better than a fitted one (MRR .910, .903); from the fit it has the worth of identifiers. The second was
# chosen so that pages of the other language are found and yet a page in the reader's language is not passed by its
# translation: more of everything finds more of the former (fitted: sentence 2.8, coverage 5.7) at the latter's cost.
WEIGHTS: dict[str, tuple[float, float]] = {
    "dense": (1.0, 0.25),
    "sentence": (0.5, 1.5),
    "lexical": (1.0, 0.3),
    "coverage": (4.0, 2.0),
    "identifiers": (1.5, 1.5),
    "phrases": (1.5, 1.5),
    "translation": (0.0, 0.7),
    "reviewed": (1.0, 1.0),
    "reranker": (4.0, 4.0),  # in standard deviations as well; it has read both texts, so it outweighs the others
}


def ranked(candidates: Mapping[Ref, Candidate], language: Language) -> list[tuple[Ref, NDArray[np.float64]]]:
    """Documents with their weighted features (columns of `WEIGHTS`), best first; equal ones by name."""
    if not candidates:
        return []
    weights = np.array(list(WEIGHTS.values()))
    foreign = [int(candidate.language != language) for candidate in candidates.values()]
    rows = feature_rows(candidates.values(), language) * weights.T[foreign]
    return sorted(zip(candidates, rows, strict=True), key=lambda item: (-item[1].sum(), item[0]))


def feature_rows(candidates: Collection[Candidate], language: Language) -> NDArray[np.float64]:
    """The features of documents that were found for one query in this language, shape (documents, features)."""
    lexical = _standardised([max(c.lexical.values(), default=None) for c in candidates])
    coverage = np.array([c.coverage for c in candidates])
    foreign = [c.language != language for c in candidates]
    return np.column_stack(
        [
            _standardised([max(c.dense.values(), default=None) for c in candidates]),
            _standardised([max(c.sentence.values(), default=None) for c in candidates]),
            # That a document in another language shares few words with the question does not speak against it.
            np.where(foreign, np.maximum(lexical, 0.0), lexical),
            np.where(foreign, np.maximum(coverage, coverage.mean()), coverage),
            [math.log1p(len(c.found_identifiers)) for c in candidates],
            [math.log1p(len(c.found_phrases)) for c in candidates],
            _standardised([max(c.translation.values(), default=None) for c in candidates]),
            [c.is_reviewed for c in candidates],
            _standardised([c.reranker for c in candidates]),
        ]
    )


def reasons(candidate: Candidate, values: NDArray[np.float64]) -> tuple[Reason, ...]:
    """What each weighted feature added to a document's score, with words for people."""
    details = (
        f"{max(candidate.dense.values()):.2f}" if candidate.dense else "",
        f"{max(candidate.sentence.values()):.2f}" if candidate.sentence else "",
        " ".join(_readable(candidate.found_terms)),
        f"{candidate.coverage:.0%}",
        " ".join(candidate.found_identifiers),
        ", ".join(candidate.found_phrases),
        f"{max(candidate.translation.values()):.2f}" if candidate.translation else "",
        "expert" if candidate.is_reviewed else "",
        "" if candidate.reranker is None else f"{candidate.reranker:.2f}",
    )
    found = [Reason(name, float(v), detail) for name, v, detail in zip(WEIGHTS, values, details, strict=True)]
    return tuple(reason for reason in found if reason.value or reason.name != "reranker")


def _readable(terms: Sequence[str]) -> list[str]:
    # Rarest first, without words that are inside a longer one already shown.
    shown: list[str] = []
    for term in terms:
        if not any(term in other for other in shown):
            shown.append(term)
    return shown[:8]


def _standardised(values: Sequence[float | None]) -> NDArray[np.float64]:
    # z-scores; what an index did not find is taken as its worst find.
    known = [value for value in values if value is not None]
    if not known:
        return np.zeros(len(values))
    worst = min(known)
    row = np.array([worst if value is None else value for value in values])
    return np.asarray((row - row.mean()) / (row.std() or 1.0))
