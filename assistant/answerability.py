"""Whether the knowledge base answers a question at all. A wrong answer costs a reader more than an honest no."""

import math

from kb.search import Signals

__all__ = ["ANSWER_AT", "confidence"]

ANSWER_AT = 0.5  # answer from this confidence on


def confidence(signals: Signals) -> float:
    """Estimated probability (0..1) that the best document answers the question.

    A logistic model over the likeness of the best document and the share of the question's rare words that it holds,
    fitted on 706 questions about one product whose answers were there without the questions, against 670 questions
    about other projects. `python -m tests.bench` measures both shares.
    """
    if not signals.terms:
        return 0.0
    score = -7.5 + 13.2 * signals.dense + 12.6 * signals.coverage
    return 1.0 / (1.0 + math.exp(-score))
