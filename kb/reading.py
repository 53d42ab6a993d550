"""How a query is read: words that the knowledge base does not hold become the ones that were probably meant.

Traditional characters become simplified ones, pinyin becomes characters, and typing errors are corrected, each only
where the result occurs and what was typed does not. A word that occurs is never touched.
"""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from kb.pinyin import characters
from kb.spelling import correction
from kb.text import tokens

__all__ = ["Reading", "Vocabulary", "read_query"]

_WORD = re.compile(r"[A-Za-z]+(?:[._\-/$@:#]?[A-Za-z0-9]+)*")
_PIECE = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_SHORTEST = 4
_COMMON = 0.03  # share of the passages that hold a word which is then the likelier one
_ENOUGH = 5  # passages that do so in a small knowledge base
_LARGE = 20_000  # passages from which the second letter must be right or swapped, too: fewer words to compare
_WORDS = 6  # unknown words that are looked at; each costs some tenths of a millisecond


class Vocabulary(Protocol):
    """The words of a knowledge base, in small letters as `kb.text.tokens` gives them."""

    def occurrences(self, words: Iterable[str]) -> Mapping[str, int]:
        """How often each of the words occurs, 0 for unknown ones."""

    def frequencies(self, words: Iterable[str]) -> tuple[int, Mapping[str, int]]:
        """The number of passages, and in how many of them each of the words occurs, titles apart."""

    def starting_with(self, prefix: str) -> Mapping[str, int]:
        """The words with this beginning, and in how many passages they occur."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A query as it is searched for, and what was changed: pairs of what was typed and how it was read."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


def read_query(text: str, vocabulary: Vocabulary, keep: Container[str] = ()) -> Reading:
    """The query with unknown words replaced by known ones that were probably meant, except those in `keep`."""
    text, changes = _simplified(text, vocabulary)
    words = list(dict.fromkeys(match[0] for match in _WORD.finditer(text) if len(match[0]) <= 100))
    known = vocabulary.occurrences({part for word in words for part in _parts(word)})
    unknown = [
        word
        for word in words
        if not (known[word.lower()] or word in keep or all(map(known.get, _parts(word)[1:] or [word.lower()])))
    ]
    meant: dict[str, str] = {}
    for word in unknown[:_WORDS]:
        reading = _read(word, known, vocabulary)
        if reading != word:
            meant[word] = reading
    if meant:
        text = _WORD.sub(lambda match: meant.get(match[0], match[0]), text)
    return Reading(text, (*changes, *meant.items()))


def _parts(word: str) -> list[str]:
    return [word.lower(), *(piece.lower() for piece in _PIECE.findall(word) if len(piece) >= _SHORTEST)]


def _read(word: str, known: Mapping[str, int], vocabulary: Vocabulary) -> str:
    han = characters(word.lower(), lambda words: vocabulary.frequencies(words)[1]) if word.isalpha() else ""
    return han or _PIECE.sub(lambda piece: _corrected(piece[0], known, vocabulary), word)


def _corrected(piece: str, known: Mapping[str, int], vocabulary: Vocabulary) -> str:
    lower = piece.lower()
    if len(piece) < _SHORTEST or known[lower]:
        return piece
    passages = vocabulary.frequencies(())[0]
    near = [lower[0]] if passages < _LARGE else [lower[:2], lower[0] + lower[2]]
    terms = {term: n for start in (*near, lower[1::-1]) for term, n in vocabulary.starting_with(start).items()}
    found = correction(lower, terms, common=max(_COMMON * passages, _ENOUGH))
    if not found:
        return piece
    return found.upper() if piece.isupper() else found.capitalize() if piece[0].isupper() else found


def _simplified(text: str, vocabulary: Vocabulary) -> tuple[str, tuple[tuple[str, str], ...]]:
    han = " ".join(_HAN.findall(text))
    if not han or _is_simplified(han):
        return text, ()
    readings = [*(convert(text) for convert in _converters()), text]
    best = max(readings, key=lambda reading: _known_pairs(reading, vocabulary))  # the first of equal ones
    return best, () if best == text else ((han, " ".join(_HAN.findall(best))),)


def _is_simplified(han: str) -> bool:
    try:
        han.encode("gb2312")  # holds no traditional character that differs from its simplified one
    except UnicodeEncodeError:
        return False
    return True


def _known_pairs(text: str, vocabulary: Vocabulary) -> int:
    pairs = {token for token in tokens(text) if len(token) == 2 and not token.isascii()}
    return sum(count > 0 for count in vocabulary.occurrences(pairs).values())


@lru_cache(maxsize=1)
def _converters() -> tuple[Callable[[str], str], ...]:
    """Characters only, and with Taiwan's words ("伺服器") in those of the mainland; loaded on first use (25 ms)."""
    import opencc

    return opencc.OpenCC("t2s").convert, opencc.OpenCC("tw2sp").convert
