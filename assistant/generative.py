"""The engine with a language model: writes an answer from numbered passages, within limits, and checks what it wrote.

Whatever goes wrong before the first word (no budget, a server that is down, slow or refuses) leads to the built-in
engine; after it, text was sent that cannot be taken back, so the answer ends there and says so.
"""

import logging
import random
import time
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from assistant.breaker import CircuitBreaker
from assistant.budget import TokenBudget, estimate_tokens
from assistant.chat_model import MAX_OUTPUT_TOKENS, Ended, LanguageModel, Message, Thought
from assistant.evidence import numbered_passages
from assistant.extractive import Draft
from assistant.inline import Inline
from assistant.monitoring import (
    BREAKER_OPEN,
    CITATIONS_DROPPED,
    FIRST_TOKEN_SECONDS,
    ITEMS_UNSUPPORTED,
    MODEL_CALLS,
    MODEL_TOKENS,
)
from assistant.prompts import answer_messages, rewrite_messages
from assistant.question import Question
from assistant.reader import AnswerReader
from assistant.values import Citation, Delta, Sources, Waiting
from assistant.verify import Verifier
from kb import EmbeddingError, Hit, ModelError, ModelUnavailable

__all__ = ["Calls", "Turns", "Writer", "Written"]

Turns = Sequence[tuple[str, str]]
"""Earlier questions of a conversation with their answers' Markdown, oldest first."""

logger = logging.getLogger(__name__)

MAX_CALLS = 3  # of the server for one question, whatever they are for
_RETRIES_S = 5.5  # from the first try to the start of the last one
_LONGEST_WAIT_S = 2.0
_SHORTEST_WAIT_S = 0.25
_TICK_S = 0.2
_TOO_MANY = 429
_OUR_FAULT = (400, 413, 422)  # of this question, not of the server
_MAX_QUESTION_CHARS = 2_000
_MAX_HISTORY_CHARS = 8_000
_MAX_REWRITTEN_CHARS = 400


@dataclass(slots=True)
class Calls:
    """The calls of the server that one question may still make, and whose budget pays for them."""

    site: str = ""
    left: int = MAX_CALLS
    started: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Written:
    """What came of writing an answer.

    `state` is "unavailable" (nothing was sent, somebody else has to answer), "declined" (the passages do not answer the
    question, in the model's view or because nothing that it wrote is supported), "broken" (it ended in the middle) or
    "written". `text` is what was sent.
    """

    state: Literal["unavailable", "declined", "broken", "written"]
    draft: Draft = Draft()
    text: str = ""


