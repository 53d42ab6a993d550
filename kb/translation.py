"""Words of one language by those of the other, from the bundled lexicon; static vectors know no rare words by name."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from kb.errors import EmbeddingError

__all__ = ["LEXICON", "Lexicon", "bundled_lexicon"]

LEXICON = Path(__file__).with_name("model") / "lexicon.npz"  # written by `python -m kb.model.lexicon`
_CERTAIN = 255.0
_TERMS = 16  # translations that a query is searched for; each takes time


class Lexicon:
    """Translations of pairs of Han characters into English words and back, read from `file`.

    Raises:
        EmbeddingError: the file is missing or damaged.
    """

    def __init__(self, file: Path = LEXICON) -> None:
        try:
            with np.load(BytesIO(file.read_bytes())) as arrays:
                self._words = arrays["words"].tobytes().decode().split("\n")
                self._offsets, self._targets, self._chances = (arrays[n] for n in ("offsets", "targets", "chances"))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise EmbeddingError(f"The lexicon {file} cannot be read ({error}): restore it") from error
        self._number = {word: number for number, word in enumerate(self._words)}

    def translations(self, word: str) -> dict[str, float]:
        """The likeliest translations of a search token with their probability (0..1); none of an unknown word."""
        number = self._number.get(word)
        if number is None:
            return {}
        here = slice(self._offsets[number], self._offsets[number + 1])
        words = (self._words[target] for target in self._targets[here])
        return dict(zip(words, (self._chances[here] / _CERTAIN).tolist(), strict=True))

    def weights(self, words: Iterable[str], rarity: Callable[[Iterable[str]], Mapping[str, float]]) -> dict[str, float]:
        """What to search for in the other language: words with the expected number of `words` that they translate.

        `rarity` gives the words that occur in the knowledge base with their inverse document frequency.
        """
        counts: Counter[str] = Counter()
        for word in words:
            counts.update(self.translations(word))
        rare = rarity(counts)
        best = sorted(rare, key=lambda word: (-counts[word] * rare[word], word))[:_TERMS]
        return {word: counts[word] for word in best}


@lru_cache(maxsize=1)
def bundled_lexicon() -> Lexicon:
    """The lexicon that comes with Dayi, read once."""
    return Lexicon()
