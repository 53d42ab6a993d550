"""Words that mean the same to the readers of a knowledge base, as its keeper lists them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from kb.text import query_tokens

__all__ = ["Synonyms"]


class Synonyms:
    """Groups of words that stand for each other, such as ("鉴权", "authentication", "auth"); case does not count."""

    def __init__(self, groups: Sequence[Sequence[str]] = ()) -> None:
        self._others: dict[str, list[str]] = {}
        for group in groups:
            words = list(dict.fromkeys(normal for word in group if (normal := _normal(word))))
            for word in words:
                self._others.setdefault(word, []).extend(other for other in words if other != word)
        longest_first = sorted(self._others, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_whole, longest_first))) if longest_first else None

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and _normal(word) in self._others

    def found(self, text: str) -> Mapping[str, tuple[str, ...]]:
        """For every token of the words found in a text: the words that may stand for it."""
        if self._pattern is None:
            return {}
        found: dict[str, tuple[str, ...]] = {}
        for word in dict.fromkeys(self._pattern.findall(_normal(text))):
            others = tuple(self._others[word])
            tokens = [token for token in query_tokens(word) if len(token) > 1]  # one character is part of many words
            found.update((token, found.get(token, ()) + others) for token in tokens)
        return found


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def _whole(word: str) -> str:
    # A Latin word counts where it begins and ends, a Chinese one anywhere.
    before = r"(?<![a-z0-9])" if word[0].isascii() and word[0].isalnum() else ""
    after = r"(?![a-z0-9])" if word[-1].isascii() and word[-1].isalnum() else ""
    return before + re.escape(word) + after
