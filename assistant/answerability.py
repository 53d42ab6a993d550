"""Whether the knowledge base answers a question at all. A wrong answer costs a reader more than an honest no."""

import math

from kb.signals import Signals

__all__ = ["ANSWER_AT", "confidence"]

ANSWER_AT = 0.5  # answer from this confidence on


def confidence(signals: Signals) -> float:
    """Estimated probability (0..1) that the best document answers the question.

    A logistic model over the likeness of the best document, the shares of the question's rare words that it and the
    whole knowledge base hold, and the number of words: the same share of more words is stronger evidence. Fitted on
    755 questions whose answers were there without the questions, against 790 questions about other things, each in a
    large and a small knowledge base; `python -m tests.bench` measures the shares answered and refused.
    """
    if not signals.terms:
        return 0.0
    score = (
        -14.9 + 12.0 * signals.dense + 10.8 * signals.coverage + 5.6 * signals.known + 2.5 * math.log1p(signals.terms)
    )
    return 1.0 / (1.0 + math.exp(-score))