class Writer:
    """Writes answers with a language model. Thread-safe.

    `max_passage_tokens` is how much of the knowledge base goes with a question.
    """

    def __init__(
        self,
        model: LanguageModel,
        verifier: Verifier,
        budget: TokenBudget,
        *,
        max_passage_tokens: int = 4_000,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self._model, self._verifier, self._budget = model, verifier, budget
        self._max_passage_tokens = max_passage_tokens
        self._breaker = breaker or CircuitBreaker()

    def rewritten(self, text: str, history: Turns, calls: Calls) -> Generator[Waiting, None, str]:
        """A follow-up as a complete question: the generator's return value, "" where the model gives none."""
        said = ""
        try:
            for piece in self._pieces(rewrite_messages(_cut(text), _recent(history)), calls, retry=False):
                said += piece
                yield Waiting()
        except ModelUnavailable:
            return ""
        except (ModelError, _CutOff):
            calls.left = 0  # it would keep the reader waiting once more
            return ""
        said = " ".join(said.split())
        return said if 0 < len(said) <= _MAX_REWRITTEN_CHARS else ""

    def write(
        self, question: Question, hits: Sequence[Hit], history: Turns, calls: Calls
    ) -> Generator[Sources | Delta | Waiting, None, Written]:
        """The events of an answer from the hits, best first; the generator's return value is `Written`."""
        passages = numbered_passages(hits, max_tokens=self._max_passage_tokens)
        messages = answer_messages(_cut(question.text), passages, _recent(history), question.language)
        inline = Inline({p.n for p in passages}, _hosts(passages), question.language)
        reader = AnswerReader(inline, _Checker(self._verifier, passages), question.language, secret=messages[0][1])
        broken = False
        try:
            for piece in self._pieces(messages, calls):
                is_first = not reader.text
                sent = reader.feed(piece)
                if sent and is_first:
                    FIRST_TOKEN_SECONDS.observe(time.monotonic() - calls.started)
                    yield Sources(passages)
                yield Delta(sent) if sent else Waiting()
        except (_CutOff, ModelError):
            broken = True
        is_first = not reader.text
        if rest := reader.close():
            if is_first:
                yield Sources(passages)
            yield Delta(rest)
        if not reader.text and not reader.declined:
            return Written("unavailable")
        CITATIONS_DROPPED.inc(inline.dropped)
        return _written(reader, passages, broken)

    def _pieces(self, messages: Sequence[Message], calls: Calls, *, retry: bool = True) -> Iterator[str]:
        """The model's text, "" where nothing is there yet. Tries again as long as nothing came.

        Raises:
            ModelError: no budget, no call left, or the model failed.
            _CutOff: the model stopped before it was through.
        """
        prompt = sum(estimate_tokens(text) for _, text in messages)
        booking = self._budget.book(calls.site, prompt + MAX_OUTPUT_TOKENS)
        if booking is None:
            MODEL_CALLS.labels("over_budget").inc()
            raise ModelError("The language model's budget for today is spent")
        used, began, refused = 0, time.monotonic(), 0
        try:
            while True:
                spoke = False
                try:
                    for piece in self._call(messages, calls):
                        if isinstance(piece, Ended):
                            used = piece.tokens or used
                            if not piece.complete:
                                raise _CutOff
                            return
                        if isinstance(piece, Thought):
                            used, piece = max(used, prompt) + piece.tokens, ""
                        elif piece:
                            spoke, used = True, max(used, prompt) + estimate_tokens(piece)
                        yield piece
                except ModelUnavailable as error:
                    wait = _wait(error, refused)
                    refused += error.status == _TOO_MANY
                    late = time.monotonic() + (wait or 0) - began > _RETRIES_S
                    if not retry or spoke or wait is None or late or not calls.left:
                        raise
                    yield from _pause(wait)
        finally:
            self._budget.settle(booking, used)
            MODEL_TOKENS.inc(used)

    def _call(self, messages: Sequence[Message], calls: Calls) -> Iterator[str | Thought | Ended]:
        if not calls.left or not self._breaker.allows():
            MODEL_CALLS.labels("not_made").inc()
            raise ModelError("The language model is left alone for a while")
        calls.left -= 1
        result = "cancelled"
        try:
            for piece in self._model.stream(messages):
                if isinstance(piece, Ended):
                    result = "ok"
                    self._breaker.succeeded()
                yield piece
        except ModelError as error:
            result = "failed"
            if not (isinstance(error, ModelUnavailable) and error.status in _OUR_FAULT):
                self._breaker.failed()
            raise
        finally:
            MODEL_CALLS.labels(result).inc()
            BREAKER_OPEN.set(self._breaker.is_open)


class _CutOff(Exception):
    """The model stopped in the middle."""


class _Checker:
    """Which passages an item stands on, and whether it does; one that names none gets the passage that says it."""

    def __init__(self, verifier: Verifier, passages: Sequence[Citation]) -> None:
        self._verifier = verifier
        self._evidence = {p.n: f"{p.title}\n{p.quote}" for p in passages}

    def __call__(self, markdown: str, cited: Sequence[int]) -> tuple[Sequence[int], bool]:
        try:
            if cited:
                supported = self._verifier.check(markdown, [self._evidence[n] for n in cited]).supported
            else:
                fitting = (n for n, text in self._evidence.items() if self._verifier.check(markdown, [text]).supported)
                cited = [n for n in (next(fitting, None),) if n]
                supported = bool(cited)
        except EmbeddingError as error:
            logger.error("An item was not checked: %s", error)
            supported = False
        ITEMS_UNSUPPORTED.inc(not supported)
        return cited, supported


def _written(reader: AnswerReader, passages: Sequence[Citation], broken: bool) -> Written:
    parts = {name: tuple(items) for name, items in reader.parts.items()}
    items = [item for part in parts.values() for item in part]
    used = {n for item in items for n in item.citations}
    draft = Draft(**parts, citations=tuple(p for p in passages if p.n in used))
    if broken and not reader.declined:
        return Written("broken", draft, reader.text)
    supported = any(item.supported for item in items)
    return Written("written" if supported and not reader.declined else "declined", draft, reader.text)


def _wait(error: ModelUnavailable, refused: int) -> float | None:
    """Seconds until the next try; None when it is of no use. `refused` counts earlier replies that it is too much."""
    if error.status == _TOO_MANY and (refused or (error.retry_after_s or 0) > _LONGEST_WAIT_S):
        return None
    if error.status == _TOO_MANY and error.retry_after_s is not None:
        return error.retry_after_s
    if error.status in (0, _TOO_MANY, 500, 502, 503, 504):
        # Spread, so that questions that failed together do not come back together.
        return random.uniform(_SHORTEST_WAIT_S, _LONGEST_WAIT_S)
    return None


def _pause(seconds: float) -> Iterator[str]:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, _TICK_S))
        yield ""


def _hosts(passages: Sequence[Citation]) -> Collection[str]:
    return {urlsplit(p.url).hostname or "" for p in passages} - {""}


def _cut(text: str) -> str:
    # The fault stands at the beginning of a pasted log, what the reader asks often at its end.
    half = _MAX_QUESTION_CHARS // 2
    return text if len(text) <= _MAX_QUESTION_CHARS else f"{text[:half]}\n…\n{text[-half:]}"


def _recent(history: Turns) -> Turns:
    kept: list[tuple[str, str]] = []
    left = _MAX_HISTORY_CHARS
    for asked, said in reversed(history):
        asked, said = _cut(asked), said[:_MAX_QUESTION_CHARS]
        left -= len(asked) + len(said)
        if left < 0:
            break
        kept.insert(0, (asked, said))
    return kept
