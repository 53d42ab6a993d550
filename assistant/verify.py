"""Whether what a model wrote stands in the passages that it cites. Made for Chinese and English, without a model.

A claim is compared sentence by sentence with the lines of the evidence that are nearest to it. It must share most of
its words with them (or, across the two languages, their meaning), hold no number, version or identifier that they lack,
and must not say the opposite of what they say.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from assistant.polarity import contradicts
from kb import Embedder, Language, Vectors
from kb.text import detect_language, query_tokens

__all__ = ["Verifier", "Verdict"]

# Fitted on the tuning half of the labelled set: `python -m tests.bench.verification` prints what others would give.
_COVERED = 0.5  # share of a sentence's words that the nearest lines must hold
_ALIKE = 0.45  # cosine to the nearest line that does instead, across the languages
_WORTH_A_LINE = 0.05  # share of words that a further line must add
_REMEMBERED = 256  # passages whose lines are kept ready
_WINDOW = 3  # lines of evidence that one sentence may draw together
_SENTENCE = re.compile(r"(?<=[。！？；!?;])|(?<=\.)\s|\n")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_MARKS = re.compile(r"\[\d{1,3}\]|[*`>|]+|^\s*(?:#+|[-+]|\d{1,2}[.)、])\s+|(?<!\w)_+|_+(?!\w)", re.MULTILINE)
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])v?(\d+(?:[.:]\d+)*(?:[a-z]{1,3}|%)?)(?![A-Za-z0-9_])", re.IGNORECASE)
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:ms|s|m|h|g|gb|mb|kb|k|min)\b)", re.IGNORECASE)
_TITLE = re.compile(r"(?m)^\s*(?:[-+*]|\d{1,2}[.)])?\s*(?:\*\*|#+ )([^*\n]+?)(?:\*\*)?[：:]?\s*$")
_NAME = re.compile(
    r"[A-Za-z][A-Za-z0-9$]*(?:[._/:@-][A-Za-z0-9$]+)+"  # property.key, file-name.yml, snake_case
    r"|(?<![A-Za-z0-9])(?:[a-z]+[A-Z][A-Za-z0-9]*|(?:[A-Z][a-z0-9]+){2,}|[A-Z][A-Z0-9_]{2,})(?![A-Za-z])"  # camelCase
    r"|(?<![\w-])-{1,2}[A-Za-z][\w-]+"  # an option
)
_COMPOUND = re.compile(r"[a-z]+(?:-[a-z]+)+|e\.g|i\.e")  # in English text a word like any other
_LEAD = re.compile(
    r"(?m)^\s*(?:[-+*]|\d{1,2}[.)])?\s*([^*\n：:]{2,8}|[A-Za-z ]{2,16})[：:]\s*$"
)  # over a block of code
_TITLE_LETTERS = 12  # a bold line so short is a title over the others, and need not share its words with the source


_Line: TypeAlias = tuple[str, frozenset[str], Language]  # with its words


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a claim is supported, and the reason where it is not: "words", "exact", "opposite" or "nothing"."""

    supported: bool
    reason: str = ""


class Verifier:
    """Checks claims against evidence. Thread-safe."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors = lru_cache(maxsize=_REMEMBERED)(self._embedded)

    def check(self, claim: str, evidence: Sequence[str]) -> Verdict:
        """Whether all of a claim, a piece of Markdown, stands in the passages together."""
        lines = [line for passage in evidence for line in _read(passage)]
        sentences = list(_lines(claim))
        titles = {_letters(title) for title in (*_TITLE.findall(claim), *_LEAD.findall(claim))}
        if not lines or not sentences:
            return Verdict(False, "nothing")
        whole = _letters(" ".join(line for line, *_ in lines))
        for sentence in sentences:
            letters = _letters(sentence)
            is_title = letters in titles and len(letters) < _TITLE_LETTERS and len(sentences) > 1
            reason = self._fault(sentence, lines, is_said=is_title or letters in whole)
            if reason:
                return Verdict(False, reason)
        return Verdict(True)

    def _fault(self, sentence: str, lines: Sequence[_Line], *, is_said: bool) -> str:
        """What is wrong with a sentence; `is_said` says that its words are there, if perhaps in another sense."""
        words = set(query_tokens(sentence))
        near, covered = _nearest(words, lines)
        is_foreign = not is_said and covered < _COVERED and self._means(sentence, lines)
        if (
            _exact(sentence)
            - _exact(source := "\n".join(line for line, *_ in lines) if is_foreign else near)
            - _parts(source)
        ):
            return "exact"
        if covered < _COVERED and not is_foreign and not is_said:
            return "words"
        return "opposite" if not is_foreign and contradicts(sentence, near) else ""

    def _means(self, sentence: str, lines: Sequence[_Line]) -> bool:
        """Whether a line of the other language, or all of them together, say the same."""
        own = detect_language(sentence)
        foreign = [line for line, _, language in lines if language != own]
        if not foreign:
            return False
        claim = self._embedder.encode_queries([sentence])[0]
        return bool(np.max(self._vectors((*foreign, " ".join(foreign))) @ claim) >= _ALIKE)

    def _embedded(self, lines: tuple[str, ...]) -> Vectors:
        return self._embedder.encode_documents(lines)


@lru_cache(maxsize=_REMEMBERED)
def _read(passage: str) -> tuple[_Line, ...]:
    """The lines of a passage with their words and language; several items cite the same one."""
    return tuple((line, frozenset(query_tokens(line)), detect_language(line)) for line in _lines(passage))


def _lines(markdown: str) -> Iterator[str]:
    """The sentences and lines of code of a text, without Markdown's marks and the addresses of links."""
    text = _MARKS.sub(" ", _LINK.sub(r"\1", unicodedata.normalize("NFKC", markdown)))
    for line in _SENTENCE.split(text):
        if line and re.search(r"\w", line):
            yield line.strip()


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def _nearest(words: set[str], lines: Sequence[_Line]) -> tuple[str, float]:
    """The neighbouring lines that hold most of the words, as few as possible, and the share that they hold."""
    held = [words & own for _, own, _ in lines]
    best, share = lines[0][0], -1.0
    for size in range(1, _WINDOW + 1):
        for start in range(len(lines) - size + 1):
            covered = len(set().union(*held[start : start + size])) / max(1, len(words))
            if covered > share + _WORTH_A_LINE * (size > 1):
                best, share = "\n".join(line for line, *_ in lines[start : start + size]), covered
    return best, share


def _exact(text: str) -> set[str]:
    """What must not differ by a character: numbers, versions, identifiers."""
    text = _BEFORE_UNIT.sub("", text)
    is_english = detect_language(text) == "en"
    names = {name.lower().strip("-") for name in _NAME.findall(text)}
    numbers = {number.lower() for number in _NUMBER.findall(text)}
    return numbers | {name for name in names if not (is_english and _COMPOUND.fullmatch(name))}


def _parts(text: str) -> set[str]:
    words = re.findall(r"[A-Za-z0-9_.$/:@-]+", _BEFORE_UNIT.sub("", text).lower())
    return {part for word in words for part in (word.strip("-.:"), *re.split(r"[._/:@-]", word))}
