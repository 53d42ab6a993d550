"""Whether the knowledge base answers a question at all. A wrong answer costs a reader more than an honest no."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

from kb.signals import Signals

__all__ = ["ANSWER_AT", "WEIGHTS_FILE", "confidence"]

ANSWER_AT = 0.6  # answer from this confidence on: more likely than not is not enough
WEIGHTS_FILE = Path(__file__).with_name("answerability.json")  # written by `python -m assistant.train_answerability`


def confidence(signals: Signals) -> float:
    """Estimated probability (0..1) that the knowledge base answers the question.

    A logistic model over all signals, or over those of words while there are no others. It was fitted to knowledge
    bases of many sizes about many products, in both languages, so it leans on nothing that only one of them has.
    """
    if not signals.length:
        return 0.0
    weights = _WEIGHTS["words alone" if signals.dense is None else "meaning and words"]
    score = sum(weight * (getattr(signals, name) if name != "bias" else 1.0) for name, weight in weights.items())
    return 1.0 / (1.0 + math.exp(-max(score, -700.0)))


def _read() -> Mapping[str, Mapping[str, float]]:
    weights: Mapping[str, Mapping[str, float]] = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))["weights"]
    return weights


_WEIGHTS = _read()
