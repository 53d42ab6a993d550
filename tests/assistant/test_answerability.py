"""Confidence from the signals of a search, and the fitting of its weights."""

from dataclasses import replace

import numpy as np
import pytest

from assistant.answerability import confidence, is_vague
from assistant.train_answerability import Asked, fit
from kb.signals import Signals

GOOD = Signals(dense=0.8, lexical=4.0, coverage=0.9, known=0.9, names=0.7, latin=0.4, length=3.5, chinese=1.0)


def test_a_query_without_words_is_never_answered() -> None:
    assert confidence(Signals()) == 0.0


@pytest.mark.parametrize("name", ["dense", "lexical", "coverage", "known", "names"])
def test_better_signals_mean_more_confidence(name: str) -> None:
    assert confidence(GOOD) > confidence(replace(GOOD, **{name: getattr(GOOD, name) / 2}))


def test_words_alone_can_be_enough() -> None:
    """While the dense index is out of service there is no cosine, which is not a cosine of 0."""
    assert confidence(replace(GOOD, dense=None)) > 0.55 > confidence(replace(GOOD, dense=0.0, known=0.2, coverage=0.1))


@pytest.mark.parametrize("question", ["报错了怎么办", "程序崩溃了", "It doesn't work", "Why does it fail?"])
def test_vague_questions(question: str) -> None:
    assert is_vague(question)


@pytest.mark.parametrize(
    "question", ["端口被占用怎么办", "error 503", "nacos 启动失败", "The console does not work", ""]
)
def test_questions_that_name_something(question: str) -> None:
    assert not is_vague(question)


def test_fitting_finds_the_signal_that_tells_questions_apart() -> None:
    """One signal decides, another is noise: the first gets the weight, and the halves come apart."""
    noise = np.random.default_rng(0).random(400)
    asked = [
        Asked("d", n, n % 2 == 0, 1.0, Signals(dense=0.3 + 0.4 * (n % 2 == 0), known=float(noise[n]), length=1.0))
        for n in range(400)
    ]
    model = fit(asked, ["dense", "known"])
    guesses = model.confidence(asked)
    assert guesses[::2].min() > 0.5 > guesses[1::2].max()
    assert abs(model.weights[0]) > 5 * abs(model.weights[1])
